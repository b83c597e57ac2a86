package app

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/source/sim"
)

// TestTheCommittedTown holds every headline number of a town that never changes: who
// changes one of them changes what all users see.
func TestTheCommittedTown(t *testing.T) {
	o := sim.Committed()
	town, err := sim.NewTown(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, shards := range []int{1, 3} {
		f := newFolds(felt.Options{Shards: shards})
		past := sim.NewPast(town, o.Start.Add(sim.CommittedDays*24*time.Hour))
		if err := past.Run(t.Context(), "", func(_ context.Context, b *experience.Batch) error { f.apply(b); return nil }); err != nil {
			t.Fatal(err)
		}
		a := f.felt.Answer()
		got := fmt.Sprint(a.Cutoff, " ", a.All.Good, a.All.Bad, " ", a.All.People, a.All.Hurt, a.All.GaveUp, " ", a.All.Visits, a.All.BadVisits, " ",
			a.All.Up, a.All.Down, " ", a.All.FeltUp, a.All.FeltDown, a.All.Charged, " ", len(a.Journeys), len(a.Spells))
		const want = "30m0s 28372 1500 887 206 94 3377 247 887115017 72198178 885083896 106457993 31514129 5 11"
		if got != want {
			t.Errorf("%d shards: %s\nwant %s", shards, got, want)
		}
	}
}
