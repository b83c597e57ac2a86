package otlp

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	about "go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"
)

// provider returns the SDK of one service.
func provider(t *testing.T, service string, to otlptrace.Client) *trace.TracerProvider {
	t.Helper()
	exporter, err := otlptrace.New(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	r := about.NewSchemaless(attribute.String("service.name", service), attribute.String("service.version", "1.2.3"))
	return trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(r))
}

// Two services with the SDK for Go, one sending over gRPC and one over HTTP: a person's
// step whose first call failed and whose second went well.
func TestTheSDKForGo(t *testing.T) {
	d, s := openDoor(t)
	grpcAt, httpAt := serveDoor(t, d)
	shop := provider(t, "shop", otlptracegrpc.NewClient(otlptracegrpc.WithInsecure(), otlptracegrpc.WithEndpoint(grpcAt), otlptracegrpc.WithCompressor("gzip")))
	cart := provider(t, "cart", otlptracehttp.NewClient(otlptracehttp.WithInsecure(), otlptracehttp.WithEndpoint(httpAt), otlptracehttp.WithCompression(otlptracehttp.GzipCompression)))

	ctx, step := shop.Tracer("").Start(context.Background(), "GET /basket/{id}", api.WithSpanKind(api.SpanKindServer), api.WithAttributes(
		attribute.String("http.route", "/basket/{id}"), attribute.String("http.request.method", "GET"), attribute.Int("http.response.status_code", 200),
		attribute.String("enduser.pseudo.id", "somebody"),
	))
	for try, status := range []int{503, 200} {
		called, call := shop.Tracer("").Start(ctx, "GET", api.WithSpanKind(api.SpanKindClient), api.WithAttributes(
			attribute.Int("http.response.status_code", status), attribute.String("service.peer.name", "cart"), attribute.Int("http.request.resend_count", try),
		))
		_, answer := cart.Tracer("").Start(called, "GET /cart", api.WithSpanKind(api.SpanKindServer), api.WithAttributes(attribute.Int("http.response.status_code", status)))
		if status == 503 {
			call.SetStatus(codes.Error, "503")
		}
		answer.End()
		call.End()
	}
	step.End()
	for _, p := range []*trace.TracerProvider{cart, shop} {
		if err := p.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := waiting(d); n != 5 {
		t.Fatalf("%d spans came, want 5", n)
	}
	e, c, err := d.to.emit(time.Now().Add(time.Minute))
	if err != nil || c.wait(t.Context()) != nil || d.to.give(t.Context(), e, s.sink) != nil {
		t.Fatalf("not given on: %v", err)
	}
	if s.steps() != "/basket fine retry" || len(s.found.calls) != 1 || s.found.calls[0][:len("shop -> cart http 2/1/1")] != "shop -> cart http 2/1/1" {
		t.Errorf("steps %q, calls %q", s.steps(), s.found.calls)
	}
}
