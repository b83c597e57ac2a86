package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// ask is one thing that a person does.
type ask struct {
	method, target string
	header         map[string]string
	body           []byte
	want           []byte        // of the answer; nil: any
	within         time.Duration // 0: the patience
	sse            bool
}

// tally is what people felt.
type tally struct {
	requests, bad, leaks atomic.Int64
	mu                   sync.Mutex
	waits                []time.Duration
	why                  map[string]int
}

func (t *tally) felt(why string) {
	t.bad.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.why[why]++
}

// quantile returns the wait that a share q of the requests did not exceed.
func (t *tally) quantile(q float64) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waits) == 0 {
		return 0
	}
	slices.Sort(t.waits)
	return t.waits[min(int(q*float64(len(t.waits))), len(t.waits)-1)]
}

// people ask at a fixed pace, whatever the answers are: a wait counts from the moment
// that somebody meant to ask.
func (s *suite) people(ctx context.Context, rate int, length time.Duration, next func(i int) ask) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var wait sync.WaitGroup
	begin := time.Now()
	every := time.Second / time.Duration(rate)
	for i := 0; ; i++ {
		at := begin.Add(time.Duration(i) * every)
		if at.Sub(begin) >= length || ctx.Err() != nil {
			break
		}
		time.Sleep(time.Until(at))
		a := next(i)
		wait.Go(func() { s.one(ctx, client, a, at) })
	}
	wait.Wait()
}

// one does one thing, and notes how it was.
func (s *suite) one(ctx context.Context, client *http.Client, a ask, at time.Time) {
	s.tally.requests.Add(1)
	within := a.within
	if within == 0 {
		within = s.patience
	}
	limit, stop := context.WithDeadline(ctx, at.Add(3*within))
	defer stop()
	why := s.try(limit, client, a)
	waited := time.Since(at)
	if why == "" && waited > within {
		why = "slow"
	}
	s.tally.mu.Lock()
	s.tally.waits = append(s.tally.waits, waited)
	s.tally.mu.Unlock()
	if why != "" {
		s.tally.felt(why)
	}
}

func (s *suite) try(ctx context.Context, client *http.Client, a ask) string {
	r, err := http.NewRequestWithContext(ctx, a.method, "http://"+s.listen+a.target, bytes.NewReader(a.body))
	if err != nil {
		return err.Error()
	}
	for name, v := range a.header {
		r.Header.Set(name, v)
	}
	resp, err := client.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return "no answer"
		}
		return "broken off"
	}
	defer resp.Body.Close()
	if a.sse {
		return tryEvents(resp)
	}
	got, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return "cut short"
	case resp.StatusCode != http.StatusOK:
		return strconv.Itoa(resp.StatusCode)
	case a.want != nil && !bytes.Equal(got, a.want):
		if c := a.header["Cookie"]; c != "" && bytes.Contains(got, []byte(" of ")) && !bytes.Contains(got, []byte(c)) {
			s.tally.leaks.Add(1)
			return "another person's page"
		}
		return "other bytes"
	}
	return ""
}

// tryEvents reports events that come later than they were sent.
func tryEvents(resp *http.Response) string {
	sc, n := bufio.NewScanner(resp.Body), 0
	for sc.Scan() {
		var i int
		var at int64
		if _, err := fmt.Sscanf(sc.Text(), "data: %d %d", &i, &at); err != nil {
			continue
		}
		if n++; time.Since(time.Unix(0, at)) > 40*time.Millisecond {
			return "late event"
		}
	}
	if n != 5 {
		return "events lost"
	}
	return ""
}

// sockets keeps n WebSockets open as pages do: one that ends is opened anew.
func (s *suite) sockets(ctx context.Context, n int, every, length time.Duration) {
	var wait sync.WaitGroup
	until := time.Now().Add(length)
	for i := range n {
		wait.Go(func() {
			time.Sleep(time.Duration(i) * every / time.Duration(n))
			p := &pageSocket{s: s}
			for k, at := 0, time.Now(); at.Before(until) && ctx.Err() == nil; k, at = k+1, at.Add(every) {
				time.Sleep(time.Until(at)) // what a frozen socket delays is late from the moment it was meant
				p.message(fmt.Sprintf("%d.%d", i, k), at)
			}
			p.close()
		})
	}
	wait.Wait()
}

// pageSocket is the socket of one page.
type pageSocket struct {
	s  *suite
	c  net.Conn
	br *bufio.Reader
}

func (p *pageSocket) close() {
	if p.c != nil {
		_ = p.c.Close()
		p.c = nil
	}
}

// message sends one message and waits for its echo. When the socket ends the page opens
// another and sends it again.
func (p *pageSocket) message(text string, at time.Time) {
	p.s.tally.requests.Add(1)
	for time.Since(at) < p.s.patience {
		if p.c == nil && !p.open(at) {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		_ = p.c.SetDeadline(at.Add(p.s.patience))
		if writeWS(p.c, 1, []byte(text), true) != nil {
			p.close()
			continue
		}
		for {
			op, got, err := readWS(p.br)
			if err != nil || op == 8 {
				p.close()
				break
			}
			if op == 1 && string(got) == text {
				p.s.tally.mu.Lock()
				p.s.tally.waits = append(p.s.tally.waits, time.Since(at))
				p.s.tally.mu.Unlock()
				return
			}
		}
	}
	p.s.tally.mu.Lock()
	p.s.tally.waits = append(p.s.tally.waits, time.Since(at))
	p.s.tally.mu.Unlock()
	p.s.tally.felt("late message")
	p.close()
}

func (p *pageSocket) open(at time.Time) bool {
	c, err := net.DialTimeout("tcp", p.s.listen, time.Until(at.Add(p.s.patience))) //nolint:noctx // the deadline is there
	if err != nil {
		return false
	}
	_ = c.SetDeadline(at.Add(p.s.patience))
	fmt.Fprintf(c, "GET /ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", p.s.listen)
	br := bufio.NewReader(c)
	line, err := br.ReadString('\n')
	for err == nil {
		var more string
		if more, err = br.ReadString('\n'); strings.TrimSpace(more) == "" {
			break
		}
	}
	if err != nil || !strings.Contains(line, "101") {
		_ = c.Close()
		return false
	}
	p.c, p.br = c, br
	return true
}
