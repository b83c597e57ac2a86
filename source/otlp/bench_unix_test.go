//go:build unix

package otlp

import (
	"context"
	"encoding/binary"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger/jetstream"
)

// perRequest is how many traces a request of these benchmarks has, each of 8 spans.
const perRequest = 64

// loadOf returns a request of traces as the SDKs send them, with about ten attributes a
// span; number tells it from others.
func loadOf(tb testing.TB, number int) []byte {
	tb.Helper()
	td := ptrace.NewTraces()
	var services []ptrace.SpanSlice
	for _, name := range []string{"shop", "cart", "stock"} {
		rs := td.ResourceSpans().AppendEmpty()
		a := rs.Resource().Attributes()
		for k, v := range map[string]string{
			"service.name": name, "service.version": "1.2.3", "deployment.environment.name": "production", "telemetry.sdk.language": "go",
			"telemetry.sdk.name": "opentelemetry", "host.name": "node-7", "k8s.pod.name": name + "-5d4f9c7b8-x2x7k", "k8s.namespace.name": "shop",
		} {
			a.PutStr(k, v)
		}
		services = append(services, rs.ScopeSpans().AppendEmpty().Spans())
	}
	for i := range perRequest {
		n := uint64(number*perRequest + i + 1)
		at := time.Now().Add(-time.Second)
		span := func(of int, id, parent byte, kind ptrace.SpanKind, name string) pcommon.Map {
			s := services[of].AppendEmpty()
			var trace [16]byte
			binary.BigEndian.PutUint64(trace[8:], n*0x9e3779b97f4a7c15)
			trace[0] = 1
			s.SetTraceID(trace)
			s.SetSpanID([8]byte{7: id})
			s.SetParentSpanID([8]byte{7: parent})
			s.SetKind(kind)
			s.SetName(name)
			s.SetStartTimestamp(pcommon.NewTimestampFromTime(at.Add(time.Duration(id) * time.Millisecond)))
			s.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(time.Duration(60-id) * time.Millisecond)))
			a := s.Attributes()
			a.PutStr("http.request.method", "GET")
			a.PutInt("http.response.status_code", 200)
			a.PutStr("network.protocol.version", "1.1")
			a.PutStr("url.scheme", "https")
			a.PutInt("server.port", 8080)
			a.PutStr("thread.name", "worker-12")
			return a
		}
		edge := span(0, 1, 0, ptrace.SpanKindServer, "GET /basket/{id}")
		edge.PutStr("http.route", "/basket/{id}")
		edge.PutStr("url.path", "/basket/4711")
		edge.PutStr("client.address", "203.0.113."+string(rune('0'+n%10)))
		edge.PutStr("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36")
		for hop := range 2 {
			base := byte(2 + 3*hop)
			span(hop, base, max(base-2, 1), ptrace.SpanKindClient, "GET").PutStr("service.peer.name", []string{"cart", "stock"}[hop])
			span(hop+1, base+1, base, ptrace.SpanKindServer, "GET /").PutStr("http.route", "/items/{id}")
			span(hop+1, base+2, base+1, ptrace.SpanKindInternal, "render")
		}
		span(2, 9, 6, ptrace.SpanKindClient, "SELECT").PutStr("db.system.name", "postgresql")
	}
	q := ptraceotlp.NewExportRequestFromTraces(td)
	body, err := q.MarshalProto()
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// BenchmarkToLedger takes requests of 512 spans, each until it is on the disk, from eight
// senders at once, and gives all of them on to a ledger on the disk.
func BenchmarkToLedger(b *testing.B) {
	ctx := b.Context()
	l, err := jetstream.Open(ctx, jetstream.Options{Dir: b.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	r, err := NewReceiver(testOptions(), b.TempDir(), func(ctx context.Context, id string, data []byte) error {
		_, err := l.Append(ctx, "calls", id, data)
		return err
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	var steps int
	sink := func(ctx context.Context, batch *experience.Batch) error {
		steps += len(batch.Items)
		block, err := batch.AppendBinary(nil)
		if err != nil {
			return err
		}
		_, err = l.Append(ctx, "experience", batch.Position, block)
		return err
	}
	d := NewDoor(r, DoorOptions{})
	requests := make([][]byte, b.N)
	for i := range requests {
		requests[i] = loadOf(b, i)
	}
	b.SetBytes(int64(len(requests[0])))
	before := used(b)
	b.ResetTimer()
	var next atomic.Int64
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				if _, no := d.keep(ctx, traces, requests[i], false); no != nil {
					b.Error(no.Detail)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { senders.Wait(); close(done) }()
	for going := true; going; {
		select {
		case <-done:
			going = false
		case <-time.After(hurryEvery):
		}
		if err := r.settle(ctx, time.Now(), sink); err != nil {
			b.Fatal(err)
		}
	}
	if err := r.settle(ctx, time.Now().Add(time.Minute), sink); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	if steps != b.N*perRequest {
		b.Fatalf("%d steps of people, want %d", steps, b.N*perRequest)
	}
	b.ReportMetric(float64(b.N*perRequest*8)/(used(b)-before).Seconds(), "spans/core-s")
}

// used returns the time that all cores together have worked for this process: on a machine
// that others use too, it says more than the clock.
func used(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkUnpack is the part of it that reads a request.
func BenchmarkUnpack(b *testing.B) {
	body := loadOf(b, 1)
	r := newReader(testOptions(), nil)
	r.o.Robots = true
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	before := used(b)
	for b.Loop() {
		p := &packet{}
		if _, err := (&Door{}).unpack(r, p, traces, body, false); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*perRequest*8)/(used(b)-before).Seconds(), "spans/core-s")
}
