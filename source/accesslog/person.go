package accesslog

import (
	"bytes"
	"hash/maphash"
	"math/bits"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
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

// person returns the pseudonym of whoever wrote line, which will be the next item of b; the
// one before is noted in b while a visit under it may still go on.
func (w *Worker) person(b *experience.Batch, g *Grammar, line, address, agent []byte, hash, agentHash uint64) experience.Person {
	tag, one, two := who.ByAddressAndAgent, address, agent
	if w.p.quick {
		hash = maphash.Bytes(w.p.seeds[1], address)
	}
	if w.p.o.Person == who.ByAddress {
		tag, two = who.ByAddress, nil
	} else {
		hash = mix(hash, agentHash)
	}
	if g.key != slotNone {
		if key := w.m.value(g, g.key, line); len(key) > 0 && string(key) != "-" {
			tag, one, two = who.ByField, key, nil
			hash = maphash.Bytes(w.p.seeds[2], key)
		}
	}
	if w.p.quick {
		return max(1, experience.Person(hash)) // the seed of hash is a secret of this parser
	}
	hash = w.counted(hash)
	s := slotOf(w.persons, hash)
	if s.hash != hash || s.person == 0 {
		*s = personSlot{hash: hash, person: experience.Person(w.namer.Name(tag, one, two))}
	}
	if w.over {
		if w.befores == nil {
			w.befores = make([]personSlot, personSlots)
		}
		old := slotOf(w.befores, hash)
		if old.hash != hash || old.person == 0 {
			*old = personSlot{hash: hash, person: experience.Person(w.namer.Before(tag, one, two))}
		}
		if old.person != 0 {
			b.Formerly = append(b.Formerly, experience.Formerly{Item: len(b.Items), Person: old.person})
		}
	}
	return s.person
}

// slotOf returns the slot of who has this hash, or one for them. There are two for each, the
// one used last first: people who share a slot take turns.
func slotOf(all []personSlot, hash uint64) *personSlot {
	pair := all[hash%personSlots&^1:][:2]
	if pair[0].hash != hash || pair[0].person == 0 {
		pair[0], pair[1] = pair[1], pair[0]
	}
	return &pair[0]
}

// aside returns a parser that leaves no trace in what parsers share.
func (p *Parser) aside() *Parser {
	other := *p
	other.quick, other.o.Salts, other.o.Causes = true, who.Fixed(nil), nil
	return &other
}

// counted returns the hash under which somebody or an address is known in the period at hand.
func (w *Worker) counted(hash uint64) uint64 {
	if w.period == 0 {
		return hash
	}
	return mix(hash, w.period)
}

// turn makes ms the time of the people that are named next.
func (w *Worker) turn(ms int64) {
	if w.first == 0 {
		w.first = ms
	}
	if !w.p.quick {
		w.period, w.over = w.namer.Turn(ms)
	}
}

// mix makes one hash of two.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xd1b54a32d192ed03)
	return hi ^ lo ^ bits.RotateLeft64(a, 23) ^ b
}

// address returns the client's address: of a forwarded list, the first from the right
// that is no proxy of ours; without one, that of the connection.
func (w *Worker) address(g *Grammar, line []byte) []byte {
	remote := bareAddress(w.m.value(g, slotAddress, line))
	if !g.has[slotForwarded] {
		if bytes.IndexByte(remote, ',') < 0 {
			return remote
		}
		return w.client(remote, remote) // Traefik puts the whole list there
	}
	forwarded := w.m.value(g, slotForwarded, line)
	if len(forwarded) < 2 {
		return remote
	}
	return w.client(forwarded, remote)
}

// bareAddress returns an address without the port behind it and the brackets around it.
func bareAddress(v []byte) []byte {
	colon := bytes.IndexByte(v, ':')
	switch {
	case colon < 0:
		return v
	case v[0] == '[':
		if end := bytes.IndexByte(v, ']'); end > 1 {
			return v[1:end]
		}
	case bytes.IndexByte(v[colon+1:], ':') < 0:
		return v[:colon]
	}
	return v
}

// client returns the client's address of a list, remote when it has none.
func (w *Worker) client(forwarded, remote []byte) []byte {
	if w.forwards == nil {
		w.forwards = make([]forwardSlot, forwardSlots)
	}
	hash := maphash.Bytes(w.p.seeds[2], forwarded)
	s := &w.forwards[hash%forwardSlots]
	if s.hash != hash || !s.known {
		from, to := who.Client(string(forwarded), w.p.c.trusted)
		*s = forwardSlot{hash: hash, from: uint16(from), to: uint16(to), known: true}
	}
	if s.from == s.to || int(s.to) > len(forwarded) {
		return remote
	}
	return forwarded[s.from:s.to]
}
