package felt

import "slices"

// A joint puts the shard b of a chunk behind the shard a of an earlier fold.
type joint struct {
	fold *Fold
	a, b *shard
	in   *segments // of b
	to   renumbered
}

func (j *joint) join() {
	a, b := j.a, j.b
	a.settle(max(a.bound, b.bound), &j.fold.segments)
	limit := min(a.sampled.limit, b.sampled.limit)
	a.sampled.limit, b.sampled.limit = limit, limit
	a.forget()
	b.forget()
	for person, h := range b.edge.heads {
		if a.people.get(person) == 0 {
			j.adopt(person)
		} else {
			j.rejoin(person, h)
		}
	}
	for n, c := range b.scopes {
		a.scopes[j.scope(n-1)+1].add(c, &j.to)
	}
	for i, c := range b.replicas {
		a.replicas[i].add(c, &j.to)
	}
	b.buffer.each(func(events []event) {
		for _, e := range j.to.events(events) {
			a.buffer.add(&e)
		}
	})
	a.late = append(a.late, j.to.events(b.late)...)
	if a.oldest == 0 {
		a.oldest = b.oldest
	}
	a.newest, a.due = max(a.newest, b.newest), 0
	a.edge = nil
	a.thin()
}

// scope returns the number in a of a segment of b, -1 for all.
func (j *joint) scope(n int) int {
	if n < 0 {
		return n
	}
	return int(j.to.segments[n])
}

// key returns the key of a person in a segment, -1 for all.
func key(person uint64, segment int) uint64 {
	if segment < 0 {
		return person
	}
	return segmentKey(person, uint16(segment))
}

func (s *shard) state(key uint64) state { return state{s.people.get(key), sore(s.sores.get(key))} }

func (s *shard) setState(key uint64, now state) {
	s.people.find(key).set(now.word)
	if now.sore != 0 || s.sores.get(key) != 0 {
		s.sores.find(key).set(word(now.sore))
	}
}

// adopt takes over somebody whom a does not know.
func (j *joint) adopt(person uint64) {
	for n := -1; n < len(j.in.list); n++ {
		if now := j.b.state(key(person, n)); now.word != 0 {
			now.word = j.to.word(now.word)
			j.a.setState(key(person, j.scope(n)), now)
		}
	}
}

// rejoin counts anew what somebody did in b until they were away for long, now that it
// is known where they stood before, and corrects what followed.
func (j *joint) rejoin(person uint64, h *head) {
	alone := map[int]state{}
	j.b.retrace(alone, h.events, -1, &j.fold.cutoffs, j.in)
	joined := map[int]state{}
	for n := -1; n < len(j.fold.segments.list); n++ {
		if now := j.a.state(key(person, n)); now.word != 0 {
			joined[n] = now
		}
	}
	j.a.retrace(joined, j.to.events(h.events), 1, &j.fold.cutoffs, &j.fold.segments)
	for n := -1; n < len(j.in.list); n++ {
		k := key(person, n)
		if final, after := j.b.state(k), j.b.edge.after.get(k); after != 0 {
			to := j.scope(n)
			t := tail{after: after, hurt: int64(j.b.edge.hurt.get(k)), final: state{j.to.word(final.word), final.sore}}
			joined[to] = t.behind(j.b.scopes[n+1], alone[n], joined[to])
		}
	}
	for n := range alone {
		if joined[j.scope(n)].word == 0 { // what seemed a step of its own was a part of one before
			delete(j.b.scopes[n+1].sample, person)
		}
	}
	for n, now := range joined {
		j.a.setState(key(person, n), now)
	}
}

// retrace counts (sign 1) or takes back (sign -1) what one person did, in order, gaps
// between steps too.
func (s *shard) retrace(states map[int]state, events []event, sign int64, cuts *cutoffs, in *segments) {
	for i := range events {
		e := &events[i]
		era := cuts.at(e.time())
		all := states[-1].word
		part, mix := all.belongs(e, era.all), e.mix
		if part {
			mix = all.mix()
		}
		for _, n := range append([]int{-1}, widened(in.mixes[mix].segments)...) {
			if w := states[n].word; !part {
				s.scopes[n+1].gaps.between(w, e.time(), sign)
			}
			s.again(n, states, e, part, sign, era)
		}
	}
}

func widened(list []uint16) []int {
	wide := make([]int, len(list))
	for i, n := range list {
		wide[i] = int(n)
	}
	return wide
}

// between counts (sign 1) or takes back (sign -1) the gap from w until t.
func (g *gaps) between(w word, t, sign int64) {
	if gap := t - w.time(); w != 0 && gap < longestGap {
		g[gapBucket(uint64(gap)/1000)] += uint32(sign)
	}
}

// A tail is what somebody did after the head, in one scope.
type tail struct {
	after word  // when it began, and flagGaveUp if a visit of it ended with a bad step
	hurt  int64 // the minute since 1970 of the first bad step of it, 0 for none
	final state // where they stood after it when nothing was known of what was before the chunk
}

// behind moves the tail, counted in c behind the state alone, behind the state joined,
// and returns where they stand after it. In both they had been away for long.
func (t tail) behind(c *scope, alone, joined state) state {
	if alone.word.time() != joined.word.time() {
		t.returned(c, alone.word, -1)
		t.returned(c, joined.word, 1)
	}
	if t.hurt != 0 {
		t.struck(c, alone, -1)
		t.struck(c, joined, 1)
	}
	c.counts.gaveUp += t.gaveUp(joined.word) - t.gaveUp(alone.word)
	now := state{t.final.word &^ lasting, joined.sore}
	now.word |= joined.word & lasting
	if joined.word.bad() || t.after.gaveUp() {
		now.word |= flagGaveUp
	}
	if t.hurt != 0 {
		now.word, now.sore = now.word|flagHurt, t.final.sore
	}
	return now
}

// returned counts that somebody who stood at w came, for the first time or again.
func (t tail) returned(c *scope, w word, sign int64) {
	m := t.after.minute()
	page := c.cells.page(t.after.time() / msHour)
	if w == 0 {
		c.counts.people += sign
		page.cells[m%60].first += int32(sign)
		return
	}
	page.came.note(m%60, m-w.minute(), sign)
	c.gaps.between(w, t.after.time(), sign)
}

// struck counts that somebody who stood at s was hurt, for the first time or again.
func (t tail) struck(c *scope, s state, sign int64) {
	page := c.cells.page(t.hurt / 60)
	if !s.word.hurt() {
		c.counts.hurt += sign
		page.cells[t.hurt%60].struck += int32(sign)
		return
	}
	page.hurtAgain.note(t.hurt%60, t.hurt-s.sore.minute(), sign)
}

// gaveUp returns 1 if somebody who stood at w is one more who gave up after the tail.
func (t tail) gaveUp(w word) int64 {
	if (t.after.gaveUp() || t.final.word.bad()) && !w.gaveUp() && !w.bad() {
		return 1
	}
	return 0
}

// add adds the sums of o, whose mixes have other numbers, to c.
func (c *scope) add(o *scope, to *renumbered) {
	for i, n := range c.counts.all() {
		*n += *o.counts.all()[i]
	}
	for hour, p := range o.cells.pages {
		c.cells.page(hour).add(p)
	}
	c.tails.merge(o.tails, to)
	c.spread.short.merge(o.spread.short, to)
	c.spread.long.merge(o.spread.long, to)
	c.spread.half.add(&o.spread.half)
	c.spread.twice.add(&o.spread.twice)
	for i, n := range o.gaps {
		c.gaps[i] += n
	}
	for person, t := range o.sample {
		c.remember(person, *t)
	}
}

func (p *page) add(o *page) {
	for i := range p.cells {
		a, b := &p.cells[i], &o.cells[i]
		for t := range tracks {
			a.rest[t] += b.rest[t]
			a.full[t] += b.full[t]
		}
		for k, n := range b.numbers() {
			*a.numbers()[k] += *n
		}
	}
	p.came = slices.Concat(p.came, o.came)
	p.hurtAgain = slices.Concat(p.hurtAgain, o.hurtAgain)
}
