package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honderd/honderd/experience"
)

func rhythms(n int, every time.Duration) (list []rhythm) {
	for i := range n {
		list = append(list, rhythm{fmt.Sprintf("target %d", i), every})
	}
	return list
}

// All begin within one interval, spread over it, and none drifts.
func TestRunsKeepToTheirGrid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, every = 1000, time.Minute
		start := time.Now()
		var mu sync.Mutex
		first, counts := map[int]time.Duration{}, map[int]int{}
		s := newSchedule(rhythms(n, every), n, func(_ context.Context, i int, skipped int64) error {
			mu.Lock()
			at, again := time.Since(start), counts[i]
			if again == 0 {
				first[i] = at
			}
			if skipped != 0 || at != first[i]+time.Duration(again)*every {
				t.Errorf("run %d of %d at %v, first at %v, %d skipped", again, i, at, first[i], skipped)
			}
			counts[i]++
			mu.Unlock()
			time.Sleep(time.Duration(i%1500) * time.Millisecond)
			return nil
		})
		ctx, stop := context.WithTimeout(t.Context(), 10*every)
		defer stop()
		if err := s.loop(ctx); err != nil {
			t.Fatal(err)
		}
		quarters := [4]int{}
		for i := range n {
			if counts[i] != 10 || first[i] >= every {
				t.Errorf("%d ran %d times, first after %v", i, counts[i], first[i])
			}
			quarters[first[i]*4/every]++
		}
		for _, q := range quarters {
			if q < n/4-70 || q > n/4+70 {
				t.Errorf("they begin in bunches: %v", quarters)
			}
		}
		if s.late.Load() != 0 || s.skipped.Load() != 0 || s.runs.Load() != 10*n {
			t.Errorf("%d late, %d skipped, %d runs", s.late.Load(), s.skipped.Load(), s.runs.Load())
		}
	})
}

// More slow targets than places: the prompt ones still run each time, and each run that
// was left out is counted.
func TestSlowOnesDoNotCrowdOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slow, prompt, every = 100, 10, 10 * time.Second
		var mu sync.Mutex
		counts, skips, busy, most := map[int]int64{}, map[int]int64{}, 0, 0
		s := newSchedule(rhythms(slow+prompt, every), 20, func(ctx context.Context, i int, skipped int64) error {
			mu.Lock()
			counts[i]++
			skips[i] += skipped
			busy++
			most = max(most, busy)
			mu.Unlock()
			if i < slow {
				select {
				case <-time.After(20 * time.Second):
				case <-ctx.Done():
				}
			}
			mu.Lock()
			busy--
			mu.Unlock()
			return nil
		})
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		if err := s.loop(ctx); err != nil {
			t.Fatal(err)
		}
		for i := slow; i < slow+prompt; i++ {
			if counts[i] < 340 { // of 360: at first nobody knows who is slow
				t.Errorf("a prompt one ran %d times of 360", counts[i])
			}
		}
		for i := range slow {
			if counts[i] == 0 || counts[i]+skips[i] > 360 || skips[i] == 0 {
				t.Errorf("a slow one ran %d times and skipped %d, of 360", counts[i], skips[i])
			}
		}
		if most > 20 {
			t.Errorf("%d at one time, want 20 at most", most)
		}
	})
}

func TestAFailingSinkEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("full")
		s := newSchedule(rhythms(5, time.Second), 5, func(context.Context, int, int64) error { return full })
		if err := s.loop(t.Context()); !errors.Is(err, full) {
			t.Errorf("it ended with %v, want %v", err, full)
		}
	})
}

// pipes is a network within the process: addresses that begin with silent take a
// connection and never answer.
func pipes(t *testing.T) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(_ context.Context, _, address string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		if host, _, _ := net.SplitHostPort(address); len(host) > 6 && host[:6] == "silent" {
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			return ours, nil
		}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })}
		server.SetKeepAlivesEnabled(true)
		go func() { _ = server.Serve(&oneConn{conn: theirs, done: t.Context().Done()}) }()
		return ours, nil
	}
}

// oneConn is a listener that gives one connection.
type oneConn struct {
	mu   sync.Mutex
	conn net.Conn
	done <-chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if conn := l.conn; conn != nil {
		l.conn = nil
		return conn, nil
	}
	return nil, io.EOF
}

func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// Four silent targets beside ten healthy ones: the healthy are checked each second.
func TestSilentBesideHealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var targets []Target
		for i := range 14 {
			name := fmt.Sprintf("healthy%d", i)
			if i >= 10 {
				name = fmt.Sprintf("silent%d", i)
			}
			targets = append(targets, Target{Name: name, Kind: HTTP, Address: "http://" + name + "/", Interval: time.Second})
		}
		var mu sync.Mutex
		good, bad, skipped := 0, 0, int64(0)
		p, err := New(targets, Options{Dial: pipes(t), Vantage: "here", Seen: func(_ context.Context, r Result) error {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case r.Vantage != "here" || r.Unknown:
				t.Errorf("%+v", r)
			case !r.Bad():
				good++
			case r.Cause != experience.TimedOut:
				t.Errorf("a silent one: %+v", r)
			case r.Confirmed:
				bad++
			}
			skipped += r.Skipped
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		if err := p.Run(ctx); err != nil {
			t.Fatal(err)
		}
		s := p.Stats()
		if good != 600 || bad != 8 || s.Late != 0 || s.Skipped < skipped || skipped == 0 || s.Bad < 8 || s.Bad > 12 {
			t.Errorf("%d good, %d bad, %d skipped, %+v; want 600 good, 8 confirmed bad, 4 more at most that the end cut off", good, bad, skipped, s)
		}
	})
}
