package gateway

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/gateway/h1"
)

// serveSocket finds a backend that opens what r asks for, and joins both sides.
func (g *Gateway) serveSocket(w http.ResponseWriter, r *http.Request, p *pool) {
	x := g.newExchange(w, r, p)
	x.repeatable = r.Method == http.MethodGet
	x.header["Connection"], x.header["Upgrade"] = []string{"Upgrade"}, r.Header["Upgrade"]
	var tried tries
	var last *outcome
	for {
		b := p.pick(time.Now(), want{tried: tried})
		if b == nil {
			break
		}
		tried = tried.add(b, 1)
		x.attempts++
		conn, o := x.openSocket(b)
		x.record.Trace.tried(o.attempt, o.status, o.what, false)
		if conn != nil {
			x.join(conn, o)
			return
		}
		if o.verdict == good {
			x.give(o)
			return
		}
		b.fault(time.Now(), o.what)
		x.fault(o.attempt, o.what)
		if o.what == Refused {
			g.look(r.Context(), p, askAtMost)
		}
		last = o
		if !x.repeatable || !time.Now().Before(x.deadline) || x.left() {
			break
		}
		if len(tried) >= len(p.all()) { // all have failed once: wait a little
			time.Sleep(min(20*time.Millisecond, time.Until(x.deadline)))
		}
	}
	if last != nil && last.status != 0 {
		x.give(last)
		return
	}
	x.giveUp()
}

// openSocket asks b. It returns the connection when b opened what was asked for.
func (x *exchange) openSocket(b *backend) (*h1.Conn, *outcome) {
	a := &attempt{b: b, started: time.Now()}
	o := &outcome{attempt: a}
	ctx, stop := context.WithTimeout(x.r.Context(), max(x.pool.Patience*6/10, 100*time.Millisecond))
	defer stop()
	raw, err := b.engine.dial(ctx)
	if err != nil {
		o.verdict, o.what = failed, Refused
		return nil, o
	}
	conn := h1.NewConn(raw)
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	c := x.call(true)
	x.record.Trace.try(a, c)
	answer, err := conn.Do(&c.Call)
	if err != nil {
		_ = conn.Close()
		o.verdict, o.what = failed, Reset
		return nil, o
	}
	o.status, o.header = answer.Status, answer.Header
	if answer.Status == http.StatusSwitchingProtocols {
		_ = conn.SetDeadline(time.Time{})
		return conn, o
	}
	o.body, err = io.ReadAll(io.LimitReader(answer.Body, x.g.options.Hold))
	_ = conn.Close()
	if err != nil || isFault(answer.Status) {
		o.verdict, o.what = faulty, ServerError
	}
	return nil, o
}

// socket is two connections that are joined.
type socket struct {
	x      *exchange
	b      *backend
	client net.Conn
	origin *h1.Conn

	toOrigin sync.Mutex // held while a frame is being sent
	toClient sync.Mutex
	heard    guarded // when the origin was heard last
	pinged   guarded // when it was asked whether it is there, and has not said
	proven   guarded // it has said so once
	once     sync.Once
	why      guardedText
}

type guarded struct {
	mu sync.Mutex
	t  time.Time
}

func (g *guarded) set(t time.Time) { g.mu.Lock(); g.t = t; g.mu.Unlock() }

func (g *guarded) get() time.Time { g.mu.Lock(); defer g.mu.Unlock(); return g.t }

type guardedText struct {
	mu   sync.Mutex
	text string
}

// join hands bytes to and fro until one side ends.
func (x *exchange) join(origin *h1.Conn, o *outcome) {
	hijacker, ok := x.w.(http.Hijacker)
	if !ok {
		_ = origin.Close()
		x.g.refuse(x.w, x.r, http.StatusNotImplemented, "sockets need HTTP/1.1")
		return
	}
	client, both, err := hijacker.Hijack()
	if err != nil {
		_ = origin.Close()
		return
	}
	head := []byte("HTTP/1.1 101 Switching Protocols\r\n")
	for name, values := range o.header {
		for _, v := range values {
			head = append(append(append(append(head, name...), ": "...), v...), "\r\n"...)
		}
	}
	_, err = client.Write(append(head, "\r\n"...))
	now := time.Now()
	o.b.good(now, o.attempt, 0)
	x.pool.recovered(time.Now())
	x.record.Status = http.StatusSwitchingProtocols
	x.finish(o)
	if err != nil {
		_ = client.Close()
		_ = origin.Close()
		return
	}
	s := &socket{x: x, b: o.b, client: client, origin: origin}
	s.heard.set(now)
	s.run(both.Reader, strings.EqualFold(x.r.Header.Get("Upgrade"), "websocket"))
}

// run returns when both sides have ended.
func (s *socket) run(fromClient *bufio.Reader, frames bool) {
	g := s.x.g
	g.mu.Lock()
	g.sockets[s] = true
	if g.over.Load() {
		s.restart()
	}
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		delete(g.sockets, s)
		g.mu.Unlock()
	}()
	var wait sync.WaitGroup
	stop := make(chan struct{})
	if frames {
		wait.Go(func() { s.watch(stop) })
		wait.Go(func() { s.end(s.up(fromClient), false) })
		s.end(s.down(), true)
	} else {
		wait.Go(func() { _, err := io.Copy(s.origin, fromClient); s.end(err, false) })
		_, err := io.Copy(s.client, s.origin.Reader())
		s.end(err, true)
	}
	close(stop)
	wait.Wait()
}

// end closes both sides. A page whose backend is gone is told to open a new socket.
func (s *socket) end(err error, byOrigin bool) {
	s.once.Do(func() {
		if byOrigin && !errors.Is(err, errClosed) {
			s.say(1012, "service restart")
			if !s.x.g.over.Load() {
				s.b.fault(time.Now(), s.reason())
			}
		}
		_ = s.client.Close()
		_ = s.origin.Close()
	})
}

func (s *socket) reason() string {
	s.why.mu.Lock()
	defer s.why.mu.Unlock()
	if s.why.text == "" {
		return Reset
	}
	return s.why.text
}

// restart ends a socket because the gateway stops.
func (s *socket) restart() { go s.end(nil, true) }

// say sends the client a frame that ends the socket, unless another is on its way.
func (s *socket) say(code uint16, text string) {
	if !s.toClient.TryLock() {
		return
	}
	defer s.toClient.Unlock()
	_ = s.client.SetWriteDeadline(time.Now().Add(time.Second))
	payload := append([]byte{byte(code >> 8), byte(code)}, text...)
	_, _ = s.client.Write(append([]byte{0x88, byte(len(payload))}, payload...))
}

// watch asks the origin whether it is there, between the frames of the person, and ends
// the socket when it no longer says so: the page opens another, elsewhere.
func (s *socket) watch(stop <-chan struct{}) {
	patience := s.x.pool.Patience
	every := max(patience*15/100, 20*time.Millisecond)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		now := time.Now()
		asked := s.pinged.get()
		if !asked.IsZero() && s.heard.get().After(asked) {
			asked = time.Time{}
			s.pinged.set(asked)
		}
		if asked.IsZero() {
			if s.ask() {
				s.pinged.set(now)
			}
			continue
		}
		limit := 3 * every
		if s.proven.get().IsZero() {
			limit = 20 * every // perhaps it never answers pings
		}
		if now.Sub(asked) > limit {
			if s.proven.get().IsZero() {
				return
			}
			s.why.mu.Lock()
			s.why.text = Frozen
			s.why.mu.Unlock()
			s.x.fault(&attempt{b: s.b}, Frozen)
			s.x.g.mask(s.b.name, Frozen, experience.Retry)
			s.end(errors.New(Frozen), true)
			return
		}
	}
}

// mask counts what was hidden outside of an exchange.
func (g *Gateway) mask(backend, what string, how experience.Mask) {
	g.counts.mu.Lock()
	defer g.counts.mu.Unlock()
	g.counts.masked[maskKey{backend, what, how}]++
}
