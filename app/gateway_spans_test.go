package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/gateway"
)

// spanning runs a gateway before backends whose spans go where o says.
func spanning(t *testing.T, o *Spans, urls ...string) (s *GatewayServer, stop func()) {
	t.Helper()
	return spanningFor(t, 20*time.Second, o, urls...) // so that a busy machine makes no faults
}

// spanningFor is spanning for people who have so much patience.
func spanningFor(t *testing.T, patience time.Duration, o *Spans, urls ...string) (s *GatewayServer, stop func()) {
	t.Helper()
	g := GatewayOptions{Listen: []string{"127.0.0.1:0"}, Spans: o}
	g.Pools, g.Patience = []gateway.Pool{{Name: "shop"}}, patience
	for _, u := range urls {
		g.Pools[0].Backends = append(g.Pools[0].Backends, gateway.Backend{URL: u})
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := NewGateway(ctx, g, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return s, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestSpansOfTheGatewayMakeTheChain(t *testing.T) {
	t.Parallel() // a trace takes some seconds until it is whole
	var failed atomic.Int64
	ill := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		failed.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer ill.Close()
	fine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "good") }))
	defer fine.Close()
	c := config.Default()
	c.Data = t.TempDir()
	c.Receive.OTLP = config.OTLP{GRPC: "127.0.0.1:0", HTTP: "127.0.0.1:0"}
	server, stop := traceServer(t, c)
	defer stop()
	const each = 20
	for _, o := range []*Spans{
		{Endpoint: "http://" + server.traces.http.Addr().String(), Share: 1, Service: "edge over http"},
		{Endpoint: "grpc://" + server.traces.grpc.Addr().String(), Share: 1, Service: "edge over grpc", Counted: true},
	} {
		g, end := spanning(t, o, ill.URL, fine.URL)
		for range each {
			if got := answerOf(t.Context(), t, g.Addresses()[0]); got != "good" {
				t.Fatalf("answered %q", got)
			}
		}
		end() // what waits is sent
		if s := g.spans.state(); s.Sent < 2*each || len(s.Dropped) > 0 || s.Trouble != "" {
			t.Errorf("%s: %+v", o.Service, s)
		}
	}
	awaitFold(t, server, func() bool {
		var calls int64
		for _, e := range server.projector.chain().Edges {
			if strings.HasPrefix(e.From, "edge over ") {
				calls += e.Calls
			}
		}
		return calls == 2*each+failed.Load()
	})
	var masked, errors int64
	for _, e := range server.projector.chain().Edges {
		masked, errors = masked+e.Masked, errors+e.Errors
	}
	if failed.Load() == 0 || masked != failed.Load() || errors != failed.Load() {
		t.Errorf("%d failed; the chain says that %d did, of which %d were masked", failed.Load(), errors, masked)
	}
}

func TestFaultsAreToldOfWhateverTheShare(t *testing.T) {
	ill := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	defer ill.Close()
	fine := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer fine.Close()
	var asked atomic.Int64
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if asked.Add(1) == 1 { // it is to be asked again
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer collector.Close()
	g, end := spanning(t, &Spans{Endpoint: collector.URL}, fine.URL)
	for range 20 {
		answerOf(t.Context(), t, g.Addresses()[0])
	}
	end()
	if s := g.spans.state(); s.Sent != 0 || asked.Load() != 0 {
		t.Errorf("of what was well: %+v", s)
	}
	g, end = spanningFor(t, time.Second, &Spans{Endpoint: collector.URL}, ill.URL) // nobody waits longer for what does not come
	answerOf(t.Context(), t, g.Addresses()[0])
	soonSo(t, "the spans of a fault are taken", func() bool { return g.spans.state().Sent >= 2 })
	end()
	if asked.Load() < 2 {
		t.Errorf("the collector was asked %d times", asked.Load())
	}
}

func TestSpansThatNobodyTakesAreCounted(t *testing.T) {
	fine := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer fine.Close()
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer collector.Close()
	g, end := spanning(t, &Spans{Endpoint: collector.URL, Share: 1}, fine.URL)
	defer end()
	answerOf(t.Context(), t, g.Addresses()[0])
	soonSo(t, "it is counted", func() bool { return g.spans.state().Dropped["the collector refused"] == 2 })
	if s := g.spans.state(); !strings.Contains(s.Trouble, "401") {
		t.Errorf("%+v", s)
	}
	full := &spanLog{queue: make(chan spanned), dropped: map[string]int64{}} // nobody reads
	full.add(&gateway.Exchange{Trace: &gateway.Trace{Sampled: true, Tries: make([]gateway.Try, 2)}})
	if full.dropped["the queue was full"] != 3 {
		t.Errorf("%v", full.dropped)
	}
	if _, err := NewGateway(t.Context(), GatewayOptions{Spans: &Spans{Endpoint: "ftp://x"}, Options: gateway.Options{Pools: []gateway.Pool{{Backends: []gateway.Backend{{URL: fine.URL}}}}}}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "fix: write http://host:4318") {
		t.Errorf("%v", err)
	}
}
