package jetstream_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honderd/honderd/ledger"
)

// noise returns bytes as a block of experiences has them: they cannot be packed.
func noise(size int) []byte {
	dice := rand.New(rand.NewPCG(3, 4))
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(dice.Uint32())
	}
	return data
}

// block is the size of a block of 10,000 experiences.
const block = 130_000

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{200, block} {
		for _, workers := range []int{1, 8} {
			b.Run(fmt.Sprintf("%dB/goroutines=%d", size, workers), func(b *testing.B) {
				benchmarkAppend(b, size, workers)
			})
		}
	}
}

func benchmarkAppend(b *testing.B, size, workers int) {
	l := open(b, b.TempDir())
	defer l.Close()
	data := noise(size)
	var next atomic.Int64
	var group sync.WaitGroup
	b.SetBytes(int64(size))
	b.ResetTimer()
	for range workers {
		group.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if _, err := l.Append(b.Context(), "test", fmt.Sprint(n), data); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	if size == block {
		b.ReportMetric(float64(b.N)*10_000/b.Elapsed().Seconds(), "events/s")
	}
}

// BenchmarkWake measures from the end of Append until a follower that waits has the fact.
func BenchmarkWake(b *testing.B) {
	l := open(b, b.TempDir())
	defer l.Close()
	came := make(chan time.Time, 1)
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	go func() {
		_ = l.Follow(ctx, 0, func(ledger.Record) error { came <- time.Now(); return nil })
	}()
	data := noise(200)
	took := make([]time.Duration, 0, b.N)
	for n := range b.N {
		if _, err := l.Append(b.Context(), "test", strconv.Itoa(n+1), data); err != nil {
			b.Fatal(err)
		}
		end := time.Now()
		took = append(took, max(0, (<-came).Sub(end)))
	}
	slices.Sort(took)
	ms := func(at int) float64 { return float64(took[at]) / float64(time.Millisecond) }
	b.ReportMetric(ms(len(took)/2), "p50-ms")
	b.ReportMetric(ms(len(took)*99/100), "p99-ms")
}

func BenchmarkRead(b *testing.B) {
	for _, size := range []int{200, 200 << 10} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			l := open(b, b.TempDir())
			defer l.Close()
			data := noise(size)
			records := min(64<<20/size, 20_000)
			for range records {
				if _, err := l.Append(b.Context(), "test", "", data); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(size * records))
			for b.Loop() {
				n := 0
				if err := l.Read(b.Context(), 0, func(ledger.Record) error { n++; return nil }); err != nil || n != records {
					b.Fatalf("Read() gave %d of %d, %v", n, records, err)
				}
			}
			b.ReportMetric(float64(records*b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// BenchmarkOpenAfterCrash opens 256 MiB whose index was not written: the server
// reads all of it again.
func BenchmarkOpenAfterCrash(b *testing.B) {
	dir := b.TempDir()
	l := open(b, dir)
	data := noise(200 << 10)
	const records = 256 << 20 / (200 << 10)
	for range records {
		if _, err := l.Append(b.Context(), "test", "", data); err != nil {
			b.Fatal(err)
		}
	}
	l.Close()
	b.SetBytes(records * int64(len(data)))
	for b.Loop() {
		if err := os.Remove(messages(dir, "index.db")); err != nil {
			b.Fatal(err)
		}
		open(b, dir).Close()
	}
}
