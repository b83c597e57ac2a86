package felt

import (
	"errors"
	"fmt"
	"reflect"
)

// An edge is what a chunk of time remembers of everybody so that it can be put behind
// an earlier one: all that they did until they were away for so long that nothing of
// what was before matters any more, but for whether they were there, and hurt.
type edge struct {
	isolation int64 // being away for longer ends a head, in milliseconds
	heads     map[uint64]*head

	// Of each word, what came after the head.
	after table // when the first step was, and flagGaveUp if a visit ended with a bad one
	hurt  table // the minute since 1970 of the first bad step
}

// A head is all that a person did in a chunk until they were away for long.
type head struct {
	events []event
	closed bool
}

// Chunk returns a fold that counts as f does and has seen nothing. It can be given what
// happens from some instant on, at the same time as f what was before, and then be
// joined. That needs cut-offs: f must have been told one, or have learned it.
func (f *Fold) Chunk() (*Fold, error) {
	if !f.cutoffs.known() {
		return nil, errors.New("no cut-off is known yet (fix: give Options.Cutoff, or let the first fold take in more)")
	}
	c := New(f.options)
	c.cutoffs = f.cutoffs.clone()
	c.segments = f.segments.clone()
	c.widen()
	c.recut()
	isolation := 2*c.cutoffs.longest() + partWindow + msMinute
	for _, s := range c.shards {
		s.edge = &edge{isolation: isolation, heads: map[uint64]*head{}}
	}
	return c, nil
}

// Join puts a chunk behind f: afterwards f knows what it would know if it had taken in
// the chunk's facts itself. Each of them must be later than all that f has seen. The
// chunk cannot be used any more; after an error f is as it was, and the chunk too.
func (f *Fold) Join(chunk *Fold) error {
	if chunk.shards[0].edge == nil || len(chunk.shards) != len(f.shards) || chunk.options.Replicas != f.options.Replicas {
		return errors.New("join: the other fold is no chunk of this one")
	}
	if !reflect.DeepEqual(f.cutoffs, chunk.cutoffs) {
		return errors.New("join: the chunk has other cut-offs (fix: let a chunk end where a quarter of a year does)")
	}
	if first := chunk.first(); first != 0 && first <= f.newest() {
		return fmt.Errorf("join: the chunk begins at %d, which is not after %d, where this fold ends (Unix milliseconds)", first, f.newest())
	}
	to, err := f.segments.take(&chunk.segments)
	if err != nil {
		return fmt.Errorf("join: %w", err)
	}
	f.widen()
	f.recut()
	for i, s := range f.shards {
		j := joint{fold: f, a: s, b: chunk.shards[i], in: &chunk.segments, to: to}
		j.join()
	}
	return nil
}

// first returns the time of the first experience that is not late; 0 for none.
func (f *Fold) first() (first int64) {
	earliest := func(t int64) {
		if t != 0 && (first == 0 || t < first) {
			first = t
		}
	}
	for _, s := range f.shards {
		earliest(s.oldest)
		s.buffer.each(func(events []event) { earliest(events[0].time()) })
	}
	return first
}

// note sees that somebody in state w does e, and reports whether their head has ended.
func (g *edge) note(w word, e *event) bool {
	h := g.heads[e.person]
	if h == nil {
		h = &head{}
		g.heads[e.person] = h
	}
	if !h.closed && w != 0 && e.time()-w.time() > g.isolation {
		h.closed = true
	}
	if !h.closed {
		h.events = append(h.events, *e)
	}
	return h.closed
}

// moved sees that a step (or a part of one) brought a word, after the head, from w to
// next.
func (g *edge) moved(key uint64, w, next word, part bool, cut int64) {
	after := g.after.find(key)
	switch first := after.word(); {
	case part:
	case first == 0:
		after.set(word(next.time()))
	case w.bad() && next.time()-w.time() > cut:
		after.set(first | flagGaveUp)
	}
	if next.bad() && !(part && w.bad()) {
		if hurt := g.hurt.find(key); hurt.word() == 0 {
			hurt.set(word(next.minute()))
		}
	}
}

// renumbered says which number segments and mixes have in another fold.
type renumbered struct {
	segments []uint16
	mixes    []uint32
}

// word returns the word that w is there.
func (r *renumbered) word(w word) word {
	if w == 0 {
		return 0
	}
	return w&(1<<mixShift-1) | word(r.mixes[w.mix()])<<mixShift
}

func (r *renumbered) events(list []event) []event {
	for i := range list {
		list[i].mix = r.mixes[list[i].mix]
	}
	return list
}

// take adds the segments and mixes of o to s and returns their numbers.
func (s *segments) take(o *segments) (renumbered, error) {
	var r renumbered
	t := s.clone()
	for _, one := range o.list {
		d := t.dimension(o.names[one.dimension])
		if d < 0 || t.sizes[d] > maxSegments && t.at[segment{d, one.name}] == 0 && one.name != Other {
			return r, fmt.Errorf("together there are too many values to tell apart (%s %s)", o.names[one.dimension], one.name)
		}
		t.over[d] = t.over[d] || o.over[one.dimension]
		r.segments = append(r.segments, t.segment(d, one.name))
	}
	for _, m := range o.mixes {
		in := make([]uint16, len(m.segments))
		for i, n := range m.segments {
			in[i] = r.segments[n]
		}
		r.mixes = append(r.mixes, t.mix(in))
	}
	if len(t.mixes) == maxMixes {
		return r, errors.New("together there are too many combinations of labels")
	}
	*s = t
	return r, nil
}
