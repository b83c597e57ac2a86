package felt

import (
	"cmp"
	"slices"
	"time"

	"github.com/honderd/honderd/internal/interval"
	"github.com/honderd/honderd/internal/worst"
)

// plainTotals are minutes with all that a window is judged by.
type plainTotals struct {
	*worst.Series
	first   int64 // minute since 1970 of index 0
	there   *plainCrowd
	sore    *plainCrowd
	minutes []int64 // when not nil: the minute since 1970 of each index
}

func newPlainTotals(s *plainSeries) *plainTotals {
	all := make([]int64, len(s.up))
	for i := range all {
		all[i] = s.up[i] + s.down[i]
	}
	return &plainTotals{Series: worst.New(s.up, all), first: s.first, there: &s.there, sore: &s.sore}
}

// each returns what find finds for each length.
func (t *plainTotals) each(find func(minutes int) worst.Window) []Window {
	sizes := worst.Sizes(t.Minutes())
	all := make([]Window, len(sizes))
	for k, w := range sizes {
		if k > 0 && w == sizes[k-1] {
			all[k] = all[k-1]
			continue
		}
		all[k] = t.window(w, find(w))
	}
	return all
}

// support says what a window of w minutes needs in order to count.
func (t *plainTotals) support(w int) worst.Support {
	return worst.Support{Time: t.LeastTime(w), Enough: t.enough}
}

// window tells who was in the window found for w minutes.
func (t *plainTotals) window(w int, found worst.Window) Window {
	if found.All == 0 {
		return Window{Minutes: w}
	}
	return Window{
		Minutes: found.Minutes, Up: found.Good, Down: found.All - found.Good, From: t.time(found.From),
		People: t.people(t.there, found.From, found.Minutes), Hurt: t.people(t.sore, found.From, found.Minutes),
	}
}

// time returns when index i begins, in Unix milliseconds.
func (t *plainTotals) time(i int) int64 {
	if t.minutes != nil {
		return t.minutes[i] * msMinute
	}
	return (t.first + int64(i)) * msMinute
}

// people counts who of a plainCrowd was in w minutes from index i on.
func (t *plainTotals) people(c *plainCrowd, i, w int) int64 {
	from, n := t.stretch(i, w)
	return c.people(from, n)
}

// stretch returns the minutes of the period from the first to the last of w minutes from
// index i on. Where minutes were left out between them, who was only there then counts too.
func (t *plainTotals) stretch(i, w int) (from, n int) {
	if t.minutes == nil {
		return i, w
	}
	from = int(t.minutes[i] - t.first)
	return from, int(t.minutes[i+w-1]-t.first) + 1 - from
}

// enough reports whether at least supportPeople were in the w minutes from index i on.
func (t *plainTotals) enough(i, w int) bool {
	from, n := t.stretch(i, w)
	return t.there.atLeast(supportPeople, from, n)
}

// direct is Answer, from nothing. It returns the minutes of every scope too, in the order of
// the segments, all first.
func (f *Fold) direct() (Answer, []*plainSeries) {
	if !f.cutoffs.known() {
		return f.taught().direct()
	}
	a := Answer{Cutoff: time.Duration(f.cutoffs.of(-1)) * time.Millisecond, Learned: !f.cutoffs.chosen, Late: f.Late(), To: f.newest()}
	if a.Learned {
		a.Version = f.cutoffs.at(a.To).version()
	}
	var q plainQuestion
	for _, s := range f.shards {
		top := s.ahead(&f.segments)
		q.all, q.shards, q.drawn, q.tops = append(q.all, s, top), append(q.shards, s), append(q.drawn, top), append(q.tops, [][]*scope{top.scopes})
		for _, oldest := range []int64{s.oldest, top.oldest} {
			if oldest != 0 && (a.From == 0 || oldest < a.From) {
				a.From = oldest
			}
		}
	}
	if a.From == 0 {
		a.To = 0
		return a, nil
	}
	a.Final = max(a.From, a.To-f.options.Lateness.Milliseconds()-f.cutoffs.of(-1))
	p := periodOf(a.From, a.To)
	q.fold, q.to, q.first, q.last = f, a.To, p.first, p.last
	return a, q.answer(&a)
}

func (q *plainQuestion) answer(a *Answer) []*plainSeries {
	in := &q.fold.segments
	q.plainRecovery = make([]plainRecovery, len(in.list))
	list := make([]*plainSeries, len(in.list)+1)
	for n, one := range in.list {
		if parts := q.pairs(n); q.parts(n).people() > 0 {
			list[n+1] = newPlainSeries(parts, q.first, q.last)
			if one.dimension == 0 {
				q.plainRecovery[n] = newPlainRecovery(list[n+1])
			}
		}
	}
	for d, name := range in.names[1:] {
		a.Apart = append(a.Apart, Dimension{Name: name, Over: in.over[d+1]})
	}
	for n, one := range in.list {
		if list[n+1] == nil {
			continue
		}
		to := &a.Journeys
		if one.dimension > 0 {
			to = &a.Apart[one.dimension-1].Values
		}
		*to = append(*to, q.scope(one.name, q.pairs(n), list[n+1]))
	}
	byName := func(a, b Scope) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(a.Journeys, byName)
	for _, d := range a.Apart {
		slices.SortFunc(d.Values, byName)
	}
	list[0] = newPlainSeries(q.pairs(-1), q.first, q.last)
	a.Spells = list[0].spells()
	a.All = q.scope("", q.pairs(-1), list[0])
	return list
}

// pairs returns the scopes of a segment, -1 for all, of every shard and of what waits.
func (q *plainQuestion) pairs(segment int) []*scope {
	list := make([]*scope, len(q.all))
	for i, s := range q.all {
		list[i] = s.scopes[segment+1]
	}
	return list
}

// scope sums up the parts of a scope, whose plainSeries is s.
func (q *plainQuestion) scope(name string, parts []*scope, s *plainSeries) Scope {
	a := Scope{Name: name, Cutoff: time.Duration(parts[0].cut) * time.Millisecond}
	var main plainSums
	var half, twice drift
	for _, c := range parts {
		k := &c.counts
		a.People, a.Hurt, a.GaveUp = a.People+k.people, a.Hurt+k.hurt, a.GaveUp+k.gaveUp
		a.Visits, a.BadVisits, a.Masked = a.Visits+k.visits, a.BadVisits+k.badVisits, a.Masked+k.masked
		good, bad := c.cells.plainSteps()
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
	if r, n := plainRatio(parts, q.sampleLimit()); n > 0 {
		a.Effective = r.Worth(a.People)
	}
	t := newPlainTotals(s)
	a.Windows = t.each(func(w int) worst.Window { return t.Of(w, t.support(w)) })
	if name == "" {
		a.AtLeast, a.Bootstrap = t.each(func(w int) worst.Window { return t.AtLeast(w, t.support(w)) }), q.bootstrap(t, a.Windows)
		a.Hours = s.everyHour()
	}
	return a
}

func (q *plainQuestion) bootstrap(whole *plainTotals, list []Window) []Range {
	if len(q.all[0].replicas) == 0 {
		return nil
	}
	found := make([][]float64, len(list))
	for i := range replicas {
		parts := make([]*scope, len(q.all))
		for j, s := range q.all {
			parts[j] = s.replicas[i]
		}
		s := newPlainSeries(parts, q.first, q.last)
		if !q.fold.options.Paper {
			q.charge(parts, s)
		}
		t := newPlainTotals(s)
		for k, w := range list {
			if worst := t.Of(w.Minutes, whole.support(w.Minutes)); worst.All > 0 {
				found[k] = append(found[k], float64(worst.Good)/float64(worst.All))
			}
		}
	}
	ranges := make([]Range, len(list))
	for k, shares := range found {
		if len(shares) > replicas/2 {
			ranges[k].Low, ranges[k].High, ranges[k].OK = interval.Percentiles(shares)
		}
	}
	return ranges
}

func plainRatio(parts []*scope, limit uint64) (interval.Ratio, int64) {
	var r interval.Ratio
	people := map[uint64]personTime{}
	for _, c := range parts {
		for person, t := range c.sample {
			if person <= limit {
				had := people[person]
				people[person] = personTime{had.up + t.up, had.all + t.all}
			}
		}
	}
	for _, t := range people {
		r.Add(t.up, t.all)
	}
	return r, int64(len(people))
}
