package view

import (
	"cmp"
	"slices"
	"time"

	"github.com/honderd/honderd/incident"
)

// Coming is what lies ahead: when it will matter, what work is planned, and what runs out.
type Coming struct {
	AsOf    time.Time          `json:"as_of"`
	Until   time.Time          `json:"until"`   // how far ahead was looked for moments
	Moments []ComingMoment     `json:"moments"` // those that go on first, then the nearest
	Planned []incident.Planned `json:"planned"` // work that is not over, the nearest first

	Warnings []Warning `json:"warnings"` // what runs out, the soonest first
}

// ComingMoment is the next time that a moment comes, or that it goes on now.
type ComingMoment struct {
	Name     string    `json:"name"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Running  bool      `json:"running"`
	Expected *int64    `json:"expected"` // people, the median of those alike; null: too few of them to say
	Alike    int       `json:"alike"`    // of how many
	Planned  string    `json:"planned"`  // the title of work that is planned in it; "": none
}

// ComingCalendar is a moment with the times that it comes.
type ComingCalendar struct {
	Name string
	Zone *time.Location // in which two occurrences are of one weekday
	Next []ComingMoment // From and To
}

// Limits of what is told of what is coming.
const (
	eachAhead   = 3  // times of one moment
	momentAhead = 40 // of all
)

// NewComing returns what lies ahead of now.
func NewComing(a Answer, calendars []ComingCalendar, planned []incident.Planned, warnings []Warning, now, until time.Time) Coming {
	c := Coming{AsOf: now, Until: until, Moments: []ComingMoment{}, Planned: []incident.Planned{}, Warnings: append([]Warning{}, warnings...)}
	for _, p := range planned {
		if !p.Cancelled && p.To.After(now) {
			c.Planned = append(c.Planned, p)
		}
	}
	slices.SortFunc(c.Planned, func(a, b incident.Planned) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) })
	for _, k := range calendars {
		told := 0
		for _, m := range k.Next {
			if !m.To.After(now) || told == eachAhead {
				continue
			}
			told++
			m.Name, m.Running = k.Name, !m.From.After(now)
			m.expect(a, k)
			m.Planned = workIn(c.Planned, m)
			c.Moments = append(c.Moments, m)
		}
	}
	slices.SortStableFunc(c.Moments, func(a, b ComingMoment) int { return a.From.Compare(b.From) })
	c.Moments = c.Moments[:min(len(c.Moments), momentAhead)]
	return c
}

// expect says how many people came to the occurrences before that are alike: as long and,
// when there are enough of those, on the same day of the week.
func (m *ComingMoment) expect(a Answer, k ComingCalendar) {
	at := slices.IndexFunc(a.Moments, func(one Moment) bool { return one.Name == k.Name })
	if at < 0 {
		return
	}
	day := func(t time.Time) time.Weekday { return t.In(k.Zone).Weekday() }
	var alike, sameDay []int64
	for _, o := range a.Moments[at].Occurrences {
		if !o.Final || o.To.Sub(o.From) != m.To.Sub(m.From) || a.Period.From == nil || o.From.Before(*a.Period.From) {
			continue
		}
		alike = append(alike, o.People.Active)
		if day(o.From) == day(m.From) {
			sameDay = append(sameDay, o.People.Active)
		}
	}
	if len(sameDay) >= expectedFrom {
		alike = sameDay
	}
	if m.Alike = len(alike); m.Alike < expectedFrom {
		return
	}
	slices.Sort(alike)
	m.Expected = &alike[len(alike)/2]
}

// workIn returns the title of the first work that is planned while m goes on.
func workIn(planned []incident.Planned, m ComingMoment) string {
	for _, p := range planned {
		if p.From.Before(m.To) && m.From.Before(p.To) {
			return p.Title
		}
	}
	return ""
}
