// Package ical reads calendars (iCalendar, RFC 5545) and says what happens when.
package ical

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrNoCalendar is part of the error of Parse when the file is something else.
var ErrNoCalendar = errors.New("is no calendar")

const (
	maxSize     = 32 << 20 // bytes; a calendar of ten thousand events has five million
	maxProblems = 100      // more than anybody reads
)

// Options says how to read a calendar.
type Options struct {
	// Zone is where whole days and times without a zone are. nil: the zone that the
	// calendar says it is in (X-WR-TIMEZONE), else UTC.
	Zone *time.Location
}

// Calendar is a file that was read.
type Calendar struct {
	entries  []*entry
	problems []string
}

// Event is something that happens once, or one repetition of what happens often.
type Event struct {
	Start, End time.Time
	Summary    string
	AllDay     bool
	Cancelled  bool // it was called off
}

// Parse reads a file of one or more calendars. An event that cannot be read is left out
// and is one of Problems; only a file that is no calendar at all is an error.
func Parse(data []byte, o Options) (*Calendar, error) {
	if len(data) > maxSize {
		return nil, fmt.Errorf("calendar of %d bytes: %d is the most (fix: export fewer years)", len(data), maxSize)
	}
	root := split(unfold(data))
	calendars := slices.DeleteFunc(slices.Clone(root.inner), func(b *block) bool { return b.name != "VCALENDAR" })
	if !slices.ContainsFunc(root.inner, func(b *block) bool { return b.name == "VCALENDAR" || b.name == "VEVENT" }) {
		first, _, _ := bytes.Cut(bytes.TrimSpace(data), []byte("\n"))
		return nil, fmt.Errorf("%w: it begins with %.40q (fix: give the address or file of an .ics, which begins with BEGIN:VCALENDAR)", ErrNoCalendar, first)
	}
	c, left := &Calendar{}, effort
	for _, b := range append(calendars, root) { // events may stand outside a calendar
		c.read(b, o, &left)
	}
	c.supersede()
	if more := len(c.problems) - maxProblems; more > 0 {
		c.problems = append(c.problems[:maxProblems], fmt.Sprintf("%d more events cannot be read (fix: mend the first %d)", more, maxProblems))
	}
	return c, nil
}

// Problems returns what could not be read, each in one sentence with its line, what is
// wrong and the way out.
func (c *Calendar) Problems() []string { return slices.Clone(c.problems) }

// Summaries returns the summaries of all events, sorted, each once.
func (c *Calendar) Summaries() []string {
	var list []string
	for _, e := range c.entries {
		list = append(list, e.summary)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Between returns the events that overlap from to to, by start, also those that were
// cancelled. An event without a length overlaps when it is in between. It stops with an
// error that is ErrTooMuch when there are too many.
func (c *Calendar) Between(from, to time.Time) ([]Event, error) {
	left := effort
	var list []Event
	for _, e := range c.entries {
		events, err := e.between(from, to, &left)
		if list = append(list, events...); err == nil && len(list) > most {
			err = fmt.Errorf("%w: more than %d events are asked for (fix: ask for fewer years)", ErrTooMuch, most)
		}
		if err != nil {
			return nil, fmt.Errorf("event %q on line %d: %w", e.summary, e.line, err)
		}
	}
	slices.SortStableFunc(list, func(a, b Event) int {
		return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End), strings.Compare(a.Summary, b.Summary))
	})
	return list, nil
}

// read adds the events of one VCALENDAR.
func (c *Calendar) read(b *block, o Options, left *int) {
	r := &entryReader{zone: o.Zone, zones: &zones{map[string]*block{}, map[string]*time.Location{}}, left: left}
	props, _ := b.props() // they are hints
	for _, inner := range b.inner {
		if inner.name != "VTIMEZONE" {
			continue
		}
		if p, err := inner.props(); err == nil && p.Get("TZID") != nil {
			r.zones.defined[strings.Trim(strings.TrimSpace(p.Get("TZID").Value), `"`)] = inner
		}
	}
	if p := props.Get("X-WR-TIMEZONE"); p != nil && r.zone == nil {
		r.zone = r.zones.find(p.Value)
	}
	if r.zone == nil {
		r.zone = time.UTC
	}
	method := props.Get("METHOD")
	for _, inner := range b.inner {
		if inner.name != "VEVENT" {
			continue
		}
		e, err := r.read(inner)
		if inner.broken {
			err = mistake{inner.line, "it has no END:VEVENT", "download the file again, it may be cut off"}
		}
		if err != nil {
			c.problems = append(c.problems, sentence(inner, err))
			continue
		}
		e.cancelled = e.cancelled || method != nil && strings.EqualFold(method.Value, "CANCEL")
		c.entries = append(c.entries, e)
	}
}

// sentence says which event has the mistake.
func sentence(b *block, err error) string {
	at, ok := errors.AsType[mistake](err)
	if !ok {
		at = mistake{b.line, err.Error(), "remove the event"}
	}
	for _, l := range b.lines {
		if name, value, _ := strings.Cut(l.text, ":"); strings.EqualFold(name, "UID") {
			at.what = fmt.Sprintf("event %.60q: %s", value, at.what)
			return at.Error()
		}
	}
	at.what = fmt.Sprintf("event of line %d: %s", b.line, at.what)
	return at.Error()
}

// supersede leaves out what a later version of the same event or repetition replaces,
// and takes each changed repetition out of its event.
func (c *Calendar) supersede() {
	type version struct {
		uid      string
		instance int64
		changed  bool
	}
	key := func(e *entry) version {
		if e.replaces == nil {
			return version{uid: e.uid}
		}
		return version{e.uid, e.replaces.first().Unix(), true}
	}
	newest := map[version]int{}
	for _, e := range c.entries {
		if n, seen := newest[key(e)]; !seen || e.sequence > n {
			newest[key(e)] = e.sequence
		}
	}
	c.entries = slices.DeleteFunc(c.entries, func(e *entry) bool { return e.uid != "" && e.sequence < newest[key(e)] })
	series := map[string][]*entry{}
	for _, e := range c.entries {
		if e.replaces == nil && e.uid != "" {
			series[e.uid] = append(series[e.uid], e)
		}
	}
	for _, e := range c.entries {
		if e.replaces == nil {
			continue
		}
		for _, whole := range series[e.uid] {
			whole.except.add(*e.replaces)
		}
	}
}
