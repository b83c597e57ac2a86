package felt

import "github.com/honderd/honderd/experience"

// A shard counts a part of the people. Shards know nothing of each other: what they
// have counted is added up.
type shard struct {
	number, of uint64
	scopes     []*scope // 0: all; n+1: segment n
	people     table    // a word a person, and one for each segment they are in
	sores      table    // of both, for those who were hurt
	buffer     buffer
	newest     int64 // Unix milliseconds; 0: nothing yet
	bound      int64 // what is before is settled
	due        int64 // when something is as new as this, more is settled
	era        int64 // since when the cut-offs of now hold
	oldest     int64
	late       []event
	sampled    sampling
	touched    uint64   // says nothing: so that touching is not left out
	base       *shard   // what this one goes on from, and leaves as it is
	replicas   []*scope // of all, each with people drawn anew; empty unless asked for
	edge       *edge    // of a chunk that is to be put behind another fold
	waits      waits
	moment     int64 // how far facts are out of order, in milliseconds
	worth      int   // from how many facts that wait on they are kept in layers
}

func newShard(number, of int, lateness int64) *shard {
	return &shard{number: uint64(number), of: uint64(of), buffer: newBuffer(lateness), sampled: wholeSample(), worth: worthLayers, moment: moment}
}

// has reports whether a person is counted in this shard.
func (s *shard) has(person uint64) bool { return s.of == 1 || (person>>8)%s.of == s.number }

// hear takes the experiences of b from one index to another that are of the shard's
// people.
func (s *shard) hear(b *experience.Batch, from, to int, in *segments, o *Options) {
	lateness := o.Lateness.Milliseconds()
	for i := from; i < to; i++ {
		x := &b.Items[i]
		if x.At > s.newest {
			s.newest = x.At
			if x.At >= s.due {
				bound := s.buffer.settled(x.At, lateness)
				s.ripen(max(bound, s.bound), in)
				s.due = bound + s.buffer.width + lateness
			}
		}
		person := personKey(uint64(x.Person))
		if !s.has(person) {
			continue
		}
		e := newEvent(x, person, in.of(i, x), in)
		if o.Paper {
			e.wait = 0
		}
		s.put(&e, in)
	}
}

// put keeps e until it is settled, or counts it at once when its time has passed.
func (s *shard) put(e *event, in *segments) {
	if e.time() >= s.bound {
		if e.time() < s.waits.before {
			s.disturb(e)
		}
		s.buffer.add(e)
		return
	}
	s.settle(s.bound, in)
	switch {
	case e.time() >= s.era && e.time() > s.people.get(e.person).time()+partWindow: // and so after all of theirs that was counted
		s.count(e, in)
		s.waits.spoil()
	default:
		s.late = append(s.late, *e)
	}
}

// ripen makes a time the bound of what is settled, and counts that once it is worth the
// while.
func (s *shard) ripen(bound int64, in *segments) {
	s.bound = bound
	if s.buffer.due(bound) {
		s.settle(bound, in)
	}
}

// settle counts all before a time, in order.
func (s *shard) settle(bound int64, in *segments) {
	s.bound = bound
	s.buffer.take(bound, func(events []event) { s.take(events, in) })
}

// touchAhead is how many events are looked up at once before they are counted one by
// one: a processor fetches many places from memory in the time of one, but only if it
// need not wait for the first to know the second.
const touchAhead = 64

// take counts events that are in order.
func (s *shard) take(events []event, in *segments) {
	for len(events) > 0 {
		n := min(touchAhead, len(events))
		s.touch(events[:n])
		for i := range events[:n] {
			s.count(&events[i], in)
		}
		events = events[n:]
	}
}

// touch reads what count will need for events.
func (s *shard) touch(events []event) {
	sum := uint64(0)
	for i := range events {
		sum += s.people.touch(events[i].person)
	}
	s.touched = sum
	if s.base != nil {
		s.base.touch(events)
	}
}

// count puts one event in its place, which is after all others of its person.
func (s *shard) count(e *event, in *segments) {
	if t := e.time(); s.oldest == 0 || t < s.oldest {
		s.oldest = t
	}
	all := s.scopes[0]
	at := s.people.find(e.person)
	w := at.word()
	if w == 0 && s.base != nil {
		w = s.base.word(e.person)
	}
	part := w.belongs(e, all.cut)
	mix := e.mix
	if part {
		mix = w.mix()
	}
	if len(s.replicas) > 0 {
		s.resample(state{w, s.sore(e.person)}, e, part, 1, all.cut)
	}
	after := s.edge != nil && s.edge.note(w, e)
	next := s.apply(all, e.person, w, e, part)
	at.set(next)
	if after {
		s.edge.moved(e.person, w, next, part, all.cut)
	}
	for _, n := range in.mixes[mix].segments {
		key := segmentKey(e.person, n)
		mine := at.beside(key)
		w := mine.word()
		if w == 0 && s.base != nil {
			w = s.base.word(key)
		}
		next := s.apply(s.scopes[n+1], key, w, e, part)
		mine.set(next)
		if after {
			s.edge.moved(key, w, next, part, s.scopes[n+1].cut)
		}
	}
}

// apply counts e in scope c for whoever is in state w there, and returns their next
// state.
func (s *shard) apply(c *scope, key uint64, w word, e *event, part bool) word {
	if !part {
		gap := e.time() - w.time()
		if w != 0 && gap < longestGap {
			c.gaps.add(gap)
		}
		if s.sampled.has(e.person) {
			c.remember(e.person, w.timeTo(e, c.cut))
		}
		if c.glides(w, e, gap) {
			return c.glide(w, e, gap)
		}
	}
	now := state{word: w}
	if w.hurt() && (w.bad() || e.bad()) { // else it is not looked at
		now.sore = s.sore(key)
	}
	var next state
	if part {
		next = c.spoil(now, e, 1)
	} else {
		next = c.step(now, e, 1, c.cut)
	}
	if next.sore != now.sore {
		s.sores.find(key).set(word(next.sore))
	}
	return next.word
}

func (s *shard) sore(key uint64) sore {
	w := s.sores.get(key)
	if w == 0 && s.base != nil {
		return s.base.sore(key)
	}
	return sore(w)
}

// word returns where somebody stands.
func (s *shard) word(key uint64) word {
	w := s.people.get(key)
	if w == 0 && s.base != nil {
		return s.base.word(key)
	}
	return w
}

// ahead returns a shard that has counted what s still keeps, on top of what s has
// counted; s stays as it is.
func (s *shard) ahead(in *segments) *shard {
	top := s.above()
	if len(s.replicas) > 0 {
		top.replicas = newReplicas()
	}
	s.buffer.each(func(events []event) { top.take(events, in) })
	return top
}
