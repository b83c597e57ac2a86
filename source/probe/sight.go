package probe

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// askFor is how long others are given to show that this machine has a network.
	askFor = 3 * time.Second

	// askAgain is how long what they said holds: when thousands fall silent at once, few
	// are asked.
	askAgain = 5 * time.Second

	// askMost is how many others are asked, each in another network.
	askMost = 4
)

// sight tells whether it is this machine that sees nothing. A target that falls silent
// while those in other networks do too says nothing about the target.
type sight struct {
	dial    dialer
	anchors []string

	mu     sync.Mutex
	places map[int]place // by target: where it was last reached
	asking sync.Mutex    // one asks, the others wait for what they say
	last   saying
}

// place is where somebody was reached.
type place struct {
	network, address string
	prefix           netip.Prefix
	at               time.Time
}

// saying is what others said when they were asked.
type saying struct {
	at     time.Time
	seen   bool
	silent []netip.Prefix
	anchor bool
}

func newSight(dial dialer, anchors []string) *sight {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return &sight{dial: dial, anchors: anchors, places: map[int]place{}}
}

// follow returns a dialer for target i that notes where it was reached.
func (s *sight) follow(i int, timeout time.Duration) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		conn, err := s.dial(ctx, network, address)
		if err == nil && strings.HasPrefix(network, "tcp") { // a datagram reaches nobody for sure
			if prefix, ok := networkOf(conn.RemoteAddr()); ok {
				s.mu.Lock()
				s.places[i] = place{network, address, prefix, time.Now()}
				s.mu.Unlock()
			}
		}
		return conn, err
	}
}

// networkOf returns the network that an address is in, as far as one outage goes; false
// for this machine itself, which is reached without any network.
func networkOf(a net.Addr) (netip.Prefix, bool) {
	if a == nil {
		return netip.Prefix{}, false
	}
	at, err := netip.ParseAddrPort(a.String())
	addr := at.Addr().Unmap().WithZone("")
	if err != nil || addr.IsLoopback() {
		return netip.Prefix{}, false
	}
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	prefix, err := addr.Prefix(bits)
	return prefix, err == nil
}

// lost notes that target i is not there, whatever this machine sees.
func (s *sight) lost(i int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.places, i)
}

// blind says why this machine sees nothing, "" when it does or nobody can tell. since is
// when target i was asked.
func (s *sight) blind(ctx context.Context, i int, since time.Time) string {
	s.asking.Lock()
	defer s.asking.Unlock()
	s.mu.Lock()
	own := s.places[i].prefix
	for j, p := range s.places {
		if j != i && p.prefix != own && p.at.After(since) {
			s.mu.Unlock()
			return ""
		}
	}
	witnesses := s.witnesses()
	s.mu.Unlock()
	if time.Since(s.last.at) >= askAgain || s.last.at.IsZero() {
		s.last = s.ask(ctx, witnesses)
	}
	others := slices.DeleteFunc(slices.Clone(s.last.silent), func(p netip.Prefix) bool { return p == own })
	switch {
	case s.last.seen || ctx.Err() != nil:
		return ""
	case s.last.anchor:
		return "none of its anchors can be reached either"
	case len(others) >= 2: // one may be down for reasons of its own
		return fmt.Sprintf("%d others in other networks cannot be reached either", len(others))
	}
	return ""
}

// witnesses returns who is asked: the anchors or, without any, those reached last, each in
// another network.
func (s *sight) witnesses() (list []place) {
	if len(s.anchors) > 0 {
		for _, anchor := range s.anchors {
			list = append(list, place{network: "tcp", address: anchor})
		}
		return list
	}
	all := make([]place, 0, len(s.places))
	for _, p := range s.places {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b place) int {
		if n := b.at.Compare(a.at); n != 0 {
			return n
		}
		return strings.Compare(a.address, b.address)
	})
	known := map[netip.Prefix]bool{}
	for _, p := range all {
		if !known[p.prefix] && len(list) < askMost {
			known[p.prefix] = true
			list = append(list, p)
		}
	}
	return list
}

// ask connects to witnesses; one that answers, or refuses, is enough.
func (s *sight) ask(ctx context.Context, witnesses []place) (said saying) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	answers := make(chan bool, len(witnesses))
	for _, w := range witnesses {
		go func() {
			conn, err := s.dial(ctx, w.network, w.address)
			if err == nil {
				_ = conn.Close()
			}
			answers <- err == nil || !isSilent(err) && !ours(err)
		}()
	}
	for range witnesses {
		if <-answers {
			cancel()
			said.seen = true
		}
	}
	said.at, said.anchor = time.Now(), len(s.anchors) > 0
	for _, w := range witnesses {
		said.silent = append(said.silent, w.prefix)
	}
	return said
}
