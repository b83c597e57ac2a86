package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	proto "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/honderd/honderd/gateway/h1"
)

// interop is a backend that does what gRPC's interoperability tests ask of one.
//
// Source: grpc/grpc, doc/interop-test-descriptions.md.
type interop struct {
	proto.UnimplementedTestServiceServer
	calls atomic.Int64
	ended chan error // of calls that were left
}

func payload(n int32) *proto.Payload { return &proto.Payload{Body: bytes.Repeat([]byte{1}, int(n))} }

// UnaryCall answers once, with what metadata it got.
func (s *interop) UnaryCall(ctx context.Context, r *proto.SimpleRequest) (*proto.SimpleResponse, error) {
	s.calls.Add(1)
	in, _ := metadata.FromIncomingContext(ctx)
	_ = grpc.SetHeader(ctx, metadata.Pairs("x-first", first(in, "x-first")))
	_ = grpc.SetTrailer(ctx, metadata.Pairs("x-last-bin", first(in, "x-last-bin")))
	if e := r.GetResponseStatus(); e.GetCode() != 0 {
		return nil, status.Error(codes.Code(e.GetCode()), e.GetMessage()) //nolint:gosec // as the test says
	}
	return &proto.SimpleResponse{Payload: payload(r.GetResponseSize())}, nil
}

func first(md metadata.MD, name string) string {
	if v := md.Get(name); len(v) > 0 {
		return v[0]
	}
	return ""
}

// StreamingOutputCall answers many times.
func (s *interop) StreamingOutputCall(r *proto.StreamingOutputCallRequest, to grpc.ServerStreamingServer[proto.StreamingOutputCallResponse]) error {
	for _, p := range r.GetResponseParameters() {
		if err := to.Send(&proto.StreamingOutputCallResponse{Payload: payload(p.GetSize())}); err != nil {
			return err
		}
	}
	return nil
}

// StreamingInputCall hears many times.
func (s *interop) StreamingInputCall(from grpc.ClientStreamingServer[proto.StreamingInputCallRequest, proto.StreamingInputCallResponse]) error {
	sum := int32(0)
	for {
		r, err := from.Recv()
		if errors.Is(err, io.EOF) {
			return from.SendAndClose(&proto.StreamingInputCallResponse{AggregatedPayloadSize: sum})
		}
		if err != nil {
			return err
		}
		sum += int32(len(r.GetPayload().GetBody())) //nolint:gosec // small
	}
}

// FullDuplexCall answers each time it hears something.
func (s *interop) FullDuplexCall(both grpc.BidiStreamingServer[proto.StreamingOutputCallRequest, proto.StreamingOutputCallResponse]) error {
	for {
		r, err := both.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			s.ended <- err
			return err
		}
		if e := r.GetResponseStatus(); e.GetCode() != 0 {
			return status.Error(codes.Code(e.GetCode()), e.GetMessage()) //nolint:gosec // as the test says
		}
		for _, p := range r.GetResponseParameters() {
			if err := both.Send(&proto.StreamingOutputCallResponse{Payload: payload(p.GetSize())}); err != nil {
				return err
			}
		}
	}
}

// callers returns a client of gRPC that calls through a gateway, and what answers it.
func callers(t *testing.T) (proto.TestServiceClient, *interop, *grpc.ClientConn) {
	t.Helper()
	address, service := interoperate(t)
	s := play(t, Options{Patience: 5 * time.Second, Pools: []Pool{{Backends: []Backend{{URL: "h2c://" + address}}}}})
	c := dial(t, s.host, insecure.NewCredentials())
	return proto.NewTestServiceClient(c), service, c
}

// interoperate serves an interop.
func interoperate(t *testing.T, o ...grpc.ServerOption) (address string, service *interop) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(o...)
	service = &interop{ended: make(chan error, 10)}
	proto.RegisterTestServiceServer(server, service)
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() { server.Stop(); <-done })
	return l.Addr().String(), service
}

func dial(t *testing.T, address string, as credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	c, err := grpc.NewClient(address, grpc.WithTransportCredentials(as))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(stop)
	return ctx
}

func TestGRPCUnary(t *testing.T) {
	c, service, _ := callers(t)
	ctx := metadata.AppendToOutgoingContext(within(t), "x-first", "hello", "x-last-bin", "\x00\xff\xab")
	var head, last metadata.MD
	got, err := c.UnaryCall(ctx, &proto.SimpleRequest{ResponseSize: 314159, Payload: payload(271828)}, grpc.Header(&head), grpc.Trailer(&last))
	if err != nil || len(got.GetPayload().GetBody()) != 314159 {
		t.Fatalf("%d bytes, %v", len(got.GetPayload().GetBody()), err)
	}
	if first(head, "x-first") != "hello" || first(last, "x-last-bin") != "\x00\xff\xab" {
		t.Errorf("head %v, trailer %v", head, last)
	}
	if n := service.calls.Load(); n != 1 {
		t.Errorf("the backend was called %d times", n)
	}
}

func TestGRPCStatusComesInTrailers(t *testing.T) {
	c, service, conn := callers(t)
	for _, want := range []struct {
		code codes.Code
		text string
	}{{codes.Unknown, "test status message"}, {codes.Unavailable, "not now"}, {codes.Internal, ""}, {codes.NotFound, "\t\nwith\u00e4 50% \u263a\r\n"}} {
		_, err := c.UnaryCall(within(t), &proto.SimpleRequest{ResponseStatus: &proto.EchoStatus{Code: int32(want.code), Message: want.text}})
		if got := status.Convert(err); got.Code() != want.code || got.Message() != want.text {
			t.Errorf("got %v %q, want %v %q", got.Code(), got.Message(), want.code, want.text)
		}
	}
	if n := service.calls.Load(); n != 4 {
		t.Errorf("the backend was called %d times for 4 calls", n)
	}
	both, err := c.FullDuplexCall(within(t))
	if err != nil {
		t.Fatal(err)
	}
	_ = both.Send(&proto.StreamingOutputCallRequest{ResponseStatus: &proto.EchoStatus{Code: 9, Message: "in the midst"}})
	if _, err := both.Recv(); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("the stream ended with %v", err)
	}
	if err := conn.Invoke(within(t), "/grpc.testing.Nobody/Nothing", &proto.Empty{}, &proto.Empty{}); status.Code(err) != codes.Unimplemented {
		t.Errorf("a service that is not there: %v", err)
	}
}

func TestGRPCWithoutABackendIsUnavailable(t *testing.T) {
	o := newOrigin(t, answer("x"))
	o.Close()
	s := play(t, Options{Patience: 100 * time.Millisecond}, o)
	_, err := proto.NewTestServiceClient(dial(t, s.host, insecure.NewCredentials())).UnaryCall(within(t), &proto.SimpleRequest{})
	if got := status.Convert(err); got.Code() != codes.Unavailable || got.Message() != "no backend answered" {
		t.Errorf("got %v", err)
	}
}

func TestGRPCStreams(t *testing.T) {
	c, _, _ := callers(t)
	sizes := []int32{31415, 9, 2653, 58979}
	ask := &proto.StreamingOutputCallRequest{}
	for _, n := range sizes {
		ask.ResponseParameters = append(ask.ResponseParameters, &proto.ResponseParameters{Size: n})
	}
	from, err := c.StreamingOutputCall(within(t), ask)
	if err != nil {
		t.Fatal(err)
	}
	var got []int32
	for {
		r, err := from.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, int32(len(r.GetPayload().GetBody()))) //nolint:gosec // small
	}
	if !slices.Equal(got, sizes) {
		t.Errorf("the server's stream: %v, want %v", got, sizes)
	}
	to, err := c.StreamingInputCall(within(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int32{27182, 8, 1828, 45904} {
		if err := to.Send(&proto.StreamingInputCallRequest{Payload: payload(n)}); err != nil {
			t.Fatal(err)
		}
	}
	if sum, err := to.CloseAndRecv(); err != nil || sum.GetAggregatedPayloadSize() != 74922 {
		t.Errorf("the client's stream: %v, %v", sum, err)
	}
}

func TestGRPCPingPong(t *testing.T) {
	c, service, _ := callers(t)
	both, err := c.FullDuplexCall(within(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int32{31415, 9, 2653, 58979} {
		if err := both.Send(&proto.StreamingOutputCallRequest{ResponseParameters: []*proto.ResponseParameters{{Size: n}}, Payload: payload(n)}); err != nil {
			t.Fatal(err)
		}
		if r, err := both.Recv(); err != nil || len(r.GetPayload().GetBody()) != int(n) {
			t.Fatalf("%d bytes, %v, want %d before the next is sent", len(r.GetPayload().GetBody()), err, n)
		}
	}
	_ = both.CloseSend()
	if _, err := both.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("the end is %v", err)
	}
	ctx, leave := context.WithCancel(within(t))
	if both, err = c.FullDuplexCall(ctx); err != nil {
		t.Fatal(err)
	}
	_ = both.Send(&proto.StreamingOutputCallRequest{ResponseParameters: []*proto.ResponseParameters{{Size: 9}}})
	if _, err := both.Recv(); err != nil {
		t.Fatal(err)
	}
	leave()
	if _, err := both.Recv(); status.Code(err) != codes.Canceled {
		t.Errorf("who left is told %v", err)
	}
	select {
	case <-service.ended:
	case <-time.After(10 * time.Second):
		t.Error("the backend does not hear that the client has left")
	}
}

func TestGRPCDeadline(t *testing.T) {
	c, service, _ := callers(t)
	ctx, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer stop()
	both, err := c.FullDuplexCall(ctx)
	if err == nil {
		_ = both.Send(&proto.StreamingOutputCallRequest{Payload: payload(27182)})
		_, err = both.Recv()
	}
	if status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("the deadline ended it with %v", err)
	}
	select {
	case <-service.ended:
	case <-time.After(10 * time.Second):
		t.Error("the backend does not hear of the deadline")
	}
}

// With TLS on both sides, and a certificate of either that is checked.
func TestGRPCOverTLS(t *testing.T) {
	certified := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(certified.Close)
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	address, service := interoperate(t, grpc.Creds(credentials.NewServerTLSFromCert(&certified.TLS.Certificates[0])))
	s := play(t, Options{
		Patience: 5 * time.Second, TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		Pools: []Pool{{Backends: []Backend{{URL: "https://" + address}}}},
	})
	front, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := h1.NewServer(s.g, h1.Options{TLS: &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12}})
	done := make(chan error, 1)
	go func() { done <- server.Serve(front) }()
	t.Cleanup(func() { _ = server.Shutdown(context.Background()); <-done })
	c := proto.NewTestServiceClient(dial(t, front.Addr().String(), credentials.NewClientTLSFromCert(roots, "")))
	if got, err := c.UnaryCall(within(t), &proto.SimpleRequest{ResponseSize: 314159, Payload: payload(271828)}); err != nil || len(got.GetPayload().GetBody()) != 314159 {
		t.Errorf("%d bytes, %v", len(got.GetPayload().GetBody()), err)
	}
	_, err = c.UnaryCall(within(t), &proto.SimpleRequest{ResponseStatus: &proto.EchoStatus{Code: int32(codes.NotFound), Message: "no such basket"}})
	if got := status.Convert(err); got.Code() != codes.NotFound || got.Message() != "no such basket" {
		t.Errorf("got %v", err)
	}
	if n := service.calls.Load(); n != 2 {
		t.Errorf("the backend was called %d times for 2 calls", n)
	}
	strange := proto.NewTestServiceClient(dial(t, front.Addr().String(), credentials.NewClientTLSFromCert(x509.NewCertPool(), "")))
	if _, err := strange.UnaryCall(within(t), &proto.SimpleRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("who does not know the certificate got %v", err)
	}
}
