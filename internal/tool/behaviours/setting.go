package main

import (
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/source/sim"
)

// A table is an experiment: settings that differ in one thing.
type table struct {
	title    string
	intro    string
	settings []setting
	outcomes []outcome
}

// A setting is one row: a town, and how long it is looked at.
type setting struct {
	name    string
	options sim.Options
	long    time.Duration
	within  float64   // how far the mean felt uptime is from truth at most: the stated error
	printed []printed // the same row in metric 1.5; nil: it has none
	why     string    // felt uptime and truth differ
}

// recovered returns when all faults of s were over.
func (s *setting) recovered() time.Time {
	var last time.Time
	for _, f := range s.options.Faults {
		if f.To.After(last) {
			last = f.To
		}
	}
	return last
}

// start is when every experiment begins: a Monday evening, which matters in the town.
func start() time.Time { return time.Date(2026, 11, 16, 18, 0, 0, 0, time.UTC) }

// hour returns a row of metric 1.5: 200 people who mean to be there for an hour, each
// with a step a minute in the mean, and a fault in minutes 20 to 35.
func hour(habit sim.Habit, f sim.Fault) setting {
	f.From, f.To = start().Add(20*time.Minute), start().Add(35*time.Minute)
	if f.Slow == 0 {
		f.Cause = experience.Unreachable
	}
	long := 62 * time.Minute // a slow answer may take another minute
	if habit == sim.Returns {
		long = 26 * time.Hour // they have a day to do it
	}
	return setting{
		name: habit.String(), long: long,
		options: sim.Options{
			People: 200, Start: start(), Habit: &habit, Faults: []sim.Fault{f},
			Steady: &sim.Steady{Stay: time.Hour, Gap: time.Minute},
		},
	}
}

// spreadHour returns an hour in which some people take a step every 6 seconds and some
// every 100 minutes: three decades.
func spreadHour(f sim.Fault) setting {
	s := hour(sim.GoesOn, f)
	s.name = "goes on, rates spread over 1000x"
	s.options.Steady.Gap, s.options.Steady.Spread = 6*time.Second, 1000
	return s
}

// evening returns an evening in the town of 2,000 people: days, errands and newcomers, and
// a fault from 19:30 to 20:15. With a habit, everybody has that one.
func evening(name string, habit *sim.Habit, f sim.Fault) setting {
	f.From, f.To = start().Add(90*time.Minute), start().Add(135*time.Minute)
	if f.Slow == 0 {
		f.Cause = experience.Unreachable
	}
	return setting{
		name: name, long: 4 * time.Hour,
		options: sim.Options{People: 2000, Start: start(), Habit: habit, Faults: []sim.Fault{f}},
	}
}

// named returns s with another name, a stated error and its reason.
func (s setting) named(name string, within float64, why string) setting {
	s.name = name
	return s.because(within, why)
}

// because returns s with a stated error and its reason.
func (s setting) because(within float64, why string) setting {
	s.within, s.why = within, why
	return s
}

// like returns s with what metric 1.5 prints for it.
func (s setting) like(list ...printed) setting {
	s.printed = list
	return s
}

// printed is one number of metric 1.5, with as many digits as it has there.
type printed struct {
	number number
	value  float64
	digits int
}

// row returns the numbers of a row of metric 1.5 with four digits each; flawless has
// three.
func row(success, user, box, felt, flawless float64) []printed {
	return []printed{
		{successRatio, success, 4}, {userUptime, user, 4}, {boxUA, box, 4}, {feltGiven, felt, 4}, {flawlessOfAll, flawless, 3},
	}
}
