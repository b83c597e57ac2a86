package felt

import (
	"cmp"
	"slices"
	"time"
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
	Hours             []Hour   // every hour of the period
	Timeline          *Timeline
}

// Variant is what another cut-off would say.
type Variant struct{ Up, Down, FeltUp, FeltDown int64 }

// Hour is one hour of a period.
type Hour struct {
	From         int64 // Unix
	Active, Hurt int64 // people
}

// Answer computes all that the fold knows. It does not change the fold.
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
		top := s.ahead(&f.segments)
		q.shards = append(q.shards, s, top)
		for _, oldest := range []int64{s.oldest, top.oldest} {
			if oldest != 0 && (a.From == 0 || oldest < a.From) {
				a.From = oldest
			}
		}
	}
	if a.From == 0 {
		a.To = 0
		return a
	}
	a.Final = max(a.From, a.To-f.options.Lateness.Milliseconds()-f.cutoffs.of(-1))
	q.fold, q.from, q.to = f, a.From, a.To
	q.first, q.last = a.From/msMinute, a.To/msMinute
	q.first = max(q.first, q.last-maxMinutes+1)
	q.answer(&a)
	return a
}

// A question is one answer while it is computed.
type question struct {
	fold        *Fold
	shards      []*shard
	from, to    int64      // Unix ms
	first, last int64      // minutes since 1970
	recovery    []recovery // by segment, of journeys
}

func (q *question) answer(a *Answer) {
	in := &q.fold.segments
	q.recovery = make([]recovery, len(in.list))
	series := make([]*series, len(in.list))
	for n, one := range in.list {
		if parts := q.parts(n); one.dimension == 0 && people(parts) > 0 {
			series[n] = newSeries(parts, q.first, q.last)
			q.recovery[n] = newRecovery(series[n])
		}
	}
	for d, name := range in.names[1:] {
		a.Apart = append(a.Apart, Dimension{Name: name, Over: in.over[d+1]})
	}
	for n, one := range in.list {
		parts := q.parts(n)
		if people(parts) == 0 {
			continue
		}
		to := &a.Journeys
		if one.dimension > 0 {
			series[n], to = newSeries(parts, q.first, q.last), &a.Apart[one.dimension-1].Values
		}
		*to = append(*to, q.scope(one.name, parts, series[n]))
		series[n] = nil
	}
	byName := func(a, b Scope) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(a.Journeys, byName)
	for _, d := range a.Apart {
		slices.SortFunc(d.Values, byName)
	}
	all := newSeries(q.parts(-1), q.first, q.last)
	a.Spells = all.spells()
	a.All = q.scope("", q.parts(-1), all)
}

// parts returns the scopes of a segment, -1 for all, in every shard.
func (q *question) parts(segment int) []*scope {
	list := make([]*scope, len(q.shards))
	for i, s := range q.shards {
		list[i] = s.scopes[segment+1]
	}
	return list
}

func people(parts []*scope) (n int64) {
	for _, c := range parts {
		n += c.counts.people
	}
	return n
}

// scope sums up the parts of a scope, whose series is s.
func (q *question) scope(name string, parts []*scope, s *series) Scope {
	a := Scope{Name: name, Cutoff: time.Duration(parts[0].cut) * time.Millisecond}
	var main sums
	var half, twice drift
	for _, c := range parts {
		k := &c.counts
		a.People, a.Hurt, a.GaveUp = a.People+k.people, a.Hurt+k.hurt, a.GaveUp+k.gaveUp
		a.Visits, a.BadVisits, a.Masked = a.Visits+k.visits, a.BadVisits+k.badVisits, a.Masked+k.masked
		good, bad := c.cells.steps()
		a.Good, a.Bad = a.Good+good, a.Bad+bad
		main.add(&c.cells)
		half.add(&c.spread.half)
		twice.add(&c.spread.twice)
	}
	a.Up, a.Down = main[trackUp], main[trackDown]
	var charged [3]int64
	if !q.fold.options.Paper {
		charged = q.charge(parts, s)
	}
	a.Charged = charged[0]
	a.FeltUp, a.FeltDown = a.Up-main[trackMoved], a.Down+main[trackWaited]+a.Charged
	a.Half, a.Twice = a.other(&half, charged[1]), a.other(&twice, charged[2])
	a.Effective = q.effective(parts, a.People)
	t := newTotals(s)
	a.Windows = t.windows()
	if name == "" {
		a.AtLeast, a.Bootstrap = t.atLeast(), q.bootstrap(t, a.Windows)
	}
	a.Hours = s.everyHour()
	a.Timeline = &Timeline{totals: t, series: s}
	return a
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
func (q *question) effective(parts []*scope, people int64) float64 {
	limit := q.sampleLimit()
	r, n := ratio(parts, limit)
	if n == 0 {
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
	for _, n := ratio(q.parts(-1), limit.limit); n > sampleSize; _, n = ratio(q.parts(-1), limit.limit) {
		limit.limit /= 2
	}
	return limit.limit
}

// sums are the person-time of each track, in milliseconds.
type sums [tracks]int64

// add adds the person-time in c.
func (s *sums) add(c *cells) {
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
func (c *cells) steps() (good, bad int64) {
	for _, p := range c.pages {
		for i := range p.cells {
			good += int64(p.cells[i].good)
			bad += int64(p.cells[i].bad)
		}
	}
	return good, bad
}

// everyHour returns the hours of s.
func (s *series) everyHour() []Hour {
	end := s.first + int64(len(s.up))
	hours := make([]Hour, 0, len(s.up)/60+2)
	for m := s.first; m < end; m = m/60*60 + 60 {
		i, n := int(m-s.first), int(min(end, m/60*60+60)-m)
		hours = append(hours, Hour{From: m / 60 * msHour, Active: s.there.people(i, n), Hurt: s.sore.people(i, n)})
	}
	return hours
}
