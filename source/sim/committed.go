package sim

import (
	"time"

	"github.com/honderd/honderd/experience"
)

// CommittedDays is how long the committed town is looked at.
const CommittedDays = 3

// Committed returns the town whose numbers tests know by heart: three working days of
// 2,000 people, with a fault of every kind. Who changes what it gives changes the
// values of those tests; so add kinds of faults elsewhere.
func Committed() Options {
	start := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	at := func(day int, clock time.Duration) time.Time { return start.AddDate(0, 0, day).Add(clock) }
	fault := func(from time.Time, long time.Duration, f Fault) Fault {
		f.From, f.To = from, from.Add(long)
		return f
	}
	return Options{
		Seed: 100, People: 2000, Start: start,
		Releases: []Release{{Name: "1.0"}, {Name: "1.1", From: at(1, 9*time.Hour), Over: 6 * time.Hour}},
		Faults: []Fault{
			fault(at(0, 11*time.Hour), 15*time.Minute, Fault{Share: 1, Cause: experience.Unreachable, Wait: 2 * time.Second}),
			fault(at(0, 19*time.Hour), 40*time.Minute, Fault{Share: 1, Region: "east", Cause: experience.Unreachable, Wait: 3 * time.Second}),
			fault(at(1, 9*time.Hour), 4*time.Hour, Fault{Share: 1, Release: "1.1", Journey: "/checkout", Cause: experience.ServerError}),
			fault(at(1, 19*time.Hour), 2*time.Hour, Fault{Share: 1, Slow: 4 * time.Second}),
			fault(at(2, 8*time.Hour), 10*time.Hour, Fault{Share: 1, Audience: "employees", Part: 0.2, Cause: experience.ServerError}),
			fault(at(2, 0), 24*time.Hour, Fault{Share: 1, Busy: 0.55, Part: 0.1, Cause: experience.TooMany}),
			fault(at(2, 14*time.Hour), 4*time.Hour, Fault{Share: 0.3, Masked: true, Wait: 40 * time.Millisecond}),
		},
	}
}
