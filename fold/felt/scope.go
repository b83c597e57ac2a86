package felt

// A scope is a set of steps that is counted by itself: all of them, or those of one
// segment. It holds sums only, so that what one step added can be taken back exactly,
// and what two halves of the people added can be added up.
type scope struct {
	cut    int64 // a longer gap ends a visit, in milliseconds
	cells  cells
	counts counts

	// tails counts the bad steps after which the person was not seen again within
	// the cut-off, by the mix of segments they were in and when: mix<<42 | Unix ms.
	tails tails

	spread spread                 // the same with half and with twice the cut-off
	gaps   gaps                   // of this quarter: what the next cut-off is learned from
	sample map[uint64]*personTime // some people, each with their own time
}

// counts are the sums of a scope that have no minute.
type counts struct {
	people    int64 // seen at least once
	hurt      int64 // of those: with a bad step
	gaveUp    int64 // of those: with a visit that ended with a bad step
	masked    int64 // person-time in which only the machines were down, in milliseconds
	visits    int64
	badVisits int64
}

func (c *counts) all() []*int64 {
	return []*int64{&c.people, &c.hurt, &c.gaveUp, &c.masked, &c.visits, &c.badVisits}
}

// A state is where one person stands in one scope.
type state struct {
	word word
	sore sore // only with flagHurt
}

// step is the state machine of one person: in state s they make the step e; sign is
// 1, or -1 to take back what the same call with 1 did. It returns their next state.
func (c *scope) step(s state, e *event, sign, cutoff int64) state {
	t, w := e.time(), s.word
	m := t / msMinute
	n := state{word(t) | word(e.mix)<<mixShift, s.sore}
	page := c.cells.page(t / msHour)
	at := &page.cells[uint64(m)%60]
	gap := t - w.time()
	switch {
	case w == 0:
		c.counts.people += sign
		c.counts.visits += sign
		at.first += int32(sign)
		c.cells.appear(at, m, sign)
	case gap <= cutoff:
		n.word |= w & (lasting | visiting)
		n = c.stay(w, n, e, at, sign, cutoff)
		if w.badVisit() {
			c.counts.badVisits -= sign
		}
	default:
		n.word |= w & lasting
		if w.bad() {
			n.word |= flagGaveUp
			c.away(w, gap, sign, cutoff)
		}
		c.counts.visits += sign
		if away := m - w.minute(); away > 0 { // else a cut-off below a minute: they are still there
			c.cells.appear(at, m, sign)
			page.came.note(m%60, away, sign)
		}
		if gap <= 2*cutoff {
			c.spread.keep(w, gap, sign)
		}
	}
	if w != 0 && w.minute() == m {
		n.word |= w & flagMinute
	} else {
		at.active += int32(sign)
	}
	if e.raw() {
		n.word |= flagRaw
	}
	if e.bad() {
		n = c.bad(w, n, e, sign, cutoff)
	} else {
		at.good += int32(sign)
	}
	if n.word.badVisit() {
		c.counts.badVisits += sign
	}
	return n
}

// glides reports whether the step e of somebody in state w is of the frequent kind that
// glide accounts for: both are good, and near each other.
func (c *scope) glides(w word, e *event, gap int64) bool {
	return w != 0 && w&(flagBad|flagRaw) == 0 && e.key&(keyBad|keyRaw) == 0 && 2*gap <= c.cut
}

// glide does what step does, for a step that glides, in less time.
func (c *scope) glide(w word, e *event, gap int64) word {
	t, last := e.time(), w.minute()
	m := t / msMinute
	at := c.cells.at(m)
	at.good++
	n := word(t) | word(e.mix)<<mixShift | w&(lasting|visiting)
	if last == m {
		at.rest[trackUp] += gap
		return n | w&flagMinute
	}
	at.active++
	at.rest[trackUp] += t - m*msMinute
	if last+1 == m {
		at.present++
	} else {
		next := c.cells.at(last + 1)
		next.present++
		next.full[trackUp]++
		at.full[trackUp]--
	}
	c.cells.at(last).rest[trackUp] += (last+1)*msMinute - w.time()
	c.cells.at(m+1).present--
	return n
}

// stay accounts for the time between two steps of one visit; n is the state after the
// second, at its cell.
func (c *scope) stay(w word, n state, e *event, at *cell, sign, cutoff int64) state {
	from, to := w.time(), e.time()
	last, m := w.minute(), to/msMinute
	if last != m {
		c.cells.at(last + 1).present += int32(sign)
		c.cells.at(m + 1).present -= int32(sign)
	}
	if 2*(to-from) > cutoff {
		c.spread.lose(w, to-from, sign)
	}
	if w.bad() {
		return c.endure(w, n, to, sign, cutoff)
	}
	if last == m {
		at.rest[trackUp] += sign * (to - from)
	} else {
		c.cells.span(trackUp, from, to, sign)
	}
	if w.raw() {
		c.counts.masked += sign * (to - from)
	}
	return n
}

// endure accounts for the time after a bad step until the next one of the visit.
func (c *scope) endure(w word, n state, to, sign, cutoff int64) state {
	from := w.time()
	c.cells.span(trackDown, from, to, sign)
	c.tails.add(w, -sign)
	if 2*(to-from) > cutoff {
		c.spread.short.add(w, sign)
	}
	if !w.gaveUp() {
		c.counts.gaveUp -= sign
	}
	if end := (to - 1) / msMinute; end > w.minute() {
		c.cells.at(w.minute() + 1).sore += int32(sign)
		c.cells.at(end + 1).sore -= int32(sign)
		n.sore = newSore(end, n.sore.debt())
	}
	return n.owe(to - from)
}

// away accounts for somebody who comes back after a visit that ended with a bad step.
func (c *scope) away(w word, gap, sign, cutoff int64) {
	if gap <= 2*cutoff {
		c.spread.long.add(w, sign)
	}
}

// spoil accounts for e, a part of the step at s.
func (c *scope) spoil(s state, e *event, sign int64) state {
	n := s
	if e.raw() {
		n.word |= flagRaw
	}
	if e.bad() && !s.word.bad() {
		c.cells.at(s.word.minute()).good -= int32(sign)
		n = c.hurtAt(n, sign)
	}
	if n.word.bad() && (e.rage() || e.bad() && e.critical()) {
		n.word |= flagSpoilt
	}
	if n.word.badVisit() && !s.word.badVisit() {
		c.counts.badVisits += sign
	}
	return n
}

// bad accounts for the bad step e, after which somebody who was in state w is in n.
func (c *scope) bad(w word, n state, e *event, sign, cutoff int64) state {
	if e.wait > 0 {
		n = c.wait(w, n, e, sign, cutoff)
	}
	n = c.hurtAt(n, sign)
	if e.critical() || e.rage() {
		n.word |= flagSpoilt
	}
	return n
}

// hurtAt accounts for the step at s, which is now known to be bad.
func (c *scope) hurtAt(s state, sign int64) state {
	m := s.word.minute()
	at := c.cells.at(m)
	at.bad += int32(sign)
	if s.word&flagMinute == 0 {
		at.hurt += int32(sign)
	}
	switch last := s.sore.minute(); {
	case !s.word.hurt():
		c.counts.hurt += sign
		at.struck += int32(sign)
		c.cells.ache(at, m, sign)
		s.sore = newSore(m, s.sore.debt())
	case last < m:
		c.cells.ache(at, m, sign)
		c.cells.page(m/60).hurtAgain.note(m%60, m-last, sign)
		s.sore = newSore(m, s.sore.debt())
	}
	if !s.word.gaveUp() {
		c.counts.gaveUp += sign // until they are seen again within the cut-off
	}
	c.tails.add(s.word, sign)
	s.word |= flagBad | flagHurt | flagMinute
	return s
}

// enoughDown is how much down time and waiting makes a visit a bad one.
//
// Source: metric 4.9; a choice.
const enoughDown = 10 * msSecond

// owe adds to the down time of the visit.
func (n state) owe(ms int64) state {
	if ms <= 0 || n.word&flagSpoilt != 0 {
		return n
	}
	debt := ms
	if n.word&flagDebt != 0 {
		debt += n.sore.debt()
	}
	n.word |= flagDebt
	if debt > enoughDown {
		n.word |= flagSpoilt
		n.word &^= flagDebt
		debt = 0
	}
	n.sore = newSore(n.sore.minute(), debt)
	return n
}

// wait charges the waiting for the bad answer e: what was up before is moved to down,
// what was nothing is added.
func (c *scope) wait(w word, n state, e *event, sign, cutoff int64) state {
	to := e.time()
	waited, moved := w.charge(e, cutoff)
	c.cells.span(trackWaited, to-waited, to, sign)
	c.cells.span(trackMoved, to-moved, to, sign)
	c.spread.wait(w, e, sign, cutoff)
	return n.owe(waited)
}

// charge returns how much of the waiting for the bad step e is charged to somebody in
// state w, and how much of that counts as up otherwise: nothing before the step before
// or, at the start of a visit, before the cut-off; nothing that is down anyway.
func (s word) charge(e *event, cutoff int64) (waited, moved int64) {
	gap := e.time() - s.time()
	switch {
	case s == 0 || gap > cutoff:
		return min(int64(e.wait), cutoff), 0
	case s.bad():
		return 0, 0
	}
	waited = min(int64(e.wait), gap)
	return waited, waited
}

// timeTo returns the time that the step e adds to somebody in state w: all of it, and
// what was good of it.
func (s word) timeTo(e *event, cutoff int64) personTime {
	var p personTime
	if gap := e.time() - s.time(); s != 0 && gap <= cutoff {
		p.all = gap
		if !s.bad() {
			p.up = gap
		}
	}
	if e.bad() && e.wait > 0 {
		waited, moved := s.charge(e, cutoff)
		p.all += waited - moved
		p.up -= moved
	}
	return p
}
