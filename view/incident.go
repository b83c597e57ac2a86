package view

import (
	"cmp"
	"slices"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/faults"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/incident"
)

// detailedIncidents is how many of the newest incidents are looked into: who, where, why.
const detailedIncidents = 50

// maxIncidentSteps bounds the list of what went wrong in one incident.
const maxIncidentSteps = 10

// incidents returns the periods in which people had a bad time, as they came.
func incidents(a felt.Answer, f faults.Answer) []Incident {
	var list []Incident
	for n, s := range a.Spells {
		one := Incident{
			From: *instant(s.From), To: *instant(s.To), People: s.People,
			Open:     a.To-s.To < incident.Quiet.Milliseconds(),
			Journeys: []Part{}, Apart: []Part{}, Steps: []Step{}, Likely: []Likely{},
		}
		if len(a.Spells)-n <= detailedIncidents {
			one.detail(a, f, s)
		}
		list = append(list, one)
	}
	return list
}

// detail says who was hurt in s, where and why.
func (one *Incident) detail(a felt.Answer, f faults.Answer, s felt.Spell) {
	there := a.All.Timeline.During(s.From, s.To)
	one.Active, one.DownMS = there.People, there.Down
	for _, m := range minutesOf(a.All.Timeline, s.From, s.To) {
		if one.Worst == nil || m.Hurt > one.Worst.Hurt {
			one.Worst = &m
		}
	}
	one.Journeys = parts("journey", a.Journeys, s.From, s.To)
	for _, apart := range a.Apart {
		one.Apart = append(one.Apart, parts(apart.Name, apart.Values, s.From, s.To)...)
	}
	one.Likely = likely(f, s.From, s.To)
	for _, c := range f.During(s.From, s.To) {
		if len(one.Steps) < maxIncidentSteps {
			one.Steps = append(one.Steps, Step{Step: c.Step, Cause: c.Cause.String(), Count: c.Count})
		}
	}
}

// maxLikely is how many likely causes of one incident are told.
const maxLikely = 3

// likely returns what failed in the hours that [from, to) touches, and was felt.
func likely(f faults.Answer, from, to int64) []Likely {
	list := []Likely{}
	for _, b := range f.Blamed {
		if b.How != experience.Unmasked || b.Fault == "" || b.Hour >= to || b.Hour+hour <= from {
			continue
		}
		i := slices.IndexFunc(list, func(l Likely) bool { return l.Fault == b.Fault && l.Backend == b.Backend })
		if i < 0 {
			i = len(list)
			list = append(list, Likely{Fault: b.Fault, Backend: b.Backend})
		}
		list[i].Count += b.Count
	}
	slices.SortStableFunc(list, func(x, y Likely) int { return cmp.Compare(y.Count, x.Count) })
	return list[:min(len(list), maxLikely)]
}

const hour = 60 * 60 * 1000 // milliseconds
