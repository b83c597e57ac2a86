package experience

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
)

// blockMagic starts every encoded batch; the last byte is the version of the format.
const blockMagic = "hndB\x01"

// ErrDamaged is the answer to bytes that are no batch, or no longer one.
var ErrDamaged = errors.New("damaged block")

// AppendBinary appends b to p as a block: a checked, versioned, columnar encoding
// of about 13 bytes an experience.
//
//	magic+version (5 bytes), CRC-32C of all that follows (4 bytes, little endian),
//	source, position, journeys, steps, tally,
//	then a column each: times (zigzag differences), persons (8 bytes),
//	waits, journeys, causes and masks and parts in one byte, steps of those that have one.
func (b *Batch) AppendBinary(p []byte) ([]byte, error) {
	if len(b.Items) > MaxBatch {
		return p, fmt.Errorf("a block holds at most %d experiences, not %d", MaxBatch, len(b.Items))
	}
	start := len(p)
	p = append(p, blockMagic...)
	p = append(p, 0, 0, 0, 0)
	p = appendString(p, b.Source)
	p = appendString(p, b.Position)
	p = appendStrings(p, b.Journeys)
	p = appendStrings(p, b.Steps)
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
	for _, e := range items {
		if e.verdict()&^1 != 0 {
			p = binary.AppendUvarint(p, uint64(e.Step))
		}
	}
	return p
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
	if v := p[len(blockMagic)-1]; v != blockMagic[len(blockMagic)-1] {
		return fmt.Errorf("block of version %d: this program reads version 1 (fix: use a newer honderd)", v)
	}
	if binary.LittleEndian.Uint32(p[len(blockMagic):]) != checksum(p[head:]) {
		return fmt.Errorf("%w: its checksum does not match", ErrDamaged)
	}
	r := reader{p: p[head:]}
	b.Source, b.Position = r.string(), r.string()
	b.Journeys, b.Steps = r.strings(b.Journeys), r.strings(b.Steps)
	b.Tally.read(&r)
	n := r.count(MaxBatch)
	b.Items = slices.Grow(b.Items[:0], n)[:n]
	readColumns(&r, b.Items)
	if r.bad || len(r.p) != 0 || !b.consistent() {
		b.Reset()
		return fmt.Errorf("%w: its columns do not fit", ErrDamaged)
	}
	return nil
}

func readColumns(r *reader, items []Experience) {
	last := int64(0)
	for i := range items {
		last += r.varint()
		items[i] = Experience{At: last}
	}
	for i := range items {
		items[i].Person = Person(r.uint64())
	}
	for i := range items {
		items[i].Wait = uint32(r.uvarint())
	}
	for i := range items {
		items[i].Journey = uint16(r.uvarint())
	}
	for i := range items {
		v := r.byte()
		items[i].Cause, items[i].Mask, items[i].Part = Cause(v>>4), Mask(v>>1&7), v&1 != 0
	}
	for i := range items {
		if items[i].verdict()&^1 != 0 {
			items[i].Step = uint16(r.uvarint())
		}
	}
}

// consistent reports whether every index of b points at something.
func (b *Batch) consistent() bool {
	for _, e := range b.Items {
		if int(e.Journey) >= max(1, len(b.Journeys)) || int(e.Step) >= max(1, len(b.Steps)) ||
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
		p = binary.AppendVarint(appendString(p, name), t.Formats[name])
	}
	p = binary.AppendUvarint(p, uint64(len(t.Rejects)))
	for _, reason := range slices.Sorted(maps.Keys(t.Rejects)) {
		p = binary.AppendVarint(appendString(p, reason), t.Rejects[reason].Count)
		p = appendStrings(p, t.Rejects[reason].Examples)
	}
	p = binary.AppendUvarint(p, uint64(len(t.Addresses)))
	for _, a := range t.Addresses {
		p = binary.AppendVarint(binary.LittleEndian.AppendUint64(p, a.Hash), a.Count)
	}
	return p
}

func (t *Tally) read(r *reader) {
	for _, n := range []*int64{&t.Lines, &t.Bytes, &t.Parsed, &t.Robots, &t.Probes, &t.NoRequest} {
		*n = r.varint()
	}
	for range r.count(len(r.p)) {
		if t.Formats == nil {
			t.Formats = map[string]int64{}
		}
		name := r.string()
		t.Formats[name] = r.varint()
	}
	for range r.count(len(r.p)) {
		if t.Rejects == nil {
			t.Rejects = map[string]Reject{}
		}
		reason := r.string()
		t.Rejects[reason] = Reject{Count: r.varint(), Examples: r.strings(nil)}
	}
	for range r.count(len(r.p)) {
		t.Addresses = append(t.Addresses, AddressCount{Hash: r.uint64(), Count: r.varint()})
	}
}

func checksum(p []byte) uint32 { return crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)) }

func appendString(p []byte, s string) []byte {
	return append(binary.AppendUvarint(p, uint64(len(s))), s...)
}

func appendStrings(p []byte, list []string) []byte {
	p = binary.AppendUvarint(p, uint64(len(list)))
	for _, s := range list {
		p = appendString(p, s)
	}
	return p
}

// reader takes an encoded batch apart. After the first thing that does not fit, it is
// bad and gives zeros.
type reader struct {
	p   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.p) {
		r.bad, r.p = true, nil
		return nil
	}
	head := r.p[:n]
	r.p = r.p[n:]
	return head
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.p)
	if n <= 0 {
		r.bad, r.p = true, nil
		return 0
	}
	r.p = r.p[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.p)
	if n <= 0 {
		r.bad, r.p = true, nil
		return 0
	}
	r.p = r.p[n:]
	return v
}

// count reads a number of things, at most limit.
func (r *reader) count(limit int) int {
	n := r.uvarint()
	if n > uint64(limit) {
		r.bad, r.p = true, nil
		return 0
	}
	return int(n)
}

func (r *reader) string() string { return string(r.take(r.count(len(r.p)))) }

func (r *reader) strings(list []string) []string {
	for range r.count(len(r.p)) {
		list = append(list, r.string())
	}
	return list
}
