package experience

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"slices"

	"github.com/honderd/honderd/internal/wire"
)

// blockMagic starts every encoded batch; the last byte is the version of the format.
const blockMagic = "hndB\x02"

// ErrDamaged is the answer to bytes that are no batch, or no longer one.
var ErrDamaged = errors.New("damaged block")

// AppendBinary appends b to p as a block: a checked, versioned, columnar encoding
// of about 13 bytes an experience.
//
//	magic+version (5 bytes), CRC-32C of all that follows (4 bytes, little endian),
//	source, position, journeys, steps, sets of labels, tally,
//	then a column each: times (zigzag differences), persons (8 bytes), waits, journeys,
//	causes and masks and parts in one byte, and what there is of (1 byte says which):
//	steps of all, or of those with a cause or a mask; labels; critical and rage in one byte.
//
// Version 1 had no labels, and steps only of those with a cause or a mask.
func (b *Batch) AppendBinary(p []byte) ([]byte, error) {
	if len(b.Items) > MaxBatch {
		return p, fmt.Errorf("a block holds at most %d experiences, not %d", MaxBatch, len(b.Items))
	}
	if err := checkSets(b.Labels); err != nil {
		return p, err
	}
	start := len(p)
	p = append(p, blockMagic...)
	p = append(p, 0, 0, 0, 0)
	p = wire.AppendString(p, b.Source)
	p = wire.AppendString(p, b.Position)
	p = wire.AppendStrings(p, b.Journeys)
	p = wire.AppendStrings(p, b.Steps)
	p = appendSets(p, b.Labels)
	p = b.Tally.append(p)
	p = binary.AppendUvarint(p, uint64(len(b.Items)))
	p = appendColumns(p, b.Items)
	binary.LittleEndian.PutUint32(p[start+len(blockMagic):], checksum(p[start+len(blockMagic)+4:]))
	return p, nil
}

func appendColumns(p []byte, items []Experience) []byte {
	last := int64(0)
	for _, e := range items {
		p = binary.AppendVarint(p, e.At-last)
		last = e.At
	}
	for _, e := range items {
		p = binary.LittleEndian.AppendUint64(p, uint64(e.Person))
	}
	for _, e := range items {
		p = binary.AppendUvarint(p, uint64(e.Wait))
	}
	for _, e := range items {
		p = binary.AppendUvarint(p, uint64(e.Journey))
	}
	for _, e := range items {
		p = append(p, e.verdict())
	}
	has := columnsOf(items)
	p = append(p, has)
	for _, e := range items {
		if has&columnSteps != 0 || e.RawBad() {
			p = binary.AppendUvarint(p, uint64(e.Step))
		}
	}
	if has&columnLabels != 0 {
		for _, e := range items {
			p = binary.AppendUvarint(p, uint64(e.Labels))
		}
	}
	if has&columnFlags != 0 {
		for _, e := range items {
			p = append(p, e.flags())
		}
	}
	return p
}

// The columns that a block need not have.
const (
	columnSteps = 1 << iota // of every experience
	columnLabels
	columnFlags
	columnsEnd
)

// columnsOf returns which of them items need.
func columnsOf(items []Experience) (has byte) {
	for _, e := range items {
		if e.Step != 0 && !e.RawBad() {
			has |= columnSteps
		}
		if e.Labels != 0 {
			has |= columnLabels
		}
		if e.flags() != 0 {
			has |= columnFlags
		}
	}
	return has
}

// The bits of flags.
const (
	flagCritical = 1 << iota
	flagRage
)

// flags packs critical and rage in one byte.
func (e Experience) flags() (f byte) {
	if e.Critical {
		f = flagCritical
	}
	if e.Rage {
		f |= flagRage
	}
	return f
}

// verdict packs cause (4 bits), mask (3 bits) and part (1 bit) in one byte.
func (e Experience) verdict() byte {
	v := byte(e.Cause)<<4 | byte(e.Mask)<<1
	if e.Part {
		v |= 1
	}
	return v
}

// UnmarshalBinary replaces b by the batch that p holds. Bytes that are damaged give
// ErrDamaged and leave b empty.
func (b *Batch) UnmarshalBinary(p []byte) error {
	b.Reset()
	b.Steps = b.Steps[:0]
	head := len(blockMagic) + 4
	if len(p) < head || string(p[:len(blockMagic)-1]) != blockMagic[:len(blockMagic)-1] {
		return fmt.Errorf("%w: it does not begin like one", ErrDamaged)
	}
	version := p[len(blockMagic)-1]
	if version < 1 || version > blockMagic[len(blockMagic)-1] {
		return fmt.Errorf("block of version %d: this program reads versions 1 and 2 (fix: use a newer honderd)", version)
	}
	if binary.LittleEndian.Uint32(p[len(blockMagic):]) != checksum(p[head:]) {
		return fmt.Errorf("%w: its checksum does not match", ErrDamaged)
	}
	r := wire.NewReader(p[head:])
	b.Source, b.Position = r.String(), r.String()
	b.Journeys, b.Steps = r.Strings(b.Journeys), r.Strings(b.Steps)
	if version > 1 {
		b.Labels = readSets(r, b.Labels)
	}
	b.Tally.read(r)
	n := r.Count(MaxBatch)
	b.Items = slices.Grow(b.Items[:0], n)[:n]
	readColumns(r, b.Items, version)
	if r.Damaged() || r.Len() != 0 || !b.consistent() {
		b.Reset()
		return fmt.Errorf("%w: its columns do not fit", ErrDamaged)
	}
	return nil
}

func readColumns(r *wire.Reader, items []Experience, version byte) {
	last := int64(0)
	for i := range items {
		last += r.Varint()
		items[i] = Experience{At: last}
	}
	for i := range items {
		items[i].Person = Person(r.Uint64())
	}
	for i := range items {
		items[i].Wait = uint32(r.Uvarint())
	}
	for i := range items {
		items[i].Journey = readIndex(r)
	}
	for i := range items {
		v := r.Byte()
		items[i].Cause, items[i].Mask, items[i].Part = Cause(v>>4), Mask(v>>1&7), v&1 != 0
	}
	if version == 1 {
		readSteps(r, items, false)
		return
	}
	has := r.Byte()
	readSteps(r, items, has&columnSteps != 0)
	if has&columnLabels != 0 {
		for i := range items {
			items[i].Labels = readIndex(r)
		}
	}
	if has&columnFlags != 0 {
		for i := range items {
			f := r.Byte()
			if f > flagCritical|flagRage {
				r.Spoil()
			}
			items[i].Critical, items[i].Rage = f&flagCritical != 0, f&flagRage != 0
		}
	}
	if has >= columnsEnd {
		r.Spoil()
	}
}

// readSteps reads the steps of all items, or only of those with a cause or a mask.
func readSteps(r *wire.Reader, items []Experience, all bool) {
	for i := range items {
		if all || items[i].RawBad() {
			items[i].Step = readIndex(r)
		}
	}
}

// readIndex reads an index; one that does not fit in 16 bits is damage.
func readIndex(r *wire.Reader) uint16 { return uint16(r.Count(math.MaxUint16)) }

// consistent reports whether every index of b points at something.
func (b *Batch) consistent() bool {
	for _, e := range b.Items {
		if int(e.Journey) >= max(1, len(b.Journeys)) || int(e.Step) >= max(1, len(b.Steps)) || int(e.Labels) >= max(1, len(b.Labels)) ||
			e.Cause >= causes || e.Mask >= masks || !Possible(e.At) {
			return false
		}
	}
	return true
}

func (t *Tally) append(p []byte) []byte {
	for _, n := range []int64{t.Lines, t.Bytes, t.Parsed, t.Robots, t.Probes, t.NoRequest} {
		p = binary.AppendVarint(p, n)
	}
	p = binary.AppendUvarint(p, uint64(len(t.Formats)))
	for _, name := range slices.Sorted(maps.Keys(t.Formats)) {
		p = binary.AppendVarint(wire.AppendString(p, name), t.Formats[name])
	}
	p = binary.AppendUvarint(p, uint64(len(t.Rejects)))
	for _, reason := range slices.Sorted(maps.Keys(t.Rejects)) {
		p = binary.AppendVarint(wire.AppendString(p, reason), t.Rejects[reason].Count)
		p = wire.AppendStrings(p, t.Rejects[reason].Examples)
	}
	p = binary.AppendUvarint(p, uint64(len(t.Addresses)))
	for _, a := range t.Addresses {
		p = binary.AppendVarint(binary.LittleEndian.AppendUint64(p, a.Hash), a.Count)
	}
	return p
}

func (t *Tally) read(r *wire.Reader) {
	for _, n := range []*int64{&t.Lines, &t.Bytes, &t.Parsed, &t.Robots, &t.Probes, &t.NoRequest} {
		*n = r.Varint()
	}
	for range r.Count(r.Len()) {
		if t.Formats == nil {
			t.Formats = map[string]int64{}
		}
		name := r.String()
		t.Formats[name] = r.Varint()
	}
	for range r.Count(r.Len()) {
		if t.Rejects == nil {
			t.Rejects = map[string]Reject{}
		}
		reason := r.String()
		t.Rejects[reason] = Reject{Count: r.Varint(), Examples: r.Strings(nil)}
	}
	for range r.Count(r.Len()) {
		t.Addresses = append(t.Addresses, AddressCount{Hash: r.Uint64(), Count: r.Varint()})
	}
}

func checksum(p []byte) uint32 { return crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)) }
