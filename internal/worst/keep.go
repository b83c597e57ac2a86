package worst

import "math"

// Keeper answers again and again for a series that grows at its end, of which most does
// not change any more: it looks only at windows that end in what is new, unless something
// else has changed. The zero Keeper knows nothing.
type Keeper struct {
	settled int // windows that end here or before do not change
	of      map[int]*length
}

// length is what is kept of the windows of one length that are settled.
type length struct {
	w      int
	times  sample
	one    kept // of just so many minutes
	longer kept // of as many or more
}

// kept is the worst of the windows that end up to some minute, whatever time from low to
// high they need.
type kept struct {
	low, high int64 // low 0: nothing is known
	best      Window
	to        int
}

// Room is space for one Asking after another.
type Room struct{ flat []sum }

// Asking are questions about a series as it is now.
type Asking struct {
	k    *Keeper
	s    *Series
	flat *Series // s laid out in one; nil: that was not needed yet
	room *Room
}

// Next makes k know the series s, which is as it was in the minutes before same, and will
// likely not change before minute settled any more.
func (k *Keeper) Next(s *Series, same, settled int, room *Room) *Asking {
	if same < k.settled || s.n < k.settled {
		k.of, k.settled = nil, 0
	}
	if k.of == nil {
		k.of = map[int]*length{}
	}
	k.settled = max(k.settled, min(settled, s.n))
	return &Asking{k: k, s: s, room: room}
}

// Settled returns before which minute nothing may change, or all is to be found anew.
func (k *Keeper) Settled() int { return k.settled }

func (a *Asking) length(w int) *length {
	l := a.k.of[w]
	if l == nil {
		l = &length{w: w}
		a.k.of[w] = l
	}
	return l
}

// whole returns the series laid out in one.
func (a *Asking) whole() *Series {
	if a.flat == nil {
		a.room.flat = grown(a.room.flat, a.s.n+1)
		a.flat = a.s.flatIn(a.room.flat)
	}
	return a.flat
}

func grown(list []sum, n int) []sum {
	if cap(list) < n {
		return make([]sum, n+n/8)[:n]
	}
	return list[:n]
}

// LeastTime is that of the series.
func (a *Asking) LeastTime(minutes int) int64 {
	return max(leastTime, a.median(a.length(minutes))/leastShare)
}

// Of is that of the series. What need says of settled windows must not change.
func (a *Asking) Of(minutes int, need Support) Window {
	l := a.length(minutes)
	least := need.time()
	if k := &l.one; !k.holds(least) {
		*k = a.search(least, func(time int64) Window {
			return a.whole().Until(a.k.settled).Of(minutes, Support{Time: time, Enough: need.Enough})
		})
	} else {
		a.extend(k, minutes, need)
	}
	best := l.one.best
	worst := sum{best.All - best.Good, best.All}
	a.each(max(0, a.k.settled+1-minutes), a.s.windows(minutes), minutes, func(i int, d sum) {
		if d.all >= least && (best.All == 0 || d.worse(worst)) && need.enough(i, minutes) {
			best, worst = Window{i, minutes, d.all - d.bad, d.all}, d
		}
	})
	return best
}

// holds reports whether what is kept is the answer for windows that need so much time.
func (k *kept) holds(least int64) bool { return k.low > 0 && k.low <= least && least <= k.high }

// search keeps what find finds for windows that need at least some time. It asks for a
// little less first, so that the answer holds when that changes a little.
func (a *Asking) search(least int64, find func(time int64) Window) kept {
	k := kept{low: least - least/8, to: a.k.settled}
	if k.best = find(k.low); k.best.All > 0 && k.best.All < least {
		k.low, k.best = least, find(least)
	}
	k.high = math.MaxInt64
	if k.best.All > 0 {
		k.high = k.best.All
	}
	return k
}

// extend looks at the windows that have settled since.
func (a *Asking) extend(k *kept, minutes int, need Support) {
	least := need.time()
	a.each(max(0, k.to+1-minutes), a.k.settled+1-minutes, minutes, func(i int, d sum) {
		if d.all < k.low || k.best.All > 0 && !d.worse(sum{k.best.All - k.best.Good, k.best.All}) || !need.enough(i, minutes) {
			return
		}
		if d.all >= least {
			k.best, k.high = Window{i, minutes, d.all - d.bad, d.all}, d.all
		} else {
			k.low = d.all + 1
		}
	})
	k.to = a.k.settled
}

// each shows the windows of so many minutes that begin from i up to j.
func (a *Asking) each(i, j, minutes int, show func(i int, d sum)) {
	var before, after [leaf]sum
	for ; i < j; i += leaf {
		n := min(leaf, j-i)
		a.s.read(before[:n], i)
		a.s.read(after[:n], i+minutes)
		for at := range n {
			show(i+at, sum{after[at].bad - before[at].bad, after[at].all - before[at].all})
		}
	}
}

// AtLeast is that of the series.
func (a *Asking) AtLeast(minutes int, need Support) Window {
	if a.s.windows(minutes) == 0 {
		return Window{Minutes: minutes}
	}
	k, least := &a.length(minutes).longer, need.time()
	if k.holds(least) {
		a.extendLonger(k, minutes, need)
	} else {
		*k = a.search(least, func(time int64) Window {
			return a.whole().Until(a.k.settled).AtLeast(minutes, Support{Time: time, Enough: need.Enough})
		})
	}
	if k.best.All == 0 { // nothing is to beat
		return a.whole().AtLeast(minutes, need)
	}
	if found := a.s.later(minutes, need, k.best, a.k.settled); found.All > 0 {
		return found
	}
	return k.best
}

// extendLonger looks at the windows of so many minutes or more that have settled since.
func (a *Asking) extendLonger(k *kept, minutes int, need Support) {
	least, settled := need.time(), a.s.Until(a.k.settled)
	if k.to < a.k.settled && settled.windows(minutes) > 0 {
		found := settled.later(minutes, Support{Time: k.low, Enough: need.Enough}, k.best, k.to)
		if found.All > 0 && found.All < least {
			k.low = least
			found = settled.later(minutes, need, k.best, k.to)
		}
		if found.All > 0 {
			k.best, k.high = found, found.All
		}
	}
	k.to = a.k.settled
}
