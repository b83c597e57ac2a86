package worst

import "math"

// piece is some points of the running sums next to each other, from and to included,
// and whether the worst window can begin or end at one of them.
type piece struct {
	from, to     int
	begins, ends bool
}

// points returns the single points at which the worst window can begin or end, in order,
// ruling out pieces of points first.
//
// Above the line through the window to beat, a window that beats it rises. In a piece no
// point is higher above the line than the bad time at its end and all time at its
// beginning say, and none lower than the other way round. What cannot rise from the
// lowest piece before it, or to the highest behind it, is out.
func (c *longer) points() []piece {
	f := c.sieve(sum{c.first.All - c.first.Good, c.first.All})
	size := max(1, c.w/split)
	list := []piece{{0, c.n, true, true}}
	if c.w < leaf { // pieces shorter than that are hardly fewer than points
		size = leaf
		first, last := c.span(f)
		if last < 0 {
			return nil
		}
		list = []piece{{0, first - 1, true, false}, {first, last, true, true}}
	}
	for {
		list = c.rule(cut(list, size), f)
		if size == 1 {
			return list
		}
		size = max(1, size/(2*split))
	}
}

// cut cuts pieces into pieces of so many points.
func cut(list []piece, size int) []piece {
	n := 0
	for _, p := range list {
		n += (p.to-p.from)/size + 1
	}
	parts := make([]piece, 0, n)
	for _, p := range list {
		for i := p.from; i <= p.to; i += size {
			parts = append(parts, piece{i, min(i+size-1, p.to), p.begins, p.ends})
		}
	}
	return parts
}

// span returns the first and the last point to which a window can rise above the line.
// Without one, the last is before the first.
func (c *longer) span(f line) (first, last int) {
	first, last = c.n+1, -1
	low, next, or := int64(math.MaxInt64), 0, int64(1)
	for j := c.w; j <= c.n; j++ {
		p := c.flat[j]
		for next <= j-c.w && p.all-c.flat[next].all >= c.least {
			low = min(low, f.of(c.flat[next].bad, c.flat[next].all))
			next++
		}
		if c.first.All > 0 && j > c.first.From+c.first.Minutes {
			or = 0
		}
		if next > 0 && f.of(p.bad, p.all)+or-low > 0 {
			first, last = min(first, j), j
		}
	}
	return first, last
}

// rule returns the pieces of list that are not ruled out.
func (c *longer) rule(list []piece, f line) []piece {
	c.ruleEnds(list, f)
	c.ruleBegins(list, f)
	left := list[:0]
	for _, p := range list {
		if p.begins || p.ends {
			left = append(left, p)
		}
	}
	return left
}

// ruleEnds rules out the ends to which no window can rise.
func (c *longer) ruleEnds(list []piece, f line) {
	low, next, some := int64(math.MaxInt64), 0, false
	for k := range list {
		p := &list[k]
		for next < len(list) && c.fit(list[next], *p) {
			if list[next].begins {
				low, some = min(low, c.low(list[next], f)), true
			}
			next++
		}
		p.ends = p.ends && some && c.high(*p, f)-low > 0
	}
}

// ruleBegins rules out the beginnings from which no window can rise.
func (c *longer) ruleBegins(list []piece, f line) {
	high, next, some := int64(math.MinInt64), len(list)-1, false
	for k := len(list) - 1; k >= 0; k-- {
		p := &list[k]
		for next >= 0 && c.fit(*p, list[next]) {
			if list[next].ends {
				high, some = max(high, c.high(list[next], f)), true
			}
			next--
		}
		p.begins = p.begins && some && high-c.low(*p, f) > 0
	}
}

// fit reports whether a window may begin in p and end in q.
func (c *longer) fit(p, q piece) bool {
	return q.to-p.from >= c.w && c.at(q.to).all-c.at(p.from).all >= c.least
}

// low returns how far the points of p are above the line at least.
func (c *longer) low(p piece, f line) int64 { return f.of(c.at(p.from).bad, c.at(p.to).all) }

// high returns how far the points of p are above the line at most, one more where it is
// enough to be as bad as the window to beat: where the first window ends, and before.
func (c *longer) high(p piece, f line) int64 {
	high := f.of(c.at(p.to).bad, c.at(p.from).all)
	if c.first.All == 0 || p.from <= c.first.From+c.first.Minutes {
		high++
	}
	return high
}
