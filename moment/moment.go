// Package moment knows when it matters: opening hours, a calendar, feast days, the
// busy hours of the week.
package moment

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/holiday"
	"github.com/honderd/honderd/internal/ical"
)

// Span is one occurrence, from one instant until just before another, on whole minutes.
type Span struct{ From, To time.Time }

// Moment is a time that matters.
type Moment struct {
	Name   string
	Zone   *time.Location
	Except []string // countries on whose public holidays it does not occur
	rule   rule
}

// rule finds the occurrences that may overlap a period, in any order.
type rule interface {
	between(from, to time.Time, zone *time.Location) ([]Span, error)
}

// maxSpans bounds the occurrences of one period: a moment is not every second.
const maxSpans = 100_000

// Occurrences returns the occurrences of m that overlap the time from one instant to
// another, in order, those that touch as one. They begin and end on whole minutes:
// what is between is rounded outwards.
func (m Moment) Occurrences(from, to time.Time) ([]Span, error) {
	if m.rule == nil {
		return nil, nil
	}
	list, err := m.rule.between(from.Add(-margin), to.Add(margin), m.Zone)
	if err != nil {
		return nil, fmt.Errorf("moment %q: %w", m.Name, err)
	}
	off, err := m.daysOff(from.Add(-margin), to.Add(margin))
	if err != nil {
		return nil, fmt.Errorf("moment %q: %w", m.Name, err)
	}
	list = slices.DeleteFunc(list, func(s Span) bool {
		return !s.From.Before(s.To) || off[day(s.From, m.Zone)]
	})
	slices.SortFunc(list, func(a, b Span) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	var joined []Span
	for _, s := range list {
		s = Span{s.From.Truncate(time.Minute), s.To.Add(time.Minute - 1).Truncate(time.Minute)}
		if n := len(joined); n > 0 && !s.From.After(joined[n-1].To) {
			joined[n-1].To = latest(joined[n-1].To, s.To)
			continue
		}
		joined = append(joined, s)
	}
	joined = slices.DeleteFunc(joined, func(s Span) bool { return !s.To.After(from) || !s.From.Before(to) })
	if len(joined) > maxSpans {
		return nil, fmt.Errorf("moment %q: occurs %d times (fix: make it rarer; %d times is the most)", m.Name, len(joined), maxSpans)
	}
	return joined, nil
}

// margin is more than an occurrence that began before a period usually lasts into it.
const margin = 48 * time.Hour

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// day names the day of an instant where the clock is that of zone.
func day(t time.Time, zone *time.Location) string { return t.In(zone).Format(time.DateOnly) }

// daysOff returns the public holidays on which m does not occur.
func (m Moment) daysOff(from, to time.Time) (map[string]bool, error) {
	off := map[string]bool{}
	for _, country := range m.Except {
		days, err := holiday.Between(country, from, to, m.Zone)
		if err != nil {
			return nil, err
		}
		for _, d := range days {
			off[day(d.From, m.Zone)] = true
		}
	}
	return off, nil
}

// Written is a moment as a person writes it; exactly one of Weekly, Calendar, RRule,
// Holidays and Busy says when it is.
type Written struct {
	Name, Zone             string
	Weekly                 string // Mon-Fri 09:00-17:30
	Calendar, Only         string // where an iCalendar file is, and what must be in a summary
	RRule, Start, Holidays string
	Busy                   string // 50%
	Lasts                  time.Duration
	Except                 []string
}

// Validate reports every mistake in w at once, each with its fix.
func (w Written) Validate() error {
	var errs []error
	kinds := 0
	for _, kind := range []string{w.Weekly, w.Calendar, w.RRule, w.Holidays, w.Busy} {
		if kind != "" {
			kinds++
		}
	}
	if kinds != 1 {
		errs = append(errs, fmt.Errorf("moment %q: says %d times when it is (fix: write one of weekly, calendar, rrule, holidays and busy)", w.Name, kinds))
	}
	if w.RRule != "" && (w.Start == "" || w.Lasts <= 0) {
		errs = append(errs, fmt.Errorf("moment %q: a rule needs a start and how long it lasts (fix: write start: 2026-01-31T09:00 and lasts: 8h)", w.Name))
	}
	zone := time.UTC
	if w.Zone != "" {
		var err error
		if zone, err = time.LoadLocation(w.Zone); err != nil {
			errs = append(errs, fmt.Errorf("moment %q: %q is not a time zone (fix: write one as Europe/Amsterdam)", w.Name, w.Zone))
		}
	}
	for _, country := range w.Except {
		if err := holiday.Check(country); err != nil {
			errs = append(errs, fmt.Errorf("moment %q: %w", w.Name, err))
		}
	}
	if len(errs) == 0 && w.Calendar == "" && w.Busy == "" {
		if _, err := w.rule(nil, zone); err != nil {
			errs = append(errs, fmt.Errorf("moment %q: %w", w.Name, err))
		}
	}
	return errors.Join(errs...)
}

// Moment returns the moment that w means where times without a zone are in one: calendar
// is what stands in the file that w names, hours are what Busy is learned from.
func (w Written) Moment(calendar []byte, hours []Hour, zone *time.Location) (Moment, error) {
	if err := w.Validate(); err != nil {
		return Moment{}, err
	}
	if w.Zone != "" {
		zone, _ = time.LoadLocation(w.Zone) // Validate knows that it is there
	}
	m := Moment{Name: w.Name, Zone: zone, Except: w.Except}
	var err error
	if w.Busy != "" {
		m.rule, err = w.busy(hours, zone)
	} else {
		m.rule, err = w.rule(calendar, zone)
	}
	if err != nil {
		return Moment{}, fmt.Errorf("moment %q: %w", w.Name, err)
	}
	return m, nil
}

func (w Written) rule(calendar []byte, zone *time.Location) (rule, error) {
	switch {
	case w.Weekly != "":
		return ParseWeekly(w.Weekly)
	case w.Holidays != "":
		return feasts(w.Holidays), holiday.Check(w.Holidays)
	case w.RRule != "":
		start, err := time.Parse("2006-01-02T15:04", w.Start)
		if err != nil {
			return nil, fmt.Errorf("start %q: not a local time (fix: write it as 2026-01-31T09:00)", w.Start)
		}
		r, err := ical.ParseRule(w.RRule, zone)
		return recurring{r, start, w.Lasts}, err
	}
	c, err := ical.Parse(calendar, ical.Options{Zone: zone})
	return events{c, w.Only}, err
}

// events are those of a calendar whose summary has a text in it.
type events struct {
	calendar *ical.Calendar
	only     string
}

func (e events) between(from, to time.Time, _ *time.Location) ([]Span, error) {
	all, err := e.calendar.Between(from, to)
	if err != nil {
		return nil, err
	}
	var list []Span
	for _, one := range all {
		if !one.Cancelled && strings.Contains(strings.ToLower(one.Summary), strings.ToLower(e.only)) {
			list = append(list, Span{one.Start, one.End})
		}
	}
	return list, nil
}

// feasts are the public holidays of a country, as whole days.
type feasts string

func (f feasts) between(from, to time.Time, zone *time.Location) ([]Span, error) {
	days, err := holiday.Between(string(f), from, to, zone)
	list := make([]Span, 0, len(days))
	for _, d := range days {
		list = append(list, Span{d.From, d.To})
	}
	return list, err
}
