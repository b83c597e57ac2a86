package felt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/honderd/honderd/internal/wire"
)

// saveMagic starts a saved fold; the last byte is the version of the format.
const saveMagic = "hndF\x01"

var errDamaged = errors.New("damaged checkpoint of the felt fold")

// AppendBinary appends the whole state to p. It never fails.
func (f *Fold) AppendBinary(p []byte) ([]byte, error) {
	p = append(p, saveMagic...)
	for _, n := range []int64{
		int64(f.options.Cutoff), int64(f.options.Lateness), f.flag(), f.cutoff, f.newest, f.oldest, f.late,
	} {
		p = binary.AppendVarint(p, n)
	}
	p = binary.AppendUvarint(p, uint64(len(f.lesson)))
	for _, h := range f.lesson {
		p = appendEvent(binary.LittleEndian.AppendUint64(p, h.person), h.event)
	}
	p = binary.AppendUvarint(p, uint64(len(f.scopes)))
	for _, c := range f.scopes {
		p = c.append(p)
	}
	p = f.people.append(p)
	p = f.inside.append(p)
	return f.journal.append(p), nil
}

func (f *Fold) flag() int64 {
	if f.options.Paper {
		return 1
	}
	return 0
}

// UnmarshalBinary replaces the state, options too, by one that AppendBinary wrote.
func (f *Fold) UnmarshalBinary(p []byte) error {
	if len(p) < len(saveMagic) || string(p[:len(saveMagic)]) != saveMagic {
		return fmt.Errorf("%w: it is of another version or none at all", errDamaged)
	}
	r := wire.NewReader(p[len(saveMagic):])
	g := &Fold{options: Options{Cutoff: time.Duration(r.Varint()), Lateness: time.Duration(r.Varint()), Paper: r.Varint() != 0}}
	g.reset()
	g.cutoff, g.newest, g.oldest, g.late = r.Varint(), r.Varint(), r.Varint(), r.Varint()
	for range r.Count(lessonLength) {
		g.lesson = append(g.lesson, heard{r.Uint64(), readEvent(r)})
	}
	g.scopes = g.scopes[:0]
	for range r.Count(maxJourneys + 2) {
		g.scopes = append(g.scopes, readScope(r))
	}
	g.people.read(r)
	g.inside.read(r)
	g.journal.read(r)
	if r.Damaged() || r.Len() != 0 || len(g.scopes) < 2 {
		return errDamaged
	}
	*f = *g
	return nil
}

func appendEvent(p []byte, e event) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(p, e.key), e.wait)
}

func readEvent(r *wire.Reader) event { return event{key: r.Uint64(), wait: r.Uint32()} }

func (c *scope) append(p []byte) []byte {
	p = wire.AppendString(p, c.name)
	for _, n := range []int64{c.people, c.hurt, c.gaveUp, c.masked} {
		p = binary.AppendVarint(p, n)
	}
	p = binary.AppendUvarint(p, uint64(len(c.tails)))
	for _, tail := range slices.Sorted(maps.Keys(c.tails)) {
		p = binary.AppendVarint(binary.LittleEndian.AppendUint64(p, tail), int64(c.tails[tail]))
	}
	hours := c.cells.hours()
	p = binary.AppendUvarint(p, uint64(len(hours)))
	for _, h := range hours {
		p = c.cells.pages[h].append(binary.AppendVarint(p, h))
	}
	return p
}

func readScope(r *wire.Reader) *scope {
	c := &scope{name: r.String(), people: r.Varint(), hurt: r.Varint(), gaveUp: r.Varint(), masked: r.Varint()}
	for range r.Count(r.Len()) {
		if c.tails == nil {
			c.tails = map[uint64]int32{}
		}
		tail := r.Uint64()
		c.tails[tail] = int32(r.Varint())
	}
	for range r.Count(r.Len()) {
		readPage(r, c.cells.page(r.Varint()))
	}
	return c
}

// numbers returns the counters of m that are kept as they are.
func (m *cell) numbers() []*int32 {
	return []*int32{&m.present, &m.first, &m.good, &m.bad, &m.active, &m.hurt, &m.struck}
}

func (p *page) append(to []byte) []byte {
	to = binary.AppendVarint(binary.AppendVarint(to, p.active), p.hurt)
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
	to = binary.AppendUvarint(to, uint64(len(p.returns)))
	for _, back := range p.returns {
		to = binary.LittleEndian.AppendUint32(to, back)
	}
	return to
}

func readPage(r *wire.Reader, g *page) {
	g.active, g.hurt = r.Varint(), r.Varint()
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
	for range r.Count(r.Len()) {
		g.returns = append(g.returns, r.Uint32())
	}
}

func (t *table) append(p []byte) []byte {
	for i := range t.parts {
		q := &t.parts[i]
		p = binary.AppendUvarint(binary.AppendUvarint(p, uint64(len(q.slots))), uint64(q.used))
		for j, s := range q.slots {
			p = binary.LittleEndian.AppendUint64(p, s.key)
			if s.key == 0 {
				continue
			}
			p = binary.LittleEndian.AppendUint64(p, uint64(s.word))
			if t.linked {
				p = binary.LittleEndian.AppendUint32(p, q.heads[j])
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
		if t.linked {
			q.heads = make([]uint32, len(q.slots))
		}
		used := 0
		for j := range q.slots {
			if q.slots[j].key = r.Uint64(); q.slots[j].key == 0 {
				continue
			}
			used++
			q.slots[j].word = word(r.Uint64())
			if t.linked {
				q.heads[j] = r.Uint32()
			}
		}
		if used != q.used || used > 0 && used == len(q.slots) {
			r.Spoil()
		}
	}
}

func (j *journal) append(p []byte) []byte {
	p = binary.AppendUvarint(binary.AppendUvarint(p, uint64(j.first)), uint64(j.count))
	for i := range j.count {
		e := j.at(j.first + i)
		p = appendEvent(binary.LittleEndian.AppendUint64(p, e.person), e.event)
		p = binary.LittleEndian.AppendUint64(p, uint64(e.before))
		p = binary.LittleEndian.AppendUint64(p, uint64(e.inside))
		p = binary.LittleEndian.AppendUint32(p, e.prev)
		part := byte(0)
		if e.part {
			part = 1
		}
		p = append(p, e.journey, part)
	}
	return p
}

func (j *journal) read(r *wire.Reader) {
	first, n := uint32(r.Uvarint()), r.Count(r.Len()/38)
	j.first = first
	for range n {
		j.put(entry{
			person: r.Uint64(), event: readEvent(r), before: word(r.Uint64()), inside: word(r.Uint64()),
			prev: r.Uint32(), journey: r.Byte(), part: r.Byte() == 1,
		})
	}
}
