package jetstream_test

import (
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/honderd/honderd/ledger"
)

// A bubble has its own clock, which begins in the year 2000 and is far behind the one
// outside: opening the same folder in and outside is a clock that was set.

// TestClockSetBack opens a ledger whose ids were said in the future: they are known.
func TestClockSetBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	l := open(t, dir)
	appendID(t, l, "a", 1, false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		l := open(t, dir)
		appendID(t, l, "a", 1, true)
		appendID(t, l, "b", 2, false)
		appendID(t, l, "b", 2, true)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	l = open(t, dir)
	defer l.Close()
	wantOrder(t, l, 2)
}

// TestClockSetForward opens a ledger whose ids were said longer ago than it remembers
// them: the records are there, in order, and an id may be used again.
func TestClockSetForward(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	synctest.Test(t, func(t *testing.T) {
		l := open(t, dir)
		appendID(t, l, "a", 1, false)
		appendID(t, l, "a", 1, true)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	l := open(t, dir)
	defer l.Close()
	appendID(t, l, "a", 2, false)
	appendID(t, l, "a", 2, true)
	wantOrder(t, l, 2)
}

// appendID appends a record with that id and fails t unless its place and whether it was
// known are as wanted.
func appendID(t *testing.T, l ledger.Ledger, id string, want ledger.Sequence, twice bool) {
	t.Helper()
	place, err := l.Append(t.Context(), "test", id, []byte(id))
	if place != want || errors.Is(err, ledger.ErrTwice) != twice || err != nil && !twice {
		t.Fatalf("Append(%s) = %d, %v; want %d, known: %v", id, place, err, want, twice)
	}
}

func wantOrder(t *testing.T, l ledger.Ledger, want ledger.Sequence) {
	t.Helper()
	next := ledger.Sequence(1)
	err := l.Read(t.Context(), 0, func(r ledger.Record) error {
		if r.Sequence != next {
			t.Errorf("record %d, want %d", r.Sequence, next)
		}
		next++
		return nil
	})
	if err != nil || next != want+1 {
		t.Errorf("Read() = %v up to %d, want %d", err, next-1, want)
	}
}
