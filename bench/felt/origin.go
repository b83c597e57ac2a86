package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// origin is one server behind the proxy, whose faults are ours to choose.
type origin struct {
	id     int
	addr   string
	behave atomic.Pointer[behaviour]
	seen   atomic.Int64 // requests
	second bool         // HTTP/2 without TLS

	mu     sync.Mutex
	server *http.Server
	conns  map[net.Conn]bool
	random *rand.Rand
	orders *orders
}

// behaviour is what an origin does instead of answering well. It reports whether it did.
type behaviour func(o *origin, w http.ResponseWriter, r *http.Request) bool

// orders is what POSTs did, shared by all origins as a database is.
type orders struct {
	mu   sync.Mutex
	done map[string]int // by order
	keys map[string]bool
}

func newOrigin(id int, seed uint64, shared *orders) *origin {
	return &origin{id: id, conns: map[net.Conn]bool{}, random: rand.New(rand.NewPCG(seed, uint64(id))), orders: shared}
}

// chance is true with probability p.
func (o *origin) chance(p float64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.random.Float64() < p
}

// up listens, on the same port as before.
func (o *origin) up() error {
	addr := o.addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	var l net.Listener
	var err error
	for range 100 {
		if l, err = new(net.ListenConfig).Listen(context.Background(), "tcp", addr); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.addr = l.Addr().String()
	var protocols http.Protocols
	protocols.SetHTTP1(!o.second)
	protocols.SetUnencryptedHTTP2(o.second)
	o.server = &http.Server{Handler: http.HandlerFunc(o.serve), Protocols: &protocols, ReadHeaderTimeout: time.Minute, ConnState: o.track}
	server := o.server
	go func() { _ = server.Serve(l) }()
	return nil
}

func (o *origin) track(c net.Conn, s http.ConnState) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch s {
	case http.StateNew:
		o.conns[c] = true
	case http.StateClosed:
		delete(o.conns, c)
	}
}

// down refuses connections and resets those that are open, as a killed process does.
func (o *origin) down() {
	o.mu.Lock()
	server := o.server
	conns := o.conns
	o.conns = map[net.Conn]bool{}
	o.server = nil
	o.mu.Unlock()
	for c := range conns {
		reset(c)
	}
	if server != nil {
		_ = server.Close()
	}
}

// leave ends as a server does that is asked to: what was begun ends, nothing new comes in.
func (o *origin) leave() {
	o.mu.Lock()
	server := o.server
	o.server = nil
	o.mu.Unlock()
	if server == nil {
		return
	}
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
	defer stop()
	_ = server.Shutdown(ctx)
	o.down()
}

func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

func (o *origin) set(b behaviour) {
	if b == nil {
		o.behave.Store(nil)
		return
	}
	o.behave.Store(&b)
}

var pages sync.Map //nolint:gochecknoglobals // what page made already

// page is what a path has: the same on every origin. It is not to be changed.
func page(path string, size int) []byte {
	key := fmt.Sprint(path, " ", size)
	if p, known := pages.Load(key); known {
		body, _ := p.([]byte)
		return body
	}
	body := makePage(path, size)
	pages.Store(key, body)
	return body
}

func makePage(path string, size int) []byte {
	sum := sha256.Sum256([]byte(path))
	p := make([]byte, 0, size)
	for i := 0; len(p) < size; i++ {
		p = fmt.Appendf(p, "%x %d %s\n", sum[:8], i, path)
	}
	return p[:size]
}

// sizeOf reads the size that a request names.
func sizeOf(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("size"))
	if err != nil {
		return 1024
	}
	return n
}

func (o *origin) serve(w http.ResponseWriter, r *http.Request) {
	o.seen.Add(1)
	if r.Header.Get("Upgrade") == "websocket" {
		o.socket(w, r)
		return
	}
	if b := o.behave.Load(); b != nil && (*b)(o, w, r) {
		return
	}
	o.well(w, r)
}

// well answers as it should.
func (o *origin) well(w http.ResponseWriter, r *http.Request) {
	if ms, err := strconv.Atoi(r.URL.Query().Get("ms")); err == nil {
		time.Sleep(time.Duration(ms) * time.Millisecond)
	}
	w.Header().Set("X-Shop", "yes")
	switch {
	case r.Method == http.MethodPost:
		_, _ = io.Copy(io.Discard, r.Body)
		o.orders.execute(r)
	case r.Method == http.MethodPut:
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%d", n)
		return
	}
	body := o.body(w, r)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

// body returns what r asks for, and sets its fields.
func (o *origin) body(w http.ResponseWriter, r *http.Request) []byte {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	name := r.URL.Path
	switch {
	case strings.HasPrefix(name, "/public"):
		h.Set("Cache-Control", "public, max-age=1, stale-if-error=60")
	case strings.HasPrefix(name, "/mine"):
		h.Set("Cache-Control", "private")
		h.Set("Vary", "Cookie")
		name += " of " + r.Header.Get("Cookie")
	default:
		h.Set("Cache-Control", "no-store")
	}
	body := page(name, sizeOf(r))
	if strings.HasPrefix(name, "/digest") {
		sum := sha256.Sum256(body)
		h.Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
	}
	return body
}

// execute does what a POST asks for. A key that is known is not done again.
func (s *orders) execute(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		if s.keys[key] {
			return
		}
		s.keys[key] = true
	}
	if order := r.URL.Query().Get("order"); order != "" {
		s.done[order]++
	}
}

// twice returns how many orders were executed more than once.
func (s *orders) twice() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, times := range s.done {
		if times > 1 {
			n += times - 1
		}
	}
	return n
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

// half sends a head that promises body, and half of it.
func half(o *origin, w http.ResponseWriter, r *http.Request, end func(net.Conn)) bool {
	body := o.body(w, r)
	c, rw, ok := take(w)
	if !ok {
		return false
	}
	fmt.Fprintf(rw, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nX-Shop: yes\r\nCache-Control: no-store\r\nContent-Length: %d\r\n\r\n", len(body))
	_, _ = rw.Write(body[:len(body)/2])
	_ = rw.Flush()
	end(c)
	return true
}
