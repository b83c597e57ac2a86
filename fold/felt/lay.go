package felt

import (
	"maps"
	"slices"
)

// A laid is a scope laid out day by day. It is kept from one answer to the next: a day in
// which nothing changed stays as it is.
type laid struct {
	day    int64     // since 1970: that of the first minute of the period
	period period    // that it is laid out for
	parts  int       // in how many shards
	days   []*daily  // with what is charged
	carry  [][]carry // before each day and after the last, by shard: what goes on from the day before
	before tally     // of the days before the first
	early  tally     // of the facts that wait, in days before the first
	tops   [2]int    // the days, from one up to another, in which facts that wait were counted on top

	fresh map[int]*daily // days that are laid out anew, and nobody is charged in yet
	since int            // the first day that may be another one than in the answer before
	same  int            // how many minutes of the period are as they were in it

	normal recovery
	owed   owed
	spells spells
	curve  curve
}

// A period is the time that an answer is about.
type period struct {
	first, last int64 // minutes since 1970
	to          int64 // Unix milliseconds
}

// days returns how many days the period touches.
func (p period) days() int { return int(p.last/dayMinutes-p.first/dayMinutes) + 1 }

// minutes returns how many there are.
func (p period) minutes() int { return int(p.last-p.first) + 1 }

// clip returns which minutes of a day since 1970 are in the period.
func (p period) clip(day int64) (from, to int) {
	midnight := day * dayMinutes
	return int(max(0, min(dayMinutes, p.first-midnight))), int(max(0, min(dayMinutes, p.last+1-midnight)))
}

// lay lays out what changed of the parts of a scope. Nobody is charged yet.
func (q *question) lay(l *laid, parts parts) {
	settled, waiting := parts.settled, parts.waiting
	dirty := l.begin(q.period, settled)
	q.layEarly(l, settled, waiting, dirty)
	from := len(l.days)
	for k := range dirty {
		if k >= 0 {
			from = min(from, k)
		}
	}
	if from == len(l.days) {
		return
	}
	now, top := slices.Clone(l.carry[from]), make([]carry, len(waiting))
	if l.tops[0] < 0 {
		top = q.carried(waiting, l.day)
	}
	for k := from; k < len(l.days); k++ {
		if !dirty[k] && slices.Equal(now, l.carry[k]) {
			copy(now, l.carry[k+1])
			continue
		}
		l.carry[k] = slices.Clone(now)
		l.fresh[k] = q.draft(l, k, settled, now, waiting, top)
	}
	l.carry[len(l.days)] = now
}

// begin makes l ready for a period, and returns the days that are to be laid out anew.
func (l *laid) begin(p period, settled []*scope) map[int]bool {
	dirty := map[int]bool{}
	old := l.period
	if anew := l.days == nil || old.first != p.first || l.parts != len(settled); anew {
		*l = laid{day: p.first / dayMinutes, parts: len(settled), carry: [][]carry{make([]carry, len(settled))}}
		for _, c := range settled {
			for hour := range c.cells.pages {
				dirty[int(hour/24-l.day)] = true
			}
			for day := range c.tails.days {
				l.owed.note(int(day - l.day))
			}
		}
	} else {
		for k := int(old.last/dayMinutes - l.day); k < p.days(); k++ { // more minutes are in the period
			dirty[k] = true
		}
		l.same = old.minutes()
	}
	l.period, l.fresh, l.since = p, map[int]*daily{}, int(max(0, old.last/dayMinutes-l.day))
	l.owed.begin()
	for len(l.days) < p.days() {
		l.days, l.carry = append(l.days, nil), append(l.carry, make([]carry, l.parts))
		dirty[len(l.days)-1] = true
	}
	for k := l.tops[0]; k < l.tops[1]; k++ {
		dirty[k] = true
	}
	for _, c := range settled {
		c.cells.changed(func(hour int64) { dirty[int(hour/24-l.day)] = true })
		for _, t := range c.allTails() {
			for day := range t.touched {
				l.owed.note(int(day - l.day))
			}
			clear(t.touched)
		}
	}
	return dirty
}

func (c *scope) allTails() []*tails { return []*tails{&c.tails, &c.spread.short, &c.spread.long} }

// layEarly looks at what is before the first day, and at the days of what waits.
func (q *question) layEarly(l *laid, settled, waiting []*scope, dirty map[int]bool) {
	for k := range dirty {
		if k < 0 {
			l.carry[0], l.before = q.sumUp(settled, l.day)
			dirty[0] = true
			break
		}
	}
	l.tops, l.early = [2]int{len(l.days), 0}, tally{}
	for _, c := range waiting {
		for hour := range c.cells.pages {
			k := int(hour/24 - l.day)
			l.tops = [2]int{min(l.tops[0], k), max(l.tops[1], k+1)}
		}
		for _, t := range c.allTails() {
			for day := range t.days {
				l.owed.note(int(day - l.day))
				l.owed.again = append(l.owed.again, int(day-l.day))
			}
		}
	}
	for k := max(0, l.tops[0]); k < l.tops[1]; k++ {
		dirty[k] = true
	}
	if l.tops[0] < 0 {
		_, l.early = q.sumUp(waiting, l.day)
	}
}

// sumUp returns the sums of parts before a day since 1970, and what goes on into it.
func (q *question) sumUp(parts []*scope, until int64) ([]carry, tally) {
	d := &q.kept.draft
	list := make([]carry, len(parts))
	var sum tally
	for i, c := range parts {
		days := map[int64]bool{}
		for hour := range c.cells.pages {
			days[hour/24] = true
		}
		last := until
		for _, day := range slices.Sorted(maps.Keys(days)) {
			if day >= until {
				break
			}
			sum.still(&list[i], day-last)
			d.begin()
			d.lay(&c.cells, day, &list[i])
			sum.add(&d.sums)
			last = day + 1
		}
		sum.still(&list[i], until-last)
	}
	return list, sum
}

// carried returns what goes on into a day.
func (q *question) carried(parts []*scope, until int64) []carry {
	list, _ := q.sumUp(parts, until)
	return list
}

// draft lays out one day; now and top go on into it, and out of it.
func (q *question) draft(l *laid, k int, settled []*scope, now []carry, waiting []*scope, top []carry) *daily {
	d, day := &q.kept.draft, l.day+int64(k)
	d.begin()
	for i, c := range settled {
		d.lay(&c.cells, day, &now[i])
	}
	for i, c := range waiting {
		d.lay(&c.cells, day, &top[i])
	}
	if d.some {
		from, to := l.period.clip(day)
		d.clip(from, to)
	}
	return d.daily()
}

// at returns a day, as it is laid out anew if it is.
func (l *laid) at(k int) *daily {
	if d, ok := l.fresh[k]; ok {
		return d
	}
	return l.days[k]
}

// put makes a day another one, unless it is the same.
func (l *laid) put(k int, d *daily) {
	old := l.days[k]
	at := old.differ(d)
	if at == dayMinutes && old != nil && d != nil && old.sums == d.sums {
		return
	}
	l.days[k], l.since = d, min(l.since, k)
	l.same = min(l.same, max(0, int((l.day+int64(k))*dayMinutes-l.period.first)+at))
}

// firstFresh returns the first day that is laid out anew; as many as there are days for none.
func (l *laid) firstFresh() int {
	first := len(l.days)
	for k := range l.fresh {
		first = min(first, k)
	}
	return first
}

// sum returns the sums of all days.
func (l *laid) sum() tally {
	sum := l.before
	sum.add(&l.early)
	for _, d := range l.days {
		if d != nil {
			sum.add(&d.sums)
		}
	}
	return sum
}
