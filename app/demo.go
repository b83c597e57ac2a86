package app

import (
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/source"
	"github.com/honderd/honderd/source/sim"
)

// DemoOptions say which town a demo shows.
type DemoOptions struct {
	Seed   uint64
	People int
	Now    time.Time
	Zone   *time.Location
}

// demoDays is how long the town has lived when the demo starts.
const demoDays = 3

// NewDemo returns a town with three days behind it, on which an outage, slow hours, a
// release that went wrong and a failing backend that nobody noticed can be seen, and
// with a short fault every ten minutes from now on.
func NewDemo(o DemoOptions) (source.Source, error) {
	town, err := sim.NewTown(sim.Options{
		Seed: o.Seed, People: o.People, Zone: o.Zone,
		Start: o.Now.Add(-demoDays * 24 * time.Hour), Faults: demoFaults(o.Now.In(o.Zone)),
		Releases: []sim.Release{{Name: "1.0"}, {Name: "1.1", From: o.Now.Add(-30 * time.Hour), Over: 12 * time.Hour}},
	})
	if err != nil {
		return nil, err
	}
	return sim.NewSource(town), nil
}

// DemoMoments returns when it matters in the town.
func DemoMoments() []config.Moment {
	return []config.Moment{{Name: "evening shopping", Weekly: "daily 19:00-22:00"}, {Name: "lunch break", Weekly: "daily 12:00-13:30"}}
}

func demoFaults(now time.Time) []sim.Fault {
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	at := func(days int, clock time.Duration) time.Time { return midnight.AddDate(0, 0, days).Add(clock) }
	fault := func(from time.Time, long time.Duration, journey string, share float64, cause experience.Cause, wait time.Duration) sim.Fault {
		return sim.Fault{From: from, To: from.Add(long), Journey: journey, Share: share, Cause: cause, Wait: wait}
	}
	list := []sim.Fault{
		fault(at(-2, 20*time.Hour), 38*time.Minute, "", 0.9, experience.Unreachable, 3*time.Second),
		fault(at(-1, 11*time.Hour), 90*time.Minute, "/search", 0.4, experience.TooSlow, 11*time.Second),
		fault(now.Add(-5*time.Hour), 4*time.Minute, "/checkout", 1, experience.ServerError, 0),
	}
	hidden := fault(at(-1, 18*time.Hour), 4*time.Hour, "/product", 0.3, experience.Fine, 40*time.Millisecond)
	hidden.Masked = true
	list = append(list, hidden)
	for i := range 6 * 24 {
		from := now.Add(time.Duration(i)*10*time.Minute + 20*time.Second)
		list = append(list, fault(from, 90*time.Second, "", 0.15, experience.Unreachable, 2*time.Second))
	}
	return list
}
