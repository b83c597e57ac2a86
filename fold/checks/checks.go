// Package checks keeps what probes found: per target and place, by minute for two days
// and by hour for more than a year. A minute with one bad check is bad, whatever a
// second try found.
package checks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/honderd/honderd/experience"
)

// Subject is that of the records that hold checks, one line of JSON each.
const Subject = "checks"

// How long what was found is kept, before the newest check of the same target.
const (
	Minutes = 48 * 60  // in minutes
	Hours   = 400 * 24 // in hours
)

// Limits, so that no sender can fill the memory.
const (
	maxSeries = 20000 // targets from one place
	maxBad    = 50    // bad checks that are remembered of each
	maxText   = 1024  // bytes of a text
	maxSteps  = 100
)

// Check is one run of a probe.
type Check struct {
	Target    string           `json:"target"`
	From      string           `json:"from,omitempty"` // the vantage point; empty: the server itself
	Kind      string           `json:"kind"`
	At        int64            `json:"at"`      // when it began, in ms since 1970
	Wait      int64            `json:"wait_us"` // how long the first try took
	Every     int64            `json:"every_ms,omitempty"`
	Cause     experience.Cause `json:"cause,omitempty"` // Fine: it was good
	Why       string           `json:"why,omitempty"`
	Confirmed bool             `json:"confirmed,omitempty"` // bad, and a second try at once was bad too
	Unknown   bool             `json:"unknown,omitempty"`   // it could not be made: nothing is known of the target
	CertEnds  int64            `json:"cert_ends,omitempty"` // in s since 1970; 0: no certificate was seen
	Skipped   int64            `json:"skipped,omitempty"`   // checks left out before it
	Failed    string           `json:"failed,omitempty"`    // the step that was bad
	Steps     []Step           `json:"steps,omitempty"`
	Shot      string           `json:"shot,omitempty"` // the name of a picture of the step that failed
}

// Step is what one step of a journey took.
type Step struct {
	Name   string `json:"name"`
	Status int    `json:"status,omitempty"`
	Wait   int64  `json:"wait_us"`
}

// Bad reports whether the target was found bad, confirmed or not.
func (c *Check) Bad() bool { return c.Cause != experience.Fine && !c.Unknown }

// Encode returns checks as the data of one record.
func Encode(list []Check) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for i := range list {
		if err := e.Encode(&list[i]); err != nil {
			return nil, fmt.Errorf("write a check of %q: %w", list[i].Target, err)
		}
	}
	return b.Bytes(), nil
}

// Cell is what was found in one minute or one hour.
type Cell struct {
	At        uint32 // the minute or the hour since 1970
	Runs      uint32 // all, the unknown ones too
	Bad       uint32
	Confirmed uint32 // of Bad
	Unknown   uint32
	Wait      uint32 // of those that are known, together in ms
	Slowest   uint32 // in ms
}

// add counts c.
func (l *Cell) add(c *Check) {
	l.Runs++
	if c.Unknown {
		l.Unknown++
		return
	}
	if c.Bad() {
		l.Bad++
		if c.Confirmed {
			l.Confirmed++
		}
	}
	ms := uint32(min(max(c.Wait, 0)/1000, 1<<20))
	l.Wait = uint32(min(uint64(l.Wait)+uint64(ms), 1<<32-1))
	l.Slowest = max(l.Slowest, ms)
}

// Series is what was found of one target from one place.
type Series struct {
	Target, From string
	Last         Check   // the newest
	Since        int64   // since when it is as Last says, good, bad or unknown, in ms
	Recent       []Check // the newest bad ones, oldest first
	Minutes      []Cell  // in order; a minute without a check has none
	Hours        []Cell
}

// key tells series apart, and orders them.
type key struct{ target, from string }

func compareKeys(a, b key) int {
	if a.target != b.target {
		if a.target < b.target {
			return -1
		}
		return 1
	}
	switch {
	case a.from < b.from:
		return -1
	case a.from > b.from:
		return 1
	}
	return 0
}

// Fold keeps what was found of each target from each place.
type Fold struct {
	series  map[key]*Series
	dropped int64 // checks of targets for which there was no room
	tidied  int64 // the hour in which old ones were looked for last
}

// New returns a fold that knows of no check.
func New() *Fold { return &Fold{series: map[key]*Series{}} }

// Name returns "checks".
func (f *Fold) Name() string { return "checks" }

// Apply passes over experiences: probes are no people.
func (f *Fold) Apply(*experience.Batch) {}

// Takes reports whether subject is that of checks.
func (f *Fold) Takes(subject string) bool { return subject == Subject }

// Take counts the checks of one record, all or none.
func (f *Fold) Take(_ string, data []byte) error {
	var list []Check
	for d := json.NewDecoder(bytes.NewReader(data)); d.More(); {
		var c Check
		if err := d.Decode(&c); err != nil {
			return fmt.Errorf("a record of checks cannot be read: %w", err)
		}
		if err := c.validate(); err != nil {
			return fmt.Errorf("a record of checks: %w", err)
		}
		list = append(list, c)
	}
	for i := range list {
		f.count(&list[i])
	}
	return nil
}

// validate reports what cannot be in a check.
func (c *Check) validate() error {
	texts := []string{c.Target, c.From, c.Kind, c.Why, c.Failed, c.Shot}
	for i := range c.Steps {
		texts = append(texts, c.Steps[i].Name)
	}
	for _, s := range texts {
		if len(s) > maxText || !utf8.ValidString(s) {
			return fmt.Errorf("a text in it is longer than %d bytes, or no text", maxText)
		}
	}
	if c.Target == "" || len(c.Steps) > maxSteps || !experience.Possible(c.At) || c.Wait < 0 {
		return fmt.Errorf("it has no target, no time that can be, or too many steps")
	}
	return nil
}

// count adds one check.
func (f *Fold) count(c *Check) {
	k := key{c.Target, c.From}
	s := f.series[k]
	if s == nil {
		if hour := c.At / 3_600_000; len(f.series) >= maxSeries && hour > f.tidied {
			f.tidied = hour
			f.tidy(c.At)
		}
		if len(f.series) >= maxSeries {
			f.dropped++
			return
		}
		s = &Series{Target: c.Target, From: c.From, Since: c.At}
		f.series[k] = s
	}
	newest := max(s.Last.At, c.At)
	minute, hour := uint32(c.At/60_000), uint32(c.At/3_600_000)
	if newest/60_000-int64(minute) < Minutes {
		s.Minutes = put(s.Minutes, minute, c)
	}
	if newest/3_600_000-int64(hour) < Hours {
		s.Hours = put(s.Hours, hour, c)
	}
	s.Minutes = trim(s.Minutes, newest/60_000-Minutes)
	s.Hours = trim(s.Hours, newest/3_600_000-Hours)
	if c.Bad() {
		s.remember(c)
	}
	if c.At >= s.Last.At {
		if s.Last.Target != "" && state(c) != state(&s.Last) {
			s.Since = c.At
		}
		s.Last = *c
	}
}

// state tells apart good, bad and unknown.
func state(c *Check) int {
	switch {
	case c.Unknown:
		return 2
	case c.Bad():
		return 1
	}
	return 0
}

// remember keeps a bad check among the newest ones.
func (s *Series) remember(c *Check) {
	at := len(s.Recent)
	for at > 0 && s.Recent[at-1].At > c.At {
		at--
	}
	if s.Recent = slices.Insert(s.Recent, at, *c); len(s.Recent) > maxBad {
		s.Recent = slices.Delete(s.Recent, 0, len(s.Recent)-maxBad)
	}
}

// put counts c in the cell at, which is made if it is not there.
func put(cells []Cell, at uint32, c *Check) []Cell {
	i := len(cells)
	for i > 0 && cells[i-1].At > at { // it is nearly always the last
		i--
	}
	if i == 0 || cells[i-1].At != at {
		cells = slices.Insert(cells, i, Cell{At: at})
		i++
	}
	cells[i-1].add(c)
	return cells
}

// trim drops cells up to and with the one at oldest.
func trim(cells []Cell, oldest int64) []Cell {
	n := 0
	for n < len(cells) && int64(cells[n].At) <= oldest {
		n++
	}
	if n == 0 {
		return cells
	}
	return slices.Delete(cells, 0, n)
}

// tidy forgets targets of which nothing was found for as long as hours are kept.
func (f *Fold) tidy(now int64) {
	maps.DeleteFunc(f.series, func(_ key, s *Series) bool { return now-s.Last.At > Hours*3_600_000 })
}

// Answer is all that a Fold knows. What is in it must not be changed.
type Answer struct {
	Series  []Series // by target, then by place
	Dropped int64    // checks of targets for which there was no room
}

// Answer returns a copy of what f knows.
func (f *Fold) Answer() Answer {
	a := Answer{Dropped: f.dropped}
	for _, k := range f.keys() {
		s := *f.series[k]
		s.Recent, s.Minutes, s.Hours = slices.Clone(s.Recent), slices.Clone(s.Minutes), slices.Clone(s.Hours)
		a.Series = append(a.Series, s)
	}
	return a
}

func (f *Fold) keys() []key { return slices.SortedFunc(maps.Keys(f.series), compareKeys) }
