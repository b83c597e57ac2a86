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
)

// Namer makes pseudonyms. It is not safe for concurrent use.
type Namer struct {
	mac     hash.Hash
	sum     [sha256.Size]byte
	scratch []byte
}

// NewNamer returns a Namer with this secret: the same secret gives the same pseudonyms.
func NewNamer(salt []byte) *Namer { return &Namer{mac: hmac.New(sha256.New, salt)} }

// Name returns the first 64 bits of the HMAC of what a person is recognised by, which is
// never 0: one and two by the way that it says.
func (n *Namer) Name(way string, one, two []byte) uint64 {
	buf := append(append(n.scratch[:0], way...), 0)
	buf = append(append(append(buf, one...), 0), two...)
	n.scratch = buf
	n.mac.Reset()
	n.mac.Write(buf)
	return max(binary.BigEndian.Uint64(n.mac.Sum(n.sum[:0])), 1)
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
