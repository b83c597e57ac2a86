package gather

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
)

// scratch copies a batch through its encoding: what cannot be read again is found
// before it would spoil the block of all others.
type scratch struct {
	bytes []byte
	batch experience.Batch
}

// copy returns a copy of b, which is good until the next, or what is wrong with b.
func (s *scratch) copy(b *experience.Batch) (*experience.Batch, error) {
	if b.Position != "" {
		return nil, fmt.Errorf("a batch of %q with a position cannot be gathered (fix: append it by itself)", b.Source)
	}
	var err error
	if s.bytes, err = b.AppendBinary(s.bytes[:0]); err != nil {
		return nil, err
	}
	if err := s.batch.UnmarshalBinary(s.bytes); err != nil {
		return nil, fmt.Errorf("a batch of %q: %w", b.Source, err)
	}
	return &s.batch, nil
}

// block is what is gathered for one record.
type block struct {
	id     string
	batch  experience.Batch
	weight int // experiences, and one for each batch without any
	bytes  int // most that its encoding takes
	timer  *time.Timer
	done   chan struct{} // closed when the ledger answered; then err is set
	err    error

	journeys  table[string]
	steps     table[string]
	labels    table[string]
	addresses map[uint64]int64
}

func newBlock(source, id string) *block {
	f := &block{id: id, done: make(chan struct{})}
	f.batch.Reset()
	f.batch.Source = source
	f.steps.add("") // as Reset left it: the first stands for none
	f.labels.add("")
	return f
}

const (
	// maxBytes is the most bytes of a block of several batches: below what a NATS server
	// takes unless told otherwise, so that nobody's long names spoil the block of others.
	maxBytes = 768 << 10

	// growth is by how many bytes an experience may take more in a block of many: three
	// indexes and a difference of times.
	growth = 12
)

// sizeOf returns the most bytes that a batch takes in a block, from its own encoding.
func sizeOf(b *experience.Batch, encoded int) int { return encoded + growth*len(b.Items) }

// fits reports whether b, of so many bytes, has room in f.
func (f *block) fits(b *experience.Batch, bytes int) bool {
	return len(f.batch.Items)+len(b.Items) <= experience.MaxBatch && f.bytes+bytes <= maxBytes
}

// table gives each key its place. A block has fewer items than places fit in 16 bits, and
// each item needs at most one, so it never overflows.
type table[K comparable] struct {
	places map[K]uint16
}

// add returns the place of a key, and whether it is new.
func (t *table[K]) add(key K) (place uint16, isNew bool) {
	if place, ok := t.places[key]; ok {
		return place, false
	}
	if t.places == nil {
		t.places = make(map[K]uint16)
	}
	place = uint16(len(t.places))
	t.places[key] = place
	return place, true
}

// merge adds all of b to f. Only names that an experience of b points at are taken over.
func (f *block) merge(b *experience.Batch) {
	for _, e := range b.Items {
		e.Journey = f.journey(b, e.Journey)
		e.Step = f.step(b, e.Step)
		e.Labels = f.set(b, e.Labels)
		f.batch.Items = append(f.batch.Items, e)
	}
	f.batch.Tally.Add(&b.Tally)
	for _, a := range b.Tally.Addresses {
		f.address(a)
	}
}

func (f *block) journey(b *experience.Batch, i uint16) uint16 {
	name := ""
	if int(i) < len(b.Journeys) {
		name = b.Journeys[i]
	}
	place, isNew := f.journeys.add(name)
	if isNew {
		f.batch.Journeys = append(f.batch.Journeys, name)
	}
	return place
}

func (f *block) step(b *experience.Batch, i uint16) uint16 {
	name := ""
	if int(i) < len(b.Steps) {
		name = b.Steps[i]
	}
	place, isNew := f.steps.add(name)
	if isNew {
		f.batch.Steps = append(f.batch.Steps, name)
	}
	return place
}

func (f *block) set(b *experience.Batch, i uint16) uint16 {
	if int(i) >= len(b.Labels) || len(b.Labels[i]) == 0 {
		return 0
	}
	place, isNew := f.labels.add(setKey(b.Labels[i]))
	if isNew {
		f.batch.Labels = append(f.batch.Labels, slices.Clone(b.Labels[i]))
	}
	return place
}

// setKey returns text that no other set has: the lengths keep names and values apart.
func setKey(set []experience.Label) string {
	var s strings.Builder
	for _, l := range set {
		fmt.Fprintf(&s, "%d,%d,%s%s", len(l.Name), len(l.Value), l.Name, l.Value)
	}
	return s.String()
}

// address adds how many records one address had: a fold adds them up over blocks, so
// one block may do so over batches.
func (f *block) address(a experience.AddressCount) {
	if f.addresses == nil {
		f.addresses = make(map[uint64]int64)
	}
	i, known := f.addresses[a.Hash]
	if !known {
		i = int64(len(f.batch.Tally.Addresses))
		f.addresses[a.Hash] = i
		f.batch.Tally.Addresses = append(f.batch.Tally.Addresses, experience.AddressCount{Hash: a.Hash})
	}
	f.batch.Tally.Addresses[i].Count += a.Count
}
