package felt

import "slices"

// What follows lays out every scope minute by minute, from nothing: slow, and as plain as
// can be. The answers of the fold must be the same.

type plainSums [tracks]int64

type plainQuestion struct {
	question
	all             []*shard
	first, last, to int64
	plainRecovery   []plainRecovery
}

// A plainSeries is a scope laid out minute by minute, from the first to the last.
type plainSeries struct {
	first    int64      // minute since 1970 of index 0
	up, down []int64    // felt person-time, milliseconds
	active   []int32    // people with a step
	hurt     []int32    // of those: with a bad one
	there    plainCrowd // people who were there
	sore     plainCrowd // people who had a bad time
}

// newPlainSeries lays out a scope, of which parts are in several shards. Waiting is charged
// already; who gave up is charged after.
func newPlainSeries(parts []*scope, first, last int64) *plainSeries {
	n := int(last - first + 1)
	s := &plainSeries{
		first: first, up: make([]int64, n), down: make([]int64, n), active: make([]int32, n), hurt: make([]int32, n),
		there: newPlainCrowd(n), sore: newPlainCrowd(n),
	}
	for _, c := range parts {
		s.lay(&c.cells)
	}
	s.there.finish(first)
	s.sore.finish(first)
	return s
}

// lay adds cells.
func (s *plainSeries) lay(c *cells) {
	var full [tracks]int64
	var present, sore int32
	last := s.first + int64(len(s.up))
	at := s.first // the minute up to which the plainSeries is filled
	for _, h := range c.hours() {
		s.fill(at, h*60, &full, present, sore)
		p := c.pages[h]
		for i := range p.cells {
			m := &p.cells[i]
			present += m.present
			sore += m.sore
			for t := range full {
				full[t] += int64(m.full[t])
			}
			if minute := h*60 + int64(i); minute >= s.first && minute < last {
				s.minute(int(minute-s.first), m, &full, present, sore)
			}
		}
		at = h*60 + 60
		s.there.come(p.came, h)
		s.sore.come(p.hurtAgain, h)
	}
	s.fill(at, last, &full, present, sore)
}

// fill lays out the minutes of a gap between pages.
func (s *plainSeries) fill(from, to int64, full *[tracks]int64, present, sore int32) {
	if present == 0 && sore == 0 && *full == [tracks]int64{} {
		return
	}
	var nobody cell
	for m := max(from, s.first); m < to && m-s.first < int64(len(s.up)); m++ {
		s.minute(int(m-s.first), &nobody, full, present, sore)
	}
}

func (s *plainSeries) minute(i int, m *cell, full *[tracks]int64, present, sore int32) {
	s.up[i] += m.rest[trackUp] - m.rest[trackMoved] + (full[trackUp]-full[trackMoved])*msMinute
	s.down[i] += m.rest[trackDown] + m.rest[trackWaited] + (full[trackDown]+full[trackWaited])*msMinute
	s.active[i] += m.active
	s.hurt[i] += m.hurt
	s.there.now[i] += present
	s.there.first[i+1] += int64(m.first)
	s.sore.now[i] += sore
	s.sore.first[i+1] += int64(m.struck)
}

// charge adds n times the person-time [from, to), in Unix milliseconds, to what was
// felt as down.
func (s *plainSeries) charge(from, to, n int64) {
	from = max(from, s.first*msMinute)
	for from < to {
		m := from / msMinute
		end := min(to, (m+1)*msMinute)
		i := m - s.first
		if i >= int64(len(s.down)) {
			return
		}
		s.down[i] += n * (end - from)
		from = end
	}
}

// A plainCrowd counts different people over any stretch of minutes, exactly: those who are
// in the first minute, those who are there for the first time after it, and those who
// come back after it and had not been there since.
type plainCrowd struct {
	now   []int32         // per minute: people in it
	first []int64         // before each minute: people who have been there
	back  []int64         // before each minute: times that somebody came back
	last  []int32         // of each of these, by minute: where they had been before; an index, or below 0
	lists []plainReturned // what back and last are made of
}

// plainReturned are those who plainReturned in one hour.
type plainReturned struct {
	hour int64
	list returns
}

func newPlainCrowd(minutes int) plainCrowd {
	return plainCrowd{now: make([]int32, minutes), first: make([]int64, minutes+1), back: make([]int64, minutes+1)}
}

// come notes who came back in an hour; list must stay as it is until finish.
func (c *plainCrowd) come(list returns, hour int64) {
	if len(list) > 0 {
		c.lists = append(c.lists, plainReturned{hour, list})
	}
}

// finish sums up. first is the minute of index 0.
func (c *plainCrowd) finish(first int64) {
	c.each(first, func(at, _ int64) { c.back[at+1]++ })
	for i := range c.now {
		c.first[i+1] += c.first[i]
		c.back[i+1] += c.back[i]
	}
	next := slices.Clone(c.back)
	c.last = make([]int32, c.back[len(c.now)])
	c.each(first, func(at, last int64) { // within one minute any order will do
		c.last[next[at]] = int32(last)
		next[at]++
	})
	c.lists = nil
}

// each shows every comeback of the period: the indexes of its minute and of the one before.
func (c *plainCrowd) each(first int64, show func(at, last int64)) {
	for _, r := range c.lists {
		for _, one := range r.list {
			if at := r.hour*60 + int64(one&63) - first; at >= 0 && at < int64(len(c.now)) {
				show(at, at-int64(one>>6))
			}
		}
	}
}

// people counts the different people in n minutes, at least one, from index i on.
func (c *plainCrowd) people(i, n int) int64 {
	sure := int64(c.now[i]) + c.first[i+n] - c.first[i+1]
	for _, last := range c.last[c.back[i+1]:c.back[i+n]] {
		if int(last) < i {
			sure++
		}
	}
	return sure
}

// atLeast reports whether there were so many people, and looks closely only if it must.
func (c *plainCrowd) atLeast(people int64, i, n int) bool {
	sure := int64(c.now[i]) + c.first[i+n] - c.first[i+1]
	maybe := c.back[i+n] - c.back[i+1]
	return sure >= people || sure+maybe >= people && c.people(i, n) >= people
}

type plainRecovery struct {
	first  int64
	normal []int32 // per minute: the index of the first normal minute from there on
}

func newPlainRecovery(s *plainSeries) plainRecovery {
	r := plainRecovery{first: s.first, normal: make([]int32, len(s.active))}
	limit := s.normalPermille()
	end := len(s.active) // the pool is [i, end)
	var active, hurt int64
	next := int32(len(s.active))
	for i := len(s.active) - 1; i >= 0; i-- {
		active += int64(s.active[i])
		hurt += int64(s.hurt[i])
		for end-1 > i && active-int64(s.active[end-1]) >= poolPeople {
			end--
			active -= int64(s.active[end])
			hurt -= int64(s.hurt[end])
		}
		if s.active[i] > 0 && s.good(i) && hurt*1000 <= limit*active {
			next = int32(i)
		}
		r.normal[i] = next
	}
	return r
}

// good reports whether somebody was there in minute i who was not hurt: without
// such a witness it is not known to have recovered.
func (s *plainSeries) good(i int) bool { return s.active[i] > s.hurt[i] }

// normalPermille returns the largest share of hurt people, in thousandths, that is
// normal for this journey.
func (s *plainSeries) normalPermille() int64 {
	var shares []int64
	var active, hurt int64
	for i := range s.active {
		active += int64(s.active[i])
		hurt += int64(s.hurt[i])
		if active >= poolPeople {
			shares = append(shares, hurt*1000/active)
			active, hurt = 0, 0
		}
	}
	if len(shares) == 0 {
		return bandPermille
	}
	slices.Sort(shares)
	return min(2*shares[len(shares)/2]+bandPermille, worstNormal)
}

// after returns when the journey had recovered from something at t: the start of the
// first normal minute after the minute of t, at most end. Unix milliseconds.
func (r plainRecovery) after(t, end int64) int64 {
	i := t/msMinute - r.first + 1
	if i < 0 || i >= int64(len(r.normal)) {
		return max(t, end)
	}
	if n := r.normal[i]; int(n) < len(r.normal) {
		return max(t, min(end, (r.first+int64(n))*msMinute))
	}
	return max(t, end)
}

// spells returns the bad spells of s.
func (s *plainSeries) spells() []Spell {
	var list []Spell
	limit := s.normalPermille() + spellPermille
	open, last := -1, -1 // the spell at hand: its first and last bad minute
	var active, hurt int64
	for i := range s.active {
		active += int64(s.active[i])
		hurt += int64(s.hurt[i])
		if i >= spellMinutes {
			active -= int64(s.active[i-spellMinutes])
			hurt -= int64(s.hurt[i-spellMinutes])
		}
		if s.hurt[i] > 0 && hurt >= spellPeople && hurt*1000 >= limit*active {
			if open < 0 {
				open = s.firstHurt(i)
			}
			last = i
		}
		if open >= 0 && i-last >= spellQuiet {
			list = append(list, s.spell(open, last))
			open = -1
		}
	}
	if open >= 0 {
		list = append(list, s.spell(open, last))
	}
	return list
}

// firstHurt returns the first minute with somebody hurt of those that made minute i bad.
func (s *plainSeries) firstHurt(i int) int {
	first := i
	for j := i; j >= 0 && j > i-spellMinutes; j-- {
		if s.hurt[j] > 0 {
			first = j
		}
	}
	return first
}

func (s *plainSeries) spell(from, last int) Spell {
	return Spell{
		From: (s.first + int64(from)) * msMinute, To: (s.first + int64(last) + 1) * msMinute,
		People: s.sore.people(from, last-from+1),
	}
}

// charge charges s for the people who gave up: from their last bad step until the
// journey had recovered, at most the cut-off. It returns how much that is, and how much
// it would be with half and with twice the cut-off.
func (q *plainQuestion) charge(parts []*scope, s *plainSeries) (charged [3]int64) {
	count := func(t tails, sign int64, which ...int) {
		for _, tail := range t.all() {
			n := t.of(tail)
			at, mix := int64(tail&uint64(wordTime)), tail>>42
			era := q.fold.cutoffs.at(at)
			journey := q.fold.segments.mixes[mix].segments[0]
			until := q.plainRecovery[journey].after(at, q.to)
			for _, k := range which {
				cut := era.all
				switch k {
				case 1:
					cut /= 2
				case 2:
					cut *= 2
				}
				most := min(cut, until-at)
				charged[k] += sign * most * int64(n)
				if k == 0 {
					s.charge(at, at+most, int64(n))
				}
			}
		}
	}
	for _, c := range parts {
		count(c.tails, 1, 0, 1, 2)
		count(c.spread.short, 1, 1)
		count(c.spread.long, -1, 2)
	}
	return charged
}

// add adds the person-time in c.
func (s *plainSums) add(c *cells) {
	var full [tracks]int64
	var at int64
	for _, h := range c.hours() {
		p := c.pages[h]
		for t := range full {
			s[t] += full[t] * msMinute * (h*60 - at)
			for i := range p.cells {
				full[t] += int64(p.cells[i].full[t])
				s[t] += p.cells[i].rest[t] + full[t]*msMinute
			}
		}
		at = h*60 + 60
	}
}

// steps returns how many steps there were, good and bad.
func (c *cells) plainSteps() (good, bad int64) {
	for _, p := range c.pages {
		for i := range p.cells {
			good += int64(p.cells[i].good)
			bad += int64(p.cells[i].bad)
		}
	}
	return good, bad
}

// everyHour returns the hours of s.
func (s *plainSeries) everyHour() []Hour {
	end := s.first + int64(len(s.up))
	hours := make([]Hour, 0, len(s.up)/60+2)
	for m := s.first; m < end; m = m/60*60 + 60 {
		i, n := int(m-s.first), int(min(end, m/60*60+60)-m)
		hours = append(hours, Hour{From: m / 60 * msHour, Active: s.there.people(i, n), Hurt: s.sore.people(i, n)})
	}
	return hours
}
