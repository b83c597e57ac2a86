package view

import (
	"cmp"
	"slices"

	"github.com/honderd/honderd/incident"
)

// StoryPart is an incident that people say is a part of another one.
type StoryPart struct {
	incident.Record
	About        incident.About `json:"about"`
	AboutVersion uint64         `json:"about_version"`
}

// WholePeople returns how many people had a bad time in an incident. With parts it is who
// had one from its beginning to its end: nobody is counted twice.
func WholePeople(a Answer, w incident.Whole) int64 {
	if len(w.Parts) == 0 {
		return w.People
	}
	return max(w.People, a.Between(w.From, w.To).People.Hurt)
}

// dataOfAll returns what data tells of an incident and of its parts, as one; nil when it
// no longer tells of any.
func dataOfAll(a Answer, w incident.Whole, own incident.Record) *Incident {
	one := dataOf(a, own)
	if len(w.Parts) == 0 {
		return one
	}
	var told []*Incident
	for _, r := range append([]incident.Record{own}, w.Parts...) {
		if d := dataOf(a, r); d != nil && !r.Gone && !slices.Contains(told, d) {
			told = append(told, d)
		}
	}
	if len(told) == 0 {
		return nil
	}
	whole := &Incident{From: w.From, To: w.To, Open: w.Open, People: WholePeople(a, w), Active: a.Between(w.From, w.To).People.Active, Journeys: []Part{}, Apart: []Part{}, Steps: []Step{}, Likely: likely(a.faults, w.From.UnixMilli(), w.To.UnixMilli())}
	for _, d := range told {
		whole.DownMS += d.DownMS
		if whole.Worst == nil || d.Worst != nil && d.Worst.Hurt > whole.Worst.Hurt {
			whole.Worst = d.Worst
		}
		whole.Journeys = a.joined(whole.Journeys, d.Journeys, w)
		whole.Apart = a.joined(whole.Apart, d.Apart, w)
		whole.Steps = joinedSteps(whole.Steps, d.Steps)
		if d.Cost != nil {
			whole.Cost = new(*d.Cost + valueOf(whole.Cost))
		}
	}
	return whole
}

func valueOf(n *float64) float64 {
	if n == nil {
		return 0
	}
	return *n
}

// joined returns those told apart in both lists, from the beginning to the end of w.
func (a Answer) joined(list, more []Part, w incident.Whole) []Part {
	for _, p := range more {
		if slices.ContainsFunc(list, func(o Part) bool { return o.By == p.By && o.Name == p.Name }) {
			continue
		}
		if s := a.BetweenOf(p.By, p.Name, w.From, w.To); s.People.Hurt > 0 {
			p = Part{By: p.By, Name: p.Name, People: s.People.Active, Hurt: s.People.Hurt, Felt: s.FeltUptime.Ratio}
		}
		list = append(list, p)
	}
	slices.SortStableFunc(list, func(x, y Part) int { return cmp.Compare(y.Hurt, x.Hurt) })
	return list[:min(len(list), maxParts)]
}

func joinedSteps(list, more []Step) []Step {
	for _, s := range more {
		i := slices.IndexFunc(list, func(o Step) bool { return o.Step == s.Step && o.Cause == s.Cause })
		if i >= 0 {
			list[i].Count += s.Count
			continue
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(x, y Step) int { return cmp.Compare(y.Count, x.Count) })
	return list[:min(len(list), maxIncidentSteps)]
}
