package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
)

// frail is a store that fails at an operation, before or after it has done it, and at
// all that follow.
type frail struct {
	store
	left  int // operations before it fails; negative: it never does
	after bool
	err   error
}

func (f *frail) fail() (now, after bool) {
	if f.left < 0 {
		return false, false
	}
	if f.left == 0 {
		return true, false
	}
	f.left--
	return false, f.left == 0 && f.after
}

func (f *frail) do(op func() error) error {
	now, after := f.fail()
	if now {
		return f.err
	}
	if err := op(); err != nil {
		return err
	}
	if after {
		return f.err
	}
	return nil
}

func (f *frail) Put(ctx context.Context, name string, p []byte) error {
	return f.do(func() error { return f.store.Put(ctx, name, p) })
}

func (f *frail) PutNew(ctx context.Context, name string, p []byte) error {
	return f.do(func() error { return f.store.PutNew(ctx, name, p) })
}

func (f *frail) Get(ctx context.Context, name string) (p []byte, err error) {
	err = f.do(func() error { p, err = f.store.Get(ctx, name); return err })
	return p, err
}

func (f *frail) List(ctx context.Context, prefix string) (names []string, err error) {
	err = f.do(func() error { names, err = f.store.List(ctx, prefix); return err })
	return names, err
}

func (f *frail) Remove(ctx context.Context, name string) error {
	return f.do(func() error { return f.store.Remove(ctx, name) })
}

// drawBatches draws a ledger of small batches of a few sources, in and out of order.
func drawBatches(t *rapid.T) []*experience.Batch {
	base := time.Date(2026, 11, 2, 9, 50, 0, 0, time.UTC).UnixMilli()
	sets := [][]experience.Label{nil, {{Name: "region", Value: "eu"}}, {{Name: "audience", Value: "st\xffaff"}, {Name: "region", Value: "\"<us>\""}}}
	item := rapid.Custom(func(t *rapid.T) experience.Experience {
		return experience.Experience{
			Person:  experience.Person(rapid.Uint64Range(1, 5).Draw(t, "person") << 60),
			At:      base + rapid.Int64Range(0, 3*msHour).Draw(t, "at")/1000*1000,
			Wait:    rapid.Uint32().Draw(t, "wait"),
			Journey: rapid.Uint16Range(0, 2).Draw(t, "journey"), Step: rapid.Uint16Range(0, 2).Draw(t, "step"), Labels: rapid.Uint16Range(0, 2).Draw(t, "labels"),
			Cause: experience.Cause(rapid.IntRange(0, 6).Draw(t, "cause")), Mask: experience.Mask(rapid.IntRange(0, 3).Draw(t, "mask")),
			Part: rapid.Bool().Draw(t, "part"), Critical: rapid.Bool().Draw(t, "critical"), Rage: rapid.Bool().Draw(t, "rage"),
		}
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) *experience.Batch {
		b := &experience.Batch{
			Source: rapid.SampledFrom([]string{"a", "b", "\xfe.log"}).Draw(t, "source"), Position: rapid.String().Draw(t, "position"),
			Journeys: []string{"/", "", "/p\xc3"}, Steps: []string{"", "GET /", "\uFFFDx"}, Labels: sets,
			Items: rapid.SliceOfN(item, 0, 6).Draw(t, "items"),
		}
		n := int64(len(b.Items))
		b.Tally = experience.Tally{Lines: n + 2, Bytes: 100 * n, Parsed: n, Robots: 1, Formats: map[string]int64{"f": n}}
		b.Tally.Reject("no line", "\xff<b>")
		b.Tally.Addresses = []experience.AddressCount{{Hash: 1<<64 - 1, Count: n}}
		return b
	}), 1, 12).Draw(t, "batches")
}

// told is an experience with its names.
type told struct {
	experience.Experience
	Source, Journey, Step, Labels string
}

func name(list []string, i uint16) string {
	if int(i) < len(list) {
		return list[i]
	}
	return ""
}

func tell(b *experience.Batch) []told {
	var list []told
	for _, e := range b.Items {
		one := told{Experience: e, Source: b.Source, Journey: name(b.Journeys, e.Journey), Step: name(b.Steps, e.Step)}
		if len(b.Labels) > 0 {
			one.Labels = fmt.Sprintf("%q", b.Labels[e.Labels])
		}
		one.Experience.Journey, one.Experience.Step, one.Experience.Labels = 0, 0, 0
		list = append(list, one)
	}
	return list
}

// wanted is what the archive of a ledger must give of each source, in order.
func wanted(batches []*experience.Batch) map[string][]told {
	all := map[string][]told{}
	for _, b := range batches {
		if list := tell(b); len(list) > 0 {
			all[b.Source] = append(all[b.Source], list...)
		}
	}
	for _, list := range all {
		slices.SortStableFunc(list, func(x, y told) int { return int(x.At - y.At) })
	}
	return all
}

func content(t fataler, a *Archive) (map[string][]told, []Fact) {
	t.Helper()
	all := map[string][]told{}
	err := a.Read(context.Background(), Query{}, func(b *experience.Batch) error {
		if b.Position != "" || len(b.Items) == 0 || len(b.Items) > experience.MaxBatch {
			t.Fatalf("a batch of %d at %q", len(b.Items), b.Position)
		}
		all[b.Source] = append(all[b.Source], tell(b)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var list []Fact
	if err := a.Facts(context.Background(), 0, func(f Fact) error { list = append(list, f); return nil }); err != nil {
		t.Fatal(err)
	}
	return all, list
}

type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// same fails where the archive is not what the ledger has, to the bit.
func same(t fataler, a *Archive, batches []*experience.Batch) {
	t.Helper()
	got, list := content(t, a)
	if want := wanted(batches); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("experiences:\n%v\nwant\n%v", got, want)
	}
	if len(list) != len(batches) {
		t.Fatalf("%d facts, want %d", len(list), len(batches))
	}
	for i, f := range list {
		if want := newFact(ledger.Sequence(i+1), batches[i]); fmt.Sprintf("%d %+v", f.Sequence, *f.Batch) != fmt.Sprintf("%d %+v", want.Sequence, *want.Batch) || f.To != want.To {
			t.Fatalf("fact %d = %+v, want %+v", i, *f.Batch, *want.Batch)
		}
	}
}

// TestACrashAtAnyInstantNeitherLosesNorDoubles writes, flushes and compacts on a store
// that fails at any operation, then opens it anew as after a crash, or goes on.
func TestACrashAtAnyInstantNeitherLosesNorDoubles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s store = newShelf()
		if rapid.IntRange(0, 19).Draw(t, "folder") == 0 {
			s = newFolder(tempDir(t))
		}
		batches := drawBatches(t)
		weak := &frail{store: s, left: -1, err: fmt.Errorf("put: %w", syscall.ENOSPC)}
		open := func() *Archive {
			weak.left = -1
			a, err := openOn(t.Context(), weak, Options{})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		a := open()
		known := ledger.Sequence(0) // what a Flush said is safe
		for next := 0; next < len(batches) || a.UpTo() < ledger.Sequence(len(batches)); {
			weak.left, weak.after = rapid.IntRange(-1, 40).Draw(t, "left"), rapid.Bool().Draw(t, "after")
			var err error
			for n := rapid.IntRange(1, 4).Draw(t, "batches"); n > 0 && next < len(batches) && err == nil; n-- {
				if err = a.Write(t.Context(), ledger.Sequence(next+1), batches[next]); err == nil {
					next++
				}
			}
			if upTo, err := a.Flush(t.Context()); err == nil {
				if int(upTo) != max(next, int(known)) {
					t.Fatalf("Flush() = %d of %d, want all; %d was safe", upTo, next, known)
				}
				known = upTo
			}
			if rapid.Bool().Draw(t, "compact") {
				_, _ = a.Compact(t.Context()) // it may fail; nothing may be lost
			}
			if rapid.Bool().Draw(t, "crash") {
				if a = open(); a.UpTo() < known {
					t.Fatalf("UpTo() = %d after a crash, %d was acknowledged", a.UpTo(), known)
				}
				known = a.UpTo()
				next = int(a.UpTo()) - rapid.IntRange(0, int(a.UpTo())).Draw(t, "again")
			}
		}
		a = open()
		same(t, a, batches)
		if list, err := a.Verify(t.Context(), nil); err != nil || len(list) > 0 {
			t.Fatalf("Verify() = %v, %v", list, err)
		}
		if err := a.own(t.Context()); err != nil {
			t.Fatal(err)
		}
		if names, _ := s.List(t.Context(), ""); len(names) != len(a.now.Files)+2 {
			t.Fatalf("%d files are there, want %d: something was left", len(names), len(a.now.Files)+2)
		}
	})
}

func tempDir(t *rapid.T) string {
	dir, err := makeTemp()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeAll(dir) })
	return dir
}

// TestWhatWaitsIsBounded writes to a store that takes nothing: what is not taken can be
// offered again.
func TestWhatWaitsIsBounded(t *testing.T) {
	weak := &frail{store: newShelf(), left: -1, err: syscall.ENOSPC}
	a, err := openOn(t.Context(), weak, Options{})
	if err != nil {
		t.Fatal(err)
	}
	weak.left = 0
	batches := busy(maxPending/experience.MaxBatch + 1)
	for i, b := range batches {
		err := a.Write(t.Context(), ledger.Sequence(i+1), b)
		if last := i == len(batches)-1; (err != nil) != last {
			t.Fatalf("Write() %d = %v", i, err)
		}
	}
	weak.left = -1
	if err := a.Write(t.Context(), ledger.Sequence(len(batches)), batches[len(batches)-1]); err != nil {
		t.Fatal(err)
	}
	if upTo, err := a.Flush(t.Context()); err != nil || int(upTo) != len(batches) || int(a.Size().Experiences) != len(batches)*experience.MaxBatch {
		t.Errorf("Flush() = %d, %v with %d experiences", upTo, err, a.Size().Experiences)
	}
}

// TestAFullDiskLosesNothing fills the disk while the archive is written, and makes room.
func TestAFullDiskLosesNothing(t *testing.T) {
	batches := townDays(t, 300, 1)
	weak := &frail{store: newShelf(), left: -1, err: syscall.ENOSPC}
	a, err := openOn(t.Context(), weak, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range batches {
		if err := a.Write(t.Context(), ledger.Sequence(i+1), b); err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			weak.left = n * i
			if _, err := a.Flush(t.Context()); err != nil && !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
		}
		weak.left = -1
	}
	if _, err := a.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, a, batches)
}
