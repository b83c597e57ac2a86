package felt

import (
	"cmp"
	"slices"
)

// waits is what was counted of the facts that wait, on top of what is settled: a layer for
// each bucket of the buffer. It is kept from one answer to the next, so that each fact is
// counted on top once, and not in every answer; only those of the last moment, among which
// others may come, are counted anew. A layer is left out once its bucket is settled: it is
// counted for good then.
type waits struct {
	people *shard // where everybody stands after the layers; nil: there are none
	layers []layer
	upTo   int64 // the bucket that the last layer is of, or the one after it
	done   int   // how many of its facts are in the layer
	before int64 // all before this time are: who comes before it spoils the layers; 0 for none
}

// layer is what one bucket adds.
type layer struct {
	bucket int64
	oldest int64
	scopes []*scope
}

// worthLayers is how many facts must wait for layers to be worth their room: fewer are
// counted faster than that.
const worthLayers = 20_000

// moment is how far facts are out of order at first; when one comes later than that, it is
// taken to be twice as far. A guess.
const moment = msSecond

// disturb sees that a fact comes before the end of the layers.
func (s *shard) disturb(e *event) {
	s.moment = max(s.moment, 2*(s.newest-e.time()))
	s.waits.spoil()
}

// spoil forgets the layers: something else has changed than that facts came at the end.
func (w *waits) spoil() { *w = waits{} }

// onTop returns what facts that wait add to s, in layers, and the time of the first of them;
// 0 when there is none. s stays as it is.
func (s *shard) onTop(in *segments) (list [][]*scope, oldest int64) {
	n := 0
	for i := range s.buffer.buckets {
		n += len(s.buffer.buckets[i].events)
	}
	if w := &s.waits; n < s.worth || w.people != nil && (s.buffer.first > w.upTo || w.people.people.size() > 4*n+s.worth) {
		w.spoil()
	}
	top := s.above()
	from, done := s.buffer.first, 0
	if n >= s.worth {
		s.addLayers(in)
		top.base, from, done = s.waits.people, s.waits.upTo, s.waits.done
		for _, l := range s.waits.layers {
			list, oldest = append(list, l.scopes), earlier(oldest, l.oldest)
		}
	}
	for i := max(0, int(from-s.buffer.first)); i < len(s.buffer.buckets); i++ {
		top.take(s.buffer.bucket(i)[done:], in)
		done = 0
	}
	return append(list, top.scopes), earlier(oldest, top.oldest)
}

// earlier returns the earlier of two times; 0 is none.
func earlier(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// addLayers makes layers of the buckets that nothing is likely to come into any more.
func (s *shard) addLayers(in *segments) {
	w := &s.waits
	if w.people == nil {
		w.people, w.upTo = s.above(), s.buffer.first
	}
	gone := 0
	for gone < len(w.layers) && w.layers[gone].bucket < s.buffer.first {
		gone++
	}
	w.layers = append([]layer(nil), w.layers[gone:]...)
	w.before = max(w.before, s.newest-s.moment)
	for ; int(w.upTo-s.buffer.first) < len(s.buffer.buckets); w.upTo, w.done = w.upTo+1, 0 {
		events := s.buffer.bucket(int(w.upTo - s.buffer.first))
		to, _ := slices.BinarySearchFunc(events, w.before, func(e event, before int64) int { return cmp.Compare(e.time(), before) })
		if to > w.done {
			w.add(s, events[w.done:to], in)
			w.done = to
		}
		if (w.upTo+1)*s.buffer.width > w.before {
			return
		}
	}
}

// add adds events to the layer of the bucket at hand.
func (w *waits) add(s *shard, events []event, in *segments) {
	last := len(w.layers) - 1
	if last < 0 || w.layers[last].bucket != w.upTo {
		w.layers = append(w.layers, layer{w.upTo, events[0].time(), s.fresh()})
		last++
	}
	l := &w.layers[last]
	for n := len(l.scopes); n < len(s.scopes); n++ {
		l.scopes = append(l.scopes, &scope{cut: s.scopes[n].cut})
	}
	w.people.scopes = l.scopes
	w.people.take(events, in)
}

// above returns a shard that has counted nothing, on top of s.
func (s *shard) above() *shard {
	top := newShard(int(s.number), int(s.of), 1)
	top.base, top.sampled, top.scopes = s, s.sampled, s.fresh()
	return top
}

// fresh returns scopes that count as those of s do, and are empty.
func (s *shard) fresh() []*scope {
	list := make([]*scope, len(s.scopes))
	for i, c := range s.scopes {
		list[i] = &scope{cut: c.cut}
	}
	return list
}
