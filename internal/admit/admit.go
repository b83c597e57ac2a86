// Package admit says who may send to a door: who shows a key, or, where there are none,
// programs on this machine; how many at once, so that no sender starves others; how a body
// is read; and how a door says no.
package admit

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
)

// Options says whom a Gate lets in.
type Options struct {
	Keys []string // that senders show; none: only programs on this machine are let in
	Most int      // most requests at once
	Each int      // most requests of one sender at once

	// Here lets programs on this machine in without a key also where there are keys, and
	// tells senders with one key apart by their address.
	Here bool
}

// Gate lets senders in.
type Gate struct {
	o    Options
	keys [][sha256.Size]byte

	mu   sync.Mutex
	open int
	of   map[string]int // by sender
}

// New returns a Gate.
func New(o Options) *Gate {
	g := &Gate{o: o, of: map[string]int{}}
	for _, key := range o.Keys {
		g.keys = append(g.keys, sha256.Sum256([]byte(key)))
	}
	return g
}

// Caller is who sends, as a protocol knows it.
type Caller struct {
	Remote        string // host:port
	Authorization string
	Key           string // of X-Api-Key
	Proxied       bool   // it came through a proxy, or from a page in a browser
}

// CallerOf returns who sends r.
func CallerOf(r *http.Request) Caller {
	h := r.Header
	return Caller{
		Remote: r.RemoteAddr, Authorization: h.Get("Authorization"), Key: h.Get("X-Api-Key"),
		Proxied: h.Get("Origin") != "" || h.Get("X-Forwarded-For") != "" || h.Get("Forwarded") != "",
	}
}

// Host returns the address that c sends from.
func (c Caller) Host() string {
	if host, _, err := net.SplitHostPort(c.Remote); err == nil {
		return host
	}
	return c.Remote
}

// IsHere reports whether c is a program on this machine.
func (c Caller) IsHere() bool {
	addr, err := netip.ParseAddr(c.Host())
	return err == nil && addr.Unmap().IsLoopback() && !c.Proxied
}

// Shown returns the key that c shows.
func (c Caller) Shown() string {
	if shown, found := strings.CutPrefix(c.Authorization, "Bearer "); found {
		return shown
	}
	return c.Key
}

// Sender returns who sends: by a key, or from this machine. A page in somebody's browser is
// neither.
func (g *Gate) Sender(c Caller) (string, *Refusal) {
	here := c.IsHere()
	switch {
	case here && (g.o.Here || len(g.keys) == 0):
		return c.Host(), nil
	case len(g.keys) == 0:
		return "", &Refusal{Status: http.StatusForbidden, Why: "not on this machine", Detail: "without receive.keys only programs on this machine may send (fix: write receive.keys in honderd.yaml)"}
	}
	sum, match := sha256.Sum256([]byte(c.Shown())), -1
	for i := range g.keys {
		if subtle.ConstantTimeCompare(sum[:], g.keys[i][:]) == 1 {
			match = i
		}
	}
	if match < 0 {
		return "", NoKey("no such key (fix: send one of receive.keys as Authorization: Bearer KEY)")
	}
	sender := "key " + strconv.Itoa(match)
	if g.o.Here {
		sender += " " + c.Host()
	}
	return sender, nil
}

// Enter lets a request in when there is room, for all and for its sender. Whoever was let
// in leaves.
func (g *Gate) Enter(sender string) *Refusal {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open >= g.o.Most || g.of[sender] >= g.o.Each {
		return TooMany("too many at once", "too many requests at once: send it again later")
	}
	g.open++
	g.of[sender]++
	return nil
}

// Leave makes room for others.
func (g *Gate) Leave(sender string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	if g.of[sender]--; g.of[sender] == 0 {
		delete(g.of, sender)
	}
}

// Open returns how many requests are in.
func (g *Gate) Open() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}
