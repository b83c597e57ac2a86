package archive

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/source/sim"
)

// shelf is a store in memory.
type shelf struct {
	mu      sync.Mutex
	objects map[string][]byte
}

func newShelf() *shelf { return &shelf{objects: map[string][]byte{}} }

func (s *shelf) Put(_ context.Context, name string, p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[name] = slices.Clone(p)
	return nil
}

func (s *shelf) PutNew(_ context.Context, name string, p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.objects[name]; taken {
		return fs.ErrExist
	}
	s.objects[name] = slices.Clone(p)
	return nil
}

func (s *shelf) Get(_ context.Context, name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, known := s.objects[name]
	if !known {
		return nil, fs.ErrNotExist
	}
	return p, nil
}

func (s *shelf) List(_ context.Context, prefix string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name := range s.objects {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (s *shelf) Remove(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, name)
	return nil
}

// busy returns batches of a busy site: a thousand steps a second of a million people, who
// come in visits of eight steps on average to 20 journeys.
func busy(batches int) []*experience.Batch {
	r := rand.New(rand.NewPCG(1, 2))
	visitors := make([]uint64, 30_000)
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprint("/", i))
	}
	now := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC).UnixMilli()
	list := make([]*experience.Batch, batches)
	for i := range list {
		b := &experience.Batch{Source: "bench", Journeys: names, Steps: []string{"", "GET /x"}, Items: make([]experience.Experience, experience.MaxBatch)}
		for j := range b.Items {
			now += r.Int64N(3)
			who := &visitors[r.IntN(len(visitors))]
			if *who == 0 || r.IntN(8) == 0 {
				*who = r.Uint64N(1e6) * 0x9e3779b97f4a7c15
			}
			b.Items[j] = experience.Experience{Person: experience.Person(*who), At: now, Journey: uint16(r.IntN(20)), Wait: uint32(40 * (1 + r.ExpFloat64()))}
			if r.IntN(100) == 0 {
				b.Items[j].Cause, b.Items[j].Step = experience.ServerError, 1
			}
		}
		list[i] = b
	}
	return list
}

// townDays returns what happens in a town in some days.
func townDays(tb testing.TB, people, days int) []*experience.Batch {
	start := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	town, err := sim.NewTown(sim.Options{Seed: 7, People: people, Start: start, Faults: []sim.Fault{
		{From: start.Add(10 * time.Hour), To: start.Add(10*time.Hour + 20*time.Minute), Cause: experience.ServerError, Share: 0.5},
		{From: start.Add(20 * time.Hour), To: start.Add(21 * time.Hour), Masked: true, Share: 0.3},
	}})
	if err != nil {
		tb.Fatal(err)
	}
	var list []*experience.Batch
	err = sim.NewPast(town, start.AddDate(0, 0, days)).Run(tb.Context(), "", func(_ context.Context, b *experience.Batch) error {
		copied := *b
		copied.Items = slices.Clone(b.Items)
		list = append(list, &copied)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

func filled(tb testing.TB, s store, batches []*experience.Batch) *Archive {
	tb.Helper()
	a, err := openOn(tb.Context(), s, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	for i, b := range batches {
		if err := a.Write(tb.Context(), ledger.Sequence(i+1), b); err != nil {
			tb.Fatal(err)
		}
	}
	if _, err := a.Flush(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return a
}

// cpu returns how much time of the processors this process has had: what a benchmark takes
// on a machine on which others work, too.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkArchive(b *testing.B) {
	for _, tt := range []struct {
		name    string
		batches []*experience.Batch
	}{{"busy", busy(128)}, {"town", townDays(b, 20_000, 3)}} {
		n := 0
		for _, batch := range tt.batches {
			n += len(batch.Items)
		}
		b.Run("write/"+tt.name, func(b *testing.B) {
			before := cpu(b)
			for b.Loop() {
				a := filled(b, newShelf(), tt.batches)
				b.ReportMetric(float64(a.Size().Bytes)/float64(n), "B/row")
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds()/1e6, "M/s")
			b.ReportMetric(float64(b.N*n)/(cpu(b)-before).Seconds()/1e6, "M/cpu-s")
		})
		a := filled(b, newShelf(), tt.batches)
		if _, err := a.Compact(b.Context()); err != nil {
			b.Fatal(err)
		}
		for name, q := range map[string]Query{"all": {}, "few": {NoSteps: true, NoLabels: true, NoSources: true}} {
			b.Run("read/"+name+"/"+tt.name, func(b *testing.B) {
				b.ReportMetric(float64(a.Size().Bytes)/float64(n), "B/row")
				for b.Loop() {
					got := 0
					if err := a.Read(b.Context(), q, func(x *experience.Batch) error { got += len(x.Items); return nil }); err != nil || got != n {
						b.Fatal(got, n, err)
					}
				}
				b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds()/1e6, "M/s")
			})
		}
	}
}
