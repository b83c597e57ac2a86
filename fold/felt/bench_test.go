package felt

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/honderd/honderd/experience"
)

// crowded returns batches of experiences in order, a thousand a second, of so many
// people: they come in visits of eight steps on average, or (scattered) one by one.
func crowded(people uint64, journeys, batches int, scattered bool) []*experience.Batch {
	r := rand.New(rand.NewPCG(1, 2))
	visitors := make([]uint64, 30_000)
	var names []string
	for i := range journeys {
		names = append(names, fmt.Sprint("/", i))
	}
	list := make([]*experience.Batch, batches)
	now := day
	for i := range list {
		list[i] = &experience.Batch{Journeys: names, Items: make([]experience.Experience, experience.MaxBatch)}
		for j := range list[i].Items {
			now += r.Int64N(3)
			who := &visitors[r.IntN(len(visitors))]
			if scattered || *who == 0 || r.IntN(8) == 0 {
				*who = 1 + r.Uint64N(people)
			}
			e := experience.Experience{Person: experience.Person(*who), At: now, Journey: uint16(r.IntN(journeys)), Wait: 80}
			if r.IntN(100) == 0 {
				e.Cause = experience.ServerError
			}
			list[i].Items[j] = e
		}
	}
	return list
}

// BenchmarkFold folds experiences of a million people.
func BenchmarkFold(b *testing.B) {
	for _, tt := range []struct {
		name      string
		people    uint64
		journeys  int
		scattered bool
		late      int64 // milliseconds
		shards    int
	}{
		{"visits, 1 journey", 1e6, 1, false, 0, 1},
		{"visits, 20 journeys", 1e6, 20, false, 0, 1},
		{"scattered, 1 journey", 1e6, 1, true, 0, 1},
		{"scattered, 20 journeys", 1e6, 20, true, 0, 1},
		{"visits, 20 journeys, shuffled over 5 min", 1e6, 20, false, 300_000, 1},
		{"visits, 1 journey, shuffled over 5 min", 1e6, 1, false, 300_000, 1},
		{"visits, 20 journeys, two cores", 1e6, 20, false, 0, 2},
		{"visits, 1 journey, 10 M people", 1e7, 1, false, 0, 1},
	} {
		b.Run(tt.name, func(b *testing.B) {
			batches := crowded(tt.people, tt.journeys, 256, tt.scattered)
			shuffle(batches, tt.late)
			last := batches[len(batches)-1].Items
			span := last[len(last)-1].At - day + tt.late
			f := New(Options{Cutoff: half, Shards: tt.shards})
			for _, batch := range batches {
				f.Apply(batch)
			}
			b.ResetTimer()
			for n := 0; b.Loop(); n++ {
				batch := batches[n%len(batches)]
				for i := range batch.Items {
					batch.Items[i].At += span
				}
				f.ApplyWith(batch, atOnce)
			}
			b.ReportMetric(float64(b.N)*experience.MaxBatch/b.Elapsed().Seconds()/1e6, "M/s")
		})
	}
}

// atOnce does work on as many cores as there are.
func atOnce(work ...func()) {
	var all sync.WaitGroup
	for _, one := range work[min(1, len(work)):] {
		all.Go(one)
	}
	if len(work) > 0 {
		work[0]()
	}
	all.Wait()
}

// shuffle lets every experience come up to so much later.
func shuffle(batches []*experience.Batch, late int64) {
	if late == 0 {
		return
	}
	r := rand.New(rand.NewPCG(3, 4))
	var waiting [][]experience.Experience // by second of arrival
	first := batches[0].Items[0].At
	for _, b := range batches {
		for _, e := range b.Items {
			at := int((e.At - first + r.Int64N(late)) / 100)
			for len(waiting) <= at {
				waiting = append(waiting, nil)
			}
			waiting[at] = append(waiting[at], e)
		}
	}
	i := 0
	for _, list := range waiting {
		for _, e := range list {
			batches[i/experience.MaxBatch].Items[i%experience.MaxBatch] = e
			i++
		}
	}
}

// BenchmarkYear answers questions about a year, for a site with a visit a minute on
// average, more by day than by night.
func BenchmarkYear(b *testing.B) {
	r := rand.New(rand.NewPCG(9, 10))
	f := New(Options{Cutoff: half})
	batch := &experience.Batch{Journeys: []string{"/a", "/b"}}
	for minute := range int64(365 * 24 * 60) {
		if hour := minute / 60 % 24; r.Int64N(24) > hour {
			continue
		}
		who := experience.Person(1 + r.Uint64N(200_000))
		for step := range int64(1 + r.IntN(6)) {
			e := experience.Experience{Person: who, At: day + minute*msMinute + step*9000, Journey: uint16(step % 2)}
			if r.IntN(100) == 0 {
				e.Cause = experience.ServerError
			}
			batch.Items = append(batch.Items, e)
		}
		f.Apply(batch)
		batch.Items = batch.Items[:0]
	}
	line := f.Answer().All.Timeline
	start := func() int64 { return day + r.Int64N(300*24*60)*msMinute }
	b.Run("the first answer", func(b *testing.B) {
		for b.Loop() {
			f.Answer()
		}
	})
	b.Run("how a month was", func(b *testing.B) {
		for b.Loop() {
			from := start()
			line.During(from, from+30*24*msHour)
		}
	})
	b.Run("how the year was", func(b *testing.B) {
		for b.Loop() {
			line.During(day, day+365*24*msHour)
		}
	})
	b.Run("the minutes of the year", func(b *testing.B) {
		for b.Loop() {
			line.Minutes(day, day+365*24*msHour)
		}
	})
	b.Run("worst windows of all Mondays 9 to 12", func(b *testing.B) {
		var spans []Span
		for week := range int64(52) {
			at := day/msMinute*msMinute + week*7*24*msHour + 9*msHour
			spans = append(spans, Span{at, at + 3*msHour})
		}
		for b.Loop() {
			line.Windows(spans)
		}
	})
}
