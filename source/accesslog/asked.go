package accesslog

import (
	"hash/maphash"

	"github.com/honderd/honderd/internal/route"
)

// askedSlots is how many requests a worker remembers: most are for what somebody else asked
// for just before.
const askedSlots = 1 << 12

// longestAsked is the longest request that is remembered.
const longestAsked = 1 << 12

// asked is what somebody asked for.
type asked struct {
	method, target, path []byte // target is nil when nothing was asked for
	journey              []byte // unless the answer says that there is none
	what                 part
}

// askedSlot remembers by its hash where in a request everything stands.
type askedSlot struct {
	hash                          uint64
	method, target, path, journey extent
	what                          part
	home                          bool // its journey is the home page's
}

// extent is where something stands in a request; to is 0 when it is not there.
type extent struct{ from, to uint16 }

func (e extent) of(said []byte) []byte {
	if e.to == 0 {
		return nil
	}
	return said[e.from:e.to]
}

// within returns where a part of said stands in it; ok is false when it does not.
func within(said, part []byte) (e extent, ok bool) {
	if len(part) == 0 {
		return extent{}, part == nil
	}
	from := cap(said) - cap(part)
	if from < 0 || from+len(part) > len(said) || &said[from] != &part[0] {
		return extent{}, false
	}
	return extent{uint16(from), uint16(from + len(part))}, true
}

// asks returns what somebody asked for in the line in w.m.
func (w *Worker) asks(g *Grammar, line []byte) asked {
	said := w.m.value(g, slotRequest, line)
	if g.keys != nil || !g.has[slotRequest] || len(said) > longestAsked {
		return w.ask(w.request(g, line))
	}
	hash := maphash.Bytes(w.p.seeds[1], said)
	s := &w.asked[hash%askedSlots]
	if s.hash == hash && hash != 0 {
		a := asked{s.method.of(said), s.target.of(said), s.path.of(said), s.journey.of(said), s.what}
		if s.home {
			a.journey = w.home
		}
		return a
	}
	a := w.ask(w.request(g, line))
	w.remember(s, hash, said, &a)
	return a
}

// ask reads what is asked for.
func (w *Worker) ask(method, target []byte) asked {
	a := asked{method: method, target: target, path: route.Path(target)}
	a.what = w.p.partOf(a.path)
	if target != nil {
		a.journey = route.Journey(a.path, 0)
	}
	return a
}

// remember keeps where everything stands in said, if all of it stands there.
func (w *Worker) remember(s *askedSlot, hash uint64, said []byte, a *asked) {
	n := askedSlot{hash: hash, what: a.what, home: len(a.journey) == 1}
	var ok [4]bool
	n.method, ok[0] = within(said, a.method)
	n.target, ok[1] = within(said, a.target)
	n.path, ok[2] = within(said, a.path)
	n.journey, ok[3] = within(said, a.journey)
	if ok[0] && ok[1] && ok[2] && (ok[3] || n.home) {
		*s = n
	}
}
