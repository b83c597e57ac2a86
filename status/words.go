package status

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// shortID returns a short name for programs that is the same for ever.
func shortID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:6])
}

// HealthSays returns the words for a health.
func (s sheet) HealthSays(h view.Health) string { return healthSays(s.R, h) }

func healthSays(r look.Reader, h view.Health) string {
	switch h {
	case view.Operational:
		return r.T("Good")
	case view.Degraded:
		return r.T("Some people hurt")
	case view.PartialOutage:
		return r.T("Many people hurt")
	case view.MajorOutage:
		return r.T("Most people hurt")
	}
	return r.T("Not measured")
}

// Headline says how it is now, in one sentence.
func (s sheet) Headline() string {
	n := s.now()
	switch {
	case s.B.Full:
		return s.R.T("What happens now is not measured.")
	case n.Health == view.Unmeasured && n.Active == 0 && len(s.Open()) > 0:
		return s.R.T("People had a bad time, and nobody has come since.")
	case n.Health == view.Unmeasured && n.Active == 0:
		return s.R.T("Nobody was here in the last hour, so nothing is measured.")
	case n.Health == view.Unmeasured:
		return s.R.T("Too few people are here to judge by.")
	case n.Hurt == 0 && s.Health == view.Operational:
		return s.R.T("Everybody here is having a good time.")
	case s.Health == view.Operational:
		return s.R.T("Nearly everybody here is having a good time.")
	case n.Hurt == 0:
		return s.R.T("People had a bad time a moment ago.")
	}
	return s.R.T("People are having a bad time.")
}

// Below says from what the headline comes.
func (s sheet) Below() string {
	n := s.now()
	if s.B.Full || n.Active == 0 {
		return s.R.T("That is not 100%: it is not known.")
	}
	if s.narrow() {
		return s.R.T("Where it is worst, %s of %s people of the last %s had a bad time.", s.R.Count(n.Hurt), s.R.Count(n.Active), s.R.Minutes(n.Minutes))
	}
	return s.R.T("%s of %s people of the last %s had a bad time.", s.R.Count(n.Hurt), s.R.Count(n.Active), s.R.Minutes(n.Minutes))
}

// narrow reports whether the page is about some journeys of many.
func (s sheet) narrow() bool { return len(s.Page.Components) > 1 }

// PresentSays says how it is in one component.
func (s sheet) PresentSays(p view.Present) string {
	switch {
	case p.Active == 0:
		return s.R.T("nobody in the last hour")
	case p.Health == view.Unmeasured:
		return s.R.T("%s of %s hurt in the last %s: too few to judge by", s.R.Count(p.Hurt), s.R.Count(p.Active), s.R.Minutes(p.Minutes))
	}
	return s.R.T("%s of %s hurt in the last %s", s.R.Count(p.Hurt), s.R.Count(p.Active), s.R.Minutes(p.Minutes))
}

// Name returns the title of an incident: where people had a bad time. Nobody's words are
// in it, so nothing in it can be wrong to tell.
func (s sheet) Name(i Incident) string { return incidentName(s.R, s.Components, i) }

func incidentName(r look.Reader, shown []component, i Incident) string {
	var names []string
	for _, c := range shown {
		for _, j := range i.Journeys {
			if c.Journey == j {
				names = append(names, c.Name)
			}
		}
	}
	switch {
	case len(names) == 0:
		return r.T("People had a bad time")
	case len(names) > 3:
		return r.T("People had a bad time in %s places", r.Number(len(names)))
	}
	return r.T("People had a bad time: %s", strings.Join(names, ", "))
}

// StateSays returns the words for how far those who mend it are.
func (s sheet) StateSays(state incident.State) string { return stateSays(s.R, state) }

func stateSays(r look.Reader, state incident.State) string {
	switch state {
	case incident.Investigating:
		return r.T("Looking into it")
	case incident.Identified:
		return r.T("The cause is known")
	case incident.Monitoring:
		return r.T("Watching whether it holds")
	case incident.Resolved:
		return r.T("Over")
	}
	return ""
}

// Line is one line of the story of an incident.
type Line struct {
	At     time.Time
	Data   bool // it comes from data, not from a person
	Label  string
	Text   string
	Struck bool
	Note   string         // of what is struck: why
	State  incident.State // of a word: how far those who mend it say they are
	clock  string
}

// Story returns what happened and what was said, the newest first.
func (s sheet) Story(i Incident) []Line {
	var list []Line
	if !i.Open {
		list = append(list, Line{At: i.To, Data: true, Label: s.R.T("Over"), Text: s.R.T("Nobody was hurt any more. It lasted %s, and %s had a bad time.", s.R.Duration(i.To.Sub(i.From)), s.R.People(i.People))})
	}
	for _, w := range slices.Backward(i.Public()) {
		label := stateSays(s.R, w.State)
		if w.Corrects {
			label = strings.Trim(label+" · "+s.R.T("correction"), " ·")
		}
		list = append(list, Line{At: w.At, Label: label, Text: s.Lines(w.Text), Struck: w.Struck || w.Withdrawn, Note: s.note(w), State: w.State})
	}
	if d, known := i.SelfSaid(); known {
		list = append(list, Line{At: i.Seen, Data: true, Label: s.R.T("Said here"), Text: s.R.T("This page said so by itself, %s after the first person was hurt.", s.R.Duration(d))})
	} else if !i.Seen.IsZero() {
		list = append(list, Line{At: i.Seen, Data: true, Label: s.R.T("Said here"), Text: s.R.T("It was found afterwards, when a log of that time was read.")})
	}
	first := Line{At: i.From, Data: true, Label: s.R.T("Began"), Text: s.R.T("The first person was hurt.")}
	slices.SortStableFunc(list, func(a, b Line) int { return b.At.Compare(a.At) })
	list = append(list, first)
	for i := range list {
		list[i].clock = s.When(list[i].At)
	}
	return list
}

// note says why a word is struck through.
func (s sheet) note(w Said) string {
	switch {
	case w.Withdrawn:
		return s.R.T("taken back")
	case w.Struck:
		return s.R.T("corrected since")
	}
	return ""
}

// Hurt says how many people an incident hurt.
func (s sheet) Hurt(i Incident) string {
	if i.Open {
		return s.R.T("%s had a bad time so far", s.R.People(i.People))
	}
	return s.R.T("%s had a bad time", s.R.People(i.People))
}

// Touches returns the names of what planned work may touch, "" for anything.
func (s sheet) Touches(p incident.Planned) string {
	var names []string
	for _, j := range p.Journeys {
		name := plainName(s.R, j)
		for _, c := range s.Components {
			if c.Journey == j {
				name = c.Name
			}
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// GradeSays says how quickly the page said that people were hurt.
func (s sheet) GradeSays() string {
	g := s.Grade()
	switch {
	case g.Incidents == 0:
		return s.R.T("No incident was measured in the last year, so there is nothing to grade.")
	case g.Judged == 0:
		return s.R.T("%s in the last year, all found afterwards: how quickly this page says so is not measured yet.", s.incidents(g.Incidents))
	}
	return s.R.T("From the first person who was hurt until this page said so: %s in the middle case, %s in the worst, over %s of the last year.", s.R.Duration(g.Median), s.R.Duration(g.Worst), s.incidents(g.Judged))
}

// WordlessSays says how often nobody said anything.
func (s sheet) WordlessSays() string {
	g := s.Grade()
	if g.Incidents == 0 {
		return ""
	}
	return s.R.T("In %s of %s somebody explained it here.", s.R.Number(g.Incidents-g.Wordless), s.incidents(g.Incidents))
}

func (s sheet) incidents(n int) string {
	if n == 1 {
		return s.R.T("1 incident")
	}
	return s.R.T("%s incidents", s.R.Number(n))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
