package felt

import (
	"cmp"
	"slices"
	"time"

	"github.com/honderd/honderd/internal/worst"
)

// Answer is what the fold knows. All times are in milliseconds.
type Answer struct {
	Cutoff   time.Duration
	Learned  bool   // the cut-off was learned, not chosen
	Version  string // of the learned cut-offs: the quarter of a year in which they hold, such as 2026Q4
	From, To int64  // Unix; both 0 when there was nobody
	Final    int64  // Unix: what is before does not change any more, but for what comes too late
	Late     int64  // experiences that came too late to be placed
	All      Scope
	Journeys []Scope     // those with anybody in them, by name
	Apart    []Dimension // what else is counted apart
	Spells   []Spell     // the bad ones, in the order in which they came
}

// Dimension is what people are told apart by: steps, or a label.
type Dimension struct {
	Name   string
	Over   bool    // there were too many values: the rest is counted as Other
	Values []Scope // those with anybody in them, by name
}

// Scope is what is known of all steps, or of those of one segment.
type Scope struct {
	Name              string
	Cutoff            time.Duration
	Good, Bad         int64 // steps
	People            int64
	Hurt              int64 // people with a bad step
	GaveUp            int64 // people whose visit ended with a bad step
	Visits, BadVisits int64
	Up, Down          int64 // user-uptime, as in the paper
	FeltUp, FeltDown  int64
	Charged           int64   // of FeltDown: for people who gave up
	Masked            int64   // person-time in which only the machines were down
	Half, Twice       Variant // with half and with twice the cut-off
	Effective         float64 // how many equal people would tell as much about shares of time
	Windows           []Window
	AtLeast           []Window // of each length of Windows: the worst that is as long or longer; only of all
	Bootstrap         []Range  // of each of Windows, the interval of the bootstrap; only of all, and only with Options.Replicas
	Hours             []Hour   // every hour of the period; only of all
	Timeline          *Timeline
}

// Variant is what another cut-off would say.
type Variant struct{ Up, Down, FeltUp, FeltDown int64 }

// Hour is one hour of a period.
type Hour struct {
	From         int64 // Unix
	Active, Hurt int64 // people
}

// Answer computes all that the fold knows. It does not change what that is, but keeps what
// it laid out for the next answer: ask one at a time, and not while something is applied.
func (f *Fold) Answer() Answer {
	if !f.cutoffs.known() {
		return f.taught().Answer()
	}
	a := Answer{
		Cutoff:  time.Duration(f.cutoffs.of(-1)) * time.Millisecond,
		Learned: !f.cutoffs.chosen,
		Late:    f.Late(),
		To:      f.newest(),
	}
	if a.Learned {
		a.Version = f.cutoffs.at(a.To).version()
	}
	var q question
	for _, s := range f.shards {
		top, oldest := q.onTop(s, &f.segments)
		q.shards, q.tops = append(q.shards, s), append(q.tops, top)
		a.From = earlier(earlier(a.From, s.oldest), oldest)
	}
	if a.From == 0 {
		a.To = 0
		return a
	}
	a.Final = max(a.From, a.To-f.options.Lateness.Milliseconds()-f.cutoffs.of(-1))
	q.fold, q.kept, q.period = f, &f.kept, periodOf(a.From, a.To)
	q.answer(&a)
	f.kept.period = q.period
	return a
}

// A question is one answer while it is computed.
type question struct {
	fold   *Fold
	kept   *kept
	shards []*shard
	tops   [][][]*scope // of each: what facts that wait add, in layers
	drawn  []*shard     // the same with replicas; none without
	period period
	unsure map[int]bool // days in which it is another than before when a journey had recovered
	sample uint64       // who is in the sample of all shards together
}

// kept is what is kept from one answer to the next.
type kept struct {
	period period
	scopes []*laid // 0: all; n+1: segment n
	draft  draft
	more   [dayMinutes]int64
	room   worst.Room
}

// laid returns what is laid out of a segment, -1 for all.
func (k *kept) laid(segment int) *laid {
	for len(k.scopes) <= segment+1 {
		k.scopes = append(k.scopes, nil)
	}
	if k.scopes[segment+1] == nil {
		k.scopes[segment+1] = &laid{}
	}
	return k.scopes[segment+1]
}

func (q *question) answer(a *Answer) {
	in := &q.fold.segments
	q.layAll()
	for d, name := range in.names[1:] {
		a.Apart = append(a.Apart, Dimension{Name: name, Over: in.over[d+1]})
	}
	for n, one := range in.list {
		parts := q.parts(n)
		if parts.people() == 0 {
			continue
		}
		to := &a.Journeys
		if one.dimension > 0 {
			to = &a.Apart[one.dimension-1].Values
		}
		*to = append(*to, q.scope(one.name, n, parts))
	}
	byName := func(a, b Scope) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(a.Journeys, byName)
	for _, d := range a.Apart {
		slices.SortFunc(d.Values, byName)
	}
	a.All = q.scope("", -1, q.parts(-1))
	l := q.kept.laid(-1)
	a.Spells = l.spells.find(l, a.All.Timeline.line)
}

// layAll lays out all and every segment that anybody is in, and judges when journeys had
// recovered.
func (q *question) layAll() {
	q.sample = q.sampleLimit()
	q.unsure = map[int]bool{}
	back := 1 + int(2*q.longest()/msDay) // days in which somebody can be charged until then
	for n := -1; n < len(q.fold.segments.list); n++ {
		parts := q.parts(n)
		l := q.kept.laid(n)
		if n >= 0 && parts.people() == 0 {
			*l = laid{}
			continue
		}
		q.lay(l, parts)
		switch {
		case n < 0:
			l.pool(l.firstFresh())
		case q.fold.segments.list[n].dimension == 0:
			l.judge(func(day int) {
				for k := day - back; k <= day; k++ {
					q.unsure[k] = true
				}
			})
		}
	}
}

// longest returns the longest cut-off that was ever in use.
func (q *question) longest() (ms int64) {
	for i := range q.fold.cutoffs.eras {
		ms = max(ms, q.fold.cutoffs.eras[i].all)
	}
	return ms
}

// lately returns the first day, counted from the first of the period, in which what is
// charged hangs on when the period ends, or hung on when that of the answer before did.
func (q *question) lately() int {
	to := q.period.to
	if q.kept.period.to != 0 {
		to = min(to, q.kept.period.to)
	}
	return int((to-2*q.longest()-msMinute)/msDay - q.period.first/dayMinutes)
}

// periodOf returns the period from one time to another, in Unix milliseconds, or the end
// of it when it is too long.
func periodOf(from, to int64) period {
	p := period{from / msMinute, to / msMinute, to}
	if earliest := p.last - maxMinutes + 1; p.first < earliest {
		p.first = (earliest + dayMinutes - 1) / dayMinutes * dayMinutes
	}
	return p
}

// onTop returns what facts that wait add to a shard, and the time of the first of them.
func (q *question) onTop(s *shard, in *segments) ([][]*scope, int64) {
	if len(s.replicas) == 0 {
		return s.onTop(in)
	}
	top := s.ahead(in)
	q.drawn = append(q.drawn, top)
	return [][]*scope{top.scopes}, top.oldest
}

// parts are the sums that make up a scope.
type parts struct {
	settled []*scope // of each shard
	waiting []*scope // what facts that wait add
}

// each returns all parts.
func (p parts) each() []*scope { return slices.Concat(p.settled, p.waiting) }

// parts returns the parts of a segment, -1 for all.
func (q *question) parts(segment int) (p parts) {
	for i, s := range q.shards {
		p.settled = append(p.settled, s.scopes[segment+1])
		for _, scopes := range q.tops[i] {
			if segment+1 < len(scopes) {
				p.waiting = append(p.waiting, scopes[segment+1])
			}
		}
	}
	return p
}

func (p parts) people() (n int64) {
	for _, c := range p.settled {
		n += c.counts.people
	}
	for _, c := range p.waiting {
		n += c.counts.people
	}
	return n
}

// scope sums up the parts of a segment, -1 for all.
func (q *question) scope(name string, segment int, parts parts) Scope {
	a := Scope{Name: name, Cutoff: time.Duration(parts.settled[0].cut) * time.Millisecond}
	var half, twice drift
	for _, c := range parts.each() {
		k := &c.counts
		a.People, a.Hurt, a.GaveUp = a.People+k.people, a.Hurt+k.hurt, a.GaveUp+k.gaveUp
		a.Visits, a.BadVisits, a.Masked = a.Visits+k.visits, a.BadVisits+k.badVisits, a.Masked+k.masked
		half.add(&c.spread.half)
		twice.add(&c.spread.twice)
	}
	l := q.kept.laid(segment)
	q.charge(l, parts, q.lately())
	sum, charged := l.sum(), l.owed.sum()
	main := sum.time
	a.Good, a.Bad = sum.good, sum.bad
	a.Up, a.Down = main[trackUp], main[trackDown]
	a.Charged = charged[0]
	a.FeltUp, a.FeltDown = a.Up-main[trackMoved], a.Down+main[trackWaited]+a.Charged
	a.Half, a.Twice = a.other(&half, charged[1]), a.other(&twice, charged[2])
	a.Effective = q.effective(parts, a.People)
	line := newLine(l.day, slices.Clone(l.days), l.period.first, l.period.minutes())
	t := l.curve.next(l, line, q.lag(), &q.kept.room)
	a.Windows = t.windows()
	if segment < 0 {
		a.AtLeast, a.Bootstrap = t.atLeast(), q.bootstrap(t, a.Windows)
		a.Hours = line.everyHour()
	}
	a.Timeline = &Timeline{line}
	return a
}

// lag returns how many minutes at the end of the period change in most answers.
func (q *question) lag() int {
	return int((q.fold.options.Lateness.Milliseconds()+2*q.longest())/msMinute) + 10
}

// other returns what the sums are with another cut-off.
func (a *Scope) other(d *drift, charged int64) Variant {
	return Variant{
		Up: a.Up + d.up, Down: a.Down + d.down,
		FeltUp:   a.FeltUp + d.up - d.moved,
		FeltDown: a.FeltDown - a.Charged + d.down + d.waited + charged,
	}
}

// effective returns how many of some people with equal times would tell as much.
func (q *question) effective(parts parts, people int64) float64 {
	r := ratio(parts, q.sample)
	if r.N == 0 {
		return 0
	}
	return r.Worth(people)
}

// sampleLimit returns who is in the sample of all shards together.
func (q *question) sampleLimit() uint64 {
	limit := wholeSample()
	for _, s := range q.shards {
		limit.limit = min(limit.limit, s.sampled.limit)
	}
	for r := ratio(q.parts(-1), limit.limit); r.N > sampleSize; r = ratio(q.parts(-1), limit.limit) {
		limit.limit /= 2
	}
	return limit.limit
}
