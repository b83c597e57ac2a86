package archive_test

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold"
	"github.com/honderd/honderd/fold/faults"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/fold/intake"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/archive"
	"github.com/honderd/honderd/source/sim"
)

// ledgerOf returns what a ledger has after two days in a town: batches of three sources
// that each saw a part of the people.
func ledgerOf(t *testing.T) []*experience.Batch {
	t.Helper()
	start := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	town, err := sim.NewTown(sim.Options{Seed: 9, People: 2000, Start: start, Faults: []sim.Fault{
		{From: start.Add(10 * time.Hour), To: start.Add(10*time.Hour + 20*time.Minute), Cause: experience.ServerError, Share: 0.5},
		{From: start.Add(20 * time.Hour), To: start.Add(21 * time.Hour), Masked: true, Share: 0.3},
		{From: start.Add(30 * time.Hour), To: start.Add(31 * time.Hour), Slow: 20 * time.Second, Share: 0.2},
	}})
	if err != nil {
		t.Fatal(err)
	}
	sources := []string{"accesslog a", "accesslog b", "beacon"}
	var list []*experience.Batch
	err = sim.NewPast(town, start.AddDate(0, 0, 2)).Run(t.Context(), "", func(_ context.Context, b *experience.Batch) error {
		for i, source := range sources {
			part := *b
			part.Source, part.Position = source, source+" after "+b.Position
			part.Items = slices.DeleteFunc(slices.Clone(b.Items), func(e experience.Experience) bool { return int(e.Person)%len(sources) != i })
			part.Tally = experience.Tally{Lines: int64(len(part.Items)) + 3, Parsed: int64(len(part.Items)), Robots: 2, Formats: map[string]int64{"combined": 1}}
			part.Tally.Reject("no time in it", "x")
			part.Tally.Addresses = []experience.AddressCount{{Hash: uint64(len(list)) << 50, Count: 5}}
			list = append(list, &part)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

type folds struct {
	felt   *felt.Fold
	faults *faults.Fold
	intake *intake.Fold
}

// newFolds returns folds that put up with what one source brings after another: an hour.
func newFolds() folds {
	return folds{felt.New(felt.Options{Cutoff: 30 * time.Minute, Lateness: 2 * time.Hour}), faults.New(), intake.New()}
}

func (f *folds) apply(b *experience.Batch) {
	for _, one := range []fold.Fold{f.felt, f.faults, f.intake} {
		one.Apply(b)
	}
}

// TestEveryNumberComesBack folds a ledger, and what an archive has kept of it in many
// flushes: every fold says the same.
func TestEveryNumberComesBack(t *testing.T) {
	batches := ledgerOf(t)
	a, err := archive.Open(t.Context(), archive.Options{Where: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	want := newFolds()
	for i, b := range batches {
		want.apply(b)
		if err := a.Write(t.Context(), ledger.Sequence(i+1), b); err != nil {
			t.Fatal(err)
		}
		if i%20 == 0 {
			if _, err := a.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := a.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, compact := range []bool{false, true} {
		if compact {
			if n, err := a.Compact(t.Context()); err != nil || n == 0 {
				t.Fatalf("Compact() = %d, %v", n, err)
			}
		}
		got := newFolds()
		if err := a.Read(t.Context(), archive.Query{}, func(b *experience.Batch) error { got.apply(b); return nil }); err != nil {
			t.Fatal(err)
		}
		if late := got.felt.Late() + want.felt.Late(); late > 0 {
			t.Errorf("%d experiences came late", late)
		}
		err := a.Facts(t.Context(), 0, func(f archive.Fact) error { got.intake.Apply(f.Batch); return nil })
		if err != nil {
			t.Fatal(err)
		}
		x, y := got.felt.Answer(), want.felt.Answer()
		for _, scopes := range [][]felt.Scope{{x.All, y.All}, x.Journeys, y.Journeys} {
			for i := range scopes {
				scopes[i].Timeline = nil // it points into the folds
			}
		}
		x.All.Timeline, y.All.Timeline = nil, nil
		clearTimelines(x.Apart)
		clearTimelines(y.Apart)
		if !reflect.DeepEqual(x, y) || x.All.Down == 0 || len(x.Journeys) == 0 || len(x.Apart) == 0 {
			t.Errorf("felt: up %d down %d, want up %d down %d", x.All.Up, x.All.Down, y.All.Up, y.All.Down)
		}
		if x, y := got.faults.Answer(), want.faults.Answer(); !reflect.DeepEqual(x, y) || len(x.Latest) == 0 {
			t.Errorf("faults: %+v, want %+v", x, y)
		}
		if x, y := got.intake.Answer(), want.intake.Answer(); !reflect.DeepEqual(x, y) || len(x.Sources) != 3 {
			t.Errorf("intake: %+v, want %+v", x, y)
		}
	}
}

func clearTimelines(list []felt.Dimension) {
	for _, d := range list {
		for i := range d.Values {
			d.Values[i].Timeline = nil
		}
	}
}

// TestNothingComesLate reads what three sources saw: even a fold that waits no longer than
// it must hears all of it in time.
func TestNothingComesLate(t *testing.T) {
	a, err := archive.Open(t.Context(), archive.Options{Where: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range ledgerOf(t) {
		if err := a.Write(t.Context(), ledger.Sequence(i+1), b); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := felt.New(felt.Options{Cutoff: 30 * time.Minute, Lateness: 20 * time.Second})
	if err := a.Read(t.Context(), archive.Query{}, func(b *experience.Batch) error { f.Apply(b); return nil }); err != nil || f.Late() != 0 {
		t.Errorf("%d came late, %v", f.Late(), err)
	}
}

// TestReadingOfAPartSkipsTheRest reads an hour and a half, without what is not asked.
func TestReadingOfAPartSkipsTheRest(t *testing.T) {
	batches := ledgerOf(t)
	a, err := archive.Open(t.Context(), archive.Options{Where: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 2, 19, 40, 0, 0, time.UTC)
	to := from.Add(90 * time.Minute)
	want := 0
	for i, b := range batches {
		if err := a.Write(t.Context(), ledger.Sequence(i+1), b); err != nil {
			t.Fatal(err)
		}
		for _, e := range b.Items {
			if !e.Time().Before(from) && e.Time().Before(to) {
				want++
			}
		}
	}
	if _, err := a.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, last := 0, int64(0)
	err = a.Read(t.Context(), archive.Query{From: from, To: to, NoSteps: true, NoLabels: true, NoSources: true}, func(b *experience.Batch) error {
		for _, e := range b.Items {
			if e.Time().Before(from) || !e.Time().Before(to) || e.At < last || e.Step != 0 || e.Labels != 0 || b.Source != "" {
				t.Errorf("%+v of %q after %d", e, b.Source, last)
			}
			last = e.At
		}
		got += len(b.Items)
		return nil
	})
	if err != nil || got != want || want == 0 {
		t.Errorf("Read() gave %d, %v; want %d", got, err, want)
	}
}
