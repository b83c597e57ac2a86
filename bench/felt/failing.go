package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// fail answers as f says. It reports whether it has answered.
func (s *server) fail(f fault, w http.ResponseWriter, r *http.Request) bool {
	switch f.Kind {
	case goingAway, stormy: // the connection does that
		return false
	case after:
		time.Sleep(f.For)
		return false
	case slots:
		s.gate.pass(r)
		return false
	case idleClose:
		return s.closeIdle(w, r)
	case breakPost:
		return s.breakPost(w, r)
	case cutUpload:
		if r.Method != http.MethodPut {
			return false
		}
		_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
	}
	s.add(injected)
	switch f.Kind {
	case status:
		http.Error(w, "no", f.Code)
	case hang:
		s.hang(r)
	case resetAt, cutUpload:
		abort(w)
	case resetMid:
		if strings.HasPrefix(r.URL.Path, "/large") {
			large(w, r, 2./3)
		}
		half(w, r, func(c net.Conn) { time.Sleep(5 * time.Millisecond); reset(c) })
	case truncate:
		half(w, r, func(c net.Conn) { _ = c.Close() })
	case chunked:
		halfOfChunks(w, r)
	case trickle:
		trickleOut(w, r)
	case poison:
		s.poison(w, r)
	case wrongKind:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Shop", "yes")
		fmt.Fprint(w, `{"error":"no connection to the database","code":-1}`)
	}
	return true
}

// hang never answers.
func (*server) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-time.After(30 * time.Second):
	}
	panic(http.ErrAbortHandler)
}

func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

// take takes the connection of a request over, to do something that no server does.
func take(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, bool) {
	h, ok := w.(http.Hijacker)
	if !ok {
		return nil, nil, false
	}
	c, rw, err := h.Hijack()
	return c, rw, err == nil
}

// abort resets the connection, or the stream of HTTP/2.
func abort(w http.ResponseWriter) {
	c, _, ok := take(w)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	reset(c)
}

// half sends a head that promises a body, and half of it.
func half(w http.ResponseWriter, r *http.Request, end func(net.Conn)) {
	body := pageOf(w, r)
	c, rw, ok := take(w)
	if !ok { // HTTP/2
		w.Header().Set("X-Shop", "yes")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	fmt.Fprintf(rw, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nX-Shop: yes\r\nCache-Control: no-store\r\nContent-Length: %d\r\n\r\n", len(body))
	_, _ = rw.Write(body[:len(body)/2])
	_ = rw.Flush()
	end(c)
}

// halfOfChunks sends half of a body in chunks, and not the last one.
func halfOfChunks(w http.ResponseWriter, r *http.Request) {
	body := pageOf(w, r)
	c, rw, ok := take(w)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	fmt.Fprintf(rw, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nX-Shop: yes\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n")
	for p := range slices.Chunk(body[:len(body)/2], 1000) {
		fmt.Fprintf(rw, "%x\r\n%s\r\n", len(p), p)
	}
	_ = rw.Flush()
	_ = c.Close()
}

// trickleOut sends a head at once and then a byte each 100 ms.
func trickleOut(w http.ResponseWriter, r *http.Request) {
	body := pageOf(w, r)
	w.Header().Set("X-Shop", "yes")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	for i := range body {
		select {
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		case <-time.After(100 * time.Millisecond):
		}
		if _, err := w.Write(body[i : i+1]); err != nil {
			panic(http.ErrAbortHandler)
		}
		_ = http.NewResponseController(w).Flush()
	}
}

// poison answers 200 with something that is no answer.
func (s *server) poison(w http.ResponseWriter, r *http.Request) {
	body := pageOf(w, r)
	switch {
	case w.Header().Get("Content-Digest") != "":
		body = bytes.Clone(body)
		body[len(body)/2] ^= 0x20
		w.Header().Set("X-Shop", "yes")
		_, _ = w.Write(body)
	case s.chance(0.5):
		w.Header().Set("X-Shop", "yes")
		w.Header().Set("Content-Length", "0")
	default:
		_, _ = io.WriteString(w, "<html><h1>Oops</h1><p>Something went wrong.</p></html>")
	}
}

// breakPost breaks POSTs in ways of which nobody can say whether they were executed.
func (s *server) breakPost(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	_, _ = io.Copy(io.Discard, r.Body)
	s.add(injected)
	s.add(unsure)
	switch s.pick(4) {
	case 0:
		abort(w)
	case 1:
		s.db.execute(r)
		abort(w)
	case 2:
		s.db.execute(r)
		s.hang(r)
	default:
		http.Error(w, "no", http.StatusServiceUnavailable)
	}
	return true
}

// closeIdle resets one in four of the connections that were idle, as the next request comes.
func (s *server) closeIdle(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	at, known := s.last[r.RemoteAddr]
	s.last[r.RemoteAddr] = time.Now()
	s.mu.Unlock()
	if !known || time.Since(at) < 50*time.Millisecond || !s.chance(0.25) {
		return false
	}
	s.add(injected)
	abort(w)
	return true
}

// gate lets only so many requests be answered at once, each after a time that may change.
type gate struct {
	mu   sync.Mutex
	free chan struct{}
	each time.Duration
}

func newGate() *gate { return &gate{free: make(chan struct{}, 1)} }

// set takes what is said of slots. How many there are does not change after the first.
func (g *gate) set(list []fault) {
	for _, f := range list {
		if f.Kind != slots {
			continue
		}
		g.mu.Lock()
		if cap(g.free) != f.Wide {
			g.free = make(chan struct{}, f.Wide)
		}
		g.each = f.For
		g.mu.Unlock()
	}
}

func (g *gate) pass(r *http.Request) {
	g.mu.Lock()
	free := g.free
	g.mu.Unlock()
	select {
	case free <- struct{}{}:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	}
	g.mu.Lock()
	d := g.each
	g.mu.Unlock()
	time.Sleep(d)
	<-free
}
