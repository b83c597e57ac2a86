package felt

import "slices"

// The tracks of person-time that are kept per minute.
const (
	trackUp     = iota // after a good step
	trackDown          // after a bad step
	trackWaited        // waiting for a bad answer
	trackMoved         // the part of trackWaited that trackUp counts too
	tracks
)

// A cell is one minute of one scope. A span of person-time that covers many minutes
// touches only its first and last cell: rest holds the milliseconds of minutes that
// are covered in part; full is a difference, whose running sum is the number of
// persons that cover the minute whole.
type cell struct {
	rest    [tracks]int64
	full    [tracks]int32
	present int32 // difference; running sum: people whose visit covers the minute
	sore    int32 // difference; running sum: people who have a bad time in the minute
	first   int32 // people seen for the first time
	good    int32 // steps
	bad     int32
	active  int32 // people with a step in the minute
	hurt    int32 // of those: with a bad one
	struck  int32 // people hurt for the first time
}

// A page is one hour of cells.
type page struct {
	came      returns // back, after having been away
	hurtAgain returns // after a time without a bad time
	cells     [60]cell
}

// returns are people who returned in an hour: its minute (6 bits) and for how many
// minutes they had been gone (26 bits).
type returns []uint32

const maxAway = 1<<26 - 1

// cells is a sparse row of minutes.
type cells struct {
	pages map[int64]*page // by hour since 1970
	last  [2]struct {     // the even and the odd hour used last
		hour int64
		page *page
	}
	first int64 // minute of the page at hand
	hand  *page // the page at hand: of the two, the one in which a cell was sought last

	touched map[int64]struct{} // hours that were turned to since they were looked at
}

func (c *cells) page(hour int64) *page {
	if l := &c.last[hour&1]; l.hour == hour && l.page != nil {
		return l.page
	}
	return c.turn(hour)
}

// turn finds or makes the page of an hour that was not used last.
func (c *cells) turn(hour int64) *page {
	p := c.pages[hour]
	if p == nil {
		if c.pages == nil {
			c.pages = map[int64]*page{}
		}
		p = &page{}
		c.pages[hour] = p
	}
	if c.touched == nil {
		c.touched = map[int64]struct{}{}
	}
	c.touched[hour] = struct{}{}
	c.last[hour&1].hour, c.last[hour&1].page = hour, p
	return p
}

func (c *cells) at(minute int64) *cell {
	if i := uint64(minute - c.first); i < 60 && c.hand != nil {
		return &c.hand.cells[i]
	}
	return c.reach(minute)
}

// reach is at for a minute that is not on the page at hand.
func (c *cells) reach(minute int64) *cell {
	hour := int64(uint64(minute) / 60)
	c.first, c.hand = hour*60, c.page(hour)
	return &c.hand.cells[minute-c.first]
}

// span adds the person-time [from, to), in milliseconds, to a track; n is how many
// persons, below 0 to take it back.
func (c *cells) span(track int, from, to, n int64) {
	if from >= to {
		return
	}
	a, b := from/msMinute, to/msMinute
	first := c.at(a)
	if a == b {
		first.rest[track] += n * (to - from)
		return
	}
	first.rest[track] += n * ((a+1)*msMinute - from)
	if a+1 < b {
		c.at(a + 1).full[track] += int32(n)
		c.at(b).full[track] -= int32(n)
	}
	if rest := to - b*msMinute; rest > 0 {
		c.at(b).rest[track] += n * rest
	}
}

// appear adds to the people who are there in one minute, whose cell is at.
func (c *cells) appear(at *cell, minute, n int64) {
	at.present += int32(n)
	c.at(minute + 1).present -= int32(n)
}

// ache adds to the people who have a bad time in one minute, whose cell is at.
func (c *cells) ache(at *cell, minute, n int64) {
	at.sore += int32(n)
	c.at(minute + 1).sore -= int32(n)
}

// note notes (n = 1) or takes back (n = -1) that somebody returned in a minute of the
// hour after having been away for some minutes.
func (r *returns) note(minute, away, n int64) {
	packed := uint32(minute) | uint32(min(away, maxAway))<<6
	if n > 0 {
		*r = append(*r, packed)
		return
	}
	list := *r
	if i := slices.Index(list, packed); i >= 0 {
		last := len(list) - 1
		list[i] = list[last]
		*r = list[:last]
	}
}

// changed shows the hours of which something may have changed since it was called last.
func (c *cells) changed(show func(hour int64)) {
	for hour := range c.touched {
		show(hour)
	}
	clear(c.touched)
	for _, l := range c.last { // they are written to without being turned to
		if l.page != nil {
			c.touched[l.hour] = struct{}{}
		}
	}
	if c.hand != nil {
		c.touched[c.first/60] = struct{}{}
	}
}

// hours returns the hours that have a page, in order.
func (c *cells) hours() []int64 {
	hours := make([]int64, 0, len(c.pages))
	for h := range c.pages {
		hours = append(hours, h)
	}
	slices.Sort(hours)
	return hours
}
