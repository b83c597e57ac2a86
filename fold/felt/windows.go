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
func (s *series) windows() []Window {
	t := newTotals(s)
	all := make([]Window, windowSizes)
	for k := range all {
		w := min(int(math.Round(math.Exp2(float64(k)/4))), len(s.up))
		if k > 0 && w == all[k-1].Minutes {
			all[k] = all[k-1]
			continue
		}
		all[k] = t.worst(w, max(supportTime, t.median(w)/supportShare))
	}
	return all
}

// totals are running sums of a series: of the minutes before each.
type totals struct {
	*series
	good, all []int64
	newcomers []int64
	comebacks []int64
}

func newTotals(s *series) *totals {
	n := len(s.up)
	t := &totals{s, make([]int64, n+1), make([]int64, n+1), make([]int64, n+1), make([]int64, n+1)}
	for i := range n {
		t.good[i+1] = t.good[i] + s.up[i]
		t.all[i+1] = t.all[i] + s.up[i] + s.down[i]
		t.newcomers[i+1] = t.newcomers[i] + int64(s.arrived[i])
		t.comebacks[i+1] = t.comebacks[i] + int64(s.back[i])
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
	for i := 0; i+w < len(t.all); i++ {
		all := t.all[i+w] - t.all[i]
		if all < time || all == 0 {
			continue
		}
		good := t.good[i+w] - t.good[i]
		if best.Up+best.Down > 0 && !less(good, all, best.Up, best.Up+best.Down) {
			continue
		}
		if !t.enough(i, w) {
			continue
		}
		best.Up, best.Down = good, all-good
		best.From = (t.first + int64(i)) * msMinute
	}
	if best.Up+best.Down > 0 {
		best.People = t.people(int(best.From/msMinute-t.first), w)
	}
	return best
}

// less reports whether a/b < c/d, without rounding; none is negative.
func less(a, b, c, d int64) bool {
	h1, l1 := bits.Mul64(uint64(a), uint64(d))
	h2, l2 := bits.Mul64(uint64(c), uint64(b))
	return h1 < h2 || h1 == h2 && l1 < l2
}

// enough reports whether at least supportPeople were in the w minutes from index i on.
func (t *totals) enough(i, w int) bool {
	sure := int64(t.present[i]) + t.newcomers[i+w] - t.newcomers[i+1]
	maybe := t.comebacks[i+w] - t.comebacks[i+1]
	return sure >= supportPeople || sure+maybe >= supportPeople && t.people(i, w) >= supportPeople
}

// people counts the people who were there in the w minutes from index i on: those
// whose visit covers the first minute, those who were new after it, and those who came
// back after it and had not been there since it.
func (t *totals) people(i, w int) int64 {
	return int64(t.present[i]) + t.newcomers[i+w] - t.newcomers[i+1] + t.cameBack(i, i+w)
}
