package app

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/ledger"
)

// The year of the benchmarks: so many people, each with some visits, in a week that is
// busier by day, with an outage now and then.
const (
	yearPeople   = 1_000_000
	yearJourneys = 20
	yearSteps    = 16_000_000
	yearDays     = 365
)

// yearNames returns the journeys of the year.
func yearNames() []string {
	names := make([]string, 0, yearJourneys)
	for i := range yearJourneys {
		names = append(names, fmt.Sprintf("/journey/%d", i))
	}
	return names
}

// year folds a year that ends at end.
func year(tb testing.TB, end time.Time, people uint64, steps int) *folds {
	tb.Helper()
	f := newFolds(felt.Options{Cutoff: 30 * time.Minute, Lateness: 5 * time.Minute})
	names := yearNames()
	dice := rand.New(rand.NewPCG(1, 2))
	visitors := make([]uint64, 200)
	begin := end.AddDate(0, 0, -yearDays)
	each := float64(end.Sub(begin).Milliseconds()) / float64(steps)
	at := float64(begin.UnixMilli())
	for n := 0; n < steps; {
		b := &experience.Batch{Source: "year", Position: fmt.Sprint(n), Journeys: names, Steps: []string{"GET /", "POST /checkout"}}
		b.Tally.Lines, b.Tally.Parsed = experience.MaxBatch, experience.MaxBatch
		for range experience.MaxBatch {
			clock := time.UnixMilli(int64(at)).UTC()
			busy := 1 + 0.9*math.Cos(2*math.Pi*(float64(clock.Hour())+float64(clock.Minute())/60-14)/24)
			at = min(at+each/busy*2*dice.Float64(), float64(end.UnixMilli())) // nothing is from the future
			who := &visitors[dice.IntN(len(visitors))]
			if *who == 0 || dice.IntN(8) == 0 {
				*who = 1 + dice.Uint64N(people)
			}
			e := experience.Experience{Person: experience.Person(*who), At: int64(at), Journey: uint16(*who % yearJourneys), Step: uint16(dice.IntN(2)), Wait: 80}
			hour := int64(at) / 3_600_000
			switch bad := dice.IntN(1000); {
			case hour%977 == 0 && bad < 700: // an outage: nine in a year
				e.Cause = experience.ServerError
			case bad < 2:
				e.Cause = experience.TooSlow
			case bad < 4:
				e.Mask = experience.Retry
			}
			b.Items = append(b.Items, e)
			n++
		}
		f.apply(b)
	}
	return f
}

// BenchmarkYear composes the answer over a year: the first, and one more whenever a second
// of steps has come.
func BenchmarkYear(b *testing.B) {
	f := year(b, time.Now().Add(-time.Hour), yearPeople, yearSteps)
	state, err := encodeCheckpoint(f, ledger.Sequence(0), 0)
	if err != nil {
		b.Fatal(err)
	}
	k := &calendars{zone: time.UTC}
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			f = newFolds(felt.Options{})
			if _, err := decodeCheckpoint(state, f); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			f.answer(k)
		}
	})
	b.Run("next", func(b *testing.B) {
		v := newVisits(yearPeople, yearJourneys, 0)
		v.journeys = yearNames()
		now := time.Now().UnixMilli()
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			b.StopTimer()
			batch := v.next(n)
			for i := range batch.Items {
				batch.Items[i].At = now + int64(n)*1000 + int64(i)/17
			}
			f.apply(batch)
			b.StartTimer()
			f.answer(k)
		}
	})
}
