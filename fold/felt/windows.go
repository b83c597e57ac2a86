package felt

import (
	"math"
	"math/bits"
	"slices"
)

// Window is the worst window of one length.
type Window struct {
	Minutes  int
	Up, Down int64 // felt person-time in it, milliseconds; both 0 when no window had support
	From     int64 // Unix milliseconds
	People   int64 // how many were there
	Hurt     int64 // of those: how many had a bad time
}

// worse reports whether w was worse than o; one without support is worse than none.
func (w Window) worse(o Window) bool {
	switch {
	case w.Up+w.Down == 0:
		return false
	case o.Up+o.Down == 0:
		return true
	}
	return less(w.Up, w.Up+w.Down, o.Up, o.Up+o.Down)
}

// windowSizes is how many lengths are looked at: from a minute to 23 days, each
// 2^(1/4) longer than the one before, in whole minutes.
const windowSizes = 61

// Support is what a window needs in order to count: a lonely visitor at night is no
// outage of everybody.
const (
	supportPeople = 5          // people
	supportTime   = msMinute   // person-time
	supportShare  = int64(100) // person-time: at least 1/100 of the median of that length
	medianSample  = 8192       // windows that the median is taken of, evenly spread
)

// windows returns the worst window of each length, none longer than the period.
func (t *totals) windows() []Window {
	all := make([]Window, windowSizes)
	for k := range all {
		w := min(int(math.Round(math.Exp2(float64(k)/4))), len(t.good)-1)
		if k > 0 && w == all[k-1].Minutes {
			all[k] = all[k-1]
			continue
		}
		all[k] = t.worst(w, max(supportTime, t.median(w)/supportShare))
	}
	return all
}

// AtLeast returns, for each of some worst windows in order of length, the worst of
// those that are as long or longer: it never gets worse with length.
func AtLeast(windows []Window) []Window {
	list := slices.Clone(windows)
	for i := len(list) - 2; i >= 0; i-- {
		if list[i+1].worse(list[i]) {
			list[i] = list[i+1]
		}
	}
	return list
}

// totals are running sums over minutes, of those before each.
type totals struct {
	first     int64 // minute since 1970 of index 0
	good, all []int64
	there     *crowd
	sore      *crowd
	minutes   []int64 // when not nil: the minute since 1970 of each index
}

func newTotals(s *series) *totals {
	n := len(s.up)
	t := &totals{first: s.first, good: make([]int64, n+1), all: make([]int64, n+1), there: &s.there, sore: &s.sore}
	for i := range n {
		t.good[i+1] = t.good[i] + s.up[i]
		t.all[i+1] = t.all[i] + s.up[i] + s.down[i]
	}
	return t
}

// median returns the median person-time of the windows of w minutes in which anybody
// was.
func (t *totals) median(w int) int64 {
	windows := len(t.all) - w
	step := max(1, (windows+medianSample-1)/medianSample)
	times := make([]int64, 0, windows/step+1)
	for i := 0; i < windows; i += step {
		if d := t.all[i+w] - t.all[i]; d > 0 {
			times = append(times, d)
		}
	}
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[len(times)/2]
}

// worst returns the window of w minutes with the smallest share of good time, the
// earliest of equals, among those with at least so much time and enough people.
//
// Source: minimal cumulative ratio, Hauer et al., NSDI 2020, section 5.
func (t *totals) worst(w int, time int64) Window {
	best := Window{Minutes: w}
	at, limit := -1, math.Inf(1)
	n := len(t.all) - w
	good, goodEnd, all, allEnd := t.good[:n], t.good[w:][:n], t.all[:n], t.all[w:][:n]
	for i := range good {
		a := allEnd[i] - all[i]
		g := goodEnd[i] - good[i]
		if a < time || float64(g) > limit*float64(a) {
			continue
		}
		if a == 0 || at >= 0 && !less(g, a, best.Up, best.Up+best.Down) || !t.enough(i, w) {
			continue
		}
		at, best.Up, best.Down = i, g, a-g
		limit = float64(g) / float64(a) * (1 + 1e-12) // never below the true ratio: rounding must not hide a worse one
	}
	if at >= 0 {
		best.From = t.time(at)
		best.People, best.Hurt = t.people(t.there, at, w), t.people(t.sore, at, w)
	}
	return best
}

// time returns when index i begins, in Unix milliseconds.
func (t *totals) time(i int) int64 {
	if t.minutes != nil {
		return t.minutes[i] * msMinute
	}
	return (t.first + int64(i)) * msMinute
}

// people counts who of a crowd was in w minutes from index i on. Where minutes were
// left out between them, who was only there then counts too.
func (t *totals) people(c *crowd, i, w int) int64 {
	from, to := i, i+w
	if t.minutes != nil {
		from, to = int(t.minutes[i]-t.first), int(t.minutes[i+w-1]-t.first)+1
	}
	return c.people(from, to-from)
}

// enough reports whether at least supportPeople were in the w minutes from index i on.
func (t *totals) enough(i, w int) bool {
	if t.minutes != nil {
		return t.people(t.there, i, w) >= supportPeople
	}
	return t.there.atLeast(supportPeople, i, w)
}

// less reports whether a/b < c/d, without rounding; none is negative.
func less(a, b, c, d int64) bool {
	h1, l1 := bits.Mul64(uint64(a), uint64(d))
	h2, l2 := bits.Mul64(uint64(c), uint64(b))
	return h1 < h2 || h1 == h2 && l1 < l2
}
