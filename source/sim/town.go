// Package sim is a town of simulated people whose experiences are known: it shows the
// product without anybody's data, and tests its numbers against the truth.
package sim

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/honderd/honderd/experience"
)

// Options say what the town is like. The same options give the same town, to the bit.
type Options struct {
	Seed   uint64
	People int       // who could come
	Start  time.Time // nobody came before
	Zone   *time.Location
	Faults []Fault

	// Habit, when not nil, is how everybody answers a bad step; otherwise people
	// differ.
	Habit *Habit
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
	for _, f := range o.Faults {
		if !f.From.Before(f.To) || f.Share < 0 || f.Share > 1 {
			errs = append(errs, fmt.Errorf("a fault from %s to %s for %v of people: must end after it begins, for 0 to 1 (fix: swap them, or write 0.1 for 10%%)",
				f.From.Format(time.RFC3339), f.To.Format(time.RFC3339), f.Share))
		}
	}
	return errors.Join(errs...)
}

// Fault is a time in which the machines fail.
type Fault struct {
	From, To time.Time
	Journey  string  // the journey that fails; "": all
	Share    float64 // of people who meet it, 0 to 1: always the same ones
	Cause    experience.Cause
	Wait     time.Duration // how long a bad answer takes
	Masked   bool          // a retry hides it: nobody feels it
}

// Habit is what somebody does after a bad step.
type Habit int

// The habits.
const (
	GoesOn     Habit = iota // as if nothing had happened
	Retries                 // the same again, every five seconds, ten times
	ComesLater              // away for ten minutes, then goes on
	Leaves                  // and does not finish this visit
	habits
)

// The journeys of the town's shop, and how often people go from one to the next.
const (
	home = iota
	search
	product
	basket
	checkout
	journeys
)

func journeyNames() []string { return []string{"/", "/search", "/product", "/basket", "/checkout"} }

func stepNames() []string {
	return []string{"", "GET /", "GET /search", "GET /product/:id", "POST /basket", "POST /checkout"}
}

// next returns where somebody goes from journey j.
func next(j int, r *rand.Rand) int {
	roll := r.Float64()
	switch {
	case roll < 0.35:
		return product
	case roll < 0.65:
		return search
	case roll < 0.75:
		return home
	case j == product || j == basket:
		return min(j+1, checkout)
	default:
		return basket
	}
}

// Town makes experiences. It keeps nothing: every hour can be made anew.
type Town struct{ o Options }

// NewTown returns the town that o describes.
func NewTown(o Options) (*Town, error) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return &Town{o}, o.Validate()
}

// A visit is what one person meant to do.
type visit struct {
	person   experience.Person
	from, to int64 // Unix ms: when they meant to be there
	steps    []experience.Experience
}

// longestVisit bounds how long after its hour a visit can still go on.
const longestVisit = 2 * time.Hour

// random returns the dice of one person, or of one person in one hour: always the same
// for the same.
func (t *Town) random(person int, hour int64) *rand.Rand {
	return rand.New(rand.NewPCG(t.o.Seed^uint64(person)*0x9e3779b97f4a7c15, uint64(hour)))
}

// hour returns the visits that begin in an hour, counted from 1970.
func (t *Town) hour(hour int64) []visit {
	at := time.Unix(hour*3600, 0).In(t.o.Zone)
	if at.Add(time.Hour).Before(t.o.Start) {
		return nil
	}
	load := loadAt(at)
	var visits []visit
	for p := range t.o.People {
		r := t.random(p, hour)
		if r.Float64() < t.activity(p)*load {
			from := hour*3_600_000 + r.Int64N(3_600_000)
			if from >= t.o.Start.UnixMilli() {
				visits = append(visits, t.visit(p, from, r))
			}
		}
	}
	return visits
}

// activity returns how many visits a person makes in a busy hour: spread over three
// decades, as Hauer et al. saw it.
func (t *Town) activity(person int) float64 {
	return 0.5 * math.Pow(10, -3*t.random(person, -1).Float64())
}

// loadAt returns how busy an hour is, 0 to 1: a day with a night, a peak in the evening,
// and quieter weekends.
func loadAt(at time.Time) float64 {
	h := float64(at.Hour()) + 0.5
	load := 0.05 + 0.5*math.Exp(-(h-11)*(h-11)/18) + 0.6*math.Exp(-(h-20)*(h-20)/8)
	if day := at.Weekday(); day == time.Saturday || day == time.Sunday {
		load *= 0.7
	}
	return min(1, load)
}

// visit lets a person do what they came for.
func (t *Town) visit(person int, from int64, r *rand.Rand) visit {
	id := experience.Person(person + 1)
	v := visit{person: id, from: from, to: from}
	habit := t.habit(person)
	journey, now := home, from
	end := from + longestVisit.Milliseconds()
	for n := 2 + r.IntN(14); n > 0 && now < end; n-- {
		e, wait := t.step(id, journey, now, r)
		v.steps = append(v.steps, e)
		now = e.At
		think := int64(20_000 * math.Exp(r.NormFloat64()))
		v.to = max(v.to, now)
		if e.Bad() {
			now = t.afterBad(&v, habit, journey, now, r)
			if habit == Leaves {
				v.to = min(end, now+int64(n-1)*(think+wait))
				return v
			}
		}
		now += think
		journey = next(journey, r)
	}
	return v
}

func (t *Town) habit(person int) Habit {
	if t.o.Habit != nil {
		return *t.o.Habit
	}
	return Habit(t.random(person, -2).IntN(int(habits)))
}

// afterBad adds what a person does after a bad step and returns when they go on.
func (t *Town) afterBad(v *visit, habit Habit, journey int, now int64, r *rand.Rand) int64 {
	switch habit {
	case Retries:
		for range 10 {
			e, _ := t.step(v.person, journey, now+5000, r)
			v.steps = append(v.steps, e)
			now = e.At
			if !e.Bad() {
				break
			}
		}
	case ComesLater:
		now += 600_000
	case GoesOn, Leaves, habits:
	}
	v.to = max(v.to, now)
	return now
}

// step lets a person take one step at a time and returns it with its waiting, in ms.
func (t *Town) step(id experience.Person, journey int, now int64, r *rand.Rand) (experience.Experience, int64) {
	wait := int64(80 * math.Exp(0.6*r.NormFloat64()))
	e := experience.Experience{Person: id, Journey: uint16(journey)}
	if f := t.fault(id, journeyNames()[journey], now); f != nil {
		e.Step = uint16(journey + 1)
		wait += f.Wait.Milliseconds()
		if f.Masked {
			e.Mask = experience.Retry
		} else {
			e.Cause = f.Cause
		}
	}
	e.At, e.Wait = now+wait, uint32(max(1, wait))
	return e, wait
}

// fault returns the fault that a person meets, nil when there is none.
func (t *Town) fault(id experience.Person, journey string, ms int64) *Fault {
	for i := range t.o.Faults {
		f := &t.o.Faults[i]
		if ms >= f.From.UnixMilli() && ms < f.To.UnixMilli() && (f.Journey == "" || f.Journey == journey) && t.meets(id, i) {
			return f
		}
	}
	return nil
}

// meets reports whether a person is among those that fault i is for.
func (t *Town) meets(id experience.Person, i int) bool {
	return t.random(int(id), int64(-10-i)).Float64() < t.o.Faults[i].Share
}

// During returns all steps from one time until just before another, in order.
func (t *Town) During(from, to time.Time) []experience.Experience {
	var steps []experience.Experience
	first := from.Add(-longestVisit-time.Hour).Unix() / 3600
	for h := first; h <= to.Unix()/3600; h++ {
		for _, v := range t.hour(h) {
			for _, e := range v.steps {
				if e.At >= from.UnixMilli() && e.At < to.UnixMilli() {
					steps = append(steps, e)
				}
			}
		}
	}
	slices.SortFunc(steps, func(a, b experience.Experience) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Person, b.Person))
	})
	return steps
}
