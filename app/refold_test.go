package app

import (
	"errors"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/foldtest"
	"github.com/honderd/honderd/ledger"
)

// lateFor returns a batch in which some people of b did something at the very beginning
// of all batches.
func lateFor(b *experience.Batch, all []*experience.Batch) *experience.Batch {
	first := all[0].Items[0].At
	for _, one := range all {
		for _, e := range one.Items {
			first = min(first, e.At)
		}
	}
	late := &experience.Batch{Source: "late", Journeys: b.Journeys, Steps: b.Steps, Labels: b.Labels}
	for i := 0; i < len(b.Items); i += 7 {
		e := b.Items[i]
		e.At = first + int64(i)*1000
		late.Items = append(late.Items, e)
	}
	return late
}

// Who did something of which a line comes after what they did before has left the ledger
// is counted as if nothing had left it.
func TestWhatIsOlderThanTheTrimmedLedgerIsCounted(t *testing.T) {
	for _, flushed := range []bool{true, false} { // what is late is in the archive already, or not
		c, l := onDisk(t, t.TempDir())
		c.Cutoff = 30 * time.Minute
		whole := ledger.NewMemory()
		batches := foldtest.Facts(9, 40)
		for _, b := range batches {
			add(t, l, b)
			add(t, whole, b)
		}
		k := archived(t, c, l)
		p := projectorOf(t, l, c.Data, feltOptions(c))
		p.archive = k.archive
		gone, err := l.Last(t.Context())
		if err = errors.Join(err, l.Trim(t.Context(), gone)); err != nil {
			t.Fatal(err)
		}
		late := lateFor(batches[39], batches)
		add(t, l, late)
		add(t, whole, late)
		for _, b := range foldtest.Facts(10, 3) {
			add(t, l, b)
			add(t, whole, b)
		}
		if flushed {
			err := l.Read(t.Context(), gone, func(r ledger.Record) error { return archiveRecord(t.Context(), k.archive, r) })
			if _, flushErr := k.archive.Flush(t.Context()); err != nil || flushErr != nil {
				t.Fatal(err, flushErr)
			}
		}
		want := projectorOf(t, whole, t.TempDir(), feltOptions(c))
		if err := p.run(t.Context(), l.Read); err != nil || p.folds.felt.Late() == 0 {
			t.Fatal("nothing is late", err)
		}
		if err := errors.Join(p.refold(t.Context()), want.refold(t.Context())); err != nil {
			t.Fatal(err)
		}
		a := p.folds.answer(p.calendars)
		if a.Source.Late != 0 {
			t.Errorf("%d are still late", a.Source.Late)
		}
		same(t, a, want.folds.answer(want.calendars))
	}
}

// When the archive does not know all of them either, nobody is counted by halves.
func TestWhatTheArchiveHasDroppedStaysLate(t *testing.T) {
	c, l := onDisk(t, t.TempDir())
	c.Cutoff = 30 * time.Minute
	batches := foldtest.Facts(9, 40)
	for _, b := range batches {
		add(t, l, b)
	}
	k := archived(t, c, l)
	p := projectorOf(t, l, c.Data, feltOptions(c))
	p.archive = k.archive
	gone, err := l.Last(t.Context())
	if err = errors.Join(err, l.Trim(t.Context(), gone)); err != nil {
		t.Fatal(err)
	}
	if d, err := k.archive.DropOldest(t.Context(), 1); err != nil || d.Rows == 0 {
		t.Fatal(d, err)
	}
	add(t, l, lateFor(batches[39], batches)) // an hour of its own, before all others that are left
	err = l.Read(t.Context(), gone, func(r ledger.Record) error { return archiveRecord(t.Context(), k.archive, r) })
	if _, flushErr := k.archive.Flush(t.Context()); err != nil || flushErr != nil {
		t.Fatal(err, flushErr)
	}
	if err := p.run(t.Context(), l.Read); err != nil {
		t.Fatal(err)
	}
	before := p.folds.answer(p.calendars)
	if err := p.refold(t.Context()); err != nil {
		t.Fatal(err)
	}
	if before.Source.Late == 0 {
		t.Fatal("nothing is late")
	}
	same(t, p.folds.answer(p.calendars), before)
}
