package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/gateway/h1"
)

// stage is a gateway before backends, all on loopback.
type stage struct {
	t    *testing.T
	g    *Gateway
	url  string
	host string
	mu   sync.Mutex
	done []Exchange
}

// origin is a backend, which counts.
type origin struct {
	*httptest.Server
	asked atomic.Int64
}

func newOrigin(t *testing.T, h http.HandlerFunc) *origin {
	t.Helper()
	o := &origin{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { o.asked.Add(1); h(w, r) }))
	t.Cleanup(o.Close)
	return o
}

func play(t *testing.T, o Options, backends ...*origin) *stage {
	t.Helper()
	s := &stage{t: t}
	if len(o.Pools) == 0 {
		o.Pools = []Pool{{}}
	}
	for _, b := range backends {
		o.Pools[0].Backends = append(o.Pools[0].Backends, Backend{URL: b.URL})
	}
	o.Done = func(e *Exchange) { s.mu.Lock(); s.done = append(s.done, *e); s.mu.Unlock() }
	g, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	s.g = g
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := h1.NewServer(g, h1.Options{Refused: g.Refused})
	ctx, stop := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() { _ = server.Serve(l) })
	wait.Go(func() { g.Run(ctx) })
	t.Cleanup(func() {
		g.EndSockets()
		end, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(end)
		stop()
		wait.Wait()
	})
	s.host = l.Addr().String()
	s.url = "http://" + s.host
	return s
}

func (s *stage) ask(method, path string, body string, fields ...string) (int, string, http.Header) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return 0, err.Error(), nil
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, "cut: " + err.Error(), resp.Header
	}
	return resp.StatusCode, string(got), resp.Header
}

// exchanges returns what was told, once there are n.
func (s *stage) exchanges(n int) []Exchange {
	s.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 5000 {
		s.mu.Lock()
		list := s.done
		s.mu.Unlock()
		if len(list) >= n {
			return list
		}
		<-tick.C
	}
	s.t.Fatalf("%d exchanges were told, want %d", len(s.done), n)
	return nil
}

func answer(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Shop", "yes")
		fmt.Fprint(w, text)
	}
}

func breakOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, "half")
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func TestFaultsAreMaskedAndCounted(t *testing.T) {
	digest := func(body string) string {
		sum := sha256.Sum256([]byte(body))
		return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	}
	faults := []struct {
		name, what string
		h          http.HandlerFunc
	}{
		{"500", ServerError, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) }},
		{"503", ServerError, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusServiceUnavailable) }},
		{"broken off before the head", Reset, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"broken off in the body", Cut, breakOff},
		{"damaged", Damaged, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Shop", "yes")
			w.Header().Set("Content-Digest", digest("good"))
			fmt.Fprint(w, "bad!")
		}},
		{"without mark", Unmarked, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "oops") }},
	}
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			ill, fine := newOrigin(t, tt.h), newOrigin(t, answer("good"))
			s := play(t, Options{Pools: []Pool{{Marker: "X-Shop: yes"}}, Patience: 20 * time.Second}, ill, fine)
			for i := range 30 {
				if status, body, _ := s.ask(http.MethodGet, fmt.Sprintf("/%d", i), ""); status != 200 || body != "good" {
					t.Fatalf("request %d: %d %q", i, status, body)
				}
			}
			injected := ill.asked.Load()
			s.exchanges(30) // who lost a race is heard to their end
			state := s.g.State()
			if injected == 0 || state.Masked != injected || state.Felt != 0 {
				t.Errorf("%d faults were injected, %d masked, %d felt", injected, state.Masked, state.Felt)
			}
			for _, m := range state.Masks {
				if m.What != tt.what {
					t.Errorf("masked %+v, want %s", m, tt.what)
				}
			}
		})
	}
}

func TestNothingIsPostedTwice(t *testing.T) {
	for _, tt := range []struct {
		name string
		h    http.HandlerFunc
	}{
		{"broken off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"cut short", breakOff},
		{"503", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusServiceUnavailable) }},
		{"silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var executed atomic.Int64
			h := func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				executed.Add(1)
				tt.h(w, r)
			}
			s := play(t, Options{Patience: 100 * time.Millisecond, Timeout: 400 * time.Millisecond}, newOrigin(t, h), newOrigin(t, h))
			if status, body, _ := s.ask(http.MethodPost, "/pay", "1"); status < 500 {
				t.Errorf("answer %d %q", status, body)
			}
			if n := executed.Load(); n != 1 {
				t.Errorf("executed %d times", n)
			}
		})
	}
}

func TestAPostGoesElsewhereWhenItWasCertainlyNotDone(t *testing.T) {
	gone, fine := newOrigin(t, answer("no")), newOrigin(t, answer("done"))
	gone.Close()
	s := play(t, Options{}, gone, fine)
	for range 10 {
		if status, body, _ := s.ask(http.MethodPost, "/pay", "1"); status != 200 || body != "done" {
			t.Fatalf("%d %q", status, body)
		}
	}
}

func TestAKeyMakesAPostRepeatable(t *testing.T) {
	ill, fine := newOrigin(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), newOrigin(t, answer("done"))
	s := play(t, Options{}, ill, fine)
	for i := range 10 {
		if status, body, _ := s.ask(http.MethodPost, "/pay", "1", "Idempotency-Key", fmt.Sprint(i)); status != 200 || body != "done" {
			t.Fatalf("%d %q", status, body)
		}
	}
}

func TestSilenceIsRaced(t *testing.T) {
	release := make(chan struct{})
	silent, fine := newOrigin(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}), newOrigin(t, answer("good"))
	defer close(release)
	s := play(t, Options{Patience: time.Second}, silent, fine)
	for i := range 10 {
		if status, body, _ := s.ask(http.MethodGet, "/", ""); status != 200 || body != "good" {
			t.Fatalf("request %d: %d %q", i, status, body)
		}
	}
	if silent.asked.Load() == 0 {
		t.Skip("chance never asked the silent one")
	}
	s.exchanges(10) // the silent are heard until patience ends
	if s := s.g.State(); len(s.Masks) != 1 || s.Masks[0].How != experience.Hedge.String() || s.Masked != silent.asked.Load() {
		t.Errorf("masked %+v, want %d", s.Masks, silent.asked.Load())
	}
}

func TestSlowTruthIsNotBroken(t *testing.T) {
	slow := func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(300 * time.Millisecond):
		case <-r.Context().Done():
			return
		}
		fmt.Fprint(w, "slow but true")
	}
	s := play(t, Options{Patience: 100 * time.Millisecond}, newOrigin(t, slow), newOrigin(t, slow))
	if status, body, _ := s.ask(http.MethodGet, "/", ""); status != 200 || body != "slow but true" {
		t.Errorf("%d %q", status, body)
	}
}

func TestARequestWaitsUntilABackendIsBack(t *testing.T) {
	o := newOrigin(t, answer("good"))
	address := o.Listener.Addr().String()
	s := play(t, Options{Patience: 3 * time.Second}, o)
	o.Close()
	answered := make(chan string, 1)
	go func() { _, body, _ := s.ask(http.MethodGet, "/", ""); answered <- body }()
	s.until(func() bool { return len(s.g.State().Backends[0].Faults) > 0 })
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Skip("the port is taken meanwhile:", err)
	}
	back := &http.Server{Handler: answer("back"), ReadHeaderTimeout: time.Second}
	go func() { _ = back.Serve(l) }()
	defer back.Close()
	if got := <-answered; got != "back" {
		t.Errorf("answer %q", got)
	}
	if e := s.exchanges(1)[0]; e.Mask != experience.Hold {
		t.Errorf("masked by %v", e.Mask)
	}
}

// until waits until done.
func (s *stage) until(done func() bool) {
	s.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 5000 {
		if done() {
			return
		}
		<-tick.C
	}
	s.t.Fatal("it never happened")
}

func TestEveryBackendSaysTheSameIsTheTruth(t *testing.T) {
	h := func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "a fault of the page", http.StatusInternalServerError)
	}
	a, b := newOrigin(t, h), newOrigin(t, h)
	s := play(t, Options{}, a, b)
	if status, body, _ := s.ask(http.MethodGet, "/broken", ""); status != 500 || !strings.Contains(body, "a fault of the page") {
		t.Errorf("%d %q", status, body)
	}
	n := a.asked.Load() + b.asked.Load()
	if n > 4 {
		t.Errorf("asked %d times", n)
	}
	if status, body, _ := s.ask(http.MethodGet, "/broken", ""); status != 500 || !strings.Contains(body, "a fault of the page") {
		t.Errorf("the second time: %d %q", status, body)
	}
	if again := a.asked.Load() + b.asked.Load() - n; again != 1 {
		t.Errorf("asked %d times again, though all had just said the same", again)
	}
}

func TestOldAnswersOnlyWithLeaveAndNeverAcrossPeople(t *testing.T) {
	var down atomic.Bool
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			panic(http.ErrAbortHandler)
		}
		switch r.URL.Path {
		case "/leave":
			w.Header().Set("Cache-Control", "max-age=0, stale-if-error=60")
		case "/private":
			w.Header().Set("Cache-Control", "private, max-age=0, stale-if-error=60")
		case "/cookie":
			w.Header().Set("Cache-Control", "max-age=60, stale-if-error=60")
		case "/set":
			w.Header().Set("Cache-Control", "public, max-age=60")
			w.Header().Set("Set-Cookie", "a=b")
		}
		fmt.Fprint(w, "page of "+r.Header.Get("Cookie"))
	})
	s := play(t, Options{Patience: 60 * time.Millisecond}, o)
	for _, p := range []string{"/leave", "/none", "/private", "/set"} {
		s.ask(http.MethodGet, p, "")
	}
	s.ask(http.MethodGet, "/cookie", "", "Cookie", "anna")
	down.Store(true)
	if status, body, _ := s.ask(http.MethodGet, "/leave", ""); status != 200 || body != "page of " {
		t.Errorf("with leave: %d %q", status, body)
	}
	for _, p := range []string{"/none", "/private", "/set"} {
		if status, body, _ := s.ask(http.MethodGet, p, ""); status < 500 {
			t.Errorf("%s without leave: %d %q", p, status, body)
		}
	}
	if status, body, _ := s.ask(http.MethodGet, "/cookie", "", "Cookie", "ben"); status < 500 {
		t.Errorf("another person's page: %d %q", status, body)
	}
}
