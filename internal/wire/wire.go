// Package wire reads and writes the little pieces that our own binary encodings are
// made of: varints, fixed numbers and strings.
package wire

import (
	"encoding/binary"
)

// AppendString appends s and its length to p.
func AppendString(p []byte, s string) []byte {
	return append(binary.AppendUvarint(p, uint64(len(s))), s...)
}

// AppendStrings appends list and its length to p.
func AppendStrings(p []byte, list []string) []byte {
	p = binary.AppendUvarint(p, uint64(len(list)))
	for _, s := range list {
		p = AppendString(p, s)
	}
	return p
}

// Reader takes an encoding apart. After the first thing that does not fit it is
// damaged and gives zeros, so that only the end need be checked.
type Reader struct {
	p   []byte
	bad bool
}

// NewReader returns a Reader of p, which must not change while it is read.
func NewReader(p []byte) *Reader { return &Reader{p: p} }

// Len returns how many bytes are left.
func (r *Reader) Len() int { return len(r.p) }

// Damaged reports whether anything asked for was not there.
func (r *Reader) Damaged() bool { return r.bad }

// Spoil marks r as damaged: what was read makes no sense.
func (r *Reader) Spoil() { r.bad, r.p = true, nil }

// Take returns the next n bytes, nil when there are fewer.
func (r *Reader) Take(n int) []byte {
	if n < 0 || n > len(r.p) {
		r.Spoil()
		return nil
	}
	head := r.p[:n]
	r.p = r.p[n:]
	return head
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if len(r.p) == 0 {
		r.Spoil()
		return 0
	}
	b := r.p[0]
	r.p = r.p[1:]
	return b
}

// Uint64 reads 8 bytes, little endian.
func (r *Reader) Uint64() uint64 {
	if len(r.p) < 8 {
		r.Spoil()
		return 0
	}
	v := binary.LittleEndian.Uint64(r.p)
	r.p = r.p[8:]
	return v
}

// Uint32 reads 4 bytes, little endian.
func (r *Reader) Uint32() uint32 {
	if b := r.Take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// Uvarint reads an unsigned varint.
func (r *Reader) Uvarint() uint64 {
	if len(r.p) > 0 && r.p[0] < 0x80 { // most are small
		v := uint64(r.p[0])
		r.p = r.p[1:]
		return v
	}
	return r.longUvarint()
}

func (r *Reader) longUvarint() uint64 {
	v, n := binary.Uvarint(r.p)
	if n <= 0 {
		r.Spoil()
		return 0
	}
	r.p = r.p[n:]
	return v
}

// Varint reads a signed varint.
func (r *Reader) Varint() int64 {
	v := r.Uvarint()
	return int64(v>>1) ^ -int64(v&1) // zigzag, as encoding/binary writes it
}

// Count reads a number of things, at most limit.
func (r *Reader) Count(limit int) int {
	n := r.Uvarint()
	if n > uint64(max(0, limit)) {
		r.Spoil()
		return 0
	}
	return int(n)
}

// String reads a string that AppendString wrote.
func (r *Reader) String() string { return string(r.Take(r.Count(len(r.p)))) }

// Strings reads a list that AppendStrings wrote and appends it to list.
func (r *Reader) Strings(list []string) []string {
	for range r.Count(len(r.p)) {
		list = append(list, r.String())
	}
	return list
}
