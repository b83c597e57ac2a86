package felt

import "time"

// Answer is what the fold knows. All times are in milliseconds.
type Answer struct {
	Cutoff   time.Duration
	Learned  bool  // the cut-off was learned, not chosen
	From, To int64 // Unix; both 0 when there was nobody
	Late     int64 // experiences that came too late to be placed
	All      Scope
	Journeys []Scope // those with anybody in them, in the order in which they were first seen
	Spells   []Spell // the bad ones, in the order in which they came
}

// Scope is what is known of all steps, or of those of one journey.
type Scope struct {
	Name             string
	Good, Bad        int64 // steps
	People           int64
	Hurt             int64 // people with a bad step
	GaveUp           int64 // people whose visit ended with a bad step
	Up, Down         int64 // user-uptime, as in the paper
	FeltUp, FeltDown int64
	Charged          int64 // of FeltDown: for people who gave up
	Masked           int64 // person-time in which only the machines were down
	Windows          []Window
	Hours            []Hour // every hour of the period
}

// Hour is one hour of a period.
type Hour struct {
	From         int64 // Unix
	Active, Hurt int64 // people
}

// Answer computes all that the fold knows. It does not change the fold.
func (f *Fold) Answer() Answer {
	if f.cutoff == 0 {
		return f.taught().Answer()
	}
	a := Answer{
		Cutoff:  time.Duration(f.cutoff) * time.Millisecond,
		Learned: f.options.Cutoff == 0,
		From:    f.oldest,
		To:      f.newest,
		Late:    f.late,
	}
	if f.newest == 0 {
		return a
	}
	first, last := f.oldest/msMinute, f.newest/msMinute
	first = max(first, last-maxMinutes+1)
	recovery := make([]recovery, len(f.scopes)-1)
	for i, c := range f.scopes {
		if i > 0 && c.people > 0 {
			s := newSeries(&c.cells, first, last)
			recovery[i-1] = newRecovery(s)
			a.Journeys = append(a.Journeys, f.scope(c, s, recovery[i-1:i], i-1))
		}
	}
	s := newSeries(&f.scopes[0].cells, first, last)
	a.Spells = s.spells()
	a.All = f.scope(f.scopes[0], s, recovery, 0)
	return a
}

// taught returns a fold that learned the cut-off from what f has heard so far.
func (f *Fold) taught() *Fold {
	g := New(f.options)
	g.scopes = g.scopes[:0]
	for _, c := range f.scopes {
		g.scopes = append(g.scopes, &scope{name: c.name})
	}
	g.lesson = f.lesson
	g.graduate()
	return g
}

// scope sums up c. recovery tells, for journeys from the one numbered base on, when
// they had recovered.
func (f *Fold) scope(c *scope, s *series, recovery []recovery, base int) Scope {
	a := Scope{Name: c.name, People: c.people, Hurt: c.hurt, GaveUp: c.gaveUp, Masked: c.masked}
	a.Good, a.Bad = c.cells.steps()
	a.Up, a.Down = c.cells.sum(trackUp), c.cells.sum(trackDown)
	for tail, n := range c.tails {
		t := int64(tail & uint64(wordTime))
		if f.options.Paper {
			break
		}
		until := recovery[int(tail>>42)-base].after(t, f.newest)
		charge := min(f.cutoff, until-t)
		a.Charged += charge * int64(n)
		s.charge(t, t+charge, int64(n))
	}
	a.FeltUp = a.Up - c.cells.sum(trackMoved)
	a.FeltDown = a.Down + c.cells.sum(trackWaited) + a.Charged
	a.Windows = s.windows()
	a.Hours = c.cells.everyHour(f.oldest/msHour, f.newest/msHour)
	return a
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

// sum returns the person-time of a track over all time.
func (c *cells) sum(track int) int64 {
	var total, inside, at int64
	for _, h := range c.hours() {
		total += inside * msMinute * (h*60 - at)
		p := c.pages[h]
		for i := range p.cells {
			inside += int64(p.cells[i].full[track])
			total += p.cells[i].rest[track] + inside*msMinute
		}
		at = h*60 + 60
	}
	return total
}

// everyHour returns the hours from one to another, at most maxMinutes of them.
func (c *cells) everyHour(from, to int64) []Hour {
	from = max(from, to-maxMinutes/60)
	hours := make([]Hour, 0, to-from+1)
	for h := from; h <= to; h++ {
		hour := Hour{From: h * msHour}
		if p := c.pages[h]; p != nil {
			hour.Active, hour.Hurt = p.active, p.hurt
		}
		hours = append(hours, hour)
	}
	return hours
}
