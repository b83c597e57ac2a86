// Package intake folds what the sources saw: how much was read, what could not be, and
// where each source goes on.
package intake

import (
	"cmp"
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/wire"
)

// Fold is the intake fold. The zero value has seen nothing.
type Fold struct {
	total     experience.Tally
	timed     int64 // experiences of which the source said how long they took
	sources   map[string]Source
	addresses map[uint64]int64
}

// Source is what is known of one source.
type Source struct {
	Position string
	Lines    int64
	Newest   int64 // Unix milliseconds of the newest experience; 0: none yet
}

// Answer is what the fold knows.
type Answer struct {
	Total   experience.Tally // without addresses
	Timed   int64            // experiences of which the source said how long they took
	Largest int64            // records of the most frequent address, at least
	Sources map[string]Source
}

// New returns a fold that has seen nothing.
func New() *Fold { return &Fold{} }

// Name returns "intake".
func (f *Fold) Name() string { return "intake" }

// Apply takes in b.
func (f *Fold) Apply(b *experience.Batch) {
	f.total.Add(&b.Tally)
	s := f.sources[b.Source]
	s.Position = b.Position
	s.Lines += b.Tally.Lines
	for i := range b.Items {
		s.Newest = max(s.Newest, b.Items[i].At)
		if b.Items[i].Wait > 0 {
			f.timed++
		}
	}
	if f.sources == nil {
		f.sources, f.addresses = map[string]Source{}, map[uint64]int64{}
	}
	f.sources[b.Source] = s
	for _, a := range b.Tally.Addresses {
		f.addresses[a.Hash] += a.Count
	}
	f.forget()
}

// maxAddresses is how many addresses are counted. One with a share s of all records is
// never forgotten when 1/s is far below it.
const maxAddresses = 1024

// forget drops the rarer half of the addresses when there are too many.
func (f *Fold) forget() {
	if len(f.addresses) <= maxAddresses {
		return
	}
	keys := slices.SortedFunc(maps.Keys(f.addresses), func(a, b uint64) int {
		return cmp.Or(cmp.Compare(f.addresses[a], f.addresses[b]), cmp.Compare(a, b))
	})
	for _, k := range keys[:maxAddresses/2] {
		delete(f.addresses, k)
	}
}

// Position returns where a source goes on, "" for its beginning.
func (f *Fold) Position(source string) string { return f.sources[source].Position }

// Answer returns what the fold knows.
func (f *Fold) Answer() Answer {
	a := Answer{Timed: f.timed, Sources: maps.Clone(f.sources)}
	a.Total.Add(&f.total)
	for _, n := range f.addresses {
		a.Largest = max(a.Largest, n)
	}
	return a
}

// saveVersion is the version of the saved state.
const saveVersion = 1

// AppendBinary appends the whole state to p: a batch without experiences holds the
// tally and the addresses.
func (f *Fold) AppendBinary(p []byte) ([]byte, error) {
	b := experience.Batch{Tally: f.total}
	for _, k := range slices.Sorted(maps.Keys(f.addresses)) {
		b.Tally.Addresses = append(b.Tally.Addresses, experience.AddressCount{Hash: k, Count: f.addresses[k]})
	}
	block, err := b.AppendBinary(nil)
	if err != nil {
		return p, err
	}
	p = binary.AppendVarint(append(p, saveVersion), f.timed)
	p = wire.AppendString(p, string(block))
	p = binary.AppendUvarint(p, uint64(len(f.sources)))
	for _, name := range slices.Sorted(maps.Keys(f.sources)) {
		s := f.sources[name]
		p = wire.AppendString(wire.AppendString(p, name), s.Position)
		p = binary.AppendVarint(binary.AppendVarint(p, s.Lines), s.Newest)
	}
	return p, nil
}

// UnmarshalBinary replaces the state by one that AppendBinary wrote.
func (f *Fold) UnmarshalBinary(p []byte) error {
	r := wire.NewReader(p)
	g := Fold{sources: map[string]Source{}, addresses: map[uint64]int64{}}
	version := r.Byte()
	g.timed = r.Varint()
	var b experience.Batch
	err := b.UnmarshalBinary([]byte(r.String()))
	for range r.Count(r.Len()) {
		name := r.String()
		g.sources[name] = Source{Position: r.String(), Lines: r.Varint(), Newest: r.Varint()}
	}
	if version != saveVersion || err != nil || r.Damaged() || r.Len() != 0 {
		return errors.New("damaged checkpoint of the intake fold")
	}
	for _, a := range b.Tally.Addresses {
		g.addresses[a.Hash] = a.Count
	}
	g.total = b.Tally
	g.total.Addresses = nil
	*f = g
	return nil
}
