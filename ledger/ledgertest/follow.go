package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/honderd/honderd/ledger"
)

// wait is how long something may take that happens at once on a quiet machine.
const wait = 20 * time.Second

// follower runs Follow and hands out what it gives.
type follower struct {
	records chan ledger.Record
	ended   chan error
	stop    context.CancelFunc
}

// follow starts a follower, which ends with the test at the latest.
func follow(t *testing.T, l ledger.Ledger, after ledger.Sequence) follower {
	ctx, stop := context.WithCancel(t.Context())
	f := follower{records: make(chan ledger.Record, 1000), ended: make(chan error, 1), stop: stop}
	go func() {
		f.ended <- l.Follow(ctx, after, func(r ledger.Record) error {
			r.Data = bytes.Clone(r.Data)
			f.records <- r
			return nil
		})
	}()
	return f
}

// next returns the next n records.
func (f follower) next(t *testing.T, n int) []ledger.Record {
	t.Helper()
	var got []ledger.Record
	for len(got) < n {
		select {
		case r := <-f.records:
			got = append(got, r)
		case err := <-f.ended:
			t.Fatalf("Follow() = %v after %d records, want %d", err, len(got), n)
		case <-time.After(wait):
			t.Fatalf("Follow gave %d records in %v, want %d", len(got), wait, n)
		}
	}
	return got
}

// end returns what Follow returned.
func (f follower) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-f.ended:
		return err
	case <-time.After(wait):
		t.Fatalf("Follow did not end in %v", wait)
		return nil
	}
}

func testFollow(t *testing.T, b bench) {
	l := b.filled(t, 3)
	all, later, ahead := follow(t, l, 0), follow(t, l, 3), follow(t, l, 5)
	wantFacts(t, all.next(t, 3), 1, 3)
	appendMany(t, l, 4, 60)
	wantFacts(t, all.next(t, 57), 4, 60)
	wantFacts(t, later.next(t, 57), 4, 60)
	wantFacts(t, ahead.next(t, 55), 6, 60)
	for _, f := range []follower{all, later, ahead} {
		f.stop()
		if err := f.end(t); err != nil {
			t.Errorf("Follow() = %v when its context ended, want nil", err)
		}
	}
}

// testWake sees that each fact reaches a follower that waits, without another that would
// push it. How soon is measured by BenchmarkWake of ledger/jetstream.
func testWake(t *testing.T, b bench) {
	l := b.filled(t, 1)
	f := follow(t, l, 0)
	f.next(t, 1)
	for n := 2; n <= 21; n++ {
		appendMany(t, l, n, n)
		wantFacts(t, f.next(t, 1), n, n)
	}
	f.stop()
	f.end(t)
}

func testCloseEndsFollow(t *testing.T, b bench) {
	l := b.filled(t, 2)
	f := follow(t, l, 0)
	f.next(t, 2)
	if err := l.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	if err := f.end(t); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("Follow() = %v after Close, want ErrClosed", err)
	}
}
