package view

import (
	"slices"
	"time"

	"github.com/honderd/honderd/fold/felt"
)

// Public is what may be told to everybody: how it is for people now, and how it was each
// day of a year. It holds no step, no cause and no source.
type Public struct {
	AsOf     time.Time  // what now is
	Newest   *time.Time // when the newest person was there; nil: nobody was yet
	Since    *time.Time // from when on people are measured; nil: not yet
	Now      Present
	Days     []Day
	Journeys []Component // most people first
}

// Component is a thing that people come to do, and how that is for them.
type Component struct {
	Journey string
	People  int64 // in all
	Now     Present
	Days    []Day
}

// Present is how it is for the people who were there a moment ago.
type Present struct {
	Health  Health
	Minutes int   // how long ago a moment is: long enough for enough people
	Active  int64 // who was there
	Hurt    int64 // of those: who had a bad time
}

// Day is one day. With nobody it says nothing: not 100%.
type Day struct {
	From     time.Time // its midnight
	Active   int64
	Hurt     int64
	Measured bool // people were measured on it
}

// Flawless returns the share of people with nothing bad that day, nil when nobody was there.
func (d Day) Flawless() *float64 { return ratio(d.Active-d.Hurt, d.Hurt) }

// Health is how something is for people now, in the words of status pages.
type Health string

// The healths, the worst last; not measured is never good.
const (
	Operational   Health = "operational"
	Unmeasured    Health = "not_measured"
	Degraded      Health = "degraded_performance"
	PartialOutage Health = "partial_outage"
	MajorOutage   Health = "major_outage"
)

// Worse returns the worse of a and b.
func Worse(a, b Health) Health {
	order := []Health{Operational, Unmeasured, Degraded, PartialOutage, MajorOutage}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// Limits of a health, all choices. A few people in a hundred who are hurt are what an
// incident needs too; one in ten is a part, one in two is most of it.
const (
	degradedShare = 0.03
	partialShare  = 0.10
	majorShare    = 0.50
)

// healthMinutes are how far it is looked back until enough people are found.
func healthMinutes() []int { return []int{5, 15, 60} }

// publicDays is how many days are told: a year.
const publicDays = 365

// maxComponents bounds the journeys that are told.
const maxComponents = 60

// PublicOf returns what may be told to everybody, of days in a zone.
func PublicOf(a felt.Answer, now time.Time, zone *time.Location) Public {
	if zone == nil {
		zone = time.UTC
	}
	p := Public{AsOf: now, Now: Present{Health: Unmeasured, Minutes: 60}}
	if a.From != 0 {
		p.Newest, p.Since = instant(a.To), instant(a.From)
		p.Now = present(a.All.Timeline, now)
	}
	p.Days = days(a, a.All.Timeline, now, zone)
	journeys := slices.Clone(a.Journeys)
	slices.SortStableFunc(journeys, func(a, b felt.Scope) int { return int(b.People - a.People) })
	for _, s := range journeys[:min(len(journeys), maxComponents)] {
		p.Journeys = append(p.Journeys, Component{
			Journey: s.Name, People: s.People, Now: present(s.Timeline, now), Days: days(a, s.Timeline, now, zone),
		})
	}
	return p
}

// present judges the last minutes before now.
func present(t *felt.Timeline, now time.Time) Present {
	p := Present{Health: Unmeasured}
	for _, p.Minutes = range healthMinutes() {
		s := t.During(now.Add(-time.Duration(p.Minutes)*time.Minute).UnixMilli(), now.UnixMilli())
		p.Active, p.Hurt = s.People, min(s.People, s.Hurt)
		if p.Active >= judgedPeople {
			p.Health = health(p.Active, p.Hurt)
			break
		}
	}
	return p
}

func health(active, hurt int64) Health {
	switch share := float64(hurt) / float64(active); {
	case share >= majorShare:
		return MajorOutage
	case share >= partialShare:
		return PartialOutage
	case share >= degradedShare:
		return Degraded
	}
	return Operational
}

// days returns the last year, the oldest day first and today last.
func days(a felt.Answer, t *felt.Timeline, now time.Time, zone *time.Location) []Day {
	list := make([]Day, publicDays)
	y, m, d := now.In(zone).Date()
	for i := range list {
		at := d - publicDays + 1 + i
		from, to := time.Date(y, m, at, 0, 0, 0, 0, zone), time.Date(y, m, at+1, 0, 0, 0, 0, zone)
		list[i].From = from
		if a.From == 0 || to.UnixMilli() <= a.From || from.UnixMilli() > a.To {
			continue
		}
		s := t.During(from.UnixMilli(), to.UnixMilli())
		list[i].Measured, list[i].Active, list[i].Hurt = true, s.People, min(s.People, s.Hurt)
	}
	return list
}
