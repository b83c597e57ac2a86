package worst

import "math"

// DayMinutes is how many minutes a day has.
const DayMinutes = 24 * 60

// Day is the person-time of a day minute by minute, as running sums from its midnight. It
// does not change.
type Day struct {
	small []small // before each minute; nil: they are too large
	wide  []sum
	total sum
	tiles [tiles]sum // the worst minute of each 64, by share
}

// small is a sum that fits in half the room.
type small struct{ bad, all uint32 }

const (
	tile  = 64 // minutes of a tile
	tiles = (DayMinutes + tile - 1) / tile
)

// NewDay returns the day whose first minutes are given as in New; in the rest of it
// nobody was there.
func NewDay(good, all []int64) *Day {
	d := &Day{}
	narrow := true
	for i, a := range all {
		minute := sum{a - good[i], a}
		d.total = d.total.plus(minute)
		narrow = narrow && minute.bad >= 0 && minute.all >= 0
		if minute.bad > 0 && (d.tiles[i/tile].all == 0 || minute.worse(d.tiles[i/tile])) {
			d.tiles[i/tile] = minute
		}
	}
	var at sum
	if narrow && d.total.bad <= math.MaxUint32 && d.total.all <= math.MaxUint32 {
		d.small = make([]small, DayMinutes)
		for i := range d.small {
			d.small[i] = small{uint32(at.bad), uint32(at.all)}
			if i < len(all) {
				at = at.plus(sum{all[i] - good[i], all[i]})
			}
		}
		return d
	}
	d.wide = make([]sum, DayMinutes)
	for i := range d.wide {
		d.wide[i] = at
		if i < len(all) {
			at = at.plus(sum{all[i] - good[i], all[i]})
		}
	}
	return d
}

// at returns the sum before minute i, which is below DayMinutes.
func (d *Day) at(i int) sum {
	if d.small != nil {
		s := d.small[i]
		return sum{int64(s.bad), int64(s.all)}
	}
	return d.wide[i]
}

// read fills list with the sums before minute i and those after it, on top of base.
func (d *Day) read(list []sum, i int, base sum) {
	if d.small != nil {
		for n, s := range d.small[i : i+len(list)] {
			list[n] = sum{base.bad + int64(s.bad), base.all + int64(s.all)}
		}
		return
	}
	for n, s := range d.wide[i : i+len(list)] {
		list[n] = base.plus(s)
	}
}

// Minute returns the good time and all time of minute i of d, which may be nil.
func (d *Day) Minute(i int) (good, all int64) {
	if d == nil {
		return 0, 0
	}
	end := d.total
	if i+1 < DayMinutes {
		end = d.at(i + 1)
	}
	m := end.minus(d.at(i))
	return m.all - m.bad, m.all
}

// Differ returns the first minute in which two days are not the same; DayMinutes when
// there is none. Either may be nil.
func Differ(d, e *Day) int {
	if d == e {
		return DayMinutes
	}
	for i := range DayMinutes {
		good, all := d.Minute(i)
		if g, a := e.Minute(i); g != good || a != all {
			return i
		}
	}
	return DayMinutes
}
