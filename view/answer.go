// Package view composes the answers that people and programs ask for, from what the
// folds know. Surfaces ask only views.
package view

import (
	"time"

	"github.com/honderd/honderd/fold/faults"
	"github.com/honderd/honderd/fold/felt"
)

// Answer is how a period was for the people in it. Its JSON is a contract: names may
// be added, never renamed. A ratio without anybody is null.
type Answer struct {
	Source        Source     `json:"source"`
	Period        Period     `json:"period"`
	CutoffSeconds float64    `json:"cutoff_seconds"`
	CutoffLearned bool       `json:"cutoff_learned"` // false: somebody chose it
	CutoffVersion string     `json:"cutoff_version"` // the quarter of a year in which a learned one holds, such as "2026Q4"; "": chosen
	FinalUntil    *time.Time `json:"final_until"`    // what is before does not change any more
	Requests      Requests   `json:"requests"`
	People        People     `json:"people"`
	Recognised    Recognised `json:"recognised"`
	UserUptime    Uptime     `json:"user_uptime"`
	FeltUptime    Uptime     `json:"felt_uptime"`
	GaveUp        GaveUp     `json:"gave_up"`
	Visits        Visits     `json:"visits"`
	Windows       []Window   `json:"windows"`
	Worst         []Detail   `json:"worst"` // what was behind the worst windows of some lengths
	Moments       []Moment   `json:"moments"`
	Journeys      []Journey  `json:"journeys"`
	Segments      []Segments `json:"segments"`
	Masked        Masked     `json:"masked"`
	Incidents     []Incident `json:"incidents"`
	Causes        []Cause    `json:"causes"` // of bad experiences, most frequent first
	Steps         []Step     `json:"steps"`  // where they were, most frequent first
	Latest        []Bad      `json:"latest"` // newest first
	Hours         []Hour     `json:"hours"`  // the picture of the period, every hour of it
	Edge          []Minute   `json:"edge"`   // the minutes that are not final, with anybody in them

	Chain *Chain `json:"chain,omitempty"` // who calls whom; not there: no traces were read

	CutoffSpread []CutoffSpread `json:"cutoff_spread"` // the same with half and with twice the cut-off
	Notes        []Note         `json:"notes"`         // what the reader should know about these numbers

	timeline *felt.Timeline // of all people; nil: nobody was there
	apart    []named        // of people told apart
	faults   faults.Answer  // when what went wrong
}

// Source is what was read, and what could not be.
type Source struct {
	Lines     int64            `json:"lines"`
	Parsed    int64            `json:"parsed"`
	Rejected  int64            `json:"rejected"`
	Robots    int64            `json:"robots"`
	Probes    int64            `json:"probes"`
	NoRequest int64            `json:"no_request"` // connections on which nobody asked anything
	Late      int64            `json:"late"`       // experiences that came too late to be counted
	Bytes     int64            `json:"bytes"`
	Formats   map[string]int64 `json:"formats"`
	Rejects   []Reject         `json:"rejects"`
}

// Reject is what could not be read for one reason.
type Reject struct {
	Reason   string   `json:"reason"`
	Count    int64    `json:"count"`
	Examples []string `json:"examples"`
}

// Period is the time from the first to the last experience; both null when there is none.
type Period struct {
	From *time.Time `json:"from"`
	To   *time.Time `json:"to"`
}

// Requests counts steps, not people: the number that others show.
type Requests struct {
	Total        int64    `json:"total"`
	Good         int64    `json:"good"`
	Bad          int64    `json:"bad"`
	SuccessRatio *float64 `json:"success_ratio"`
}

// People counts persons. Flawless is who had no bad experience at all.
type People struct {
	Active        int64       `json:"active"`
	Flawless      int64       `json:"flawless"`
	Hurt          int64       `json:"hurt"`
	FlawlessShare *float64    `json:"flawless_share"`
	Interval95    [2]*float64 `json:"interval_95"` // Wilson, on people
}

// Recognised is how long people are recognised, and by what.
type Recognised struct {
	Days *int   `json:"days"` // null: for as long as what was read
	By   string `json:"by"`   // "address+agent", "address", "header:NAME" or "field:NAME"

	// Forgiveness is "not measured" when people are not recognised for long enough to see
	// whether they come back after a bad time; null otherwise.
	Forgiveness *string `json:"forgiveness"`
}

// NewRecognised returns what is said of people who are recognised by something for so many
// days, 0 for as long as what was read. One day is too short to see anybody come back.
func NewRecognised(days int, by string) Recognised {
	r := Recognised{By: by}
	if days > 0 {
		r.Days = &days
	}
	if days == 1 {
		not := "not measured"
		r.Forgiveness = &not
	}
	return r
}

// Uptime is time that people were there for, good and bad.
type Uptime struct {
	UpMS   int64    `json:"up_ms"`
	DownMS int64    `json:"down_ms"`
	Ratio  *float64 `json:"ratio"`

	Interval95 [2]*float64 `json:"interval_95"` // Wilson, with as many people as tell as much; null: too few people
}

// GaveUp counts people who left after a bad experience, and the time charged for it.
type GaveUp struct {
	People    int64 `json:"people"`
	ChargedMS int64 `json:"charged_ms"`
}

// Window is the worst window of one length.
type Window struct {
	Minutes    int         `json:"minutes"`
	Worst      *float64    `json:"worst"` // null: no window of this length had enough people
	From       *time.Time  `json:"from"`
	People     int64       `json:"people"`      // how many people were in it
	Hurt       int64       `json:"hurt"`        // of those: who had a bad time in it
	Interval95 [2]*float64 `json:"interval_95"` // Wilson, on the people in it; null: too few of them
	AtLeast    *float64    `json:"at_least"`    // the worst of all that are as long or longer: never gets worse with length; only of all

	Bootstrap95 *[2]float64 `json:"bootstrap_95,omitempty"` // of the bootstrap on people; only of all, and only when asked for
}

// Sure returns the interval of the bootstrap for the worst window of a length, nil when
// there is none.
func (a Answer) Sure(minutes int) *[2]float64 {
	for _, w := range a.Windows {
		if w.Minutes == minutes {
			return w.Bootstrap95
		}
	}
	return nil
}

// Journey is the same for what people came to do.
type Journey struct {
	Name       string   `json:"name"`
	Requests   Requests `json:"requests"`
	People     People   `json:"people"`
	UserUptime Uptime   `json:"user_uptime"`
	FeltUptime Uptime   `json:"felt_uptime"`
	GaveUp     GaveUp   `json:"gave_up"`
	Visits     Visits   `json:"visits"`
	Windows    []Window `json:"windows"`
}

// Masked is what the machines did wrong and nobody noticed.
type Masked struct {
	Faults   int64            `json:"faults"`
	PersonMS int64            `json:"person_ms"`
	By       map[string]int64 `json:"by"`

	CostMS    int64           `json:"cost_ms"`    // that hiding cost people all the same, where sources say it
	ByBackend []MaskedBackend `json:"by_backend"` // most faults first
	Hours     []MaskedHour    `json:"hours"`      // the trend: each hour with anybody in it, in order
	Harder    *Harder         `json:"harder"`     // null: no more is hidden than usual
}

// Incident is a period in which people had a bad time.
type Incident struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Open     bool      `json:"open"`     // it may go on: it is not long enough ago that anybody was hurt
	People   int64     `json:"people"`   // who had a bad time in it
	Active   int64     `json:"active"`   // who was there
	DownMS   int64     `json:"down_ms"`  // person-time that was bad, felt uptime's
	Worst    *Minute   `json:"worst"`    // the minute with most people hurt
	Journeys []Part    `json:"journeys"` // with somebody hurt, most hurt first
	Apart    []Part    `json:"apart"`    // the same for steps and labels
	Steps    []Step    `json:"steps"`    // what went wrong, most frequent first
	Likely   []Likely  `json:"likely"`   // who failed behind it, and how, most frequent first
	Cost     *float64  `json:"cost"`     // null: not known
}

// Likely is a likely cause: what a proxy or its error log says failed in the hours of an
// incident, where somebody felt it.
type Likely struct {
	Fault   string `json:"fault"`   // "nginx: upstream timed out", "refused"
	Backend string `json:"backend"` // "": it does not say who
	Count   int64  `json:"count"`

	Service string `json:"service,omitempty"` // that the backend is of, by the catalog
	Owner   string `json:"owner,omitempty"`   // of that; "": nobody said
	Contact string `json:"contact,omitempty"` // how the owner is reached
}

// Cause is how often something made an experience bad.
type Cause struct {
	Cause string `json:"cause"`
	Count int64  `json:"count"`
}

// Step is how often one step went wrong.
type Step struct {
	Step  string `json:"step"`
	Cause string `json:"cause"`
	Count int64  `json:"count"`
}

// Bad is one bad experience.
type Bad struct {
	At     time.Time `json:"at"`
	Step   string    `json:"step"`
	Cause  string    `json:"cause"`
	WaitMS int64     `json:"wait_ms"` // 0: the source does not say
}

// Hour is one hour of the period. Without anybody it says nothing: not 100%.
type Hour struct {
	From     time.Time `json:"from"`
	Active   int64     `json:"active"`
	Flawless int64     `json:"flawless"`
}

// Note is something the reader should know, with a way out where there is one.
type Note struct {
	Kind   string `json:"kind"` // "one_address", "rejected", "late", "few_people", "no_wait", "nobody", "cutoff", "hangs_on_cutoff", "forgiveness", "twice" or "other"
	Text   string `json:"text"` // in English
	Format string `json:"-"`    // Text before its numbers were put in, for other languages
	Args   []any  `json:"-"`
}
