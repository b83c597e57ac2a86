package felt

import "slices"

// maxMinutes is the longest period that windows and pictures look at: three years.
// Of a longer one they see the end.
const maxMinutes = 3 * 366 * 24 * 60

// A series is a scope laid out minute by minute, from the first to the last.
type series struct {
	first    int64   // minute since 1970 of index 0
	up, down []int64 // felt person-time
	present  []int32 // people whose visit covers the minute
	arrived  []int32 // people seen for the first time
	active   []int32 // people with a step
	hurt     []int32
	struck   []int32 // people with their first bad step of the hour
	back     []int32 // people who came back
	pages    []*page // of the hours with anybody in them, in order: they know who came back
	hours    []int64 // of the pages
}

// newSeries lays out c. Waiting is charged already; who gave up is charged after.
func newSeries(c *cells, first, last int64) *series {
	n := int(last - first + 1)
	s := &series{
		first: first,
		up:    make([]int64, n), down: make([]int64, n), present: make([]int32, n),
		arrived: make([]int32, n), active: make([]int32, n), hurt: make([]int32, n), struck: make([]int32, n), back: make([]int32, n),
	}
	var full [tracks]int64
	var present int32
	at := first // the minute up to which the series is filled
	for _, h := range c.hours() {
		s.fill(at, h*60, full, present)
		p := c.pages[h]
		for i := range p.cells {
			m := &p.cells[i]
			present += m.present
			for t := range full {
				full[t] += int64(m.full[t])
			}
			if minute := h*60 + int64(i); minute >= first && minute <= last {
				s.lay(int(minute-first), m, full, present)
			}
		}
		at = h*60 + 60
		s.come(p, h)
	}
	s.fill(at, last+1, full, present)
	return s
}

// fill lays out the minutes of a gap between pages.
func (s *series) fill(from, to int64, full [tracks]int64, present int32) {
	for m := max(from, s.first); m < to && m-s.first < int64(len(s.up)); m++ {
		s.lay(int(m-s.first), &cell{}, full, present)
	}
}

func (s *series) lay(i int, m *cell, full [tracks]int64, present int32) {
	of := func(t int) int64 { return m.rest[t] + full[t]*msMinute }
	s.up[i] = of(trackUp) - of(trackMoved)
	s.down[i] = of(trackDown) + of(trackWaited)
	s.present[i], s.arrived[i] = present, m.first
	s.active[i], s.hurt[i], s.struck[i] = m.active, m.hurt, m.struck
}

// come counts who came back in an hour.
func (s *series) come(p *page, hour int64) {
	s.pages, s.hours = append(s.pages, p), append(s.hours, hour)
	for _, r := range p.returns {
		if at := hour*60 + int64(r&63) - s.first; at >= 0 && at < int64(len(s.back)) {
			s.back[at]++
		}
	}
}

// cameBack counts who came back after minute index i and until index end, having been
// away since before i.
func (s *series) cameBack(i, end int) int64 {
	var n int64
	from := s.first + int64(i)
	k, _ := slices.BinarySearch(s.hours, (from+1)/60)
	for ; k < len(s.hours) && s.hours[k]*60 < s.first+int64(end); k++ {
		for _, r := range s.pages[k].returns {
			at, away := s.hours[k]*60+int64(r&63), int64(r>>6)
			if at > from && at < s.first+int64(end) && at-away < from {
				n++
			}
		}
	}
	return n
}

// during returns the minutes of s that in tells are inside, put together as if nothing
// had been between them: the minutes of a moment.
func (s *series) during(in func(minute int64) bool) *series {
	m := &series{first: s.first}
	for i := range s.up {
		if in(s.first + int64(i)) {
			m.up, m.down = append(m.up, s.up[i]), append(m.down, s.down[i])
			m.present, m.arrived = append(m.present, s.present[i]), append(m.arrived, s.arrived[i])
			m.active, m.hurt, m.struck = append(m.active, s.active[i]), append(m.hurt, s.hurt[i]), append(m.struck, s.struck[i])
			m.back = append(m.back, s.back[i])
		}
	}
	return m
}

// charge adds n times the person-time [from, to), in Unix milliseconds, to what was
// felt as down.
func (s *series) charge(from, to, n int64) {
	from = max(from, s.first*msMinute)
	for from < to {
		m := from / msMinute
		end := min(to, (m+1)*msMinute)
		if i := m - s.first; i < int64(len(s.down)) {
			s.down[i] += n * (end - from)
		}
		from = end
	}
}
