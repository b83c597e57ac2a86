package worst

// AtLeast returns the worst window of so many minutes or more: that of one length can be
// better than that of a shorter one, this cannot. Of equals it is the one that ends
// first, and of those the shortest. The same person-time and people are needed whatever
// the length. All is 0 in the answer when there is no window with support.
//
// Every window is a slope between two points of the running sums (all time, bad time),
// and the steepest slope to a point comes from the convex hull of those before it. Most
// points are ruled out before, in pieces.
//
// Source: Chung and Lu, An optimal algorithm for the maximum-density segment problem,
// SIAM Journal on Computing 34 (2004).
func (s *Series) AtLeast(minutes int, need Support) Window {
	if s.windows(minutes) == 0 {
		return Window{Minutes: minutes}
	}
	if s.flat == nil {
		s = s.Flat()
	}
	first := s.Of(minutes, need)
	c := longer{Series: s, w: minutes, least: need.time(), first: first}
	points := c.points()
	// Whoever is in a window is in the windows around it, so if even the worst without
	// asking has enough people, it is the worst.
	best := c.steepest(points)
	if best.All > 0 && !need.enough(best.From, best.Minutes) {
		c.enough = need.Enough
		best = c.steepest(points)
	}
	return best
}

// later returns the worst window of so many minutes or more that ends after minute from
// and is worse than first; All is 0 when there is none.
func (s *Series) later(minutes int, need Support, first Window, from int) Window {
	c := longer{Series: s, w: minutes, least: need.time(), first: first}
	f := c.sieve(sum{first.All - first.Good, first.All})
	list := []piece{{0, from, true, false}, {from + 1, s.n, true, true}}
	for size := DayMinutes; ; size = max(1, size/(2*split)) {
		list = c.rule(cut(list, size), f)
		if size == 1 {
			break
		}
	}
	best := c.steepest(list)
	if best.All > 0 && !need.enough(best.From, best.Minutes) {
		c.enough = need.Enough
		best = c.steepest(list)
	}
	if d := (sum{best.All - best.Good, best.All}); first.All > 0 && !d.worse(sum{first.All - first.Good, first.All}) {
		return Window{Minutes: minutes}
	}
	return best
}

// longer is one search for the worst window of w minutes or more.
type longer struct {
	*Series
	w      int
	least  int64 // person-time
	enough func(from, minutes int) bool
	first  Window // the worst of w minutes, which is to beat; All is 0 if there is none
}

// steepest returns the worst window that begins and ends at those points.
func (c *longer) steepest(points []piece) Window {
	h := hull{Series: c.Series}
	var best sum
	from, to, next := -1, 0, 0 // next is the first point that a window must not begin at yet
	for _, p := range points {
		if !p.ends {
			continue
		}
		for next < len(points) && c.fits(points[next], p.to) {
			if points[next].begins {
				h.add(points[next].from)
			}
			next++
		}
		if len(h.places) == 0 {
			continue
		}
		i := h.tangent(p.to)
		if d := c.between(i, p.to); from < 0 || d.worse(best) {
			best, from, to = d, i, p.to
		}
	}
	if from < 0 {
		return Window{Minutes: c.w}
	}
	return c.Cut(from, to-from)
}

// fits reports whether a window may begin at point p and end at point to.
func (c *longer) fits(p piece, to int) bool {
	if to-p.from < c.w || c.at(to).all-c.at(p.from).all < c.least {
		return false
	}
	return !p.begins || c.enough == nil || c.enough(p.from, to-p.from)
}
