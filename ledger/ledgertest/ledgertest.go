// Package ledgertest is the suite every ledger passes.
package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/honderd/honderd/ledger"
)

// Options says what a ledger is not meant to do. The zero value asks for all.
type Options struct {
	Forgets bool // it keeps nothing after Close: memory
	Waits   bool // opening it is mostly waiting, so that tests may run side by side: a cluster
}

// Run runs the whole suite against the ledger that open opens.
func Run(t *testing.T, open func(t *testing.T, dir string) ledger.Ledger) {
	t.Helper()
	RunWith(t, Options{}, open)
}

// RunWith runs the suite as far as o asks for it.
func RunWith(t *testing.T, o Options, open func(t *testing.T, dir string) ledger.Ledger) {
	t.Helper()
	tests := []struct {
		name   string
		reopen bool // closes the ledger and opens it again
		run    func(t *testing.T, b bench)
	}{
		{"empty ledger", false, testEmpty},
		{"records come in order", false, testOrder},
		{"any data comes back as it was", false, testData},
		{"the same id twice is kept once", false, testTwice},
		{"an empty id is never the same", false, testNoID},
		{"read from the middle", false, testMiddle},
		{"read sees what was there at the call", false, testSnapshot},
		{"an error of f stops reading", false, testStop},
		{"follow gets later records", false, testFollow},
		{"follow wakes up at once", false, testWake},
		{"close ends follow", false, testCloseEndsFollow},
		{"concurrent appends have dense places", false, testConcurrent},
		{"hostile subjects and ids are refused", false, testHostileSubjects},
		{"the largest record fits", false, testLarge},
		{"facts have versions", false, testFacts},
		{"a fact on an old version is a conflict", false, testFactConflict},
		{"one of many writers wins each version", false, testFactRace},
		{"hostile facts", false, testHostileFacts},
		{"what is trimmed is said", false, testTrim},
		{"trimming keeps facts", false, testTrimKeepsFacts},
		{"trimming by kind", false, testTrimByKind},
		{"nothing works after close", false, testClosed},
		{"nothing works with an ended context", false, testCancelled},
		{"records survive close", true, testDurable},
		{"ids survive close", true, testTwiceLater},
		{"facts survive close", true, testFactsDurable},
		{"what was trimmed survives close", true, testTrimDurable},
		{"follow through restarts", true, testFollowRestart},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.reopen && o.Forgets {
				t.Skip("this ledger keeps nothing after Close")
			}
			if o.Waits {
				t.Parallel()
			}
			tt.run(t, bench{open: open, dir: t.TempDir()})
		})
	}
}

// bench is where one test opens its ledger.
type bench struct {
	open func(t *testing.T, dir string) ledger.Ledger
	dir  string
}

// ledger opens the ledger and closes it at the end of the test.
func (b bench) ledger(t *testing.T) ledger.Ledger {
	t.Helper()
	l := b.open(t, b.dir)
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return l
}

// filled opens the ledger and appends n records.
func (b bench) filled(t *testing.T, n int) ledger.Ledger {
	t.Helper()
	l := b.ledger(t)
	appendMany(t, l, 1, n)
	return l
}

// fact is the data of the record with this number.
func fact(n int) []byte { return fmt.Appendf(nil, "fact %d", n) }

// appendMany appends the records from to to, which must be given these places.
func appendMany(t *testing.T, l ledger.Ledger, from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		place, err := l.Append(t.Context(), "test", fmt.Sprintf("id-%d", n), fact(n))
		if err != nil || place != ledger.Sequence(n) {
			t.Fatalf("Append(%d) = %d, %v", n, place, err)
		}
	}
}

// wantFacts fails unless got holds the records from to to.
func wantFacts(t *testing.T, got []ledger.Record, from, to int) {
	t.Helper()
	if len(got) != to-from+1 {
		t.Fatalf("got %d records, want %d to %d", len(got), from, to)
	}
	for i, r := range got {
		n := from + i
		if r.Sequence != ledger.Sequence(n) || r.Subject != "test" || !bytes.Equal(r.Data, fact(n)) {
			t.Fatalf("record %d is %d %q %q", n, r.Sequence, r.Subject, r.Data)
		}
	}
}

// readAll returns copies of all records after the given place.
func readAll(t *testing.T, l ledger.Ledger, after ledger.Sequence) []ledger.Record {
	t.Helper()
	var got []ledger.Record
	if err := l.Read(t.Context(), after, collect(&got)); err != nil {
		t.Fatalf("Read(after %d) = %v", after, err)
	}
	return got
}

func collect(into *[]ledger.Record) func(ledger.Record) error {
	return func(r ledger.Record) error {
		r.Data = bytes.Clone(r.Data)
		*into = append(*into, r)
		return nil
	}
}

func testEmpty(t *testing.T, b bench) {
	l := b.ledger(t)
	if last, err := l.Last(t.Context()); last != 0 || err != nil {
		t.Errorf("Last() = %d, %v; want 0", last, err)
	}
	for _, after := range []ledger.Sequence{0, 7} {
		if got := readAll(t, l, after); len(got) != 0 {
			t.Errorf("Read(after %d) gave %d records, want none", after, len(got))
		}
	}
}

func testOrder(t *testing.T, b bench) {
	l := b.filled(t, 250)
	wantFacts(t, readAll(t, l, 0), 1, 250)
	if last, err := l.Last(t.Context()); last != 250 || err != nil {
		t.Errorf("Last() = %d, %v; want 250", last, err)
	}
}

func testData(t *testing.T, b bench) {
	l := b.ledger(t)
	dice := rand.New(rand.NewPCG(1, 2))
	var want [][]byte
	for _, size := range []int{0, 1, 900 << 10, 0, 13, 900 << 10, 64 << 10, 900 << 10, 2} {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(dice.Uint32())
		}
		want = append(want, data)
		mine := bytes.Clone(data)
		if _, err := l.Append(t.Context(), "blob", fmt.Sprint(len(want)), mine); err != nil {
			t.Fatalf("Append(%d bytes) = %v", size, err)
		}
		clear(mine) // the caller may use its buffer again
	}
	got := readAll(t, l, 0)
	if len(got) != len(want) {
		t.Fatalf("got %d records, want %d", len(got), len(want))
	}
	for i := range want {
		if !bytes.Equal(got[i].Data, want[i]) || got[i].Subject != "blob" {
			t.Errorf("record %d of %d bytes came back different", i+1, len(want[i]))
		}
	}
}

func testTwice(t *testing.T, b bench) {
	l := b.filled(t, 3)
	if place, err := l.Append(t.Context(), "test", "id-2", []byte("other")); !errors.Is(err, ledger.ErrTwice) || place != 2 {
		t.Errorf("Append(same id) = %d, %v; want 2, ErrTwice", place, err)
	}
	if place, err := l.Append(t.Context(), "other", "id-3", fact(3)); !errors.Is(err, ledger.ErrTwice) || place != 3 {
		t.Errorf("Append(same id, other subject) = %d, %v; want 3, ErrTwice", place, err)
	}
	appendMany(t, l, 4, 4)
	wantFacts(t, readAll(t, l, 0), 1, 4)
}

func testNoID(t *testing.T, b bench) {
	l := b.ledger(t)
	for n := 1; n <= 3; n++ {
		if place, err := l.Append(t.Context(), "test", "", fact(n)); err != nil || place != ledger.Sequence(n) {
			t.Fatalf("Append(no id) = %d, %v; want %d", place, err, n)
		}
	}
	wantFacts(t, readAll(t, l, 0), 1, 3)
}

func testMiddle(t *testing.T, b bench) {
	l := b.filled(t, 40)
	wantFacts(t, readAll(t, l, 17), 18, 40)
	wantFacts(t, readAll(t, l, 39), 40, 40)
	for _, after := range []ledger.Sequence{40, 41, 1 << 62} {
		if got := readAll(t, l, after); len(got) != 0 {
			t.Errorf("Read(after %d) gave %d records, want none", after, len(got))
		}
	}
}

func testSnapshot(t *testing.T, b bench) {
	l := b.filled(t, 5)
	var got []ledger.Record
	err := l.Read(t.Context(), 0, func(r ledger.Record) error {
		appendMany(t, l, 5+int(r.Sequence), 5+int(r.Sequence))
		return collect(&got)(r)
	})
	if err != nil {
		t.Fatalf("Read() = %v", err)
	}
	wantFacts(t, got, 1, 5)
	wantFacts(t, readAll(t, l, 0), 1, 10)
}

func testStop(t *testing.T, b bench) {
	l := b.filled(t, 10)
	enough := errors.New("enough")
	stopAt := func(n ledger.Sequence, calls *int) func(ledger.Record) error {
		return func(r ledger.Record) error {
			*calls++
			if r.Sequence == n {
				return enough
			}
			return nil
		}
	}
	var reads, follows int
	if err := l.Read(t.Context(), 0, stopAt(4, &reads)); !errors.Is(err, enough) || reads != 4 {
		t.Errorf("Read() = %v after %d calls; want the error of f after 4", err, reads)
	}
	if err := l.Follow(t.Context(), 2, stopAt(4, &follows)); !errors.Is(err, enough) || follows != 2 {
		t.Errorf("Follow() = %v after %d calls; want the error of f after 2", err, follows)
	}
}

func testConcurrent(t *testing.T, b bench) {
	l := b.ledger(t)
	const workers, each = 8, 50
	places := make(chan ledger.Sequence, workers*each)
	errs := make(chan error, workers*each)
	for w := range workers {
		go func() {
			for i := range each {
				name := fmt.Sprintf("%d-%d", w, i)
				place, err := l.Append(context.Background(), "test", name, []byte(name))
				places <- place
				errs <- err
			}
		}()
	}
	seen := make(map[ledger.Sequence]bool)
	for range workers * each {
		if err := <-errs; err != nil {
			t.Fatalf("Append() = %v", err)
		}
		seen[<-places] = true
	}
	names := make(map[string]bool)
	for i, r := range readAll(t, l, 0) {
		if r.Sequence != ledger.Sequence(i+1) || !seen[r.Sequence] {
			t.Fatalf("record %d has place %d, given out: %v", i+1, r.Sequence, seen[r.Sequence])
		}
		names[string(r.Data)] = true
	}
	if len(seen) != workers*each || len(names) != workers*each {
		t.Errorf("%d places and %d records, want %d of both", len(seen), len(names), workers*each)
	}
}

func testClosed(t *testing.T, b bench) {
	l := b.filled(t, 2)
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatalf("Close() = %v", err)
		}
	}
	ignore := func(ledger.Record) error { return nil }
	_, appended := l.Append(t.Context(), "test", "late", nil)
	_, last := l.Last(t.Context())
	for what, err := range map[string]error{
		"Append": appended, "Last": last,
		"Read":   l.Read(t.Context(), 0, ignore),
		"Follow": l.Follow(t.Context(), 0, ignore),
	} {
		if !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("%s() = %v after Close, want ErrClosed", what, err)
		}
	}
}

func testCancelled(t *testing.T, b bench) {
	l := b.filled(t, 2)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	called := func(ledger.Record) error { t.Error("f was called"); return nil }
	if _, err := l.Append(ctx, "test", "x", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Append() = %v, want context.Canceled", err)
	}
	if err := l.Read(ctx, 0, called); !errors.Is(err, context.Canceled) {
		t.Errorf("Read() = %v, want context.Canceled", err)
	}
	if err := l.Follow(ctx, 0, called); err != nil {
		t.Errorf("Follow() = %v, want nil", err)
	}
	wantFacts(t, readAll(t, l, 0), 1, 2)
}

func testDurable(t *testing.T, b bench) {
	for round := range 3 {
		l := b.open(t, b.dir)
		wantFacts(t, readAll(t, l, 0), 1, round*25)
		appendMany(t, l, round*25+1, round*25+25)
		if err := l.Close(); err != nil {
			t.Fatalf("Close() = %v", err)
		}
	}
}

func testTwiceLater(t *testing.T, b bench) {
	l := b.open(t, b.dir)
	appendMany(t, l, 1, 20)
	if err := l.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	l = b.ledger(t)
	for n := 1; n <= 20; n++ {
		place, err := l.Append(t.Context(), "test", fmt.Sprintf("id-%d", n), fact(n))
		if !errors.Is(err, ledger.ErrTwice) || place != ledger.Sequence(n) {
			t.Fatalf("Append(id-%d again) = %d, %v; want %d, ErrTwice", n, place, err, n)
		}
	}
	appendMany(t, l, 21, 21)
	wantFacts(t, readAll(t, l, 0), 1, 21)
}
