package otlp

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // senders may pack what they send
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/honderd/honderd/internal/admit"
)

// ServeGRPC runs OTLP over gRPC on l until ctx is done.
func (d *Door) ServeGRPC(ctx context.Context, l net.Listener, _ *slog.Logger) error {
	s := grpc.NewServer(
		grpc.MaxRecvMsgSize(maxBody), grpc.MaxConcurrentStreams(maxEach), grpc.ConnectionTimeout(10*time.Second),
		grpc.MaxHeaderListSize(64<<10), grpc.ForceServerCodecV2(bytesCodec{}), grpc.StatsHandler(otherwise{d}), grpc.UnknownServiceHandler(d.unknown),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: 10 * time.Minute, Time: time.Minute, Timeout: 20 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
	)
	for name, of := range map[string]signal{"trace.v1.TraceService": traces, "logs.v1.LogsService": logs, "metrics.v1.MetricsService": metrics} {
		// As a stream, so that a request is let in before its body is read.
		s.RegisterService(&grpc.ServiceDesc{
			ServiceName: "opentelemetry.proto.collector." + name, HandlerType: (*any)(nil),
			Streams: []grpc.StreamDesc{{StreamName: "Export", ClientStreams: true, Handler: func(_ any, stream grpc.ServerStream) error { return d.grpc(stream, of) }}},
		}, d)
	}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(&bounded{Listener: l, open: make(chan struct{}, maxConns)}) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stopped := make(chan struct{})
	go func() { s.GracefulStop(); close(stopped) }()
	last := time.NewTimer(2 * time.Second)
	defer last.Stop()
	select {
	case <-stopped:
	case <-last.C:
		s.Stop()
	}
	return nil
}

// bytesCodec gives messages on as they are: what they say is read once they are let in.
type bytesCodec struct{}

// Marshal returns the bytes of v, a *[]byte.
func (bytesCodec) Marshal(v any) (mem.BufferSlice, error) {
	p, ok := v.(*[]byte)
	if !ok {
		return nil, fmt.Errorf("%T is no message", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(*p)}, nil
}

// Unmarshal puts a copy of data into v, a *[]byte.
func (bytesCodec) Unmarshal(data mem.BufferSlice, v any) error {
	p, ok := v.(*[]byte)
	if !ok {
		return fmt.Errorf("%T is no message", v)
	}
	*p = data.Materialize()
	return nil
}

// Name returns "proto", which is what senders call it.
func (bytesCodec) Name() string { return "proto" }

// grpc takes one request.
func (d *Door) grpc(stream grpc.ServerStream, of signal) error {
	out, no := d.receive(stream, of)
	if no == nil {
		body, err := out.answer(of, false)
		if err != nil {
			return status.Error(codes.Internal, "the answer could not be written")
		}
		return stream.SendMsg(&body)
	}
	d.count(no)
	code, _ := codesOf(no)
	s := status.New(code, no.Detail)
	if no.Again > 0 {
		if more, err := s.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(no.Again)}); err == nil {
			s = more
		}
	}
	return s.Err()
}

// receive reads a request and keeps what it holds.
func (d *Door) receive(stream grpc.ServerStream, of signal) (outcome, *admit.Refusal) {
	ctx := stream.Context()
	if heard, ok := ctx.Value(markKey{}).(*bool); ok {
		*heard = true
	}
	md, _ := metadata.FromIncomingContext(ctx)
	get := func(name string) string {
		if list := md.Get(name); len(list) > 0 {
			return list[0]
		}
		return ""
	}
	c := admit.Caller{Authorization: get("authorization"), Key: get("x-api-key"), Proxied: get("x-forwarded-for") != "" || get("forwarded") != "" || get("origin") != ""}
	if p, ok := peer.FromContext(ctx); ok {
		c.Remote = p.Addr.String()
	}
	sender, no := d.gate.Sender(c)
	if no != nil {
		return outcome{}, no
	}
	if no := d.gate.Enter(sender); no != nil {
		return outcome{}, no
	}
	defer d.gate.Leave(sender)
	body, no := message(ctx, stream, d.patient)
	if no != nil {
		return outcome{}, no
	}
	return d.keep(ctx, of, body, false)
}

// message returns the body of a request, if it comes in time. When it does not, the
// stream ends with the answer, and with it who reads.
func message(ctx context.Context, stream grpc.ServerStream, patience time.Duration) ([]byte, *admit.Refusal) {
	type read struct {
		body []byte
		err  error
	}
	came := make(chan read, 1)
	go func() {
		var r read
		r.err = stream.RecvMsg(&r.body)
		came <- r
	}()
	late := time.NewTimer(patience)
	defer late.Stop()
	var r read
	select {
	case r = <-came:
	case <-late.C:
		r.err = os.ErrDeadlineExceeded
	case <-ctx.Done():
		r = <-came // which has ended too, and knows why
	}
	switch {
	case r.err == nil:
		return r.body, nil
	case status.Code(r.err) == codes.ResourceExhausted:
		return nil, whole(patience).Refuse(nil, maxBody+1)
	case status.Code(r.err) == codes.DeadlineExceeded:
		r.err = os.ErrDeadlineExceeded
	}
	return nil, whole(patience).Refuse(r.err, 0)
}

// codesOf returns what a refusal is called in gRPC and in HTTP.
//
// Source: OTLP 1.9, "Failures" and "Throttling": what may be sent again is 429, 502, 503
// or 504, and UNAVAILABLE, or RESOURCE_EXHAUSTED with RetryInfo.
func codesOf(n *admit.Refusal) (codes.Code, int) {
	switch n.Status {
	case http.StatusUnauthorized:
		return codes.Unauthenticated, n.Status
	case http.StatusForbidden:
		return codes.PermissionDenied, n.Status
	case http.StatusRequestTimeout:
		return codes.DeadlineExceeded, n.Status
	case http.StatusTooManyRequests:
		return codes.ResourceExhausted, n.Status
	case http.StatusServiceUnavailable:
		return codes.Unavailable, n.Status
	default:
		return codes.InvalidArgument, n.Status
	}
}

// unknown refuses what is sent to a service that there is not.
func (d *Door) unknown(_ any, stream grpc.ServerStream) error {
	if heard, ok := stream.Context().Value(markKey{}).(*bool); ok {
		*heard = true
	}
	d.count(&admit.Refusal{Why: "no such service"})
	return status.Error(codes.Unimplemented, "there is no such service here (fix: export traces, logs or metrics by OTLP)")
}

// otherwise counts what gRPC itself refuses once it knows which method is meant: a packing
// that is not taken.
type otherwise struct{ d *Door }

// markKey is the key of a mark in a context: we answer that request ourselves.
type markKey struct{}

// TagRPC marks a request.
func (otherwise) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context {
	return context.WithValue(ctx, markKey{}, new(bool))
}

// HandleRPC counts a request that ended before it came to us.
func (o otherwise) HandleRPC(ctx context.Context, s stats.RPCStats) {
	end, ended := s.(*stats.End)
	heard, _ := ctx.Value(markKey{}).(*bool)
	if !ended || end.Error == nil || heard == nil || *heard {
		return
	}
	why := "unreadable"
	if status.Code(end.Error) == codes.Unimplemented {
		why = "content encoding"
	}
	o.d.count(&admit.Refusal{Why: why})
}

// TagConn marks nothing.
func (otherwise) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn counts nothing.
func (otherwise) HandleConn(context.Context, stats.ConnStats) {}
