package felt

import "math"

// dayMinutes is how many minutes a day has.
const dayMinutes = 24 * 60

// A row is a whole number for each minute of a day, in as little room as it needs. The zero
// row is 0 all day.
type row struct {
	small []uint16
	wide  []int32
}

// newRow returns the row of list, which has a number for each minute of a day.
func newRow(list *[dayMinutes]int32) row {
	bits := uint32(0)
	for _, n := range list {
		bits |= uint32(n)
	}
	switch {
	case bits == 0:
		return row{}
	case bits > math.MaxUint16: // or below 0
		wide := *list
		return row{wide: wide[:]}
	}
	r := row{small: make([]uint16, dayMinutes)}
	for i, n := range list {
		r.small[i] = uint16(n)
	}
	return r
}

func (r *row) at(i int) int32 {
	switch {
	case r.small != nil:
		return int32(r.small[i])
	case r.wide != nil:
		return r.wide[i]
	}
	return 0
}

// differ returns the first minute in which two rows are not the same, dayMinutes if there
// is none.
func (r *row) differ(o *row) int {
	if r.small == nil && r.wide == nil && o.small == nil && o.wide == nil {
		return dayMinutes
	}
	for i := range dayMinutes {
		if r.at(i) != o.at(i) {
			return i
		}
	}
	return dayMinutes
}
