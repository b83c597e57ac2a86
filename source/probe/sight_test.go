package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// at is a connection to an address that only tests have.
type at struct {
	net.Conn
	to *net.TCPAddr
}

// RemoteAddr returns where it leads.
func (a at) RemoteAddr() net.Addr { return a.to }

// world is a network within the process, of which parts can fall silent.
type world struct {
	t    *testing.T
	mu   sync.Mutex
	dead map[string]bool // by host; "*" is all of it
}

func (w *world) kill(host string, dead bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead[host] = dead
}

func (w *world) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	dead := w.dead[host] || w.dead["*"]
	w.mu.Unlock()
	if dead {
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Err: context.DeadlineExceeded}
	}
	ours, theirs := net.Pipe()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })}
	go func() { _ = server.Serve(&oneConn{conn: theirs, done: w.t.Context().Done()}) }()
	return at{ours, &net.TCPAddr{IP: net.ParseIP(host), Port: 80}}, nil
}

func seen(t *testing.T, w *world, hosts []string, o Options, minutes int, each func(minute int)) map[string][]string {
	t.Helper()
	var targets []Target
	for _, h := range hosts {
		targets = append(targets, Target{Name: h, Kind: HTTP, Address: "http://" + h + "/", Timeout: 2 * time.Second})
	}
	var mu sync.Mutex
	got := map[string][]string{}
	start := time.Now()
	o.Dial = w.dial
	o.Seen = func(_ context.Context, r Result) error {
		mu.Lock()
		defer mu.Unlock()
		word := "good"
		if r.Bad() {
			word = "bad"
		}
		if r.Unknown {
			word = "unknown"
			if r.Bad() || r.Confirmed || !strings.Contains(r.Why, "this machine could not probe") {
				t.Errorf("unknown, but %+v", r)
			}
		}
		if minute := int(r.At.Sub(start) / time.Minute); minute < minutes { // the end cuts off later ones
			got[r.Target] = append(got[r.Target], fmt.Sprintf("%d %s", minute, word))
		}
		return nil
	}
	p, err := New(targets, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Duration(minutes+1)*time.Minute)
	defer stop()
	for m := range minutes {
		time.AfterFunc(time.Duration(m)*time.Minute-time.Millisecond, func() { each(m) })
	}
	if err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestOurOwnOutageIsNobodysFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, dead: map[string]bool{}}
		hosts := []string{"192.0.2.1", "198.51.100.1", "203.0.113.1", "203.0.113.2"}
		got := seen(t, w, hosts, Options{}, 4, func(m int) { w.kill("*", m == 2) })
		for _, h := range hosts {
			if !slices.Equal(got[h], []string{"0 good", "1 good", "2 unknown", "3 good"}) {
				t.Errorf("%s: %v", h, got[h])
			}
		}
	})
}

func TestOneSilentTargetIsItsOwnFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, dead: map[string]bool{}}
		hosts := []string{"192.0.2.1", "198.51.100.1", "203.0.113.1"}
		got := seen(t, w, hosts, Options{}, 4, func(m int) { w.kill(hosts[0], m >= 2) })
		if !slices.Equal(got[hosts[0]], []string{"0 good", "1 good", "2 bad", "3 bad"}) || !slices.Equal(got[hosts[1]], []string{"0 good", "1 good", "2 good", "3 good"}) {
			t.Errorf("%v", got)
		}
	})
}

// All targets in one network go down together: without an anchor that can be told from an
// outage of ours only when there are others.
func TestANetworkThatFallsIsBad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, dead: map[string]bool{}}
		hosts := []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}
		got := seen(t, w, hosts, Options{}, 4, func(m int) { w.kill("*", m >= 2) })
		for _, h := range hosts {
			if !slices.Equal(got[h], []string{"0 good", "1 good", "2 bad", "3 bad"}) {
				t.Errorf("%s: %v", h, got[h])
			}
		}
	})
}

func TestAnAnchorTells(t *testing.T) {
	hosts := []string{"192.0.2.1", "198.51.100.1", "203.0.113.1"}
	for _, dead := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := &world{t: t, dead: map[string]bool{}}
			got := seen(t, w, hosts, Options{Anchors: []string{"192.0.2.99:53"}}, 4, func(m int) {
				for _, h := range hosts {
					w.kill(h, m >= 2)
				}
				w.kill("192.0.2.99", m >= 2 && dead)
			})
			word := map[bool]string{false: "bad", true: "unknown"}[dead]
			for _, h := range hosts {
				if !slices.Equal(got[h], []string{"0 good", "1 good", "2 " + word, "3 " + word}) {
					t.Errorf("%s with the anchor dead %v: %v", h, dead, got[h])
				}
			}
		})
	}
}

func TestWhatIsSilent(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{&net.DNSError{Err: "no such host", IsNotFound: true}, false},
		{&net.DNSError{Err: "server misbehaving", IsTemporary: true}, true},
		{&net.DNSError{Err: "timeout", IsTimeout: true}, true},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, false},
		{&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, true},
		{context.DeadlineExceeded, true},
		{errors.New("nobody"), false},
	} {
		if got := isSilent(tt.err); got != tt.want {
			t.Errorf("isSilent(%v) = %v", tt.err, got)
		}
	}
}

// Five thousand targets, one in twenty of which never answers: all begin within one
// interval, none late, and the silent ones cost the others nothing.
func TestFiveThousandTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, every = 5000, time.Minute
		var targets []Target
		for i := range n {
			name := fmt.Sprintf("healthy%d", i)
			if i%20 == 0 {
				name = fmt.Sprintf("silent%d", i)
			}
			targets = append(targets, Target{Name: name, Kind: HTTP, Address: "http://" + name + "/", Interval: every})
		}
		start := time.Now()
		var good, bad, wrong atomic.Int64
		first := make(map[string]time.Duration, n)
		var mu sync.Mutex
		p, err := New(targets, Options{Dial: pipes(t), Seen: func(_ context.Context, r Result) error {
			mu.Lock()
			if _, again := first[r.Target]; !again {
				first[r.Target] = r.At.Sub(start)
			}
			mu.Unlock()
			switch silent := strings.HasPrefix(r.Target, "silent"); {
			case r.Unknown || silent != r.Bad():
				wrong.Add(1)
			case silent:
				bad.Add(1)
			default:
				good.Add(1)
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), every+25*time.Second) // the last ones answer in that time
		defer stop()
		if err := p.Run(ctx); err != nil {
			t.Fatal(err)
		}
		s := p.Stats()
		if len(first) != n || s.Late != 0 || s.Skipped != 0 || wrong.Load() != 0 || good.Load() < n*95/100 || bad.Load() < n*5/100 {
			t.Errorf("%d of %d seen, %d good, %d bad, %d wrong, %+v", len(first), n, good.Load(), bad.Load(), wrong.Load(), s)
		}
		for name, at := range first {
			if at >= every {
				t.Errorf("%s began after %v", name, at)
			}
		}
	})
}
