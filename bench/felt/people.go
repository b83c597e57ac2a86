package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ask is one thing that a person does.
type ask struct {
	method, target string
	header         map[string]string
	body           string
	want           []byte        // of the answer; nil: any
	within         time.Duration // 0: the patience
	takes          time.Duration // honestly
	stale          bool          // an older answer will do
	events         bool
	call           bool // of gRPC
}

// crowd is how many people there are, each with connections of their own.
const crowd = 40

// tally is what people felt, and how late those were who play them.
type tally struct {
	mu       sync.Mutex
	requests int
	bad      int
	leaks    int
	again    int // requests that a person's own browser sent again
	waits    []time.Duration
	late     []time.Duration // from when somebody meant to ask until they did
	meant    []meant
	why      map[string]int
}

// quantile returns what a share q of the list does not exceed.
func quantile(list []time.Duration, q float64) time.Duration {
	if len(list) == 0 {
		return 0
	}
	list = slices.Clone(list)
	slices.Sort(list)
	return list[min(int(q*float64(len(list))), len(list)-1)]
}

// clients returns one for each person.
func (s *suite) clients() []*http.Client {
	list := make([]*http.Client, crowd)
	for i := range list {
		t := &http.Transport{DisableKeepAlives: s.scenario.front == "", DisableCompression: true, MaxIdleConnsPerHost: 4}
		if s.scenario.front == "h2" {
			t.TLSClientConfig = &tls.Config{RootCAs: s.certs.pool, MinVersion: tls.VersionTLS12}
			t.ForceAttemptHTTP2 = true
		}
		list[i] = &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return list
}

// people ask at a fixed pace, whatever the answers are: a wait counts from the moment
// that somebody meant to ask.
func (s *suite) people(ctx context.Context) {
	var wait sync.WaitGroup
	clients := s.clients()
	every := time.Second / time.Duration(s.scenario.rate)
	for i := 0; ; i++ {
		at := s.begin.Add(time.Duration(i) * every)
		if at.Sub(s.begin) >= s.length || ctx.Err() != nil {
			break
		}
		time.Sleep(time.Until(at))
		a := s.scenario.next(s, i)
		wait.Go(func() { s.one(ctx, clients[i%crowd], a, at) })
	}
	wait.Wait()
	for _, c := range clients {
		c.CloseIdleConnections()
	}
}

// one does one thing, and notes how it was.
func (s *suite) one(ctx context.Context, client *http.Client, a ask, at time.Time) {
	late := time.Since(at)
	if a.within == 0 {
		a.within = s.patience
	}
	m := meant{at: at, within: a.within, takes: a.takes}
	if a.stale {
		m.stale = a.target
	}
	limit, stop := context.WithDeadline(ctx, at.Add(3*a.within))
	defer stop()
	sent := 0
	traced := httptrace.WithClientTrace(limit, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent++ }})
	why, leak := s.try(traced, client, a)
	waited := time.Since(at)
	if why == "" && waited > a.within {
		why = "slow"
	}
	s.tally.note(m, waited, late, why, leak, sent)
}

func (t *tally) note(m meant, waited, late time.Duration, why string, leak bool, sent int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests++
	t.waits, t.late, t.meant = append(t.waits, waited), append(t.late, late), append(t.meant, m)
	t.again += max(sent-1, 0)
	if leak {
		t.leaks++
	}
	if why != "" {
		t.bad++
		t.why[why]++
	}
}

func (s *suite) base() string {
	if s.scenario.front == "h2" {
		return "https://" + s.listen
	}
	return "http://" + s.listen
}

// try does one thing. It returns what was wrong with it, and whether it was somebody else's.
func (s *suite) try(ctx context.Context, client *http.Client, a ask) (why string, leak bool) {
	if a.call {
		return tryCall(ctx, client, s.base(), a), false
	}
	r, err := http.NewRequestWithContext(ctx, a.method, s.base()+a.target, strings.NewReader(a.body))
	if err != nil {
		return err.Error(), false
	}
	for name, v := range a.header {
		r.Header.Set(name, v)
	}
	resp, err := client.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return "no answer", false
		}
		return "broken off", false
	}
	defer resp.Body.Close()
	if a.events {
		return tryEvents(resp), false
	}
	got, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return "cut short", false
	case resp.StatusCode != http.StatusOK:
		return strconv.Itoa(resp.StatusCode), false
	case a.want != nil && !bytes.Equal(got, a.want):
		if c := a.header["Cookie"]; c != "" && bytes.Contains(got, []byte(" of ")) && !bytes.Contains(got, []byte(c)) {
			return "another person's page", true
		}
		return "other bytes", false
	case s.scenario.front == "h2" && resp.ProtoMajor != 2:
		return resp.Proto, false
	}
	return "", false
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
		if n++; time.Since(time.Unix(0, at)) > lateEvent {
			return "late event"
		}
	}
	if n != 5 {
		return "events lost"
	}
	return ""
}

// lateEvent is when an event was held back: the next one has come by then.
const lateEvent = 45 * time.Millisecond
