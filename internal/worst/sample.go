package worst

import "slices"

// sample is the person-time of windows evenly spread, of those in which anybody was: those
// around the median, and how many are on either side.
type sample struct {
	step  int // every how many windows one is in it; 0: none is known
	next  int // where the next one begins
	below int
	above int
	near  []int64 // in order
}

// nearMedian is how many of a sample are kept, at most, when it is taken.
const nearMedian = 512

// medianStep returns every how many of so many windows one is looked at for a median.
func medianStep(windows int) int { return max(1, (windows+medianLooks-1)/medianLooks) }

// median returns what Median does.
func (a *Asking) median(l *length) int64 {
	windows := a.s.windows(l.w)
	step := medianStep(windows)
	if l.times.step == step {
		l.times.extend(a, l.w)
		if m, ok := l.times.with(a, l.w, windows); ok {
			return m
		}
	}
	l.times.take(a, l.w, step)
	if m, ok := l.times.with(a, l.w, windows); ok {
		return m
	}
	return a.s.Median(l.w)
}

// take takes a sample of the settled windows of w minutes anew.
func (t *sample) take(a *Asking, w, step int) {
	*t = sample{step: step, near: t.near[:0]}
	s, end := a.whole(), a.k.settled+1-w
	times := make([]int64, 0, max(0, end)/step+1)
	for ; t.next < end; t.next += step {
		if all := s.at(t.next+w).all - s.at(t.next).all; all > 0 {
			times = append(times, all)
		}
	}
	if len(times) <= nearMedian {
		slices.Sort(times)
		t.near = append(t.near, times...)
		return
	}
	from := len(times)/2 - nearMedian/2
	low := nth(times, from)
	high := nth(times[from:], nearMedian-1)
	for _, all := range times {
		t.add(all, low, high)
	}
	slices.Sort(t.near)
}

func (t *sample) add(all, low, high int64) {
	switch {
	case all < low:
		t.below++
	case all > high:
		t.above++
	default:
		t.near = append(t.near, all)
	}
}

// extend adds the windows that have settled since.
func (t *sample) extend(a *Asking, w int) {
	for end := a.k.settled + 1 - w; t.next < end; t.next += t.step {
		all := a.s.at(t.next+w).all - a.s.at(t.next).all
		switch n := len(t.near); {
		case all <= 0:
		case n > 0 && all < t.near[0] && t.below > 0:
			t.below++
		case n > 0 && all > t.near[n-1] && t.above > 0:
			t.above++
		default:
			at, _ := slices.BinarySearch(t.near, all)
			t.near = slices.Insert(t.near, at, all)
		}
	}
}

// with returns the median of the sample and of what is not settled, if it is near enough
// to the one that the sample was taken around.
func (t *sample) with(a *Asking, w, windows int) (int64, bool) {
	var room [nearMedian]int64
	fresh, n := room[:0], len(t.near)
	below, of := t.below, t.below+t.above+n
	for i := t.next; i < windows; i += t.step {
		switch all := a.s.at(i+w).all - a.s.at(i).all; {
		case all <= 0:
		case n > 0 && all < t.near[0] && t.below > 0:
			below, of = below+1, of+1
		case n > 0 && all > t.near[n-1] && t.above > 0:
			of++
		default:
			fresh, of = append(fresh, all), of+1
		}
	}
	if of == 0 {
		return 0, true
	}
	at := of/2 - below
	if at < 0 || at >= len(fresh)+n || n > 2*nearMedian {
		return 0, false
	}
	slices.Sort(fresh)
	return merged(t.near, fresh, at), true
}

// merged returns the number at a place of two lists in order, put together in order.
func merged(a, b []int64, at int) int64 {
	for {
		switch {
		case len(b) == 0:
			return a[at]
		case len(a) == 0:
			return b[at]
		}
		least := &a
		if b[0] < a[0] {
			least = &b
		}
		if at == 0 {
			return (*least)[0]
		}
		*least, at = (*least)[1:], at-1
	}
}
