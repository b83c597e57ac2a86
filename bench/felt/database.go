package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
)

// orders is what POSTs did. It is in the suite's process, as a database is in none of
// the servers: what was executed stays so when its server is killed.
type orders struct {
	l    net.Listener
	mu   sync.Mutex
	done map[string]int // by order
	keys map[string]bool
}

func newOrders() (*orders, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &orders{l: l, done: map[string]int{}, keys: map[string]bool{}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s, nil
}

// serve takes one order a line, with its key behind a space, and answers each.
func (s *orders) serve(c net.Conn) {
	defer c.Close()
	sc := bufio.NewScanner(c)
	for sc.Scan() {
		order, key, _ := strings.Cut(sc.Text(), " ")
		s.execute(order, key)
		if _, err := c.Write([]byte("done\n")); err != nil {
			return
		}
	}
}

// execute does an order. A key that is known is not done again.
func (s *orders) execute(order, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key != "" {
		if s.keys[key] {
			return
		}
		s.keys[key] = true
	}
	s.done[order]++
}

// twice returns how many executions were too many.
func (s *orders) twice() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, times := range s.done {
		n += max(times-1, 0)
	}
	return n
}

// database is a server's connection to orders.
type database struct {
	mu sync.Mutex
	c  net.Conn
	br *bufio.Reader
}

func openDatabase(addr string) (*database, error) {
	c, err := new(net.Dialer).DialContext(context.Background(), "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &database{c: c, br: bufio.NewReader(c)}, nil
}

// execute does what a POST asks for, before it is answered.
func (d *database) execute(r *http.Request) {
	order := r.URL.Query().Get("order")
	if order == "" {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintf(d.c, "%s %s\n", order, r.Header.Get("Idempotency-Key"))
	_, _ = d.br.ReadString('\n')
}
