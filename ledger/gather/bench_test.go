package gather_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honderd/honderd/ledger/gather"
	"github.com/honderd/honderd/ledger/jetstream"
)

// BenchmarkAdd has 64 writers add one experience at a time to a ledger that syncs. With
// one on its way, a writer waits for its block; a server has many callers on their way.
func BenchmarkAdd(b *testing.B) {
	for _, flight := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("writers=64/flight=%d", flight), func(b *testing.B) { benchmarkAdd(b, 64, flight) })
	}
}

func benchmarkAdd(b *testing.B, writers, flight int) {
	l, err := jetstream.Open(b.Context(), jetstream.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	g, err := gather.New(l, gather.Options{})
	if err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	var all sync.WaitGroup
	took := make([][]time.Duration, writers)
	b.ResetTimer()
	for w := range writers {
		all.Go(func() {
			one := batch("bench", w)
			places := make(chan struct{}, flight)
			answers := make(chan time.Duration, flight)
			done := make(chan struct{})
			go func() {
				defer close(done)
				for d := range answers {
					took[w] = append(took[w], d)
				}
			}()
			var pending sync.WaitGroup
			for next.Add(1) <= int64(b.N) {
				places <- struct{}{}
				start := time.Now()
				p, err := g.Start(one)
				if err != nil {
					b.Error(err)
					break
				}
				pending.Go(func() {
					if err := p.Wait(b.Context()); err != nil {
						b.Error(err)
					}
					answers <- time.Since(start)
					<-places
				})
			}
			pending.Wait()
			close(answers)
			<-done
		})
	}
	all.Wait()
	b.StopTimer()
	every := slices.Sorted(slices.Values(slices.Concat(took...)))
	b.ReportMetric(float64(len(every))/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(every[len(every)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(every[len(every)*99/100].Microseconds())/1000, "p99-ms")
	if err := g.Close(); err != nil {
		b.Error(err)
	}
}
