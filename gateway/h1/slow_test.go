package h1

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// drip sends a byte of each every few ms, and returns when the other side has closed.
func drip(t *testing.T, address, first, each string) (took time.Duration, answer string) {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	begun := time.Now()
	_ = c.SetDeadline(begun.Add(20 * time.Second))
	_, _ = io.WriteString(c, first)
	heard := make(chan string, 1)
	go func() { got, _ := io.ReadAll(c); heard <- string(got) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case got := <-heard:
			return time.Since(begun), got
		case <-tick.C:
			_, _ = io.WriteString(c, each)
		}
	}
}

func TestWhoDripsIsCutOffAndHurtsNobody(t *testing.T) {
	failed := make(chan error, 100)
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			failed <- err
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(body)
	}), Options{Head: 300 * time.Millisecond, Body: 300 * time.Millisecond})
	type end struct {
		took   time.Duration
		answer string
	}
	ends := make(chan end, 100)
	for range 10 {
		go func() {
			took, got := drip(t, address, "GET / HTTP/1.1\r\nHost: a\r\nX: ", "a")
			if !strings.HasPrefix(got, "HTTP/1.1 408 ") {
				t.Errorf("a head in drops was answered %.60q, want 408", got)
			}
			ends <- end{took, got}
		}()
		for _, first := range []string{"Content-Length: 1000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"} {
			go func() {
				each := "a"
				if strings.HasPrefix(first, "T") {
					each = "1\r\na\r\n"
				}
				took, got := drip(t, address, "POST / HTTP/1.1\r\nHost: a\r\n"+first, each)
				ends <- end{took, got}
			}()
		}
	}
	for range 20 { // meanwhile
		if got := say(t, address, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd"); !strings.HasSuffix(got, "abcd") {
			t.Errorf("somebody else was answered %q", got)
		}
	}
	for range 30 {
		if e := <-ends; e.took > 10*time.Second || strings.Contains(e.answer, "200 OK") {
			t.Errorf("who drips had %v and was told %.60q", e.took, e.answer)
		}
	}
	for range 20 {
		if err := <-failed; !isTimeout(err) {
			t.Errorf("the body ended with %v, want a timeout", err)
		}
	}
}

func isTimeout(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

func TestAPaceThatIsFastEnoughIsLeftAlone(t *testing.T) {
	start := time.Unix(1000, 0)
	var p pace
	if got := p.until(start, 30*time.Second); !got.Equal(start.Add(30 * time.Second)) {
		t.Errorf("the first byte is waited for until %v", got.Sub(start))
	}
	p.n = 100_000
	if got := p.until(start.Add(60*time.Second), 30*time.Second); !got.Equal(start.Add(90 * time.Second)) {
		t.Errorf("after 100,000 bytes the next one is waited for until %v", got.Sub(start))
	}
	p.n = 60
	if got := p.until(start.Add(29*time.Second), 30*time.Second); got.Sub(start).Round(time.Millisecond) != 30250*time.Millisecond {
		t.Errorf("after 60 bytes the next one is waited for until %v", got.Sub(start))
	}
}

// second returns a client of HTTP/2 without TLS.
func second(t *testing.T) *http.Client {
	t.Helper()
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	tr := &http.Transport{Protocols: &protocols}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func TestWhoDripsInHTTP2IsCutOff(t *testing.T) {
	failed := make(chan error, 1)
	address := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		failed <- err
		panic(http.ErrAbortHandler)
	}), Options{Body: 200 * time.Millisecond})
	body, in := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			<-tick.C
			if _, err := io.WriteString(in, "a"); err != nil {
				return
			}
		}
		_ = in.CloseWithError(ctx.Err())
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address, body)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := second(t).Do(r); err == nil {
		_ = resp.Body.Close()
		t.Errorf("it was answered %d", resp.StatusCode)
	}
	if err := <-failed; !isTimeout(err) {
		t.Errorf("the body ended with %v, want a timeout", err)
	}
}

func TestWhoTakesNothingInHTTP2IsCutOff(t *testing.T) {
	failed := make(chan error, 1)
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p := make([]byte, 1<<20)
		for {
			if _, err := w.Write(p); err != nil {
				failed <- err
				return
			}
		}
	}), Options{Write: 200 * time.Millisecond})
	resp, err := second(t).Get("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	select {
	case <-failed:
	case <-time.After(10 * time.Second):
		t.Error("the answer is still kept for who does not take it")
	}
}

func TestManyFieldsInHTTP2AreRefused(t *testing.T) {
	address := serve(t, http.HandlerFunc(echo), Options{})
	for n, want := range map[int]int{100: 200, MaxFields + 1: 431} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range n {
			r.Header.Add("X", "1")
		}
		resp, err := second(t).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%d fields: %d, want %d", n, resp.StatusCode, want)
		}
	}
}

func TestAPanicInHTTP2IsTold(t *testing.T) {
	told := make(chan *Problem, 2)
	address := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/abort" {
			panic(http.ErrAbortHandler)
		}
		panic("a mistake of ours")
	}), Options{Refused: func(p *Problem) { told <- p }})
	for _, path := range []string{"/abort", "/"} {
		if resp, err := second(t).Get("http://" + address + path); err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s was answered %d", path, resp.StatusCode)
		}
	}
	if p := <-told; p.Status != http.StatusInternalServerError || len(told) > 0 {
		t.Errorf("told %v, and %d more", p, len(told))
	}
}
