package otlp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // senders may pack what they send
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// ServeGRPC runs OTLP over gRPC on l until ctx is done.
func (d *Door) ServeGRPC(ctx context.Context, l net.Listener, _ *slog.Logger) error {
	s := grpc.NewServer(
		grpc.MaxRecvMsgSize(maxBody), grpc.MaxConcurrentStreams(maxEach), grpc.ConnectionTimeout(10*time.Second),
		grpc.MaxHeaderListSize(64<<10), grpc.ForceServerCodecV2(bytesCodec{}),
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
	code, _ := no.codes()
	s := status.New(code, no.detail)
	if no.later() {
		if more, err := s.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(comeAgain)}); err == nil {
			s = more
		}
	}
	return s.Err()
}

// receive reads a request and keeps what it holds.
func (d *Door) receive(stream grpc.ServerStream, of signal) (outcome, *refusal) {
	ctx := stream.Context()
	md, _ := metadata.FromIncomingContext(ctx)
	get := func(name string) string {
		if list := md.Get(name); len(list) > 0 {
			return list[0]
		}
		return ""
	}
	c := caller{authorization: get("authorization"), apiKey: get("x-api-key"), proxied: get("x-forwarded-for") != "" || get("forwarded") != "" || get("origin") != ""}
	if p, ok := peer.FromContext(ctx); ok {
		c.remote = p.Addr.String()
	}
	sender, no := d.sender(c)
	if no != nil {
		return outcome{}, no
	}
	if no := d.enter(sender); no != nil {
		return outcome{}, no
	}
	defer d.leave(sender)
	body, no := message(ctx, stream)
	if no != nil {
		return outcome{}, no
	}
	return d.keep(ctx, of, body, false)
}

// message returns the body of a request, if it comes in time. When it does not, the
// stream ends with the answer, and with it who reads.
func message(ctx context.Context, stream grpc.ServerStream) ([]byte, *refusal) {
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
	select {
	case r := <-came:
		switch {
		case r.err == nil:
			return r.body, nil
		case status.Code(r.err) == codes.ResourceExhausted:
			return nil, &refusal{tooLarge, "too large", fmt.Sprintf("a request has at most %d bytes, unpacked (fix: send smaller batches)", maxBody)}
		}
		return nil, unreadable(r.err)
	case <-late.C:
	case <-ctx.Done():
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, unreadable(ctx.Err())
		}
	}
	return nil, &refusal{tooSlow, "too slow", "the request did not come in time"}
}

// codes returns what a refusal is called in gRPC and in HTTP.
//
// Source: OTLP 1.9, "Failures" and "Throttling": what may be sent again is 429, 502, 503
// or 504, and UNAVAILABLE, or RESOURCE_EXHAUSTED with RetryInfo.
func (n *refusal) codes() (codes.Code, int) {
	switch n.kind {
	case noKey:
		return codes.Unauthenticated, http.StatusUnauthorized
	case notHere:
		return codes.PermissionDenied, http.StatusForbidden
	case tooLarge:
		return codes.InvalidArgument, http.StatusRequestEntityTooLarge
	case tooSlow:
		return codes.DeadlineExceeded, http.StatusRequestTimeout
	case tooMany:
		return codes.ResourceExhausted, http.StatusTooManyRequests
	case noRoom:
		return codes.Unavailable, http.StatusServiceUnavailable
	case badType:
		return codes.InvalidArgument, http.StatusUnsupportedMediaType
	case badMethod:
		return codes.InvalidArgument, http.StatusMethodNotAllowed
	default:
		return codes.InvalidArgument, http.StatusBadRequest
	}
}
