package main

import (
	"context"
	"math"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/source/sim"
)

// cutoff is after how long a silence somebody is gone, in every row, as in metric 1.5.
const cutoff = 30 * time.Minute

// A number is one column of the tables. All are shares, 0 to 1.
type number int

// The numbers.
const (
	truthUptime number = iota
	successRatio
	userUptime
	boxUA
	feltUptime
	feltGiven     // felt uptime, had it been told when all had recovered
	flawless      // of people who did something
	flawlessOfAll // of people who meant to be there, as metric 1.5 counts
	truthFlawless // people whom no fault struck
	numbers       // how many there are
)

// A run is what came out of one town.
type run [numbers]float64

// measure lets the town of one seed live, and judges it in every way.
func measure(s *setting, seed uint64) (run, error) {
	o := s.options
	o.Seed = seed
	town, err := sim.NewTown(o)
	if err != nil {
		return run{}, err
	}
	until := o.Start.Add(s.long)
	steps, answer, err := fold(town, until)
	if err != nil {
		return run{}, err
	}
	truth, all := town.Truth(o.Start, until), answer.All
	var r run
	r[truthUptime], _ = truth.Uptime()
	r[successRatio] = ratio(all.Good, all.Bad)
	r[userUptime] = ratio(all.Up, all.Down)
	r[boxUA] = userAvailability(steps)
	r[feltUptime] = ratio(all.FeltUp, all.FeltDown)
	r[feltGiven] = ratio(all.FeltUp, all.FeltDown-all.Charged+chargeUntil(steps, s.recovered()))
	r[flawless] = ratio(all.People-all.Hurt, all.Hurt)
	r[flawlessOfAll] = ratio(truth.People-all.Hurt, all.Hurt)
	r[truthFlawless] = ratio(truth.People-truth.Struck, truth.Struck)
	return r, nil
}

// ratio returns the share of good in good and bad; not a number when there is neither.
func ratio(good, bad int64) float64 { return float64(good) / float64(good+bad) }

// fold gives all steps of a town to our own fold, and returns them with what it knows.
func fold(town *sim.Town, until time.Time) ([]experience.Experience, felt.Answer, error) {
	var steps []experience.Experience
	f := felt.New(felt.Options{Cutoff: cutoff})
	err := sim.NewPast(town, until).Run(context.Background(), "", func(_ context.Context, b *experience.Batch) error {
		b.Labels = nil // nothing is counted apart here
		for i := range b.Items {
			b.Items[i].Labels = 0
		}
		f.Apply(b)
		steps = append(steps, b.Items...)
		return nil
	})
	return steps, f.Answer(), err
}

// userAvailability returns Box's user availability: of the people active in a minute,
// those without a bad answer in it; summed over minutes.
//
// Source: metric, section 2 (Box, 2026).
func userAvailability(steps []experience.Experience) float64 {
	type last struct {
		minute int64
		bad    bool
	}
	seen := map[experience.Person]last{}
	var active, impacted int64
	for _, e := range steps {
		l, minute := seen[e.Person], e.At/time.Minute.Milliseconds()
		if l.minute != minute {
			l = last{minute: minute}
			active++
		}
		if e.Bad() && !l.bad {
			l.bad = true
			impacted++
		}
		seen[e.Person] = l
	}
	return ratio(active-impacted, impacted)
}

// chargeUntil returns what people who gave up are charged, in milliseconds, when it is
// known that all had recovered at a time: felt+ of metric 4.4 as it was measured in 1.5.
func chargeUntil(steps []experience.Experience, recovered time.Time) int64 {
	latest := map[experience.Person]experience.Experience{}
	var charged int64
	charge := func(e experience.Experience) {
		if e.Bad() {
			charged += max(0, min(cutoff.Milliseconds(), recovered.UnixMilli()-e.At))
		}
	}
	for _, e := range steps {
		if before, known := latest[e.Person]; known && e.At-before.At > cutoff.Milliseconds() {
			charge(before)
		}
		latest[e.Person] = e
	}
	for _, e := range latest {
		charge(e)
	}
	return charged
}

// A spread is the mean of a number over runs, and its standard deviation.
type spread struct{ mean, sd float64 }

// outcome is what came out of many runs of one setting.
type outcome struct {
	setting setting
	runs    int
	numbers [numbers]spread
	off     spread // felt uptime minus truth, run by run
}

// repeat measures a setting many times, with the seeds from 1 on.
func repeat(s setting, runs int) (outcome, error) {
	values := make([][]float64, numbers)
	var off []float64
	for seed := range runs {
		r, err := measure(&s, uint64(seed+1))
		if err != nil {
			return outcome{}, err
		}
		for n, v := range r {
			values[n] = append(values[n], v)
		}
		off = append(off, r[feltUptime]-r[truthUptime])
	}
	o := outcome{setting: s, runs: runs, off: newSpread(off)}
	for n := range values {
		o.numbers[n] = newSpread(values[n])
	}
	return o, nil
}

func newSpread(values []float64) spread {
	var sum, squares float64
	for _, v := range values {
		sum += v
	}
	mean := sum / float64(len(values))
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return spread{mean, math.Sqrt(squares / float64(len(values)-1))}
}
