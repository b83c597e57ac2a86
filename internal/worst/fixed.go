package worst

import "math/bits"

// Of returns the worst window of so many minutes: with the smallest share of good time,
// the earliest of equals, among those with support. All is 0 in the answer when there is
// none.
//
// It looks at blocks of windows first. None of a block can be worse than all their bad
// time together over the time that they share, in whole numbers; most blocks end there.
// The first guess and the blocks only decide how soon: the answer is that of comparing
// every window without rounding.
func (s *Series) Of(minutes int, need Support) Window {
	n := s.windows(minutes)
	c := search{Series: s, w: minutes, leaf: leaf, need: need, least: need.time(), found: -1, or: 1}
	if minutes >= 2*leaf {
		c.leaf = leaf / split // a few windows of many minutes share most of their time
	}
	c.guess(n)
	if c.found < 0 {
		c.blocks(0, n, block)
	} else {
		after := c.found + 1
		c.or = 1 // an equal one before the guess wins
		c.blocks(0, c.found, block)
		c.or = 0
		c.blocks(after, n, block)
	}
	if c.found < 0 {
		return Window{Minutes: minutes}
	}
	return s.Cut(c.found, minutes)
}

const (
	block = 4096 // windows that are judged at once at first
	split = 4    // parts of a block that could not be ruled out
	leaf  = 64   // windows of which each is looked at, fewer when they are long
	few   = 8    // tiles that are worth a look
)

// search is one search for the worst window of w minutes.
type search struct {
	*Series
	w      int
	leaf   int // windows of which each is looked at
	need   Support
	least  int64  // person-time
	best   sum    // of the worst window so far
	filter line   // what a window must be above to win
	found  int    // where it begins; -1 for none
	or     uint64 // 1: a window as bad as the best wins, too

	room [2][leaf]sum
}

// guess looks at every so many of n windows, for a first best that rules out much.
func (c *search) guess(n int) {
	for i := 0; i < n; i += max(leaf, c.w/2) {
		if d := c.between(i, i+c.w); d.all >= c.least && c.wins(d) && c.need.enough(i, c.w) {
			c.best, c.found, c.or = d, i, 0
		}
	}
	c.filter = c.sieve(c.best)
}

// blocks looks at the windows that begin from minute i up to j, so many at a time.
func (c *search) blocks(i, j, size int) {
	for ; i < j; i += size {
		end := min(i+size, j)
		switch {
		case c.hopeless(i, end):
		case size > c.leaf:
			c.blocks(i, end, size/split)
		default:
			c.each(i, end)
		}
	}
}

// hopeless reports whether no window that begins from minute i up to j can win.
func (c *search) hopeless(i, j int) bool {
	together := c.between(i, j-1+c.w)
	shared := c.least
	if j-1 < i+c.w {
		shared = max(shared, c.Series.at(i+c.w).all-c.Series.at(j-1).all)
	}
	return together.all < c.least || !c.wins(sum{together.bad, shared}) || c.w <= few*tile && c.mild(i, j-1+c.w)
}

// mild reports whether no minute from i up to j could win: then no window of them can,
// because its share is a mean of theirs.
func (c *search) mild(i, j int) bool {
	if c.tiles != nil {
		for t := i / tile; t <= (j-1)/tile; t++ {
			if c.wins(c.tiles[t]) {
				return false
			}
		}
		return true
	}
	i, j = i+c.first, j+c.first
	for i < j {
		k := i / DayMinutes
		end := min(j-k*DayMinutes, DayMinutes)
		if d := c.days[k]; d != nil {
			for t := i % DayMinutes / tile; t <= (end-1)/tile; t++ {
				if c.wins(d.tiles[t]) {
					return false
				}
			}
		}
		i = k*DayMinutes + end
	}
	return true
}

// wins reports whether d is worse than the best, or as bad where that is enough.
func (c *search) wins(d sum) bool {
	h1, l1 := bits.Mul64(uint64(d.bad), uint64(c.best.all))
	h2, l2 := bits.Mul64(uint64(c.best.bad), uint64(d.all))
	_, less := bits.Sub64(l2, l1, c.or)
	_, less = bits.Sub64(h2, h1, less)
	return less != 0
}

// each looks at every window that begins from minute i up to j.
func (c *search) each(i, j int) {
	before, after := c.points(i, j)
	f, or := c.filter, int64(c.or)
	for k := range before {
		bad, all := after[k].bad-before[k].bad, after[k].all-before[k].all
		if f.of(bad, all)+or <= 0 || all < c.least || !c.wins(sum{bad, all}) || !c.need.enough(i+k, c.w) {
			continue
		}
		c.best, c.found, c.or = sum{bad, all}, i+k, 0
		c.filter = c.sieve(c.best)
		f, or = c.filter, 0
	}
}

// points returns the sums at the beginnings and at the ends of those windows.
func (c *search) points(i, j int) (before, after []sum) {
	if c.flat != nil {
		before = c.flat[i:j]
		return before, c.flat[i+c.w:][:len(before)]
	}
	before, after = c.room[0][:j-i], c.room[1][:j-i]
	c.read(before, i)
	c.read(after, i+c.w)
	return before, after
}
