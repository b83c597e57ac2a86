package checks

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/honderd/honderd/internal/wire"
)

// version is that of the format of a saved state.
const version = 2

// errDamaged is the answer to a state that AppendBinary did not write.
var errDamaged = errors.New("what probes found cannot be read")

// AppendBinary appends the state: each series in order, its cells as differences.
func (f *Fold) AppendBinary(p []byte) ([]byte, error) {
	p = append(p, version)
	p = binary.AppendUvarint(p, uint64(f.dropped))
	p = binary.AppendVarint(p, f.tidied)
	p = binary.AppendUvarint(p, uint64(len(f.series)))
	for _, k := range f.keys() {
		s := f.series[k]
		p = wire.AppendString(wire.AppendString(p, s.Target), s.From)
		p = binary.AppendVarint(p, s.Since)
		words, err := json.Marshal(struct {
			Last   Check
			Recent []Check
		}{s.Last, s.Recent})
		if err != nil {
			return nil, fmt.Errorf("save what a probe found of %q: %w", s.Target, err)
		}
		p = wire.AppendString(p, string(words))
		p = appendCells(appendCells(p, s.Minutes), s.Hours)
	}
	return p, nil
}

func appendCells(p []byte, cells []Cell) []byte {
	p = binary.AppendUvarint(p, uint64(len(cells)))
	before := uint32(0)
	for _, c := range cells {
		for _, n := range []uint32{c.At - before, c.Runs, c.Bad, c.Confirmed, c.Unknown, c.Wait, c.Slowest} {
			p = binary.AppendUvarint(p, uint64(n))
		}
		before = c.At
	}
	return p
}

// UnmarshalBinary replaces the state by one that AppendBinary wrote.
func (f *Fold) UnmarshalBinary(p []byte) error {
	r := wire.NewReader(p)
	if v := r.Byte(); v != version {
		return fmt.Errorf("%w: it has the version %d", errDamaged, v)
	}
	next := New()
	next.dropped, next.tidied = int64(r.Uvarint()), r.Varint()
	for range r.Count(maxSeries) {
		s := &Series{Target: r.String(), From: r.String(), Since: r.Varint()}
		var words struct {
			Last   Check
			Recent []Check
		}
		if err := json.Unmarshal([]byte(r.String()), &words); err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		s.Last, s.Recent = words.Last, words.Recent
		s.Minutes, s.Hours = readCells(r, Minutes), readCells(r, Hours)
		next.series[key{s.Target, s.From}] = s
	}
	if r.Damaged() || r.Len() != 0 {
		return errDamaged
	}
	*f = *next
	return nil
}

func readCells(r *wire.Reader, most int) []Cell {
	var cells []Cell
	before := uint32(0)
	for range r.Count(most) {
		var c Cell
		for _, n := range []*uint32{&c.At, &c.Runs, &c.Bad, &c.Confirmed, &c.Unknown, &c.Wait, &c.Slowest} {
			v := r.Uvarint()
			if v > 1<<32-1 {
				r.Spoil()
			}
			*n = uint32(v)
		}
		c.At += before
		before = c.At
		cells = append(cells, c)
	}
	return cells
}
