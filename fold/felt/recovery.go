package felt

import (
	"math/bits"
	"slices"
)

// Limits of what is normal. The judgement pools minutes until poolPeople were there
// (fewer say nothing). Normal is at most twice the median share of hurt people, plus
// bandPermille, and never above worstNormal. All three are guesses.
const (
	poolPeople   = 5
	bandPermille = 10
	worstNormal  = 200
)

// A recovery tells, for each minute of a journey, whether it was normal again. It looks at
// everybody but never at the future of one person, so it can be known live.
type recovery struct {
	limit  int64     // the largest share of hurt people that is normal, in thousandths
	pools  []pool    // before each day, and after the last: people of whom too few were there to judge
	shares [][]share // by day: what was judged in it
	judged [1001]int // how often so many thousandths were hurt
	days   []normalDay
}

// A pool is some people.
type pool struct{ active, hurt int64 }

// A share is how often some thousandths of people were hurt.
type share struct{ permille, times uint16 }

// normalDay says which minutes of a day were normal, one bit each.
type normalDay struct {
	bits  *[(dayMinutes + 63) / 64]uint64 // nil: none
	ahead []pool                          // the minutes after the day that its last ones were judged with
}

// judge judges the days of l that are laid out anew, and which others hang on them, and
// shows those that are not judged as before.
func (l *laid) judge(show func(day int)) {
	r := &l.normal
	if len(l.fresh) == 0 {
		return
	}
	first := l.firstFresh()
	limit := r.limit
	l.pool(first)
	for len(r.days) < len(l.days) {
		r.days = append(r.days, normalDay{})
	}
	if limit != r.limit {
		first = 0
	}
	var ahead []pool
	for k := len(l.days) - 1; k >= 0; k-- {
		_, fresh := l.fresh[k]
		if same := limit == r.limit && !fresh && slices.Equal(ahead, r.days[k].ahead); same {
			if k < first {
				return
			}
			if k > 0 {
				ahead = r.days[k-1].ahead
			}
			continue
		}
		old := r.days[k]
		r.days[k], ahead = normalDayOf(l.at(k), ahead, r.limit)
		if !old.same(r.days[k]) {
			show(k)
		}
	}
}

// pool judges people from a day on, and with that says what is normal.
func (l *laid) pool(first int) {
	r := &l.normal
	if r.pools == nil {
		r.pools = []pool{{}}
	}
	for k := first; k < len(l.days); k++ {
		if k == len(r.shares) {
			r.shares, r.pools = append(r.shares, nil), append(r.pools, pool{})
		}
		for _, s := range r.shares[k] {
			r.judged[s.permille] -= int(s.times)
		}
		r.shares[k], r.pools[k+1] = l.at(k).judge(r.pools[k])
		for _, s := range r.shares[k] {
			r.judged[s.permille] += int(s.times)
		}
	}
	all := 0
	for _, n := range r.judged {
		all += n
	}
	r.limit = bandPermille
	if all == 0 {
		return
	}
	left := all / 2
	for permille, n := range r.judged {
		if left -= n; left < 0 {
			r.limit = min(2*int64(permille)+bandPermille, worstNormal)
			return
		}
	}
}

// judge judges the people of a day, those of p first, as soon as there are enough, and
// returns those who are left.
func (d *daily) judge(p pool) ([]share, pool) {
	if d == nil {
		return nil, p
	}
	var times [1001]uint16
	for i := range dayMinutes {
		active, hurt := d.minute(i)
		p.active, p.hurt = p.active+int64(active), p.hurt+int64(hurt)
		if p.active >= poolPeople {
			times[max(0, min(1000, p.hurt*1000/p.active))]++
			p = pool{}
		}
	}
	var list []share
	for permille, n := range times {
		if n > 0 {
			list = append(list, share{uint16(permille), n})
		}
	}
	return list, p
}

// normalDayOf returns which minutes of d are normal, when those after it are ahead, and
// the minutes ahead of the day before. It pools each minute with those after it until
// enough people are there. Somebody must have been there who was not hurt: without such a
// witness it is not known to have recovered.
func normalDayOf(d *daily, ahead []pool, limit int64) (normalDay, []pool) {
	n := normalDay{ahead: ahead}
	if d == nil {
		return n, ahead
	}
	list := slices.Clone(ahead) // the pool, its last minute first
	slices.Reverse(list)
	var all pool
	for _, m := range list {
		all.active, all.hurt = all.active+m.active, all.hurt+m.hurt
	}
	from := 0 // of list
	for i := dayMinutes - 1; i >= 0; i-- {
		active, hurt := d.minute(i)
		if active == 0 && hurt == 0 {
			continue
		}
		list = append(list, pool{int64(active), int64(hurt)})
		all.active, all.hurt = all.active+int64(active), all.hurt+int64(hurt)
		for from < len(list)-1 && all.active-list[from].active >= poolPeople {
			all.active, all.hurt = all.active-list[from].active, all.hurt-list[from].hurt
			from++
		}
		if active > 0 && active > hurt && all.hurt*1000 <= limit*all.active {
			if n.bits == nil {
				n.bits = new([(dayMinutes + 63) / 64]uint64)
			}
			n.bits[i/64] |= 1 << (i % 64)
		}
	}
	left := slices.Clone(list[from:])
	slices.Reverse(left)
	return n, left
}

// same reports whether the same minutes are normal.
func (n normalDay) same(o normalDay) bool {
	if n.bits == nil || o.bits == nil {
		return n.bits == o.bits
	}
	return *n.bits == *o.bits
}

// next returns the first normal minute from one on, dayMinutes if there is none.
func (n normalDay) next(minute int) int {
	if n.bits == nil {
		return dayMinutes
	}
	for w := minute / 64; w < len(n.bits); w++ {
		word := n.bits[w]
		if w == minute/64 {
			word &= ^uint64(0) << (minute % 64)
		}
		if word != 0 {
			return w*64 + bits.TrailingZeros64(word)
		}
	}
	return dayMinutes
}

// after returns when the journey had recovered from something at t: the start of the first
// normal minute after the minute of t, at most end; any time after enough will do when that
// was later. Unix milliseconds.
func (l *laid) after(t, end, enough int64) int64 {
	m := t/msMinute + 1
	if l == nil || m < l.period.first || m > l.period.last {
		return max(t, end)
	}
	for ; m*msMinute < enough; m = m/dayMinutes*dayMinutes + dayMinutes {
		k := int(m/dayMinutes - l.day)
		if k >= len(l.normal.days) {
			break
		}
		if at := l.normal.days[k].next(int(m % dayMinutes)); at < dayMinutes {
			return max(t, min(end, (m/dayMinutes*dayMinutes+int64(at))*msMinute))
		}
	}
	return max(t, end)
}
