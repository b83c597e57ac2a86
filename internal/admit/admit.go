// Package admit says who may send to a door over HTTP: who shows a key, or, where there are
// none, programs on this machine; and how many at once, so that no sender starves others.
package admit

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
)

// Why a sender is not let in.
var (
	ErrKey       = errors.New("no such key (fix: send one of receive.keys as Authorization: Bearer KEY)")
	ErrElsewhere = errors.New("without receive.keys only programs on this machine may send (fix: write receive.keys in honderd.yaml)")
)

// Gate lets senders in.
type Gate struct {
	keys       [][sha256.Size]byte
	most, each int

	mu   sync.Mutex
	open int
	of   map[string]int // by sender
}

// New returns a Gate with so many requests at once, and so many of each sender. Without
// keys only programs on this machine are let in.
func New(keys []string, most, each int) *Gate {
	g := &Gate{most: most, each: each, of: map[string]int{}}
	for _, key := range keys {
		g.keys = append(g.keys, sha256.Sum256([]byte(key)))
	}
	return g
}

// Sender returns who sends: by a key, or from this machine. A page in somebody's browser is
// neither.
func (g *Gate) Sender(r *http.Request) (string, error) {
	if len(g.keys) > 0 {
		shown, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !found {
			shown = r.Header.Get("X-Api-Key")
		}
		sum, match := sha256.Sum256([]byte(shown)), -1
		for i := range g.keys {
			if subtle.ConstantTimeCompare(sum[:], g.keys[i][:]) == 1 {
				match = i
			}
		}
		if match < 0 {
			return "", ErrKey
		}
		return "key " + strconv.Itoa(match), nil
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	addr, parseErr := netip.ParseAddr(host)
	proxied := r.Header.Get("Origin") != "" || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != ""
	if err != nil || parseErr != nil || !addr.Unmap().IsLoopback() || proxied {
		return "", ErrElsewhere
	}
	return host, nil
}

// Enter lets a request in when there is room, for all and for its sender. Whoever was let
// in leaves.
func (g *Gate) Enter(sender string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open >= g.most || g.of[sender] >= g.each {
		return false
	}
	g.open++
	g.of[sender]++
	return true
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
