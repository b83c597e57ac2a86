package felt

// maxMinutes is the longest period that windows and pictures look at: three years.
// Of a longer one they see the end.
const maxMinutes = 3 * 366 * 24 * 60

// A series is a scope laid out minute by minute, from the first to the last.
type series struct {
	first    int64   // minute since 1970 of index 0
	up, down []int64 // felt person-time, milliseconds
	active   []int32 // people with a step
	hurt     []int32 // of those: with a bad one
	there    crowd   // people who were there
	sore     crowd   // people who had a bad time
}

// newSeries lays out a scope, of which parts are in several shards. Waiting is charged
// already; who gave up is charged after.
func newSeries(parts []*scope, first, last int64) *series {
	n := int(last - first + 1)
	s := &series{
		first: first, up: make([]int64, n), down: make([]int64, n), active: make([]int32, n), hurt: make([]int32, n),
		there: newCrowd(n), sore: newCrowd(n),
	}
	for _, c := range parts {
		s.lay(&c.cells)
	}
	s.there.finish(first)
	s.sore.finish(first)
	return s
}

// lay adds cells.
func (s *series) lay(c *cells) {
	var full [tracks]int64
	var present, sore int32
	last := s.first + int64(len(s.up))
	at := s.first // the minute up to which the series is filled
	for _, h := range c.hours() {
		s.fill(at, h*60, &full, present, sore)
		p := c.pages[h]
		for i := range p.cells {
			m := &p.cells[i]
			present += m.present
			sore += m.sore
			for t := range full {
				full[t] += int64(m.full[t])
			}
			if minute := h*60 + int64(i); minute >= s.first && minute < last {
				s.minute(int(minute-s.first), m, &full, present, sore)
			}
		}
		at = h*60 + 60
		s.there.come(p.came, h)
		s.sore.come(p.hurtAgain, h)
	}
	s.fill(at, last, &full, present, sore)
}

// fill lays out the minutes of a gap between pages.
func (s *series) fill(from, to int64, full *[tracks]int64, present, sore int32) {
	if present == 0 && sore == 0 && *full == [tracks]int64{} {
		return
	}
	var nobody cell
	for m := max(from, s.first); m < to && m-s.first < int64(len(s.up)); m++ {
		s.minute(int(m-s.first), &nobody, full, present, sore)
	}
}

func (s *series) minute(i int, m *cell, full *[tracks]int64, present, sore int32) {
	s.up[i] += m.rest[trackUp] - m.rest[trackMoved] + (full[trackUp]-full[trackMoved])*msMinute
	s.down[i] += m.rest[trackDown] + m.rest[trackWaited] + (full[trackDown]+full[trackWaited])*msMinute
	s.active[i] += m.active
	s.hurt[i] += m.hurt
	s.there.now[i] += present
	s.there.first[i+1] += int64(m.first)
	s.sore.now[i] += sore
	s.sore.first[i+1] += int64(m.struck)
}

// charge adds n times the person-time [from, to), in Unix milliseconds, to what was
// felt as down.
func (s *series) charge(from, to, n int64) {
	from = max(from, s.first*msMinute)
	for from < to {
		m := from / msMinute
		end := min(to, (m+1)*msMinute)
		i := m - s.first
		if i >= int64(len(s.down)) {
			return
		}
		s.down[i] += n * (end - from)
		from = end
	}
}
