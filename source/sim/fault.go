package sim

import (
	"math"
	"slices"
	"time"

	"github.com/honderd/honderd/experience"
)

// Fault is a time in which the machines fail some people.
type Fault struct {
	From, To time.Time

	// Whom it strikes: those of one region, audience and release ("": any), and of
	// them a share, 0 to 1, always the same ones.
	Region, Audience, Release string
	Share                     float64

	Journey string  // the journey that fails; "": all
	Part    float64 // of the minutes of each of them in which it strikes, 0 to 1; 0: all
	Busy    float64 // only while the town is at least as busy, 0 to 1; 0: always

	Cause  experience.Cause
	Wait   time.Duration // how long a bad answer takes
	Masked bool          // a retry hides it: nobody feels it

	// Slow, when not 0, makes answers slow instead of bad: in half of the minutes of
	// each person they take longer, in few of them very much longer (a Pareto tail),
	// and only those beyond patience are bad.
	Slow time.Duration
}

// The tail of slow answers. Response times of loaded servers have such tails; that it
// is this one is a guess.
const (
	slowTail    = 1.5 // the index of Pareto: the mean exists, the variance does not
	slowestWait = time.Minute
)

// A fault is a Fault with its times as numbers.
type fault struct {
	Fault
	from, to                  int64 // Unix milliseconds
	journey                   int   // -1: any
	region, audience, release int   // -1: any
	number                    int64
}

func newFault(f Fault, t *Town) fault {
	release := slices.IndexFunc(t.releases, func(r Release) bool { return r.Name == f.Release })
	return fault{
		Fault: f, from: f.From.UnixMilli(), to: f.To.UnixMilli(), number: int64(len(t.faults)),
		journey:  slices.Index(journeyNames(), f.Journey),
		region:   slices.Index(names(t.regions), f.Region),
		audience: slices.Index(names(t.audiences), f.Audience),
		release:  release,
	}
}

// answer is what the machines have for somebody at one time.
type answer struct {
	cause experience.Cause
	mask  experience.Mask
	wait  int64 // in milliseconds, longer than usual
}

// answer returns what a person gets who asks for a journey at a time, in Unix
// milliseconds.
func (t *Town) answer(who *person, journey int, ms int64) answer {
	var a answer
	for i := range t.faults {
		f := &t.faults[i]
		if ms < f.from || ms >= f.to || !f.concerns(journey) || !t.strikes(f, who, ms/msMinute) {
			continue
		}
		switch {
		case f.Masked:
			a.mask, a.wait = experience.Retry, a.wait+f.Wait.Milliseconds()
		case f.Slow > 0:
			if slow := t.slowness(f, who, ms/msMinute); slow > a.wait {
				a.wait = slow
			}
		case a.cause == experience.Fine:
			a.cause, a.wait = f.Cause, a.wait+f.Wait.Milliseconds()
		}
	}
	if a.cause == experience.Fine && a.wait > t.patience {
		a.cause = experience.TooSlow
	}
	if a.cause != experience.Fine {
		a.mask = experience.Unmasked
	}
	return a
}

func (f *fault) concerns(journey int) bool { return f.Journey == "" || f.journey == journey }

// strikes reports whether f is for a person in a minute, counted from 1970. Within one
// minute it is the same for all that they do.
func (t *Town) strikes(f *fault, who *person, minute int64) bool {
	switch {
	case f.Region != "" && f.region != who.region,
		f.Audience != "" && f.audience != who.audience,
		f.Release != "" && f.release != t.release(who.id, minute*msMinute),
		f.Share < 1 && t.random(who.id, aboutFault-f.number).Float64() >= f.Share,
		f.Busy > 0 && loadAt(time.UnixMilli(minute*msMinute).In(t.o.Zone)) < f.Busy:
		return false
	}
	return f.Part == 0 || t.luck(f, who, minute) < f.Part
}

// luck returns the roll of a person for a fault and a minute, 0 to 1.
func (t *Town) luck(f *fault, who *person, minute int64) float64 {
	return t.random(who.id, aboutMinute-minute<<16-f.number).Float64()
}

// slowness returns how much longer answers to a person take in a minute, in
// milliseconds.
func (t *Town) slowness(f *fault, who *person, minute int64) int64 {
	r := t.random(who.id, aboutMinute-minute<<16-f.number)
	r.Float64() // is luck
	least := float64(f.Slow.Milliseconds()) * math.Pow(2, -1/slowTail)
	slow := least * math.Pow(1-r.Float64(), -1/slowTail)
	return int64(min(slow, float64(slowestWait.Milliseconds())))
}

// breaks reports whether f makes what a person asks in a minute a bad experience.
func (t *Town) breaks(f *fault, who *person, minute int64) bool {
	return !f.Masked && t.strikes(f, who, minute) && (f.Slow == 0 || t.slowness(f, who, minute) > t.patience)
}
