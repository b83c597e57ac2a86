package view

import (
	"time"

	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/internal/interval"
)

// Stretch is how it was from one time to another, in whole minutes.
type Stretch struct {
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	People     People    `json:"people"` // hurt: who had a bad time in it
	FeltUptime Uptime    `json:"felt_uptime"`
	Incidents  int       `json:"incidents"` // that touch it
}

// named is the timeline of people told apart: by their journey, or by the name of a label.
type named struct {
	by, name string
	timeline *felt.Timeline
}

// ByJourney is what people are told apart by when it is their journey.
const ByJourney = "journey"

// timelines returns those of all that people are told apart by.
func timelines(a felt.Answer) []named {
	var list []named
	for _, s := range a.Journeys {
		list = append(list, named{by: ByJourney, name: s.Name, timeline: s.Timeline})
	}
	for _, d := range a.Apart {
		for _, s := range d.Values {
			list = append(list, named{by: d.Name, name: s.Name, timeline: s.Timeline})
		}
	}
	return list
}

// Names returns what people are told apart by, and the values of each, in their order.
func (a Answer) Names() map[string][]string {
	names := map[string][]string{}
	for _, n := range a.apart {
		names[n.by] = append(names[n.by], n.name)
	}
	return names
}

// Between returns how it was from one time to another. Without anybody, its shares are
// null.
func (a Answer) Between(from, to time.Time) Stretch {
	s := stretchOf(a.timeline, from, to)
	for _, one := range a.Incidents {
		if one.From.Before(to) && from.Before(one.To) {
			s.Incidents++
		}
	}
	return s
}

// StepsBetween returns what went wrong from one time to another, most frequent first.
func (a Answer) StepsBetween(from, to time.Time) []Step {
	list := []Step{}
	for _, c := range a.faults.During(from.UnixMilli(), to.UnixMilli()) {
		if len(list) < maxIncidentSteps {
			list = append(list, Step{Step: c.Step, Cause: c.Cause.String(), Count: c.Count})
		}
	}
	return list
}

// MinutesOf is Minutes for people told apart by something.
func (a Answer) MinutesOf(by, name string, from, to time.Time) []Minute {
	for _, n := range a.apart {
		if n.by == by && n.name == name && n.timeline != nil {
			return minutesOf(n.timeline, from.UnixMilli(), to.UnixMilli())
		}
	}
	return nil
}

// BetweenOf is Between for people told apart by something, such as their journey. It
// counts no incidents, which are of everybody.
func (a Answer) BetweenOf(by, name string, from, to time.Time) Stretch {
	for _, n := range a.apart {
		if n.by == by && n.name == name {
			return stretchOf(n.timeline, from, to)
		}
	}
	return Stretch{From: from, To: to}
}

func stretchOf(timeline *felt.Timeline, from, to time.Time) Stretch {
	s := Stretch{From: from, To: to}
	if timeline == nil {
		return s
	}
	t := timeline.During(from.UnixMilli(), to.UnixMilli())
	s.People = people(t.People, t.Hurt)
	s.FeltUptime = Uptime{UpMS: t.Up, DownMS: t.Down, Ratio: ratio(t.Up, t.Down)}
	if r := s.FeltUptime.Ratio; r != nil && t.People >= FewPeople {
		low, high := interval.WilsonEffective(*r, float64(t.People))
		s.FeltUptime.Interval95 = [2]*float64{&low, &high}
	}
	return s
}

// Minutes returns the minutes from one time to another in which anybody did something.
func (a Answer) Minutes(from, to time.Time) []Minute {
	if a.timeline == nil {
		return nil
	}
	return minutesOf(a.timeline, from.UnixMilli(), to.UnixMilli())
}

// WindowsWithin returns the worst windows from one time to another.
func (a Answer) WindowsWithin(from, to time.Time) []Window {
	if a.timeline == nil {
		return nil
	}
	return windows(a.timeline.Windows([]felt.Span{{From: from.UnixMilli(), To: to.UnixMilli()}}))
}

func minutesOf(t *felt.Timeline, from, to int64) []Minute {
	list := t.Minutes(from, to)
	all := make([]Minute, 0, len(list))
	for _, m := range list {
		all = append(all, Minute{From: *instant(m.From), Active: m.Active, Hurt: m.Hurt, UnhurtShare: ratio(m.Active-m.Hurt, m.Hurt)})
	}
	return all
}
