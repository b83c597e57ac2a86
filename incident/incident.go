// Package incident holds the times in which people had a bad time: opened and closed by
// data, with the words, the owner and the lesson that people add.
package incident

import (
	"cmp"
	"slices"
	"time"
)

// The kinds of facts that are said about incidents. The key of a Record and of an About
// is the incident's ID; the key of a Word and of a Lesson is the ID, "/", and a number.
const (
	KindRecord = "incident"
	KindAbout  = "incident-about"
	KindWord   = "incident-word"
	KindLesson = "lesson"
)

// Spell is a time in which people had a bad time, as data tells it now.
type Spell struct {
	From   time.Time
	To     time.Time // end of the last bad minute so far
	Open   bool      // it may go on
	People int64     // who had a bad time in it
}

// Record is what data tells of one incident. It is said anew when that changes: more came
// late, or it ended.
type Record struct {
	ID     string    `json:"id"` // of its first minute, in UTC: "2026-11-26-2003"; never changes
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Open   bool      `json:"open"`
	People int64     `json:"people"`
	Seen   time.Time `json:"seen"` // when we noticed: what a status page is graded by
	Ended  time.Time `json:"ended,omitzero"`
	Gone   bool      `json:"gone,omitempty"` // late facts showed that nobody had a bad time
}

// Afterwards reports whether the incident was over when we noticed it: a log was read
// later.
func (r Record) Afterwards() bool { return r.Seen.Sub(r.To) > Quiet }

// Quiet is for how long nobody must be hurt for an incident to be over.
const Quiet = 15 * time.Minute

// About is what people say an incident is. Every field may be empty.
type About struct {
	Title string      `json:"title,omitempty"`
	Owner string      `json:"owner,omitempty"`
	Cause string      `json:"cause,omitempty"`
	Into  string      `json:"into,omitempty"`  // the ID of the incident that this one is a part of
	Split []time.Time `json:"split,omitempty"` // another incident begins at each of these
}

// State is how far those who mend an incident are, in the words of status pages.
type State string

// The states, in the order in which they come.
const (
	Investigating State = "investigating"
	Identified    State = "identified"
	Monitoring    State = "monitoring"
	Resolved      State = "resolved"
)

// States returns every state, in order.
func States() []State { return []State{Investigating, Identified, Monitoring, Resolved} }

// Known reports whether s is a state.
func (s State) Known() bool { return slices.Contains(States(), s) }

// Word is what somebody said of an incident. It is never changed: what was wrong is
// corrected by a further word.
type Word struct {
	Incident string    `json:"incident"`
	At       time.Time `json:"at"`
	State    State     `json:"state,omitempty"` // "": a remark
	Text     string    `json:"text"`
	Public   bool      `json:"public"`             // it stands on the status page
	Corrects string    `json:"corrects,omitempty"` // the key of the word that was wrong
}

// Lesson is what was learned: why it happened, what changes, who sees to it until when,
// and whether it held.
type Lesson struct {
	Incident string    `json:"incident"`
	Cause    string    `json:"cause"`
	Change   string    `json:"change"`
	Owner    string    `json:"owner"`
	Due      time.Time `json:"due,omitzero"`
	Done     time.Time `json:"done,omitzero"`
	Held     *bool     `json:"held,omitempty"` // nil: not known yet
}

// ID returns the name of an incident that began at from.
func ID(from time.Time) string { return from.UTC().Format("2006-01-02-1504") }

// Match returns the records that have to be said so that they tell what spells do: new
// ones, and those that changed. A spell belongs to the record that it overlaps, or that
// ended less than Quiet before it; of several, to the one that shares most time with it.
// spells are in order; about says where people have split an incident.
func Match(known []Record, about map[string]About, spells []Spell, now time.Time) []Record {
	spells = cut(spells, about)
	taken := map[string]bool{}
	var said []Record
	for _, s := range spells {
		r, ok := owner(known, taken, s)
		if !ok {
			r = Record{ID: free(known, said, s.From), Seen: now}
		}
		taken[r.ID] = true
		next := r
		next.From, next.To, next.Open, next.People, next.Gone = s.From, s.To, s.Open, s.People, false
		switch {
		case next.Open:
			next.Ended = time.Time{}
		case r.Open || !ok || r.Gone:
			next.Ended = now
		}
		if !ok || next != r {
			said = append(said, next)
		}
	}
	for _, r := range known {
		if !taken[r.ID] && !r.Gone && within(r, spells) {
			r.Gone, r.Open = true, false
			said = append(said, r)
		}
	}
	return said
}

// within reports whether spells tell of the time of r: a record from before all of them
// may only have left what data remembers.
func within(r Record, spells []Spell) bool {
	return len(spells) > 0 && !r.From.Before(spells[0].From)
}

// cut divides spells where people have split them.
func cut(spells []Spell, about map[string]About) []Spell {
	var at []time.Time
	for _, a := range about {
		at = append(at, a.Split...)
	}
	slices.SortFunc(at, time.Time.Compare)
	for _, t := range at {
		for i, s := range spells {
			if t.After(s.From) && t.Before(s.To) {
				first, second := s, s
				first.To, first.Open, second.From = t, false, t
				spells = slices.Concat(spells[:i], []Spell{first, second}, spells[i+1:])
				break
			}
		}
	}
	return spells
}

// owner returns the record that s belongs to.
func owner(known []Record, taken map[string]bool, s Spell) (Record, bool) {
	var best Record
	var most time.Duration
	found := false
	for _, r := range known {
		if taken[r.ID] || !r.From.Before(s.To.Add(time.Minute)) || !s.From.Before(r.To.Add(Quiet)) {
			continue
		}
		if s.From.Equal(r.From) { // what was split touches its other half
			return r, true
		}
		shared := earlier(r.To, s.To).Sub(later(r.From, s.From))
		if !found || shared > most {
			best, most, found = r, shared, true
		}
	}
	return best, found
}

// free returns an ID that no other record has.
func free(known, said []Record, from time.Time) string {
	id := ID(from)
	for n := 'b'; ; n++ {
		if !has(known, id) && !has(said, id) {
			return id
		}
		id = ID(from) + string(n)
	}
}

func has(list []Record, id string) bool {
	return slices.ContainsFunc(list, func(r Record) bool { return r.ID == id })
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Newest orders records by when they began, the newest first.
func Newest(a, b Record) int { return cmp.Or(b.From.Compare(a.From), cmp.Compare(b.ID, a.ID)) }
