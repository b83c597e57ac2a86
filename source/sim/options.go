package sim

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/honderd/honderd/experience"
)

// Options say what the town is like. The same options give the same town, to the bit.
type Options struct {
	Seed     uint64
	People   int       // who could come
	Start    time.Time // nobody came before
	Zone     *time.Location
	Faults   []Fault
	Releases []Release // what people were served, the first from the start; nil: one that never changes

	// Habit, when not nil, is how everybody answers a bad step; otherwise people
	// differ.
	Habit *Habit

	// Steady, when not nil, takes away days, nights and errands: everybody comes at
	// Start and does the same.
	Steady *Steady
}

// Steady is the set-up of an experiment: everybody comes at the same time, means to stay
// for as long, and takes steps at random, one independent of the other (a Poisson
// process). Answers take no time but that of faults.
//
// Source: metric 1.5, after Hauer et al., NSDI 2020.
type Steady struct {
	Stay   time.Duration // how long everybody means to be there
	Gap    time.Duration // the mean time between two steps of the most active people
	Spread float64       // times that, between two of the least active, log-uniform between; below 1: all alike
}

// Release is what a growing share of people is served from one time on.
type Release struct {
	Name string
	From time.Time
	Over time.Duration // from its first person to its last; 0: everybody at once
}

// maxReleases bounds the labels of a town.
const maxReleases = 100

// releases returns what people are served, at least one.
func (o *Options) releases() []Release {
	if len(o.Releases) == 0 {
		return []Release{{Name: "1.0"}}
	}
	return o.Releases
}

// Validate reports every mistake in o at once, each with its fix.
func (o Options) Validate() error {
	var errs []error
	if o.People < 1 || o.People > 10_000_000 {
		errs = append(errs, fmt.Errorf("a town of %d people: must be 1 to 10,000,000 (fix: write 2000)", o.People))
	}
	if !experience.Possible(o.Start.UnixMilli()) {
		errs = append(errs, fmt.Errorf("a town that starts in %d: must be 1990 to 2099 (fix: start it a week ago)", o.Start.Year()))
	}
	if len(o.Releases) > maxReleases {
		errs = append(errs, fmt.Errorf("%d releases: must be at most %d (fix: leave the older ones out)", len(o.Releases), maxReleases))
	}
	if h := o.Habit; h != nil && (*h < 0 || *h >= habits) {
		errs = append(errs, fmt.Errorf("habit %d: nobody has it (fix: leave it out to let people differ)", *h))
	}
	if s := o.Steady; s != nil && (s.Stay < time.Minute || s.Stay > 24*time.Hour || s.Gap < time.Second) {
		errs = append(errs, fmt.Errorf("a stay of %v with a step every %v: must be 1m to 24h, with at least 1s between steps (fix: write 1h and 1m)", s.Stay, s.Gap))
	}
	for _, f := range o.Faults {
		errs = append(errs, f.validate(&o))
	}
	return errors.Join(errs...)
}

func (f *Fault) validate(o *Options) error {
	var errs []error
	when := fmt.Sprintf("a fault from %s to %s", f.From.Format(time.RFC3339), f.To.Format(time.RFC3339))
	if !f.From.Before(f.To) {
		errs = append(errs, fmt.Errorf("%s: must end after it begins (fix: swap them)", when))
	}
	for _, share := range []float64{f.Share, f.Part, f.Busy} {
		if share < 0 || share > 1 {
			errs = append(errs, fmt.Errorf("%s: a share of %v: must be 0 to 1 (fix: write 0.1 for 10%%)", when, share))
		}
	}
	if f.Cause == experience.Fine && f.Slow <= 0 && !f.Masked {
		errs = append(errs, fmt.Errorf("%s: nobody could tell it from none (fix: give it a cause, make it slow, or masked)", when))
	}
	known := func(what, name string, list []string) {
		if name != "" && !slices.Contains(list, name) {
			errs = append(errs, fmt.Errorf("%s: the town has no %s %q (fix: one of %q)", when, what, name, list))
		}
	}
	var releases []string
	for _, r := range o.releases() {
		releases = append(releases, r.Name)
	}
	known("journey", f.Journey, journeyNames())
	known("region", f.Region, names(regions()))
	known("audience", f.Audience, names(audiences()))
	known("release", f.Release, releases)
	return errors.Join(errs...)
}
