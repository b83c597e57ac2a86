package accesslog

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"net/netip"
	"strings"

	"github.com/honderd/honderd/experience"
)

// Sizes of what a worker remembers of people.
const (
	personSlots  = 1 << 15
	forwardSlots = 1 << 12
)

// personSlot remembers a pseudonym by the hash of what it was made from.
type personSlot struct {
	hash   uint64
	person experience.Person
}

// forwardSlot remembers which address in a list is the client's.
type forwardSlot struct {
	hash     uint64
	from, to uint16
	known    bool
}

// person returns the pseudonym of whoever wrote line.
func (w *Worker) person(g *Grammar, line, address, agent []byte, agentHash uint64) experience.Person {
	tag, one, two := byAddressAgent, address, agent
	hash := maphash.Bytes(w.p.seeds[1], address)
	if w.p.o.Person == byAddress {
		tag, two = byAddress, nil
	} else {
		hash = mix(hash, agentHash)
	}
	if g.key != slotNone {
		if key := w.m.value(g, g.key, line); len(key) > 0 && string(key) != "-" {
			tag, one, two = byField, key, nil
			hash = maphash.Bytes(w.p.seeds[2], key)
		}
	}
	if w.p.o.Salt == nil {
		return max(1, experience.Person(hash)) // the seed of hash is a secret of this parser
	}
	// Two slots each, the one used last first: people who share a slot take turns.
	pair := w.persons[hash%personSlots&^1:][:2]
	if pair[0].hash == hash && pair[0].person != 0 {
		return pair[0].person
	}
	pair[0], pair[1] = pair[1], pair[0]
	if pair[0].hash != hash || pair[0].person == 0 {
		pair[0] = personSlot{hash: hash, person: w.pseudonym(tag, one, two)}
	}
	return pair[0].person
}

// mix makes one hash of two.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xd1b54a32d192ed03)
	return hi ^ lo ^ bits.RotateLeft64(a, 23) ^ b
}

// pseudonym returns the first 64 bits of the HMAC of what a person is recognised by.
func (w *Worker) pseudonym(tag string, one, two []byte) experience.Person {
	buf := append(append(w.scratch[:0], tag...), 0)
	buf = append(append(append(buf, one...), 0), two...)
	w.scratch = buf
	w.mac.Reset()
	w.mac.Write(buf)
	sum := w.mac.Sum(w.sum[:0])
	return experience.Person(max(binary.BigEndian.Uint64(sum), 1))
}

// address returns the client's address: of a forwarded list, the first from the right
// that is no proxy of ours; without one, that of the connection.
func (w *Worker) address(g *Grammar, line []byte) []byte {
	remote := w.m.value(g, slotAddress, line)
	if !g.has[slotForwarded] {
		return remote
	}
	forwarded := w.m.value(g, slotForwarded, line)
	if len(forwarded) < 2 {
		return remote
	}
	if w.forwards == nil {
		w.forwards = make([]forwardSlot, forwardSlots)
	}
	hash := maphash.Bytes(w.p.seeds[2], forwarded)
	s := &w.forwards[hash%forwardSlots]
	if s.hash != hash || !s.known {
		from, to := w.p.client(string(forwarded))
		*s = forwardSlot{hash: hash, from: uint16(from), to: uint16(to), known: true}
	}
	if s.from == s.to || int(s.to) > len(forwarded) {
		return remote
	}
	return forwarded[s.from:s.to]
}

// client returns where in a forwarded list the client's address stands; from and to are
// the same when it has none. If all are proxies, the leftmost is the client.
func (p *Parser) client(forwarded string) (from, to int) {
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
		if from, to = f, t; !p.isTrusted(addr) {
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

// isTrusted reports whether addr is a proxy of ours.
func (p *Parser) isTrusted(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, prefix := range p.c.trusted {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}
