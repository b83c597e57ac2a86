package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/gateway"
)

func TestWhatPassesTheGatewayIsExperienced(t *testing.T) {
	var injected atomic.Int64
	ill := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		injected.Add(1)
		http.Error(w, "no", http.StatusServiceUnavailable)
	}))
	defer ill.Close()
	fine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "good") }))
	defer fine.Close()
	c := config.Default()
	c.Listen, c.Data = "127.0.0.1:0", t.TempDir()
	c.Gateway.Listen = []string{"127.0.0.1:0"}
	c.Gateway.Pools = []config.Pool{{Name: "shop", To: []string{ill.URL, fine.URL}}}
	c.Gateway.Patience = 20 * time.Second // no race is run: the fault of who loses one is not known
	ctx, stop := context.WithCancel(t.Context())
	s, err := NewServer(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	address := "http://" + s.gateway.Addresses()[0]
	for i := range 40 {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/basket/%d", address, i), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("User-Agent", fmt.Sprintf("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.%d", i%10))
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if string(body) != "good" {
			t.Fatalf("answer %d %q", resp.StatusCode, body)
		}
	}
	var state gateway.State
	resp, err := http.Get("http://" + s.Address() + "/api/v1/gateway")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil || state.Requests != 40 || state.Masked != injected.Load() || injected.Load() == 0 {
		t.Errorf("state %+v, %v; injected %d", state, err, injected.Load())
	}
	_ = resp.Body.Close()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	var people, masked int64
	for range 12_000 { // a minute
		a, _ := s.projector.now()
		people, masked = a.People.Active, a.Masked.Faults
		if people == 10 && masked == injected.Load() {
			break
		}
		<-tick.C
	}
	if people != 10 || masked != injected.Load() {
		t.Errorf("%d people, %d masked; want 10, %d", people, masked, injected.Load())
	}
	a, _ := s.projector.now()
	if by := a.Masked.ByBackend; len(by) != 1 || by[0].Backend != strings.TrimPrefix(ill.URL, "http://") || by[0].Masked != masked || by[0].Felt != 0 ||
		by[0].Faults[0].Fault != gateway.ServerError || by[0].By["retry"] != masked {
		t.Errorf("by backend %+v, want all %d of %s", by, masked, ill.URL)
	}
	for _, segment := range a.Segments {
		if experience.IsBlame(segment.By) {
			t.Errorf("people are told apart by %s", segment.By)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestWhatTheLedgerDoesNotTakeWaitsOnDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	s, err := openSpool(path, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	batch := func(n int) *experience.Batch {
		b := newBatchOf()
		b.Items = make([]experience.Experience, n)
		for i := range b.Items {
			b.Items[i] = experience.Experience{Person: 7, At: 1763900000000, Journey: b.journey("/")}
		}
		return &b.Batch
	}
	for i := 1; i <= 3; i++ {
		s.add(batch(i))
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	if s, err = openSpool(path, slog.New(slog.DiscardHandler), nil); err != nil { // after a restart
		t.Fatal(err)
	}
	defer s.close()
	var got []int
	s.drain(t.Context(), func(_ context.Context, b *experience.Batch) error {
		if len(got) == 2 {
			return io.ErrClosedPipe
		}
		got = append(got, len(b.Items))
		return nil
	})
	if fmt.Sprint(got) != "[1 2]" || !s.waits() {
		t.Fatalf("given %v, waits %v", got, s.waits())
	}
	s.drain(t.Context(), func(_ context.Context, b *experience.Batch) error { got = append(got, len(b.Items)); return nil })
	if fmt.Sprint(got) != "[1 2 3]" || s.waits() {
		t.Errorf("given %v, waits %v", got, s.waits())
	}
}

// A crash while what waited is given: what the folds know of it is not given again.
func TestWhatWaitedIsCountedOnceThroughACrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	s, err := openSpool(path, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "c"} {
		b := newBatchOf()
		b.Position = name
		s.add(&b.Batch)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	for known, want := range map[string]string{"": "[a b c]", "a": "[b c]", "b": "[c]", "c": "[]", "another": "[a b c]"} {
		copied := filepath.Join(t.TempDir(), "spool")
		whole, err := os.ReadFile(path)
		if err = errors.Join(err, os.WriteFile(copied, whole, 0o600)); err != nil {
			t.Fatal(err)
		}
		s, err := openSpool(copied, slog.New(slog.DiscardHandler), nil)
		if err != nil {
			t.Fatal(err)
		}
		s.resume(known)
		got := []string{}
		s.drain(t.Context(), func(_ context.Context, b *experience.Batch) error { got = append(got, b.Position); return nil })
		if fmt.Sprint(got) != want || s.waits() {
			t.Errorf("after %q: given %v, want %s", known, got, want)
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
	server := quietServer(t)
	b := newBatchOf()
	b.Position = "a"
	for range 2 { // the answer of the first was lost
		if err := server.keepPassed(t.Context(), &b.Batch); err != nil {
			t.Fatal(err)
		}
	}
	if last, err := server.ledger.Last(t.Context()); err != nil || last != 1 {
		t.Errorf("%d records, %v; want one", last, err)
	}
	server.waitSaid(t.Context())
	if at := server.projector.position(gatewayName); at != "a" {
		t.Errorf("the folds know %q", at)
	}
}
