package sim

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/honderd/honderd/experience"
)

// Truth is how it really was in a time: what a clock would have measured beside every
// person who meant to be there, whether or not they gave up, and whether or not they
// were doing something at the moment. Minute says when that is.
type Truth struct {
	People int64 // who meant to be there
	Struck int64 // of those: for whom it was broken meanwhile, noticed or not
	Hurt   int64 // who had a bad step
	Up     time.Duration
	Down   time.Duration // person-time in which what they were there for did not work
}

// Uptime returns the share of person-time that was up, 0 to 1; known is false when nobody
// meant to be there.
func (t Truth) Uptime() (share float64, known bool) {
	if t.Up+t.Down == 0 {
		return 0, false
	}
	return float64(t.Up) / float64(t.Up+t.Down), true
}

// A Minute is the truth of one person in one minute.
//
// A person means to be there from when they come until they have done what they came
// for. Who gives up still means to be there until they would have done it, had all
// worked from there on; unless they come back before that: then it goes on with what
// they really do. Time away after that, until they return, is nobody's time. In a
// steady town everybody means to be there for Steady.Stay.
//
// It is broken for them when a step that they ask for then is a bad experience: a fault
// that nothing masks strikes them, and the journey that they are there for. They are
// there for a journey from when they ask for it until they ask for the next.
//
// So truth does not depend on how often somebody asks, nor on whether they notice. It
// depends on habit only where people stay longer than they had in mind, to try again.
type Minute struct {
	Person    experience.Person
	From      int64         // when it begins, Unix milliseconds
	Labels    uint16        // index in Town.Labels
	Meant     time.Duration // how long of it they meant to be there
	Broken    time.Duration // how long of that it was broken for them
	Good, Bad int           // the steps that they felt: answers that ended in this minute
}

// Truth returns the truth from one time until just before another.
func (t *Town) Truth(from, to time.Time) Truth {
	const meant, struck, hurt = 1, 2, 4
	var truth Truth
	people := make([]uint8, t.o.People+1)
	for m := range t.Minutes(from, to) {
		truth.Up += m.Meant - m.Broken
		truth.Down += m.Broken
		if m.Meant > 0 {
			people[m.Person] |= meant
		}
		if m.Broken > 0 {
			people[m.Person] |= struck
		}
		if m.Bad > 0 {
			people[m.Person] |= hurt
		}
	}
	for _, is := range people {
		truth.People += int64(is & meant)
		truth.Struck += int64(is & struck / struck)
		truth.Hurt += int64(is & hurt / hurt)
	}
	return truth
}

// Minutes yields the truth of every person and minute in which they meant to be there or
// had an answer, from one time until just before another: hour by hour, in each by person,
// then by time. Minutes at the edges are cut.
func (t *Town) Minutes(from, to time.Time) iter.Seq[Minute] {
	return func(yield func(Minute) bool) {
		f := t.flow(from)
		for lo := from.UnixMilli(); lo < to.UnixMilli(); {
			hi := min(to.UnixMilli(), (lo/msHour+1)*msHour)
			f.upTo(hi)
			if !t.minutes(f.there(lo, hi), lo, hi, yield) {
				return
			}
			f.drop(hi)
			lo = hi
		}
	}
}

// there returns the visits that last into a time, by person.
func (f *flow) there(lo, hi int64) []*visit {
	var list []*visit
	for i := range f.open {
		if v := &f.open[i]; v.stays[0].from < hi && v.last() >= lo {
			list = append(list, v)
		}
	}
	slices.SortStableFunc(list, func(a, b *visit) int { return cmp.Compare(a.who.id, b.who.id) })
	return list
}

// minutes yields the minutes of visits, which are sorted by person, in a part of an hour.
func (t *Town) minutes(visits []*visit, lo, hi int64, yield func(Minute) bool) bool {
	var a account
	for i, v := range visits {
		if i == 0 || visits[i-1].who.id != v.who.id {
			a.clear(lo, hi)
		}
		t.count(&a, v)
		if i+1 < len(visits) && visits[i+1].who.id == v.who.id {
			continue
		}
		meant, broken := a.perMinute(a.meant), a.perMinute(a.broken)
		for m := range meant {
			if meant[m] == 0 && a.good[m]+a.bad[m] == 0 {
				continue
			}
			at := (lo/msHour)*msHour + int64(m)*msMinute
			one := Minute{
				Person: v.who.id, From: at, Labels: t.label(&v.who, at), Good: a.good[m], Bad: a.bad[m],
				Meant: time.Duration(meant[m]) * time.Millisecond, Broken: time.Duration(broken[m]) * time.Millisecond,
			}
			if !yield(one) {
				return false
			}
		}
	}
	return true
}

// An account is what one person did in a part of an hour. Their visits may overlap.
type account struct {
	lo, hi        int64
	meant, broken []span
	good, bad     [60]int
}

// A span is a stretch of time, in Unix milliseconds.
type span struct{ from, to int64 }

func (a *account) clear(lo, hi int64) {
	*a = account{lo: lo, hi: hi, meant: a.meant[:0], broken: a.broken[:0]}
}

// within returns the part of a span that is in a, empty when it ends before it begins.
func (a *account) within(from, to int64) span { return span{max(from, a.lo), min(to, a.hi)} }

// count adds v to a.
func (t *Town) count(a *account, v *visit) {
	for _, s := range v.stays {
		if in := a.within(s.from, s.to); in.from < in.to {
			a.meant = append(a.meant, in)
		}
		for i, w := range s.wants {
			to := s.to
			if i+1 < len(s.wants) {
				to = min(to, s.wants[i+1].at)
			}
			t.countWant(a, &v.who, w.journey, a.within(w.at, to))
		}
	}
	for _, e := range v.steps {
		m := e.At / msMinute % 60
		switch {
		case e.At < a.lo || e.At >= a.hi:
		case e.Bad():
			a.bad[m]++
		default:
			a.good[m]++
		}
	}
}

// countWant adds to a when a journey was broken for a person who wanted it.
func (t *Town) countWant(a *account, who *person, journey int, in span) {
	for i := range t.faults {
		f := &t.faults[i]
		from, to := max(in.from, f.from), min(in.to, f.to)
		if from >= to || !f.concerns(journey) {
			continue
		}
		for m := from / msMinute; m*msMinute < to; m++ {
			if t.breaks(f, who, m) {
				a.broken = append(a.broken, span{max(from, m*msMinute), min(to, (m+1)*msMinute)})
			}
		}
	}
}

// perMinute returns how long each minute of the hour is covered, in milliseconds: no
// moment counts twice.
func (a *account) perMinute(spans []span) [60]int64 {
	var minutes [60]int64
	slices.SortFunc(spans, func(x, y span) int { return cmp.Compare(x.from, y.from) })
	done := a.lo
	for _, s := range spans {
		for at := max(s.from, done); at < s.to; {
			end := min(s.to, (at/msMinute+1)*msMinute)
			minutes[at/msMinute%60] += end - at
			at = end
		}
		done = max(done, s.to)
	}
	return minutes
}
