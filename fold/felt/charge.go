package felt

import (
	"maps"
	"slices"
)

// What people are charged for who gave up: from their last bad step until the journey had
// recovered, at most the cut-off.
type owed struct {
	days   [][3]int64   // by day: of those who gave up in it; with the cut-off, half and twice of it
	before [3]int64     // of the days before the first
	open   map[int]bool // days of which it may be another
	again  []int        // days of which it will be another in the next answer: those of facts that wait
}

// note notes that what is charged for those who gave up in a day may be another.
func (o *owed) note(day int) {
	if o.open == nil {
		o.open = map[int]bool{}
	}
	o.open[day] = true
}

// begin begins the next answer.
func (o *owed) begin() {
	for _, k := range o.again {
		o.note(k)
	}
	o.again = o.again[:0]
}

// sum returns what is charged in all.
func (o *owed) sum() (all [3]int64) {
	all = o.before
	for _, d := range o.days {
		for k, ms := range d {
			all[k] += ms
		}
	}
	return all
}

// charge charges people in the days that are laid out anew, and in those where that may be
// another than before, and puts them in their place. lately is the first day in which it
// hangs on the end of the period.
func (q *question) charge(l *laid, parts parts, lately int) {
	again := map[int]bool{}
	for k := range l.fresh {
		again[k] = true
	}
	if !q.fold.options.Paper {
		for len(l.owed.days) < len(l.days) {
			l.owed.days = append(l.owed.days, [3]int64{})
		}
		for k := max(0, lately); k < len(l.days); k++ {
			l.owed.note(k)
		}
		for k := range q.unsure {
			l.owed.note(k)
		}
		q.sumOwed(l, parts)
		for k := range l.owed.open {
			for j := max(0, k); j <= min(k+1, len(l.days)-1); j++ { // nobody is charged for more than a day
				again[j] = true
			}
		}
	}
	clear(l.owed.open)
	for _, k := range slices.Sorted(maps.Keys(again)) {
		l.put(k, q.chargeDay(l, parts, k))
	}
	l.fresh = nil
}

// sumOwed sums up what is charged for those who gave up in days in which it may be another.
func (q *question) sumOwed(l *laid, parts parts) {
	early := false
	for k := range l.owed.open {
		if early = early || k < 0; k >= 0 && k < len(l.days) {
			l.owed.days[k] = q.owedOn(parts, l.day+int64(k))
		}
	}
	if early {
		l.owed.before = [3]int64{}
		days := map[int64]bool{}
		for _, c := range parts.each() {
			for _, t := range c.allTails() {
				for day := range t.days {
					days[day] = day < l.day
				}
			}
		}
		for day, before := range days {
			if before {
				for k, ms := range q.owedOn(parts, day) {
					l.owed.before[k] += ms
				}
			}
		}
	}
}

// owedOn returns what is charged for those who gave up on a day.
func (q *question) owedOn(parts parts, day int64) (sum [3]int64) {
	for _, c := range parts.each() {
		for tail, n := range c.tails.days[day] {
			for k := range sum {
				sum[k] += q.most(tail, k) * int64(n)
			}
		}
		for tail, n := range c.spread.short.days[day] {
			sum[1] += q.most(tail, 1) * int64(n)
		}
		for tail, n := range c.spread.long.days[day] {
			sum[2] -= q.most(tail, 2) * int64(n)
		}
	}
	return sum
}

// most returns how long somebody is charged for whom a tail stands: with the cut-off (0),
// half (1) or twice of it (2).
func (q *question) most(tail uint64, which int) int64 {
	at, cut := int64(tail&uint64(wordTime)), q.cutAt(tail)
	switch which {
	case 1:
		cut /= 2
	case 2:
		cut *= 2
	}
	journey := q.fold.segments.mixes[tail>>42].segments[0]
	return min(cut, q.kept.scopes[journey+1].after(at, q.period.to, at+cut)-at)
}

func (q *question) cutAt(tail uint64) int64 {
	return q.fold.cutoffs.at(int64(tail & uint64(wordTime))).all
}

// chargeDay returns a day with what is charged in it.
func (q *question) chargeDay(l *laid, parts parts, k int) *daily {
	one, ok := l.fresh[k]
	if !ok { // facts that wait have nothing in it
		now := slices.Clone(l.carry[k])
		one = q.draft(l, k, parts.settled, now, nil, nil)
	}
	if q.fold.options.Paper {
		return one
	}
	more := &q.kept.more
	clear(more[:])
	some := false
	day := l.day + int64(k)
	first, end := l.period.clip(day)
	midnight := day * msDay
	add := func(tail uint64, n int32) {
		from := int64(tail & uint64(wordTime))
		to := min(from+q.most(tail, 0), midnight+int64(end)*msMinute)
		for from = max(from, midnight+int64(first)*msMinute); from < to; some = true {
			m := from/msMinute - day*dayMinutes
			next := min(to, from/msMinute*msMinute+msMinute)
			more[m] += int64(n) * (next - from)
			from = next
		}
	}
	for _, c := range parts.each() {
		for tail, n := range c.tails.days[day-1] {
			if int64(tail&uint64(wordTime))+q.cutAt(tail) > midnight {
				add(tail, n)
			}
		}
		for tail, n := range c.tails.days[day] {
			add(tail, n)
		}
	}
	if !some {
		return one
	}
	return one.charged(more, &q.kept.draft)
}
