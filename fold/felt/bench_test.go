package felt

import (
	"math/rand/v2"
	"testing"

	"github.com/honderd/honderd/experience"
)

// BenchmarkApply folds experiences of many people in random order: the worst for caches.
func BenchmarkApply(b *testing.B) {
	for _, people := range []uint64{10_000, 400_000, 2_000_000} {
		b.Run(map[uint64]string{10_000: "10k people", 400_000: "400k people", 2_000_000: "2M people"}[people], func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			f := New(Options{Cutoff: half})
			batches := make([]*experience.Batch, 256)
			now := day
			for i := range batches {
				batches[i] = &experience.Batch{Journeys: []string{"/", "/a", "/b", "/c", "/d", "/e", "/f"}}
				for range 4096 {
					now += r.Int64N(200)
					batches[i].Items = append(batches[i].Items, experience.Experience{
						Person: experience.Person(1 + r.Uint64N(people)), At: now, Journey: uint16(r.IntN(7)), Part: r.IntN(2) == 0,
					})
				}
				f.Apply(batches[i])
			}
			span := now - day
			b.ResetTimer()
			for n := 0; b.Loop(); n++ {
				batch := batches[n%len(batches)]
				for i := range batch.Items {
					batch.Items[i].At += span
				}
				f.Apply(batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/experience")
		})
	}
}
