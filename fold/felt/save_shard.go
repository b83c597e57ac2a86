package felt

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/honderd/honderd/internal/wire"
)

func (s *shard) append(p []byte, section func(p []byte, one func([]byte) []byte) []byte) []byte {
	p = appendNumbers(p, s.newest, s.bound, s.era, s.oldest)
	p = binary.LittleEndian.AppendUint64(p, s.sampled.limit)
	p = appendEvents(p, s.late)
	p = s.buffer.append(p)
	p = section(p, s.people.append)
	p = section(p, s.sores.append)
	for _, c := range s.scopes {
		p = section(p, c.append)
	}
	return p
}

// appendSection appends what one appends, and before it how long that is, so that it can be
// read beside others.
func appendSection(p []byte, one func([]byte) []byte) []byte {
	at := len(p)
	p = one(append(p, make([]byte, 8)...))
	binary.LittleEndian.PutUint64(p[at:], uint64(len(p)-at-8))
	return p
}

// sections reads what appendSection wrote: later, in any order, and at the same time.
type sections struct {
	whole   *wire.Reader
	old     bool // there are none: what is to be read follows at once
	work    []func()
	damaged []*bool
}

// read has the next section read.
func (s *sections) read(read func(*wire.Reader)) {
	if s.old {
		read(s.whole)
		return
	}
	n, damaged := s.whole.Uint64(), new(bool)
	one := s.whole.Take(int(min(n, math.MaxInt)))
	s.work, s.damaged = append(s.work, func() {
		r := wire.NewReader(one)
		read(r)
		*damaged = r.Damaged() || r.Len() != 0
	}), append(s.damaged, damaged)
}

func (s *shard) read(r *wire.Reader, in *segments, parts *sections) {
	s.newest, s.bound, s.era, s.oldest = r.Varint(), r.Varint(), r.Varint(), r.Varint()
	s.sampled.limit = r.Uint64()
	s.late = readEvents(r, len(in.mixes))
	s.buffer.read(r, len(in.mixes))
	parts.read(s.people.read)
	parts.read(s.sores.read)
	s.scopes = make([]*scope, len(in.list)+1)
	for i := range s.scopes {
		parts.read(func(r *wire.Reader) { s.scopes[i] = readScope(r, len(in.mixes)) })
	}
}

// check reports what cannot be in the state of a shard: somebody in a mix that there is not,
// or whose last step is later than all that was settled, or than a step of theirs that still
// waits. The next step of theirs would be counted as one before it.
func (s *shard) check(in *segments) error {
	if s.oldest < 0 || s.oldest > s.newest {
		return fmt.Errorf("%w: it is from %d to %d", errDamaged, s.oldest, s.newest)
	}
	for i := range s.people.parts {
		for _, one := range s.people.parts[i].slots {
			switch {
			case one.key == 0:
			case int(one.word.mix()) >= len(in.mixes):
				return fmt.Errorf("%w: somebody is in a mix of segments that there is not", errDamaged)
			case one.word.time() > s.bound:
				return fmt.Errorf("%w: somebody was there at %d, and nothing after %d is counted", errDamaged, one.word.time(), s.bound)
			}
		}
	}
	var err error
	s.buffer.each(func(events []event) {
		for i := range events {
			e := &events[i]
			at := s.people.get(e.person).time()
			for _, n := range in.mixes[e.mix].segments {
				at = max(at, s.people.get(segmentKey(e.person, n)).time())
			}
			if at > e.time() {
				err = fmt.Errorf("%w: a step of %d waits, and one of %d after it is counted", errDamaged, e.time(), at)
			}
		}
	})
	return err
}

func (c *scope) append(p []byte) []byte {
	for _, n := range c.counts.all() {
		p = binary.AppendVarint(p, *n)
	}
	for _, t := range []*tails{&c.tails, &c.spread.short, &c.spread.long} {
		p = t.append(p)
	}
	for _, d := range []*drift{&c.spread.half, &c.spread.twice} {
		p = appendNumbers(p, d.up, d.down, d.waited, d.moved)
	}
	for _, n := range c.gaps {
		p = binary.AppendUvarint(p, uint64(n))
	}
	p = binary.AppendUvarint(p, uint64(len(c.sample)))
	for _, person := range slices.Sorted(maps.Keys(c.sample)) {
		p = binary.LittleEndian.AppendUint64(p, person)
		p = appendNumbers(p, c.sample[person].up, c.sample[person].all)
	}
	hours := c.cells.hours()
	p = binary.AppendUvarint(p, uint64(len(hours)))
	for _, h := range hours {
		p = c.cells.pages[h].append(binary.AppendVarint(p, h))
	}
	return p
}

func readScope(r *wire.Reader, mixes int) *scope {
	c := &scope{}
	for _, n := range c.counts.all() {
		*n = r.Varint()
	}
	c.tails, c.spread.short, c.spread.long = readTails(r, mixes), readTails(r, mixes), readTails(r, mixes)
	for _, d := range []*drift{&c.spread.half, &c.spread.twice} {
		d.up, d.down, d.waited, d.moved = r.Varint(), r.Varint(), r.Varint(), r.Varint()
	}
	for i := range c.gaps {
		c.gaps[i] = uint32(r.Uvarint())
	}
	for range r.Count(r.Len()) {
		c.remember(r.Uint64(), personTime{r.Varint(), r.Varint()})
	}
	for range r.Count(r.Len()) {
		readPage(r, c.cells.page(r.Varint()))
	}
	return c
}

func (t *tails) append(p []byte) []byte {
	list := t.all()
	p = binary.AppendUvarint(p, uint64(len(list)))
	for _, tail := range list {
		p = binary.AppendVarint(binary.LittleEndian.AppendUint64(p, tail), int64(t.of(tail)))
	}
	return p
}

func readTails(r *wire.Reader, mixes int) tails {
	var t tails
	for range r.Count(r.Len()) {
		tail := r.Uint64()
		if int64(tail>>42) >= int64(mixes) {
			r.Spoil()
		}
		t.add(wordOf(tail), int64(int32(r.Varint())))
	}
	return t
}

// numbers returns the counters of m that are kept as they are.
func (m *cell) numbers() []*int32 {
	return []*int32{&m.present, &m.sore, &m.first, &m.good, &m.bad, &m.active, &m.hurt, &m.struck}
}

func (p *page) append(to []byte) []byte {
	for i := range p.cells {
		m := &p.cells[i]
		if *m == (cell{}) {
			to = append(to, 0)
			continue
		}
		to = append(to, 1)
		for t := range tracks {
			to = binary.AppendVarint(binary.AppendVarint(to, m.rest[t]), int64(m.full[t]))
		}
		for _, n := range m.numbers() {
			to = binary.AppendVarint(to, int64(*n))
		}
	}
	return p.hurtAgain.append(p.came.append(to))
}

func (r returns) append(to []byte) []byte {
	to = binary.AppendUvarint(to, uint64(len(r)))
	for _, one := range r {
		to = binary.LittleEndian.AppendUint32(to, one)
	}
	return to
}

func readPage(r *wire.Reader, g *page) {
	for i := range g.cells {
		if r.Byte() == 0 {
			continue
		}
		m := &g.cells[i]
		for t := range tracks {
			m.rest[t], m.full[t] = r.Varint(), int32(r.Varint())
		}
		for _, n := range m.numbers() {
			*n = int32(r.Varint())
		}
	}
	g.came, g.hurtAgain = readReturns(r), readReturns(r)
}

func readReturns(r *wire.Reader) returns {
	n := r.Count(r.Len() / 4)
	if n == 0 {
		return nil
	}
	list := make(returns, n)
	for i := range list {
		list[i] = r.Uint32()
	}
	return list
}

func (t *table) append(p []byte) []byte {
	for i := range t.parts {
		q := &t.parts[i]
		p = binary.AppendUvarint(binary.AppendUvarint(p, uint64(len(q.slots))), uint64(q.used))
		for _, s := range q.slots {
			p = binary.LittleEndian.AppendUint64(p, s.key)
			if s.key != 0 {
				p = binary.LittleEndian.AppendUint64(p, uint64(s.word))
			}
		}
	}
	return p
}

func (t *table) read(r *wire.Reader) {
	for i := range t.parts {
		q := &t.parts[i]
		q.slots = make([]slot, r.Count(r.Len()/8))
		q.used = r.Count(len(q.slots))
		used := 0
		for j := range q.slots {
			if q.slots[j].key = r.Uint64(); q.slots[j].key == 0 {
				continue
			}
			used++
			q.slots[j].word = word(r.Uint64())
		}
		if used != q.used || used > 0 && used == len(q.slots) {
			r.Spoil()
		}
	}
}
