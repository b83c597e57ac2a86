package view

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/fold/checks"
)

// ProbeState is how a target is.
type ProbeState string

// The states. Only the first is good.
const (
	ProbeGood    ProbeState = "good"
	ProbeBad     ProbeState = "bad"
	ProbeUnknown ProbeState = "unknown"       // the probe could not run: nothing is known of the target
	ProbeSilent  ProbeState = "not measured"  // nothing came for more than three intervals
	ProbeFirst   ProbeState = "not asked yet" // it is new
)

// ProbeTarget is what is asked at present.
type ProbeTarget struct {
	Name, Kind string
	Every      time.Duration
}

// Vantage is what is known of another machine that probes.
type Vantage struct {
	Last  time.Time     `json:"last,omitzero"` // when it came; zero: not since the start
	Lost  int64         `json:"lost"`          // results that it had no room for
	Clock time.Duration `json:"clock_ns"`      // how far its clock is behind
}

// ProbeOptions is what is known beside the checks.
type ProbeOptions struct {
	Now                 time.Time
	Targets             []ProbeTarget
	Vantages            map[string]Vantage
	Refused             map[string]uint64
	Runs, Late, Skipped int64 // since the start, from here
	Lost                int64 // checks that there was no room for
}

// Probes is how all targets are. Probes are robots: none of it is of people.
type Probes struct {
	AsOf     time.Time          `json:"as_of"`
	Probes   []Probe            `json:"probes"`
	Vantages map[string]Vantage `json:"vantage_points"`
	Refused  map[string]uint64  `json:"refused"` // of vantage points, by reason
	Schedule ProbeSchedule      `json:"schedule"`
}

// ProbeSchedule counts what the clock of the probes did since the start.
type ProbeSchedule struct {
	Runs    int64 `json:"runs"`
	Late    int64 `json:"late"`    // begun later than a tenth of their interval
	Skipped int64 `json:"skipped"` // left out, as the one before was not over
	Lost    int64 `json:"lost"`    // found, but there was no room to keep it
}

// Probe is how one target is from one place.
type Probe struct {
	Target   string        `json:"target"`
	Kind     string        `json:"kind"`
	From     string        `json:"from"` // the vantage point; empty: the server itself
	State    ProbeState    `json:"state"`
	Asked    bool          `json:"asked"` // false: it is no longer in the configuration
	Every    time.Duration `json:"every_ns"`
	Since    *time.Time    `json:"since"`
	Last     *LastCheck    `json:"last"`
	CertEnds *time.Time    `json:"certificate_ends"`
	CertDays *int          `json:"certificate_days"` // whole days left; negative when it has ended
	Minutes  Tallied       `json:"minutes"`          // of the last 48 hours
	Hours    Tallied       `json:"checks"`           // of the last 30 days: checks, not minutes
	Bad      []ProbeMinute `json:"bad_minutes"`      // of the last 48 hours
	Recent   []BadCheck    `json:"recent"`           // the newest bad checks, the newest first

	cells []checks.Cell
	hours []checks.Cell
}

// LastCheck is the newest check of a target.
type LastCheck struct {
	At        time.Time `json:"at"`
	WaitMS    float64   `json:"wait_ms"`
	Cause     string    `json:"cause"`
	Why       string    `json:"why"`
	Confirmed bool      `json:"confirmed"` // a second try at once was bad too
	Failed    string    `json:"failed_at"`
	Shot      string    `json:"picture"`
	Steps     []StepRun `json:"steps"`
}

// StepRun is what one step of a journey took.
type StepRun struct {
	Name   string  `json:"name"`
	Status int     `json:"status"`
	WaitMS float64 `json:"wait_ms"`
}

// BadCheck is one check that was bad.
type BadCheck struct {
	At        time.Time `json:"at"`
	Cause     string    `json:"cause"`
	Why       string    `json:"why"`
	Confirmed bool      `json:"confirmed"`
	Failed    string    `json:"failed_at"`
	Shot      string    `json:"picture"`
}

// Tallied counts good, bad and unknown. What is bad once is bad.
type Tallied struct {
	Good    int64    `json:"good"`
	Bad     int64    `json:"bad"`
	Unknown int64    `json:"unknown"`
	Share   *float64 `json:"good_share"` // of those known; null: none is
}

// ProbeMinute is what was found in one minute.
type ProbeMinute struct {
	At        time.Time `json:"at"`
	Checks    uint32    `json:"checks"`
	Bad       uint32    `json:"bad"`
	Confirmed uint32    `json:"confirmed"`
	Unknown   uint32    `json:"unknown"`
	SlowestMS uint32    `json:"slowest_ms"`
}

// silentAfter is after how many intervals without a check nothing is known any more.
const silentAfter = 3

// NewProbes returns how all targets are.
func NewProbes(a checks.Answer, o ProbeOptions) Probes {
	p := Probes{
		AsOf: o.Now.UTC(), Probes: []Probe{}, Vantages: o.Vantages, Refused: o.Refused,
		Schedule: ProbeSchedule{Runs: o.Runs, Late: o.Late, Skipped: o.Skipped, Lost: o.Lost + a.Dropped},
	}
	if p.Vantages == nil {
		p.Vantages = map[string]Vantage{}
	}
	if p.Refused == nil {
		p.Refused = map[string]uint64{}
	}
	seen := map[string]bool{}
	for i := range a.Series {
		s := &a.Series[i]
		at := slices.IndexFunc(o.Targets, func(t ProbeTarget) bool { return t.Name == s.Target })
		_, known := o.Vantages[s.From]
		asked := at >= 0 && (s.From == "" || known)
		if !asked && o.Now.UnixMilli()-s.Last.At > checks.Minutes*60_000 {
			continue
		}
		seen[s.Target+"\x00"+s.From] = true
		p.Probes = append(p.Probes, newProbe(s, asked, o.Now))
	}
	for _, t := range o.Targets {
		if !seen[t.Name+"\x00"] {
			p.Probes = append(p.Probes, Probe{Target: t.Name, Kind: t.Kind, Every: t.Every, State: ProbeFirst, Asked: true, Bad: []ProbeMinute{}, Recent: []BadCheck{}})
		}
	}
	slices.SortStableFunc(p.Probes, compareProbes)
	return p
}

// compareProbes puts what needs looking at first.
func compareProbes(a, b Probe) int {
	rank := func(p Probe) int {
		switch {
		case !p.Asked:
			return 4
		case p.State == ProbeBad:
			return 0
		case p.State == ProbeUnknown:
			return 1
		case p.State == ProbeSilent:
			return 2
		}
		return 3
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	if d := strings.Compare(a.Target, b.Target); d != 0 {
		return d
	}
	return strings.Compare(a.From, b.From)
}

func newProbe(s *checks.Series, asked bool, now time.Time) Probe {
	p := Probe{
		Target: s.Target, Kind: s.Last.Kind, From: s.From, Asked: asked, Every: time.Duration(s.Last.Every) * time.Millisecond, Bad: []ProbeMinute{}, Recent: []BadCheck{},
		Since: new(time.UnixMilli(s.Since).UTC()), Last: newLastCheck(&s.Last), cells: s.Minutes, hours: s.Hours,
	}
	every := max(s.Last.Every, 60_000)
	switch {
	case now.UnixMilli()-s.Last.At > silentAfter*every:
		p.State = ProbeSilent
		p.Since = new(time.UnixMilli(s.Last.At).UTC())
	case s.Last.Unknown:
		p.State = ProbeUnknown
	case s.Last.Bad():
		p.State = ProbeBad
	default:
		p.State = ProbeGood
	}
	if s.Last.CertEnds != 0 {
		ends := time.Unix(s.Last.CertEnds, 0).UTC()
		left := ends.Sub(now)
		days := int(left / (24 * time.Hour))
		if left < 0 {
			days--
		}
		p.CertEnds, p.CertDays = &ends, &days
	}
	for _, c := range s.Minutes {
		if now.Unix()/60-int64(c.At) >= checks.Minutes {
			continue
		}
		p.Minutes.add(c)
		if c.Bad > 0 {
			p.Bad = append(p.Bad, newMinute(c, time.Minute))
		}
	}
	p.Minutes.share()
	for _, c := range s.Hours {
		if now.Unix()/3600-int64(c.At) < 30*24 {
			p.Hours.Good += int64(c.Runs - c.Bad - c.Unknown)
			p.Hours.Bad += int64(c.Bad)
			p.Hours.Unknown += int64(c.Unknown)
		}
	}
	p.Hours.share()
	for _, c := range slices.Backward(s.Recent) {
		p.Recent = append(p.Recent, BadCheck{
			At: time.UnixMilli(c.At).UTC(), Cause: c.Cause.String(), Why: c.Why, Confirmed: c.Confirmed, Failed: c.Failed, Shot: c.Shot,
		})
	}
	return p
}

func newLastCheck(c *checks.Check) *LastCheck {
	l := &LastCheck{
		At: time.UnixMilli(c.At).UTC(), WaitMS: float64(c.Wait) / 1000, Cause: c.Cause.String(), Why: c.Why,
		Confirmed: c.Confirmed, Failed: c.Failed, Shot: c.Shot, Steps: []StepRun{},
	}
	for _, s := range c.Steps {
		l.Steps = append(l.Steps, StepRun{Name: s.Name, Status: s.Status, WaitMS: float64(s.Wait) / 1000})
	}
	return l
}

func newMinute(c checks.Cell, unit time.Duration) ProbeMinute {
	at := time.Unix(int64(c.At)*int64(unit/time.Second), 0).UTC()
	return ProbeMinute{At: at, Checks: c.Runs, Bad: c.Bad, Confirmed: c.Confirmed, Unknown: c.Unknown, SlowestMS: c.Slowest}
}

// add counts one minute: bad when one check in it was, unknown when none is known.
func (t *Tallied) add(c checks.Cell) {
	switch {
	case c.Bad > 0:
		t.Bad++
	case c.Unknown == c.Runs:
		t.Unknown++
	default:
		t.Good++
	}
}

func (t *Tallied) share() {
	if known := t.Good + t.Bad; known > 0 {
		share := float64(t.Good) / float64(known)
		t.Share = &share
	}
}

// Known returns in how many of the minutes something is known.
func (p Probe) Known() int64 { return p.Minutes.Good + p.Minutes.Bad }

// Steps returns the steps of the last run.
func (p Probe) Steps() []StepRun {
	if p.Last == nil {
		return nil
	}
	return p.Last.Steps
}

// MS returns how long the check took, in whole ms, upwards.
func (l LastCheck) MS() int64 { return int64(math.Ceil(l.WaitMS)) }

// MS returns how long the step took, in whole ms, upwards.
func (s StepRun) MS() int64 { return int64(math.Ceil(s.WaitMS)) }

// EachMinute calls f with each minute of the last 48 hours in which there was a check, in
// order.
func (p Probe) EachMinute(f func(ProbeMinute)) {
	for _, c := range p.cells {
		f(newMinute(c, time.Minute))
	}
}

// ProbeHistory is all that is kept of one target.
type ProbeHistory struct {
	Probe
	EachMinutes []ProbeMinute `json:"by_minute"` // of the last 48 hours
	EachHours   []ProbeMinute `json:"by_hour"`   // of the last 400 days
}

// Of returns all that is kept of one target, from each place.
func (p Probes) Of(target string) []ProbeHistory {
	all := []ProbeHistory{}
	for _, one := range p.Probes {
		if one.Target != target {
			continue
		}
		h := ProbeHistory{Probe: one, EachMinutes: []ProbeMinute{}, EachHours: []ProbeMinute{}}
		one.EachMinute(func(m ProbeMinute) { h.EachMinutes = append(h.EachMinutes, m) })
		for _, c := range one.hours {
			h.EachHours = append(h.EachHours, newMinute(c, time.Hour))
		}
		all = append(all, h)
	}
	return all
}

// WriteProbes writes v, Probes or what Of returns, as JSON.
func WriteProbes(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write probes as JSON: %w", err)
	}
	return nil
}
