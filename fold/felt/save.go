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
const (
	saveMagic = "hndF\x04"
	oldMagic  = "hndF\x03" // without the length of each part
)

var errDamaged = errors.New("damaged checkpoint of the felt fold")

// AppendBinary appends the whole state to p. It never fails.
func (f *Fold) AppendBinary(p []byte) ([]byte, error) {
	return f.append(append(p, saveMagic...), appendSection), nil
}

// append appends the state to p, in parts that section appends.
func (f *Fold) append(p []byte, section func(p []byte, one func([]byte) []byte) []byte) []byte {
	o := &f.options
	p = appendNumbers(p, int64(o.Cutoff), int64(o.Lateness), flag(o.Paper), flag(o.By != nil), int64(len(f.shards)))
	p = wire.AppendStrings(p, o.By)
	p = f.cutoffs.append(p)
	p = f.segments.append(p)
	p = appendEvents(p, f.lesson.settled)
	p = f.lesson.buffer.append(appendNumbers(p, f.lesson.newest))
	for _, s := range f.shards {
		p = s.append(p, section)
	}
	return p
}

// UnmarshalBinary replaces the state, options too, by one that AppendBinary wrote.
func (f *Fold) UnmarshalBinary(p []byte) error {
	return f.UnmarshalWith(p, func(work ...func()) {
		for _, one := range work {
			one()
		}
	})
}

// UnmarshalWith is UnmarshalBinary with functions for its parts, which together must call and
// wait for. They do not touch the same things, so they may run at the same time.
func (f *Fold) UnmarshalWith(p []byte, together func(work ...func())) error {
	if len(p) < len(saveMagic) || string(p[:len(saveMagic)]) != saveMagic && string(p[:len(saveMagic)]) != oldMagic {
		return fmt.Errorf("%w: it is of another version or none at all", errDamaged)
	}
	r := wire.NewReader(p[len(saveMagic):])
	o := Options{Cutoff: time.Duration(r.Varint()), Lateness: time.Duration(r.Varint()), Paper: r.Varint() != 0}
	apart := r.Varint() != 0
	o.Shards = int(r.Varint())
	if o.By = r.Strings(nil); apart && o.By == nil {
		o.By = []string{}
	}
	if r.Damaged() || o.Validate() != nil {
		return errDamaged
	}
	g := New(o)
	g.cutoffs.read(r)
	g.segments.restore(r)
	if r.Damaged() || len(g.segments.list) == 0 || len(g.segments.mixes) == 0 {
		return errDamaged
	}
	g.lesson.settled = readEvents(r, len(g.segments.mixes))
	g.lesson.newest = r.Varint()
	g.lesson.buffer.read(r, len(g.segments.mixes))
	parts := sections{whole: r, old: string(p[:len(saveMagic)]) == oldMagic}
	for _, s := range g.shards {
		s.read(r, &g.segments, &parts)
	}
	if r.Damaged() || r.Len() != 0 {
		return errDamaged
	}
	if together(parts.work...); slices.ContainsFunc(parts.damaged, func(damaged *bool) bool { return *damaged }) {
		return errDamaged
	}
	for _, s := range g.shards {
		if err := s.check(&g.segments); err != nil {
			return err
		}
	}
	g.recut()
	*f = *g
	return nil
}

func flag(on bool) int64 {
	if on {
		return 1
	}
	return 0
}

func appendNumbers(p []byte, list ...int64) []byte {
	for _, n := range list {
		p = binary.AppendVarint(p, n)
	}
	return p
}

func appendEvents(p []byte, list []event) []byte {
	p = binary.AppendUvarint(p, uint64(len(list)))
	for i := range list {
		e := &list[i]
		p = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(p, e.person), e.key)
		p = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(p, e.wait), e.mix)
	}
	return p
}

func readEvents(r *wire.Reader, mixes int) []event {
	var list []event
	for range r.Count(r.Len() / 24) {
		e := event{person: r.Uint64(), key: r.Uint64(), wait: r.Uint32(), mix: r.Uint32()}
		if int(e.mix) >= mixes || e.person == 0 {
			r.Spoil()
			return nil
		}
		list = append(list, e)
	}
	return list
}

func (b *buffer) append(p []byte) []byte {
	var all []event
	b.each(func(events []event) { all = append(all, events...) })
	return appendEvents(p, all)
}

func (b *buffer) read(r *wire.Reader, mixes int) {
	for _, e := range readEvents(r, mixes) {
		b.add(&e)
	}
}

func (c *cutoffs) append(p []byte) []byte {
	p = binary.AppendUvarint(appendNumbers(p, flag(c.chosen)), uint64(len(c.eras)))
	for i := range c.eras {
		e := &c.eras[i]
		p = binary.AppendUvarint(appendNumbers(p, e.from, e.all), uint64(len(e.journeys)))
		for _, journey := range slices.Sorted(maps.Keys(e.journeys)) {
			p = appendNumbers(p, int64(journey), e.journeys[journey])
		}
	}
	return p
}

func (c *cutoffs) read(r *wire.Reader) {
	c.chosen, c.eras = r.Varint() != 0, nil
	for range r.Count(r.Len()) {
		e := era{from: r.Varint(), all: r.Varint(), journeys: map[uint16]int64{}}
		for range r.Count(maxSegments + 1) {
			journey := uint16(r.Varint())
			e.journeys[journey] = r.Varint()
		}
		if e.all <= 0 {
			r.Spoil()
		}
		c.eras = append(c.eras, e)
	}
}

func (s *segments) append(p []byte) []byte {
	p = wire.AppendStrings(p, s.names)
	for _, over := range s.over {
		p = appendNumbers(p, flag(over))
	}
	p = binary.AppendUvarint(p, uint64(len(s.list)))
	for _, one := range s.list {
		p = wire.AppendString(appendNumbers(p, int64(one.dimension)), one.name)
	}
	p = binary.AppendUvarint(p, uint64(len(s.mixes)))
	for i := range s.mixes {
		p = binary.AppendUvarint(p, uint64(len(s.mixes[i].segments)))
		for _, n := range s.mixes[i].segments {
			p = appendNumbers(p, int64(n))
		}
	}
	return p
}

// restore replaces s by what append wrote.
func (s *segments) restore(r *wire.Reader) {
	*s = segments{by: s.by, at: map[segment]uint16{}, mixAt: map[string]uint32{}}
	if s.names = r.Strings(nil); len(s.names) == 0 || len(s.names) > maxDimensions {
		r.Spoil()
	}
	s.sizes = make([]int, len(s.names))
	for range s.names {
		s.over = append(s.over, r.Varint() != 0)
	}
	for range r.Count(maxDimensions * (maxSegments + 1)) {
		one := segment{int(r.Varint()), r.String()}
		if one.dimension < 0 || one.dimension >= len(s.names) {
			r.Spoil()
			return
		}
		s.add(one)
	}
	for range r.Count(maxMixes) {
		var in []uint16
		for range r.Count(maxDimensions) {
			n := r.Varint()
			if n < 0 || n >= int64(len(s.list)) {
				r.Spoil()
				return
			}
			in = append(in, uint16(n))
		}
		if len(in) == 0 {
			r.Spoil()
			return
		}
		s.mix(in)
	}
}
