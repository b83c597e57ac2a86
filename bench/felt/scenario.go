package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// scenario is one fault, how long it takes, and who asks for what meanwhile.
type scenario struct {
	name, about string
	group       string  // first: those that are summed up against the goal; beyond: what nobody can answer
	short       bool    // a part of the short run
	beats       float64 // how long; 0: 8
	rate        int     // requests a second; 0: by the size of the pages
	origins     int     // 0: 3
	then        int     // how many of the origins are the second site
	absent      int     // the origin that is not there at the beginning, from 1
	speaks      string  // what origins speak; "": h1
	front       string  // what people speak: "": HTTP/1.1, a connection for each request; kept: they keep them; h2: HTTP/2
	named       bool    // the origins are the addresses of one name
	wires       bool    // before each origin is a wire
	reload      bool    // the proxy is started anew
	exact       bool    // each injected fault can be seen by a proxy: they are compared
	sockets     bool

	begin func(s *suite, o *origin) // before an origin starts
	play  func(ctx context.Context, s *suite)
	after func(s *suite)
	next  func(s *suite, i int) ask
	least func(s *suite, all []meant) float64 // nil: what the oracle of all says
}

// plain is a page of the size of the suite.
func plain(s *suite, i int) ask {
	return s.page(fmt.Sprintf("/page/%d", i%20), "")
}

func (s *suite) page(path, more string) ask {
	return ask{method: http.MethodGet, target: fmt.Sprintf("%s?size=%d%s", path, s.size, more), want: page(path, s.size)}
}

// small is a page of 1 KiB: what is overloaded is to be the servers, not the machine.
func small(_ *suite, i int) ask {
	path := fmt.Sprintf("/page/%d", i%20)
	return ask{method: http.MethodGet, target: path + "?size=1024", want: page(path, 1024)}
}

// slow is a page that honestly takes a share of the patience.
func (s *suite) slow(i int, share float64) ask {
	d := time.Duration(share * float64(s.patience))
	a := s.page(fmt.Sprintf("/slow/%d", i%20), fmt.Sprintf("&ms=%d", d.Milliseconds()))
	a.takes = d
	return a
}

func digests(s *suite, i int) ask {
	if i%3 == 0 {
		return s.page(fmt.Sprintf("/digest/%d", i%20), "")
	}
	return plain(s, i)
}

func public(s *suite, i int) ask {
	a := s.page(fmt.Sprintf("/public/%d", i%20), "")
	a.stale = true
	return a
}

func private(s *suite, i int) ask {
	cookie := fmt.Sprintf("person=%02d", i%crowd) // so that none is in another
	a := s.page("/mine", "")
	a.header, a.want = map[string]string{"Cookie": cookie}, page("/mine of "+cookie, s.size)
	return a
}

func posts(s *suite, i int) ask {
	const path = "/order"
	return ask{method: http.MethodPost, target: fmt.Sprintf("%s?order=%d&size=%d", path, i, s.size), body: "a=1", want: page(path, s.size)}
}

func keyed(s *suite, i int) ask {
	a := posts(s, i)
	a.header = map[string]string{"Idempotency-Key": fmt.Sprintf("key-%d", i)}
	return a
}

// onePost makes one request in n a POST.
func onePost(n int) func(s *suite, i int) ask {
	return func(s *suite, i int) ask {
		if i%n == 0 {
			return posts(s, i)
		}
		return plain(s, i)
	}
}

// calls are of gRPC: one answer, many, or a talk.
func calls(_ *suite, i int) ask {
	a := ask{call: true, target: "/shop.Shop/One", body: fmt.Sprintf("call %d", i)}
	switch i % 10 {
	case 4:
		a.target = "/shop.Shop/Many"
	case 8:
		a.target = "/shop.Shop/Talk"
	}
	return a
}

// life of faults

// first gives origin 1 a fault, all the time.
func first(f fault) func(context.Context, *suite) {
	return func(ctx context.Context, s *suite) { s.origins[0].set(f); <-ctx.Done() }
}

// each gives every origin faults.
func (s *suite) each(f ...fault) {
	for _, o := range s.origins {
		o.set(f...)
	}
}

// gone kills origins from one beat to another.
func (s *suite) gone(ctx context.Context, from, until float64, list ...*origin) {
	s.at(ctx, from)
	together(list, func(o *origin) { o.kill(); _ = o.ready() })
	s.at(ctx, until)
	together(list, func(o *origin) { _ = o.up() })
}

// together does something with all of a list at the same time.
func together(list []*origin, do func(*origin)) {
	done := make(chan struct{})
	for _, o := range list {
		go func() { do(o); done <- struct{}{} }()
	}
	for range list {
		<-done
	}
}
