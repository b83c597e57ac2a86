package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/archive"
)

// population is who does what: people come in visits of eight steps on average, half a
// minute apart, each in one journey. One step in a hundred is bad, and one in three in an
// outage of twenty minutes a day.
type population struct {
	experiences, journeys, days int
	people                      uint64
}

const minute = int64(60_000)

// fill writes the experiences of p to a, the same each time.
func (p population) fill(ctx context.Context, a *archive.Archive) error {
	r := rand.New(rand.NewPCG(1, 2))
	b := &experience.Batch{Source: "peers"}
	for i := range p.journeys {
		b.Journeys = append(b.Journeys, fmt.Sprint("/", i))
	}
	seq := ledger.Sequence(0)
	give := func() error {
		seq++
		b.Tally = experience.Tally{Lines: int64(len(b.Items)), Parsed: int64(len(b.Items))}
		err := a.Write(ctx, seq, b)
		b.Items = b.Items[:0]
		return err
	}
	first := time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC).UnixMilli() / minute
	minutes := int64(p.days) * 24 * 60
	later := map[int64][]experience.Experience{}
	left := p.experiences
	for m := first; left > 0; m++ {
		if gone := m - first; gone < minutes {
			visits := float64(p.experiences) / float64(minutes) / 8
			n := int(visits)
			if r.Float64() < visits-float64(n) {
				n++
			}
			for range n {
				p.visit(r, m, later)
			}
		} else if len(later) == 0 {
			break
		}
		steps := later[m]
		delete(later, m)
		slices.SortFunc(steps, func(x, y experience.Experience) int {
			return cmp.Or(cmp.Compare(x.At, y.At), cmp.Compare(x.Person, y.Person))
		})
		steps = steps[:min(len(steps), left)]
		left -= len(steps)
		for _, e := range steps {
			if b.Items = append(b.Items, e); len(b.Items) == experience.MaxBatch {
				if err := give(); err != nil {
					return err
				}
			}
		}
	}
	if err := give(); err != nil {
		return err
	}
	if _, err := a.Flush(ctx); err != nil {
		return err
	}
	_, err := a.Compact(ctx)
	return err
}

// visit makes a visit that begins in a minute.
func (p population) visit(r *rand.Rand, m int64, later map[int64][]experience.Experience) {
	who := experience.Person((1 + r.Uint64N(p.people)) * 0x9e3779b97f4a7c15)
	journey := uint16(r.IntN(p.journeys))
	at := m*minute + r.Int64N(minute)
	for {
		e := experience.Experience{Person: who, At: at, Journey: journey, Wait: uint32(40 + 40*r.ExpFloat64())}
		odds := 100
		if at/minute%(24*60) >= 13*60 && at/minute%(24*60) < 13*60+20 {
			odds = 3
		}
		if r.IntN(odds) == 0 {
			e.Cause = experience.ServerError
		}
		later[at/minute] = append(later[at/minute], e)
		if r.IntN(8) == 0 {
			return
		}
		at += int64(30_000 * r.ExpFloat64())
	}
}
