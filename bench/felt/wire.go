package main

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// wire stands between the proxy and a server, and loses what it is told to lose.
type wire struct {
	l      net.Listener
	to     string
	mu     sync.Mutex
	deaf   bool // new connections are taken, and nothing is passed
	oneWay atomic.Bool
	slow   atomic.Int64 // bytes a second towards people; 0: no limit
	lines  map[*line]bool
}

// line is one connection through a wire.
type line struct {
	silent atomic.Bool // nothing more passes
	a, b   net.Conn
}

func newWire(to string) (*wire, error) {
	addr, err := freePort("127.0.0.1")
	if err != nil {
		return nil, err
	}
	w := &wire{to: to, lines: map[*line]bool{}}
	if w.l, err = new(net.ListenConfig).Listen(context.Background(), "tcp", addr); err != nil {
		return nil, err
	}
	go func() {
		for {
			c, err := w.l.Accept()
			if err != nil {
				return
			}
			go w.connect(c)
		}
	}()
	return w, nil
}

func (w *wire) addr() string { return w.l.Addr().String() }

func (w *wire) close() {
	_ = w.l.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for l := range w.lines {
		_ = l.a.Close()
		_ = l.b.Close()
	}
}

// forget makes all connections that are open silent, as a firewall does that has lost
// its table.
func (w *wire) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for l := range w.lines {
		l.silent.Store(true)
	}
}

// refuseNew makes new connections silent, or no longer.
func (w *wire) refuseNew(is bool) { w.mu.Lock(); w.deaf = is; w.mu.Unlock() }

func (w *wire) connect(a net.Conn) {
	b, err := new(net.Dialer).DialContext(context.Background(), "tcp", w.to)
	if err != nil {
		reset(a)
		return
	}
	l := &line{a: a, b: b}
	w.mu.Lock()
	l.silent.Store(w.deaf)
	w.lines[l] = true
	w.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { w.pass(l, a, b, false) })
	both.Go(func() { w.pass(l, b, a, true) })
	both.Wait()
	w.mu.Lock()
	delete(w.lines, l)
	w.mu.Unlock()
}

// pass passes bytes on until one side ends. Back is towards people.
func (w *wire) pass(l *line, from, to net.Conn, back bool) {
	defer to.Close()
	p := make([]byte, 32<<10)
	for {
		most := len(p)
		if rate := w.slow.Load(); back && rate > 0 {
			most = int(min(max(rate/20, 1), int64(most)))
		}
		n, err := from.Read(p[:most])
		if err != nil {
			return
		}
		if l.silent.Load() || back && w.oneWay.Load() {
			l.silent.Store(true) // what is lost is not made good
			continue
		}
		if rate := w.slow.Load(); back && rate > 0 {
			time.Sleep(time.Duration(n) * time.Second / time.Duration(rate))
		}
		if _, err := to.Write(p[:n]); err != nil {
			return
		}
	}
}
