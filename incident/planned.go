package incident

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// KindPlanned is the kind of facts that announce work. The key is the ID of the Planned.
const KindPlanned = "planned"

// Planned is work that is announced. It takes nothing off what people feel: whoever is
// hurt while it goes on was hurt.
type Planned struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"`
	Text      string    `json:"text,omitempty"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Journeys  []string  `json:"journeys,omitempty"` // that it may touch; none: any
	Said      time.Time `json:"said"`               // when it was announced first
	Changed   time.Time `json:"changed,omitzero"`   // when it was announced anew
	Cancelled bool      `json:"cancelled,omitempty"`
}

// Limits of what is announced.
const (
	maxTitle    = 200  // characters
	maxText     = 4000 // characters
	maxJourneys = 20   // of one announcement
	maxPlanned  = 31 * 24 * time.Hour
)

// Validate reports every mistake in p at once, joined, each with its fix.
func (p Planned) Validate() error {
	var errs []error
	say := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch n := utf8.RuneCountInString(p.Title); {
	case strings.TrimSpace(p.Title) == "":
		say("planned work has no title (fix: say in a few words what people may notice)")
	case n > maxTitle || strings.ContainsAny(p.Title, "\r\n"):
		say("the title of planned work must be one line of at most %d characters, not %d (fix: put the rest in the text)", maxTitle, n)
	}
	if n := utf8.RuneCountInString(p.Text); n > maxText {
		say("the text of planned work has %d characters, %d is the most (fix: say less, or name a page that says more)", n, maxText)
	}
	switch {
	case p.From.IsZero() || p.To.IsZero():
		say("planned work needs a begin and an end (fix: give both, as 2026-11-28T22:00)")
	case !p.From.Before(p.To):
		say("planned work ends at %s, before it begins (fix: swap from and to)", p.To.Format(time.RFC3339))
	case p.To.Sub(p.From) > maxPlanned:
		say("planned work of %v is longer than %v (fix: announce each part of it)", p.To.Sub(p.From), maxPlanned)
	}
	if len(p.Journeys) > maxJourneys {
		say("planned work touches %d journeys, %d is the most (fix: name none: that is any)", len(p.Journeys), maxJourneys)
	}
	return errors.Join(errs...)
}

// Running reports whether the work goes on at t.
func (p Planned) Running(t time.Time) bool {
	return !p.Cancelled && !t.Before(p.From) && t.Before(p.To)
}
