// Package status is the public page: how it is for people now, how it was, and what was
// said of it; it opens by itself, and nothing on it can be edited away.
package status

import (
	"cmp"
	"slices"
	"time"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/view"
)

// Board is all that the public is told at one time.
type Board struct {
	Made      time.Time // what is kept of an older one is not given any more
	Public    view.Public
	Full      bool       // what happens now is not measured: there is no room for it
	Incidents []Incident // the newest first
	Planned   []incident.Planned
}

// Incident is what the public is told of a time in which people had a bad time.
type Incident struct {
	incident.Record
	Journeys []string // in which people were hurt, most first; empty when that is not known
	Words    []Word   // in the order in which they were said
	Parts    []string // the IDs of those that are a part of it
}

// Word is one version of what somebody said to the public.
type Word struct {
	incident.Word
	Key     string
	Version uint64
}

// Said is a public word as it is shown: with what became of it.
type Said struct {
	Word
	Struck    bool // it was wrong: a later word says otherwise
	Withdrawn bool // somebody tried to take it back
	Corrects  bool // it says what an earlier word should have said
}

// Public returns the words that were public once, in the order in which they were said:
// those that were corrected, said anew or taken back stay, and are shown as such.
func (i Incident) Public() []Said {
	words := slices.Clone(i.Words)
	slices.SortStableFunc(words, func(a, b Word) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Version, b.Version))
	})
	var list []Said
	for _, w := range words {
		if !w.Public {
			continue
		}
		s := Said{Word: w, Corrects: w.Word.Corrects != "" || w.Version > 1}
		for _, other := range words {
			later := other.Key == w.Key && other.Version > w.Version
			s.Withdrawn = s.Withdrawn || later && !other.Public
			s.Struck = s.Struck || later || other.Public && other.Word.Corrects == w.Key && other.Key != w.Key
		}
		list = append(list, s)
	}
	return list
}

// State returns how far those who mend it are. Nobody can say that it is over while
// people are hurt, nor that it is not when they are not any more.
func (i Incident) State() incident.State {
	state := incident.Investigating
	for _, w := range i.Public() {
		if w.State != "" && !w.Struck {
			state = w.State
		}
	}
	switch {
	case !i.Open:
		return incident.Resolved
	case state == incident.Resolved || !state.Known():
		return incident.Monitoring
	}
	return state
}

// SelfSaid returns how long it took from the first person who was hurt until this page
// said so, and whether that is known: of what was read from a log afterwards it is not.
func (i Incident) SelfSaid() (time.Duration, bool) {
	if i.Seen.IsZero() || i.Afterwards() {
		return 0, false
	}
	return max(0, i.Seen.Sub(i.From)), true
}

// PersonSaid returns how long it took until a person said something here.
func (i Incident) PersonSaid() (time.Duration, bool) {
	for _, w := range i.Public() {
		return max(0, w.At.Sub(i.From)), true
	}
	return 0, false
}

// Grade is how quickly this page said that people were hurt, over a year.
type Grade struct {
	Incidents int           // in the year
	Judged    int           // of them: seen while they happened
	Median    time.Duration // of those: from the first person hurt until the page said so
	Worst     time.Duration
	Wordless  int // of all: nobody said anything here
}

// GradeOf grades the incidents of the year before now.
func GradeOf(list []Incident, now time.Time) Grade {
	var g Grade
	var took []time.Duration
	for _, i := range list {
		if i.Gone || i.From.Before(now.AddDate(-1, 0, 0)) {
			continue
		}
		g.Incidents++
		if _, said := i.PersonSaid(); !said {
			g.Wordless++
		}
		if d, known := i.SelfSaid(); known {
			took = append(took, d)
		}
	}
	slices.Sort(took)
	if g.Judged = len(took); g.Judged > 0 {
		g.Median, g.Worst = took[len(took)/2], took[len(took)-1]
	}
	return g
}

// overall returns how all is together. Where one of many things is bad for most, it is bad
// for many.
func overall(now view.Present, shown []component, open bool) view.Health {
	h := now.Health
	for _, c := range shown {
		switch c.Now.Health {
		case view.Degraded, view.PartialOutage:
			h = view.Worse(h, c.Now.Health)
		case view.MajorOutage:
			h = view.Worse(h, view.PartialOutage)
		}
	}
	if open {
		h = view.Worse(h, view.Degraded)
	}
	return h
}
