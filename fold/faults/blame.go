package faults

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/wire"
)

// Limits of what is kept of who failed.
const (
	maxBackends = 256     // names of backends; further ones are counted as OtherBackends
	maxKinds    = 64      // names of faults; further ones have none
	maxBlames   = 100_000 // rows; beyond them only the hours are counted
	maxHours    = 24 * 800
)

// OtherBackends is the name of all backends beyond those that are kept.
const OtherBackends = "other backends"

const hourMS = 3_600_000

// blameKey is what faults are counted by.
type blameKey struct {
	hour           int64 // since 1970
	backend, fault string
	how            experience.Mask // Unmasked: it was felt
}

// Blamed is how often one fault of one backend was hidden in one way, or felt, in an hour.
type Blamed struct {
	Hour    int64 // when it began, Unix milliseconds
	Backend string
	Fault   string
	How     experience.Mask // Unmasked: it was felt
	Count   int64
	CostMS  int64 // that hiding it cost people all the same
}

// Hour is how much was hidden in one hour.
type Hour struct {
	From   int64 // Unix milliseconds
	Steps  int64 // answers, good or bad
	Masked int64 // of those: with a fault that was hidden
	Felt   int64 // of those: bad
	CostMS int64 // that hiding cost people all the same, where sources say it
}

// sums is a count, and the milliseconds with it.
type sums struct{ count, ms int64 }

// hourSums is what Hour has.
type hourSums struct{ steps, masked, felt, ms int64 }

// blames is who failed, by the hour.
type blames struct {
	rows     map[blameKey]sums
	hours    map[int64]*hourSums
	last     int64     // the hour of now
	now      *hourSums // the one that was counted in last: mostly the next is of the same
	backends map[string]bool
	kinds    map[string]bool
}

func newBlames() blames {
	return blames{rows: map[blameKey]sums{}, hours: map[int64]*hourSums{}, backends: map[string]bool{}, kinds: map[string]bool{}}
}

// blamed is what a set of labels says, read once a batch.
type blamed struct {
	list []experience.Blame
	ms   int64
}

// readBlames reads what the labels of b say.
func readBlames(b *experience.Batch) []blamed {
	sets := make([]blamed, len(b.Labels))
	for i, set := range b.Labels {
		sets[i].list, sets[i].ms = experience.Blames(set)
	}
	return sets
}

// take counts one experience.
func (s *blames) take(e *experience.Experience, sets []blamed) {
	hour := floorHour(e.At)
	h := s.hourAt(hour)
	if h == nil {
		return
	}
	h.steps++
	if e.Mask != experience.Unmasked {
		h.masked++
	}
	if e.Bad() {
		h.felt++
	}
	if e.RawBad() && int(e.Labels) < len(sets) {
		one := &sets[e.Labels]
		if e.Mask != experience.Unmasked {
			h.ms += max(one.ms, 0)
		}
		for i, b := range one.list {
			ms := int64(0)
			if i == 0 { // it is counted once, however many failed
				ms = max(one.ms, 0)
			}
			s.add(blameKey{hour, b.Backend, b.Fault, e.Mask}, ms)
		}
	}
}

// hourAt returns the sums of an hour; nil when there are too many hours.
func (s *blames) hourAt(hour int64) *hourSums {
	if s.now != nil && s.last == hour {
		return s.now
	}
	h := s.hours[hour]
	if h == nil {
		if len(s.hours) >= maxHours {
			return nil
		}
		h = &hourSums{}
		s.hours[hour] = h
	}
	s.last, s.now = hour, h
	return h
}

func floorHour(ms int64) int64 {
	if ms < 0 {
		return (ms - hourMS + 1) / hourMS
	}
	return ms / hourMS
}

func (s *blames) add(k blameKey, ms int64) {
	k.backend = bounded(s.backends, k.backend, maxBackends, OtherBackends)
	k.fault = bounded(s.kinds, k.fault, maxKinds, "")
	row, known := s.rows[k]
	if !known && len(s.rows) >= maxBlames {
		return
	}
	s.rows[k] = sums{row.count + 1, row.ms + ms}
}

// bounded returns name, or other when there are too many names.
func bounded(known map[string]bool, name string, most int, other string) string {
	if !known[name] {
		if len(known) >= most {
			return other
		}
		known[name] = true
	}
	return name
}

// blamedList returns the rows in the order of hour, backend, fault and how.
func (s *blames) blamedList() []Blamed {
	keys := slices.SortedFunc(maps.Keys(s.rows), func(a, b blameKey) int {
		return cmp.Or(cmp.Compare(a.hour, b.hour), cmp.Compare(a.backend, b.backend), cmp.Compare(a.fault, b.fault), cmp.Compare(a.how, b.how))
	})
	list := make([]Blamed, 0, len(keys))
	for _, k := range keys {
		row := s.rows[k]
		list = append(list, Blamed{k.hour * hourMS, k.backend, k.fault, k.how, row.count, row.ms})
	}
	return list
}

// hourList returns the hours in order.
func (s *blames) hourList() []Hour {
	list := make([]Hour, 0, len(s.hours))
	for _, hour := range slices.Sorted(maps.Keys(s.hours)) {
		h := s.hours[hour]
		list = append(list, Hour{hour * hourMS, h.steps, h.masked, h.felt, h.ms})
	}
	return list
}

func (s *blames) append(p []byte) []byte {
	rows := s.blamedList()
	p = binary.AppendUvarint(p, uint64(len(rows)))
	for _, r := range rows {
		p = binary.AppendVarint(p, r.Hour/hourMS)
		p = append(wire.AppendString(wire.AppendString(p, r.Backend), r.Fault), byte(r.How))
		p = binary.AppendVarint(binary.AppendVarint(p, r.Count), r.CostMS)
	}
	hours := s.hourList()
	p = binary.AppendUvarint(p, uint64(len(hours)))
	for _, h := range hours {
		for _, n := range []int64{h.From / hourMS, h.Steps, h.Masked, h.Felt, h.CostMS} {
			p = binary.AppendVarint(p, n)
		}
	}
	for _, names := range []map[string]bool{s.backends, s.kinds} {
		p = wire.AppendStrings(p, slices.Sorted(maps.Keys(names)))
	}
	return p
}

func readBlamesOf(r *wire.Reader) blames {
	s := newBlames()
	for range r.Count(maxBlames) {
		k := blameKey{hour: r.Varint(), backend: r.String(), fault: r.String(), how: experience.Mask(r.Byte())}
		s.rows[k] = sums{r.Varint(), r.Varint()}
	}
	for range r.Count(maxHours) {
		hour := r.Varint()
		s.hours[hour] = &hourSums{r.Varint(), r.Varint(), r.Varint(), r.Varint()}
	}
	for _, names := range []map[string]bool{s.backends, s.kinds} {
		for _, name := range r.Strings(nil) {
			names[name] = true
		}
	}
	return s
}
