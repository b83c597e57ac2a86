package archive

import (
	"context"
	"fmt"
	"math"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
)

// without returns batches without some experiences.
func without(batches []*experience.Batch, gone func(experience.Experience) bool) []*experience.Batch {
	var list []*experience.Batch
	for _, b := range batches {
		rest := *b
		rest.Items = slices.DeleteFunc(slices.Clone(b.Items), gone)
		list = append(list, &rest)
	}
	return list
}

// TestForgottenPeopleAreGone takes two people out: all else stays, to the bit.
func TestForgottenPeopleAreGone(t *testing.T) {
	s := newShelf()
	a, batches := smallTown(t, s)
	gone := func(e experience.Experience) bool { return e.Person == 3 || e.Person == 5 }
	rest := without(batches, gone)
	want := int64(0)
	for i := range batches {
		want += int64(len(batches[i].Items) - len(rest[i].Items))
	}
	untouched := map[string]bool{}
	for _, f := range a.now.Files {
		untouched[f.Name] = true
	}
	if n, err := a.Forget(t.Context(), 3, 5, 1<<40); err != nil || n != want || want == 0 {
		t.Fatalf("Forget() = %d, %v; want %d", n, err, want)
	}
	if n, err := a.Forget(t.Context(), 3, 5); err != nil || n != 0 {
		t.Fatalf("Forget() again = %d, %v", n, err)
	}
	a, err := openOn(t.Context(), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := content(t, a)
	if want := wanted(rest); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Error("others changed too")
	}
	kept := 0
	for _, f := range a.now.Files {
		if untouched[f.Name] {
			kept++
		}
	}
	if kept == 0 || kept == len(a.now.Files) {
		t.Errorf("%d of %d files stayed, want those that they were not in", kept, len(a.now.Files))
	}
	if _, err := a.Forget(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
}

// TestPruningSaysWhatIsGone drops a morning: positions and all that came later stay.
func TestPruningSaysWhatIsGone(t *testing.T) {
	s := newShelf()
	batches := townDays(t, 150, 1)
	a, err := openOn(t.Context(), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range batches {
		if err := a.Write(t.Context(), ledger.Sequence(i+1), b); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	before := time.Date(2026, 11, 2, 12, 30, 0, 0, time.UTC)
	gone := func(e experience.Experience) bool { return e.At < before.Truncate(time.Hour).UnixMilli() }
	rest := without(batches, gone)
	old := a.Size()
	d, err := a.Prune(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	rows := int64(0)
	for _, h := range d.Hours {
		rows += h.Rows
	}
	if now := a.Size(); rows != d.Rows || old.Experiences-now.Experiences != d.Rows || d.Rows == 0 || d.Hours[len(d.Hours)-1].From.Hour() != 11 || d.Bytes == 0 {
		t.Errorf("dropped %+v, left %+v of %+v", d, now, old)
	}
	got, facts := content(t, a)
	if want := wanted(rest); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Error("what came later changed too")
	}
	lines := int64(0)
	for _, f := range facts {
		lines += f.Batch.Tally.Lines
	}
	last := facts[len(facts)-1]
	if len(facts) >= len(batches) || lines == 0 || last.Batch.Position != batches[len(batches)-1].Position || a.UpTo() != ledger.Sequence(len(batches)) {
		t.Errorf("%d facts of %d lines are left, the last at %q", len(facts), lines, last.Batch.Position)
	}
	// Everything may go: where the source goes on stays.
	if _, err := a.DropOldest(t.Context(), math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	got, facts = content(t, a)
	if len(got) != 0 || len(facts) != 1 || facts[0].Batch.Position != last.Batch.Position || a.Size().Experiences != 0 {
		t.Errorf("%d sources and %d facts are left of nothing", len(got), len(facts))
	}
	if list, err := a.Verify(t.Context(), nil); err != nil || len(list) > 0 {
		t.Errorf("Verify() = %v, %v", list, err)
	}
}

// brimful is a store that refuses to grow until something is removed.
type brimful struct {
	*shelf
	full bool
}

func (b *brimful) Put(ctx context.Context, name string, p []byte) error {
	if b.full {
		return explain(fmt.Errorf("put %s: %w", name, syscall.ENOSPC))
	}
	return b.shelf.Put(ctx, name, p)
}

func (b *brimful) PutNew(ctx context.Context, name string, p []byte) error {
	if b.full {
		return explain(fmt.Errorf("put %s: %w", name, syscall.ENOSPC))
	}
	return b.shelf.PutNew(ctx, name, p)
}

func (b *brimful) Remove(ctx context.Context, name string) error {
	b.full = false
	return b.shelf.Remove(ctx, name)
}

// TestDroppingOnAFullDisk makes room where there is none to say so.
func TestDroppingOnAFullDisk(t *testing.T) {
	for _, fresh := range []bool{false, true} {
		s := &brimful{shelf: newShelf()}
		a, _ := smallTown(t, s)
		if fresh {
			var err error
			if a, err = openOn(t.Context(), s, Options{}); err != nil {
				t.Fatal(err)
			}
		}
		s.full = true
		old := a.Size()
		d, err := a.DropOldest(t.Context(), old.Bytes/4)
		if err != nil || d.Bytes < old.Bytes/4 || a.Size().Experiences != old.Experiences-d.Rows || a.Size().Experiences == 0 {
			t.Fatalf("DropOldest() = %+v, %v", d, err)
		}
		if list, err := a.Verify(t.Context(), nil); err != nil || len(list) > 0 {
			t.Errorf("Verify() = %v, %v", list, err)
		}
	}
}

// TestFactsOfOtherKindsStay keeps records that are no batches, through all that shrinks.
func TestFactsOfOtherKindsStay(t *testing.T) {
	s := newShelf()
	a, batches := smallTown(t, s)
	seq := ledger.Sequence(len(batches))
	data := []byte("{\"release\":\"1.0\",\"by\":\"\xff\"}")
	for _, r := range []ledger.Record{{Sequence: seq, Subject: "late", Data: data}, {Sequence: seq + 1, Subject: "release", Data: data}} {
		if err := a.Keep(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if upTo, err := a.Flush(t.Context()); err != nil || upTo != seq+1 {
		t.Fatalf("Flush() = %d, %v", upTo, err)
	}
	if _, err := a.DropOldest(t.Context(), math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	_, facts := content(t, a)
	if last := facts[len(facts)-1]; len(facts) != 2 || last.Subject != "release" || string(last.Data) != string(data) || last.Sequence != seq+1 {
		t.Errorf("facts are %+v", facts)
	}
}
