// Package who tells who asked: the client's address behind proxies, and the pseudonym
// of a person, which says nothing about them.
package who

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"net/netip"
	"strings"
)

// What a person can be recognised by. The same words stand in pseudonyms, so that two
// ways never give one person the other's.
const (
	ByAddressAndAgent = "address+agent"
	ByAddress         = "address"
	ByField           = "field:"
	ByConsent         = "consent:" // an identifier that a browser keeps because its person said yes
)

// Namer makes pseudonyms. It is not safe for concurrent use.
type Namer struct {
	salts   *Salts
	changes int64
	epochs  [2]epoch // the one at hand first
	names   hash.Hash
	sum     [sha256.Size]byte
	scratch []byte
}

// epoch is a period as a Namer uses it.
type epoch struct {
	from, to, over int64     // until over, a visit that began before from may go on
	mac, before    hash.Hash // before: of the period before
	id             uint64    // 0: there is one salt for all time
}

// NewNamer returns a Namer with these salts: the same salts give the same pseudonyms.
func NewNamer(s *Salts) *Namer {
	return &Namer{salts: s, changes: -1, names: hmac.New(sha256.New, s.names)}
}

// Turn makes at the time of the names that are made next. It returns a number of its
// period, and whether a visit of the period before may still go on.
func (n *Namer) Turn(at int64) (period uint64, over bool) {
	if e := &n.epochs[0]; at < e.from || at >= e.to || n.changes != n.salts.changes.Load() {
		n.turn(at)
	}
	return n.epochs[0].id, at < n.epochs[0].over
}

func (n *Namer) turn(at int64) {
	if changes := n.salts.changes.Load(); n.changes != changes {
		n.epochs, n.changes = [2]epoch{}, changes
	}
	n.epochs[0], n.epochs[1] = n.epochs[1], n.epochs[0]
	if e := &n.epochs[0]; at >= e.from && at < e.to {
		return
	}
	p := n.salts.At(at)
	e := epoch{from: p.From, to: p.To, over: p.From, mac: hmac.New(sha256.New, p.Salt)}
	if n.salts.o.Days > 0 {
		e.id = uint64(p.From)*0x9e3779b97f4a7c15 ^ uint64(p.Made) | 1
	}
	if last, ok := n.salts.before(p); ok {
		e.over, e.before = min(p.From+overFor.Milliseconds(), p.To), hmac.New(sha256.New, last.Salt)
	}
	n.epochs[0] = e
}

// Name returns the first 64 bits of the HMAC of what a person is recognised by, which is
// never 0: one and two by the way that it says.
func (n *Namer) Name(way string, one, two []byte) uint64 {
	if n.lasts(way) {
		return n.of(n.names, way, one, two)
	}
	return n.of(n.epochs[0].mac, way, one, two)
}

// Before returns the name of the same in the period before, 0 when there is none.
func (n *Namer) Before(way string, one, two []byte) uint64 {
	if n.lasts(way) || n.epochs[0].before == nil {
		return 0
	}
	return n.of(n.epochs[0].before, way, one, two)
}

// NameAt returns the name at a time; and the one before, which is 0 unless a visit under
// it may still go on.
func (n *Namer) NameAt(at int64, way string, one, two []byte) (now, before uint64) {
	_, over := n.Turn(at)
	if over {
		before = n.Before(way, one, two)
	}
	return n.Name(way, one, two), before
}

// Every returns all names that the same can have had by this way: one of each period whose
// salt is there, and the one that lasts.
func (n *Namer) Every(way string, one, two []byte) []uint64 {
	list := []uint64{n.of(n.names, way, one, two)}
	for _, p := range n.salts.Living() {
		list = append(list, n.of(hmac.New(sha256.New, p.Salt), way, one, two))
	}
	return list
}

// lasts reports whether names of this way are the same in all periods.
func (n *Namer) lasts(way string) bool {
	return way == ByConsent || way == ByField && n.salts.o.Names
}

func (n *Namer) of(mac hash.Hash, way string, one, two []byte) uint64 {
	buf := append(append(n.scratch[:0], way...), 0)
	buf = append(append(append(buf, one...), 0), two...)
	n.scratch = buf
	mac.Reset()
	mac.Write(buf)
	return max(binary.BigEndian.Uint64(mac.Sum(n.sum[:0])), 1)
}

// Client returns where in a forwarded list the client's address stands; from and to are
// the same when it has none. If all are proxies, the leftmost is the client.
func Client(forwarded string, trusted []netip.Prefix) (from, to int) {
	for end := len(forwarded); end >= 0; {
		begin := strings.LastIndexByte(forwarded[:end], ',') + 1
		f, t := begin, end
		for f < t && forwarded[f] == ' ' {
			f++
		}
		for t > f && forwarded[t-1] == ' ' {
			t--
		}
		f, t = bare(forwarded, f, t)
		addr, err := netip.ParseAddr(forwarded[f:t])
		if err != nil {
			return 0, 0
		}
		if from, to = f, t; !Trusted(addr, trusted) {
			return from, to
		}
		end = begin - 1
	}
	return from, to
}

// bare takes brackets and port from the address in s[from:to].
func bare(s string, from, to int) (int, int) {
	if from < to && s[from] == '[' {
		if end := strings.IndexByte(s[from:to], ']'); end > 0 {
			return from + 1, from + end
		}
	}
	if colon := strings.IndexByte(s[from:to], ':'); colon >= 0 && strings.LastIndexByte(s[from:to], ':') == colon {
		return from, from + colon
	}
	return from, to
}

// Trusted reports whether addr is a proxy of ours.
func Trusted(addr netip.Addr, trusted []netip.Prefix) bool {
	addr = addr.Unmap().WithZone("")
	for _, prefix := range trusted {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}
