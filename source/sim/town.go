// Package sim is a town of simulated people whose experiences are known: it shows the
// product without anybody's data, and tests its numbers against the truth.
package sim

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/honderd/honderd/experience"
)

// Lengths in milliseconds, the unit of a town's inner clock.
const (
	msSecond = int64(1000)
	msMinute = 60 * msSecond
	msHour   = 60 * msMinute
)

// Town makes experiences. It keeps nobody: every hour can be made anew, and who people
// are is drawn whenever they are looked at.
type Town struct {
	o         Options
	faults    []fault
	releases  []Release // at least one
	regions   []group
	audiences []group
	labels    [][]experience.Label
	patience  int64 // how long people wait before it is a bad experience, in milliseconds
}

// NewTown returns the town that o describes.
func NewTown(o Options) (*Town, error) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	t := &Town{o: o, releases: o.releases(), regions: regions(), audiences: audiences()}
	t.patience = experience.DefaultRules().Patience.Milliseconds()
	for _, f := range o.Faults {
		t.faults = append(t.faults, newFault(f, t))
	}
	t.labels = t.sets()
	return t, o.Validate()
}

// random returns the dice of one person, or of one person in one hour or minute: always
// the same for the same.
func (t *Town) random(p experience.Person, about int64) *rand.Rand {
	return rand.New(rand.NewPCG(t.o.Seed^uint64(p)*0x9e3779b97f4a7c15, uint64(about)))
}

// What else dice are thrown for: the numbers are below those of hours and minutes.
const (
	aboutActivity = -1
	aboutPerson   = -2
	aboutRelease  = -1_000 // and as much below as its number
	aboutFault    = -10_000
	aboutMinute   = -1 << 40 // and below: of one fault in one minute
)

// hour returns the visits that begin in an hour, counted from 1970.
func (t *Town) hour(hour int64) []visit {
	at := time.Unix(hour*3600, 0).In(t.o.Zone)
	if at.Add(time.Hour).Before(t.o.Start) {
		return nil
	}
	var visits []visit
	if s := t.o.Steady; s != nil {
		if start := t.o.Start.UnixMilli(); start/msHour == hour {
			for p := range t.o.People {
				id := experience.Person(p + 1)
				visits = append(visits, t.live(t.person(id), start, t.random(id, hour)))
			}
		}
		return visits
	}
	load, office := loadAt(at), officeAt(at)
	for p := range t.o.People {
		id := experience.Person(p + 1)
		r := t.random(id, hour)
		if r.Float64() >= t.activity(id)*load {
			continue
		}
		from := hour*msHour + r.Int64N(msHour)
		who := t.person(id)
		if from >= t.o.Start.UnixMilli() && (office || who.audience == customers) {
			visits = append(visits, t.live(who, from, r))
		}
	}
	return visits
}

// activity returns how many visits a person makes in a busy hour: spread over three
// decades, as Hauer et al. saw it.
func (t *Town) activity(p experience.Person) float64 {
	return 0.5 * math.Pow(10, -3*t.random(p, aboutActivity).Float64())
}

// loadAt returns how busy an hour is, 0 to 1: a day with a night, a peak in the evening,
// and quieter weekends.
func loadAt(at time.Time) float64 {
	h := float64(at.Hour()) + 0.5
	load := 0.05 + 0.5*math.Exp(-(h-11)*(h-11)/18) + 0.6*math.Exp(-(h-20)*(h-20)/8)
	if weekend(at) {
		load *= 0.7
	}
	return min(1, load)
}

// officeAt reports whether people who work here are at work.
func officeAt(at time.Time) bool { return at.Hour() >= 7 && at.Hour() < 19 && !weekend(at) }

func weekend(at time.Time) bool {
	return at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
}

// longest returns how long after its first hour a visit can still go on, with all
// returns to it.
func (t *Town) longest() time.Duration {
	stay := longestStay
	if t.o.Steady != nil {
		stay = t.o.Steady.Stay
	}
	return 2*stay + longestAway
}

// During returns all steps from one time until just before another, in order.
func (t *Town) During(from, to time.Time) []experience.Experience {
	return t.flow(from).steps(from, to)
}

// A flow makes hours one after the other and keeps the visits that still go on.
type flow struct {
	town *Town
	next int64 // the hour that is not made yet
	open []visit
}

// flow returns a flow for times from one on.
func (t *Town) flow(from time.Time) *flow {
	first := max(from.Add(-t.longest()-time.Hour).Unix()/3600, t.o.Start.Unix()/3600-1)
	return &flow{town: t, next: first}
}

// upTo makes all visits that begin before a time, in Unix milliseconds.
func (f *flow) upTo(to int64) {
	for ; f.next*msHour < to; f.next++ {
		f.open = append(f.open, f.town.hour(f.next)...)
	}
}

// drop forgets the visits that are over before a time, in Unix milliseconds.
func (f *flow) drop(before int64) {
	f.open = slices.DeleteFunc(f.open, func(v visit) bool { return v.last() < before })
}

// steps returns all steps from one time until just before another, in order. The next
// call must not go back.
func (f *flow) steps(from, to time.Time) []experience.Experience {
	lo, hi := from.UnixMilli(), to.UnixMilli()
	f.upTo(hi)
	var steps []experience.Experience
	for i := range f.open {
		for _, e := range f.open[i].steps {
			if e.At >= lo && e.At < hi {
				steps = append(steps, e)
			}
		}
	}
	f.drop(hi)
	slices.SortFunc(steps, func(a, b experience.Experience) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Person, b.Person))
	})
	return steps
}
