package web

import (
	"net/http"
	"time"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/service"
	"github.com/honderd/honderd/view"
)

// sheet is what a page shows.
type sheet struct {
	R        look.Reader
	A        view.Answer
	Hours    []look.Hour
	Windows  []look.Window
	Latest   int // how many bad experiences are listed
	State    State
	AsOf     time.Time
	Final    time.Time // until when nothing changes any more; zero: not known
	Now      now
	Status   int          // of an error page
	Here     string       // which page of the menu this is; "" for none of them
	Known    []view.Story // the incidents, the newest first
	Spans    []span
	Coming   *view.Coming           // nil: nobody can tell
	Meter    *view.Meter            // nil: nobody counts
	Start    bool                   // it can be looked for what there is on this machine
	desk     bool                   // there are pages of incidents
	chain    bool                   // there is a page of services
	gateway  func() view.Gateway    // nil: there is none
	people   bool                   // somebody can log in
	tenants  bool                   // there are some
	services func() []service.Known // nil: nobody knows
	sources  bool                   // there is a page of what comes in
	Visitor  Visitor                // who reads
	Crew     view.Crew              // what they have to do with teams
	Own      []teamPart             // how it is with what is of their teams
	Why      string                 // of an error page: what is wrong
}

// span is how it was in a stretch of time up to now.
type span struct {
	Name string
	view.Stretch
}

// lately returns how it was in the last day, week and month, as far as the answer goes
// back beyond them.
func lately(r look.Reader, a view.Answer, now time.Time) []span {
	if a.Period.From == nil || a.Period.To == nil {
		return nil
	}
	if a.Period.To.Before(now) {
		now = *a.Period.To
	}
	now = now.Truncate(time.Minute).Add(time.Minute)
	var list []span
	for _, one := range []struct {
		name string
		days int
	}{{"the last 24 hours", 1}, {"the last 7 days", 7}, {"the last 30 days", 30}, {"the last 365 days", 365}} {
		if from := now.AddDate(0, 0, -one.days); from.After(*a.Period.From) {
			list = append(list, span{Name: r.T(one.name), Stretch: a.Between(from, now)})
		}
	}
	return append(list, span{Name: r.T("all of it"), Stretch: a.Between(*a.Period.From, now)})
}

// now is the hour that runs, and the one before it.
type now struct {
	Known  bool // there is an hour with people that has not ended long ago
	Hour   look.Hour
	Share  *float64
	Before look.Hour // its From is zero when there is none
}

// NowEnd returns when the hour that runs ends.
func (s sheet) NowEnd() time.Time { return s.Now.Hour.From.Add(time.Hour) }

// LostTime returns how much time people lost, in words.
func (s sheet) LostTime(l *view.Lost) string {
	if l == nil || l.TimeMS == nil {
		return s.R.T("not measured")
	}
	return s.R.Millis(*l.TimeMS)
}

// Hurt returns how many people were hurt since the hour began.
func (n now) Hurt() int64 { return n.Hour.Active - n.Hour.Flawless }

// BeforeHurt returns how many people were hurt in the hour before.
func (n now) BeforeHurt() int64 { return n.Before.Active - n.Before.Flawless }

// Link returns where an asset is.
func (sheet) Link(name string) string { return link(name) }

// Seen returns how long ago t was, as of the page.
func (s sheet) Seen(t time.Time) string {
	if t.IsZero() {
		return s.R.T("nothing read yet")
	}
	ago := s.AsOf.Sub(t)
	if ago < 5*time.Second {
		return s.R.T("last line just now")
	}
	return s.R.T("last line %s ago", s.R.Duration(ago))
}

// bare returns what every page has: the menu, in the words of who reads.
func (d dashboard) bare(w http.ResponseWriter, r *http.Request) sheet {
	s := sheet{
		R: look.For(d.tongue(w, r), d.Zone), Start: d.Found != nil, desk: d.Desk != nil, chain: d.Chain != nil, gateway: d.Gateway, people: d.Door != nil, tenants: d.Tenants != nil, sources: d.Ways != nil, services: d.Services,
	}
	if d.Door != nil {
		s.Visitor = d.Door.Visitor(r)
	}
	s.Crew = d.Crew(r)
	return s
}

// sheet returns what the dashboard shows.
func (d dashboard) sheet(w http.ResponseWriter, r *http.Request) sheet {
	answer, asOf := d.Answers()
	s := d.bare(w, r)
	s.A, s.Latest, s.State, s.AsOf = answer, 5, d.State(), asOf
	for _, h := range answer.Hours {
		s.Hours = append(s.Hours, look.Hour(h))
	}
	for _, w := range answer.Windows {
		s.Windows = append(s.Windows, look.Window{Minutes: w.Minutes, Worst: w.Worst, From: w.From, People: w.People})
	}
	if answer.FinalUntil != nil {
		s.Final = *answer.FinalUntil
	}
	s.Now = newNow(s.Hours, asOf)
	s.Here = "home"
	s.Spans = lately(s.R, answer, asOf)
	return s
}

// newNow returns the hour of hours that asOf is in. Without people in it nothing is
// known of now.
func newNow(hours []look.Hour, asOf time.Time) now {
	var n now
	for _, h := range hours {
		switch age := asOf.Sub(h.From); {
		case age < 0 || h.Active <= 0:
		case age < time.Hour:
			share := float64(h.Flawless) / float64(h.Active)
			n.Known, n.Hour, n.Share = true, h, &share
		case age < 2*time.Hour:
			n.Before = h
		}
	}
	return n
}
