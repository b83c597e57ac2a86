package felt

// A scope is a set of steps that is counted by itself: all of them, or those of one
// journey. It holds sums only, so that what one step added can be taken back exactly.
type scope struct {
	name   string
	cells  cells
	people int64 // seen at least once
	hurt   int64 // of those: with a bad step
	gaveUp int64 // of those: with a visit that ended with a bad step
	masked int64 // person-time in which only the machines were down, in milliseconds

	// tails counts the bad steps after which the person was not seen again within
	// the cut-off, by the journey they were on and when: journey<<42 | Unix ms.
	tails map[uint64]int32
}

// step is the state machine of one person: in state s they make the step e; sign is
// 1, or -1 to take back what the same call with 1 did. It returns their next state.
func (c *scope) step(s word, e event, sign, cutoff int64) word {
	t := e.time()
	m := t / msMinute
	n := word(t) | flagSeen | word(e.journey())<<journeyShift
	page := c.cells.page(t / msHour)
	at := &page.cells[uint64(m)%60]
	gap := t - s.time()
	switch {
	case s == 0:
		c.people += sign
		at.first += int32(sign)
		c.cells.appear(at, m, sign)
	case gap <= cutoff:
		n |= s & (flagHurt | flagGaveUp)
		c.stay(s, e, at, sign)
	default:
		n |= s & (flagHurt | flagGaveUp)
		if s.bad() {
			n |= flagGaveUp
		}
		if away := m - s.minute(); away > 0 { // else a cut-off below a minute: they are still there
			c.cells.appear(at, m, sign)
			page.returned(m%60, away, sign)
		}
	}
	if s != 0 && s.minute() == m {
		n |= s & flagMinute
	} else {
		at.active += int32(sign)
	}
	if s != 0 && s.time()/msHour == t/msHour {
		n |= s & flagHour
	} else {
		page.active += sign
	}
	if e.raw() {
		n |= flagRaw
	}
	if !e.bad() {
		at.good += int32(sign)
		return n
	}
	if s == 0 || gap > cutoff {
		c.wait(e, t-cutoff, sign, false)
	}
	return c.hurtAt(n, sign)
}

// stay accounts for the time between two steps of one visit; at is the cell of the second.
func (c *scope) stay(s word, e event, at *cell, sign int64) {
	from, to := s.time(), e.time()
	last, m := s.minute(), to/msMinute
	if last != m {
		c.cells.at(last + 1).present += int32(sign)
		c.cells.at(m + 1).present -= int32(sign)
	}
	track := trackUp
	if s.bad() {
		track = trackDown
		c.tail(s, -sign)
		if !s.gaveUp() {
			c.gaveUp -= sign
		}
	}
	if last == m {
		at.rest[track] += sign * (to - from)
	} else {
		c.cells.span(track, from, to, sign)
	}
	if track == trackDown {
		return
	}
	if s.raw() {
		c.masked += sign * (to - from)
	}
	c.wait(e, from, sign, true)
}

// wait charges the waiting for a bad answer, but nothing before earliest. moved says
// that the same time is counted as up too.
func (c *scope) wait(e event, earliest, sign int64, moved bool) {
	if !e.bad() || e.wait == 0 {
		return
	}
	from := max(e.time()-int64(e.wait), earliest)
	c.cells.span(trackWaited, from, e.time(), sign)
	if moved {
		c.cells.span(trackMoved, from, e.time(), sign)
	}
}

// spoil accounts for e, a part of the step at s, that was bad.
func (c *scope) spoil(s word, e event, sign int64) word {
	if e.raw() {
		s |= flagRaw
	}
	if !e.bad() || s.bad() {
		return s
	}
	c.cells.at(s.minute()).good -= int32(sign)
	return c.hurtAt(s, sign)
}

// hurtAt accounts for the step at s, which is now known to be bad.
func (c *scope) hurtAt(s word, sign int64) word {
	at := c.cells.at(s.minute())
	at.bad += int32(sign)
	if s&flagMinute == 0 {
		at.hurt += int32(sign)
	}
	if s&flagHour == 0 {
		c.cells.page(s.time() / msHour).hurt += sign
		at.struck += int32(sign)
	}
	if !s.hurt() {
		c.hurt += sign
	}
	if !s.gaveUp() {
		c.gaveUp += sign // until they are seen again within the cut-off
	}
	c.tail(s, sign)
	return s | flagBad | flagHurt | flagHour | flagMinute
}

func (c *scope) tail(s word, n int64) {
	if c.tails == nil {
		c.tails = map[uint64]int32{}
	}
	key := uint64(s.journey())<<42 | uint64(s.time())
	if left := c.tails[key] + int32(n); left != 0 {
		c.tails[key] = left
	} else {
		delete(c.tails, key)
	}
}
