package gateway

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/perclient"
)

func TestWhatIsNoRequestForUsIsRefused(t *testing.T) {
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s %v", r.Host, r.Header) })
	s := play(t, Options{Pools: []Pool{{Hosts: []string{"shop.example"}}}}, o)
	for _, tt := range []struct{ give, want string }{
		{"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", "405"},
		{"TRACE / HTTP/1.1\r\nHost: shop.example\r\n\r\n", "405"},
		{"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", "421"},
		{"GET http://evil.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n", "421"},
		{"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "421"},
		{"GET / HTTP/1.1\r\nHost: shop.example\r\nVia: " + strings.Repeat("1.1 honderd, ", 9) + "\r\n\r\n", "508"},
		{"GET http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n", "200"},
	} {
		c, err := net.Dial("tcp", s.host)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.WriteString(c, tt.give)
		line, _ := bufio.NewReader(c).ReadString('\n')
		_ = c.Close()
		if !strings.Contains(line, " "+tt.want+" ") {
			t.Errorf("%.60q: %q, want %s", tt.give, line, tt.want)
		}
	}
}

func TestHopsAndForgeriesDoNotReachTheBackend(t *testing.T) {
	seen := make(chan http.Header, 1)
	o := newOrigin(t, func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header })
	s := play(t, Options{}, o)
	s.ask(http.MethodGet, "/", "", "Connection", "close, X-Secret, Authorization", "X-Secret", "1", "Authorization", "Basic x",
		"X-Forwarded-For", "1.2.3.4", "X-Forwarded-Host", "evil.example", "Forwarded", "for=1.2.3.4", "Keep-Alive", "1", "Proxy-Authorization", "x", "Te", "gzip")
	h := <-seen
	for _, name := range []string{"X-Secret", "Keep-Alive", "Proxy-Authorization", "Te", "Forwarded"} {
		if h.Get(name) != "" {
			t.Errorf("%s: %q reached the backend", name, h.Get(name))
		}
	}
	if h.Get("X-Forwarded-For") != "127.0.0.1" || h.Get("X-Forwarded-Host") != s.host || h.Get("Authorization") == "" || h.Get("Via") != "1.1 honderd" {
		t.Errorf("the backend got %v", h)
	}
}

func TestEarlyHintsPass(t *testing.T) {
	o := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</a.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		fmt.Fprint(w, "page")
	})
	s := play(t, Options{}, o)
	c, err := net.Dial("tcp", s.host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	got, _ := io.ReadAll(c)
	early, final, found := strings.Cut(string(got), "\r\n\r\n")
	if !found || !strings.HasPrefix(early, "HTTP/1.1 103 ") || !strings.Contains(early, "Link: </a.css>") || strings.Contains(final, "Link") || !strings.HasSuffix(final, "page") {
		t.Errorf("%q", got)
	}
}

func TestOnlyTheTrustedGetAnExplanation(t *testing.T) {
	o := newOrigin(t, answer("x"))
	if _, _, h := play(t, Options{}, o).ask(http.MethodGet, "/", "", "Honderd-Trace", "1"); h.Get("Honderd-Trace") != "" {
		t.Errorf("a stranger was told %q", h.Get("Honderd-Trace"))
	}
	s := play(t, Options{Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, o)
	if _, _, h := s.ask(http.MethodGet, "/", "", "Honderd-Trace", "1"); !strings.Contains(h.Get("Honderd-Trace"), "attempts=1") {
		t.Errorf("told %q", h.Get("Honderd-Trace"))
	}
}

func TestWhoLeavesGaveUp(t *testing.T) {
	begun := make(chan struct{})
	o := newOrigin(t, func(_ http.ResponseWriter, r *http.Request) { close(begun); <-r.Context().Done() })
	s := play(t, Options{Patience: 5 * time.Second}, o)
	ctx, leave := context.WithCancel(t.Context())
	go func() { <-begun; leave() }()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := http.DefaultClient.Do(r); err == nil {
		_ = resp.Body.Close()
		t.Fatal("it was answered")
	}
	if e := s.exchanges(1)[0]; !e.Gone || e.Mask != experience.Unmasked {
		t.Errorf("%+v", e)
	}
}

func TestUploadsAreSentAgainWhole(t *testing.T) {
	body := strings.Repeat("0123456789", 200_000)
	ill := newOrigin(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
		panic(http.ErrAbortHandler)
	})
	fine := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		fmt.Fprint(w, string(got) == body)
	})
	s := play(t, Options{}, ill, fine)
	for range 5 {
		if status, got, _ := s.ask(http.MethodPut, "/file", body); status != 200 || got != "true" {
			t.Errorf("%d %q", status, got)
		}
	}
	if status, _, _ := play(t, Options{Body: 1000}, fine).ask(http.MethodPut, "/file", body); status != http.StatusRequestEntityTooLarge {
		t.Errorf("too much: %d", status)
	}
}

// One client may have only so many requests at once; others are served meanwhile, and it is
// let in again when one of its own has ended.
func TestAClientHasOnlySoManyRequests(t *testing.T) {
	begun, end := make(chan bool, 8), make(chan bool)
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			begun <- true
			<-end
		}
		fmt.Fprint(w, "well")
	})
	trusted := netip.MustParsePrefix("127.0.0.0/8")
	s := play(t, Options{Patience: 20 * time.Second, Timeout: time.Minute, Clients: perclient.New(2, nil), Trusted: []netip.Prefix{trusted}}, o)
	ask := func(path, from string) (int, http.Header) {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, http.NoBody)
		r.Header.Set("X-Forwarded-For", from)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Error(err)
			return 0, nil
		}
		_ = resp.Body.Close()
		return resp.StatusCode, resp.Header
	}
	var long sync.WaitGroup
	for range 2 {
		long.Go(func() { ask("/long", "198.51.100.7") })
		<-begun
	}
	if status, h := ask("/", "198.51.100.7"); status != http.StatusTooManyRequests || h.Get("Retry-After") == "" {
		t.Errorf("the third at once: %d, %v", status, h)
	}
	if status, _ := ask("/", "198.51.100.8"); status != http.StatusOK {
		t.Errorf("somebody else: %d", status)
	}
	close(end)
	long.Wait()
	if status, _ := ask("/", "198.51.100.7"); status != http.StatusOK {
		t.Errorf("again, when those have ended: %d", status)
	}
	if n := s.g.State().Refused["too many requests of one client at once"]; n != 1 {
		t.Errorf("%d refused are counted", n)
	}
}
