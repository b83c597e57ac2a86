package app

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
)

// visits is a source of people who come in visits of eight steps on average, a thousand
// steps a second, as blocks of the largest size.
type visits struct {
	people   uint64
	journeys []string
	blocks   int
	now      int64
	dice     *rand.Rand
	visitors []uint64
}

func newVisits(people uint64, journeys, blocks int) *visits {
	v := &visits{people: people, blocks: blocks, now: time.Now().Add(-48 * time.Hour).UnixMilli(), dice: rand.New(rand.NewPCG(1, 2)), visitors: make([]uint64, 30_000)}
	for i := range journeys {
		v.journeys = append(v.journeys, "/"+strconv.Itoa(i))
	}
	return v
}

func (v *visits) Name() string { return "visits" }

// next returns the next block.
func (v *visits) next(position int) *experience.Batch {
	b := &experience.Batch{Source: v.Name(), Position: strconv.Itoa(position), Journeys: v.journeys, Steps: []string{""}, Items: make([]experience.Experience, experience.MaxBatch)}
	b.Tally.Lines, b.Tally.Parsed = experience.MaxBatch, experience.MaxBatch
	for i := range b.Items {
		v.now += v.dice.Int64N(3)
		who := &v.visitors[v.dice.IntN(len(v.visitors))]
		if *who == 0 || v.dice.IntN(8) == 0 {
			*who = 1 + v.dice.Uint64N(v.people)
		}
		b.Items[i] = experience.Experience{Person: experience.Person(*who), At: v.now, Journey: uint16(v.dice.IntN(len(v.journeys))), Wait: 80}
		if v.dice.IntN(100) == 0 {
			b.Items[i].Cause = experience.ServerError
		}
	}
	return b
}

// BenchmarkEndToEnd lets a source give large blocks to a server, each of which is on the
// disk before the next is taken, until all are folded.
func BenchmarkEndToEnd(b *testing.B) {
	for _, tt := range []struct {
		name     string
		journeys int
		archive  string
	}{
		{"1 journey", 1, noArchive},
		{"20 journeys", 20, noArchive},
		{"20 journeys, archive too", 20, ""},
	} {
		b.Run(tt.name, func(b *testing.B) {
			v := newVisits(1e6, tt.journeys, 0)
			var list []*experience.Batch
			for i := range 128 {
				list = append(list, v.next(i))
			}
			c := config.Default()
			c.Listen, c.Data, c.Cutoff, c.Archive.Where = "127.0.0.1:0", b.TempDir(), 30*time.Minute, tt.archive
			ctx, cancel := context.WithCancel(b.Context())
			s, err := NewServer(ctx, c, slog.New(slog.DiscardHandler))
			if err != nil {
				b.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- s.Run(ctx) }()
			span := v.now - list[0].Items[0].At + 1
			b.ResetTimer()
			before := cpu(b)
			for n := 0; b.Loop(); n++ {
				one := list[n%len(list)]
				if n >= len(list) {
					for i := range one.Items {
						one.Items[i].At += span
					}
				}
				one.Position = strconv.Itoa(n)
				if err := s.sink(ctx, one); err != nil {
					b.Fatal(err)
				}
			}
			waitFolded(b, s)
			b.StopTimer()
			b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(b.N)/experience.MaxBatch, "cpu-ns")
			s.projector.mu.Lock()
			a := s.projector.folds.answer(s.projector.calendars)
			s.projector.mu.Unlock()
			if a.Requests.Total != int64(b.N)*experience.MaxBatch {
				b.Fatalf("%d are counted", a.Requests.Total)
			}
			b.ReportMetric(float64(b.N)*experience.MaxBatch/b.Elapsed().Seconds()/1e6, "M/s")
			cancel()
			if err := <-ended; err != nil {
				b.Fatal(err)
			}
		})
	}
}

// waitFolded waits until the folds know all that the ledger has.
func waitFolded(tb testing.TB, s *Server) {
	tb.Helper()
	last, err := s.ledger.Last(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	for {
		changed := s.projector.notify()
		if s.projector.knows(last) {
			return
		}
		<-changed
	}
}
