package gather_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/gather"
)

// noon is when all experiences of these tests were.
const noon = 1_742_000_000_000

// batch returns a batch of one experience of that person.
func batch(source string, person int) *experience.Batch {
	b := &experience.Batch{}
	b.Reset()
	b.Source = source
	b.Journeys = append(b.Journeys, fmt.Sprint("journey ", person%3))
	b.Items = append(b.Items, experience.Experience{Person: experience.Person(person), At: noon + int64(person)})
	b.Tally = experience.Tally{Lines: 1, Parsed: 1}
	return b
}

// gathering returns a Gatherer in front of l, which is closed with the test.
func gathering(t *testing.T, l ledger.Ledger, o gather.Options) *gather.Gatherer {
	t.Helper()
	g, err := gather.New(l, o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// kept returns the blocks of a ledger.
func kept(t *testing.T, l ledger.Ledger) []*experience.Batch {
	t.Helper()
	var list []*experience.Batch
	err := l.Read(context.Background(), 0, func(r ledger.Record) error {
		b := &experience.Batch{}
		list = append(list, b)
		return b.UnmarshalBinary(r.Data)
	})
	if err != nil {
		t.Fatalf("Read() = %v", err)
	}
	return list
}

// fickle is a ledger whose Append does what the test says.
type fickle struct {
	*ledger.Memory
	mu      sync.Mutex
	calls   int
	appends func(call int, keep func() error) error
}

// Append calls appends.
func (f *fickle) Append(ctx context.Context, subject, id string, data []byte) (ledger.Sequence, error) {
	f.mu.Lock()
	f.calls++
	call := f.calls
	f.mu.Unlock()
	var place ledger.Sequence
	err := f.appends(call, func() (err error) {
		place, err = f.Memory.Append(ctx, subject, id, data)
		return err
	})
	return place, err
}

func TestManyWritersShareABlockAfterTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := ledger.NewMemory()
		g := gathering(t, m, gather.Options{})
		start := time.Now()
		var all sync.WaitGroup
		for n := range 50 {
			all.Go(func() {
				if err := g.Add(t.Context(), batch("town", n)); err != nil {
					t.Errorf("Add() = %v", err)
				}
				if took := time.Since(start); took != 20*time.Millisecond {
					t.Errorf("Add returned after %v, want 20ms", took)
				}
			})
		}
		all.Wait()
		blocks := kept(t, m)
		if len(blocks) != 1 || len(blocks[0].Items) != 50 || len(blocks[0].Journeys) != 3 || blocks[0].Tally.Lines != 50 {
			t.Errorf("%d blocks, the first %+v", len(blocks), blocks[0])
		}
		if s := g.Stats(); s != (gather.Stats{Kept: 50, Blocks: 1}) {
			t.Errorf("Stats() = %+v", s)
		}
		if err := g.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
}

func TestAFullBlockDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := ledger.NewMemory()
		g := gathering(t, m, gather.Options{Events: 10, Wait: time.Hour})
		start := time.Now()
		var all sync.WaitGroup
		for n := range 30 {
			all.Go(func() {
				if err := g.Add(t.Context(), batch("town", n)); err != nil {
					t.Errorf("Add() = %v", err)
				}
			})
		}
		all.Wait()
		if took := time.Since(start); took != 0 || len(kept(t, m)) != 3 {
			t.Errorf("%d blocks after %v, want 3 at once", len(kept(t, m)), took)
		}
	})
}

func TestSourcesDoNotShareABlock(t *testing.T) {
	m := ledger.NewMemory()
	g := gathering(t, m, gather.Options{Wait: time.Hour})
	for n := range 10 {
		if _, err := g.Start(batch([]string{"beacon", "otlp"}[n%2], n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	blocks := kept(t, m)
	if len(blocks) != 2 || blocks[0].Source == blocks[1].Source || blocks[0].Tally.Lines != 5 || blocks[1].Tally.Lines != 5 {
		t.Errorf("blocks of %v", blocks)
	}
}

func TestWhenTooMuchWaitsItIsSaidAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		f := &fickle{Memory: ledger.NewMemory(), appends: func(_ int, keep func() error) error { <-gate; return keep() }}
		g := gathering(t, f, gather.Options{Events: 5, Queue: 10})
		for n := range 10 {
			if _, err := g.Start(batch("town", n)); err != nil {
				t.Fatalf("Start(%d) = %v", n, err)
			}
		}
		if err := g.Add(t.Context(), batch("town", 10)); !errors.Is(err, gather.ErrBacklog) {
			t.Errorf("Add() = %v, want ErrBacklog", err)
		}
		brief, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.AddPatiently(brief, batch("town", 11)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("AddPatiently() = %v, want that time is over", err)
		}
		if s := g.Stats(); s.Refused != 1 || s.Waiting != 10 {
			t.Errorf("Stats() = %+v, want 1 refused, 10 waiting", s)
		}
		late := make(chan error)
		go func() { late <- g.AddPatiently(t.Context(), batch("town", 12)) }()
		synctest.Wait()
		close(gate)
		if err := <-late; err != nil {
			t.Errorf("AddPatiently() = %v", err)
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
		if s := g.Stats(); s.Kept != 11 || s.Waiting != 0 {
			t.Errorf("Stats() = %+v, want 11 kept", s)
		}
	})
}

// TestARetryNeverKeepsABlockTwice has the ledger keep a block and lose its answer.
func TestARetryNeverKeepsABlockTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fickle{Memory: ledger.NewMemory(), appends: func(call int, keep func() error) error {
			err := keep()
			if call%3 != 0 {
				return errors.New("the answer was lost")
			}
			return err
		}}
		g := gathering(t, f, gather.Options{})
		for n := range 5 {
			if err := g.Add(t.Context(), batch("town", n)); err != nil {
				t.Errorf("Add() = %v", err)
			}
		}
		if got := len(kept(t, f.Memory)); got != 5 {
			t.Errorf("%d blocks kept, want 5", got)
		}
	})
}

func TestTheBlocksErrorIsEachWriters(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name string
		err  error
		want time.Duration // until it is said
	}{
		{"full at once", ledger.ErrFull, 20 * time.Millisecond},
		{"closed at once", ledger.ErrClosed, 20 * time.Millisecond},
		{"others when patience is over", broken, 10*time.Second + 20*time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fickle{Memory: ledger.NewMemory(), appends: func(int, func() error) error { return tt.err }}
				g := gathering(t, f, gather.Options{})
				start := time.Now()
				var all sync.WaitGroup
				for n := range 3 {
					all.Go(func() {
						if err := g.Add(t.Context(), batch("town", n)); !errors.Is(err, tt.err) {
							t.Errorf("Add() = %v, want %v", err, tt.err)
						}
					})
				}
				all.Wait()
				if took := time.Since(start); took != tt.want {
					t.Errorf("it was said after %v, want %v", took, tt.want)
				}
				if s := g.Stats(); s.Failed != 3 || s.Kept != 0 || s.Waiting != 0 {
					t.Errorf("Stats() = %+v", s)
				}
			})
		})
	}
}

// TestOneBadBatchSpoilsNobodyElse has writers send what cannot be kept.
func TestOneBadBatchSpoilsNobodyElse(t *testing.T) {
	m := ledger.NewMemory()
	g := gathering(t, m, gather.Options{Wait: time.Hour})
	bad := map[string]func(b *experience.Batch){
		"journey of nobody":    func(b *experience.Batch) { b.Items[0].Journey = 7 },
		"step of nobody":       func(b *experience.Batch) { b.Items[0].Step = 7 },
		"labels of nobody":     func(b *experience.Batch) { b.Items[0].Labels = 7 },
		"cause of nobody":      func(b *experience.Batch) { b.Items[0].Cause = 15 },
		"in the ice age":       func(b *experience.Batch) { b.Items[0].At = -1 },
		"labels out of order":  func(b *experience.Batch) { b.Labels = [][]experience.Label{nil, {{Name: "b"}, {Name: "a"}}} },
		"too many experiences": func(b *experience.Batch) { b.Items = make([]experience.Experience, experience.MaxBatch+1) },
		"with a position":      func(b *experience.Batch) { b.Position = "17" },
	}
	for name, spoil := range bad {
		if _, err := g.Start(batch("town", 1)); err != nil {
			t.Fatal(err)
		}
		b := batch("town", 2)
		spoil(b)
		if _, err := g.Start(b); err == nil {
			t.Errorf("%s: Start() = nil, want an error", name)
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if blocks := kept(t, m); len(blocks) != 1 || len(blocks[0].Items) != len(bad) {
		t.Errorf("%d blocks, want 1 with %d experiences", len(blocks), len(bad))
	}
}

// TestLongNamesDoNotOutgrowARecord has writers send names that fill megabytes.
func TestLongNamesDoNotOutgrowARecord(t *testing.T) {
	m := ledger.NewMemory()
	g := gathering(t, m, gather.Options{Wait: time.Hour})
	for n := range 200 {
		b := batch("town", n)
		b.Journeys[0] = strings.Repeat(fmt.Sprint(n, ","), 10_000)
		if _, err := g.Start(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, b := range kept(t, m) {
		data, err := b.AppendBinary(nil)
		if err != nil || len(data) > 1<<20 {
			t.Errorf("a block of %d bytes, %v; want at most a megabyte", len(data), err)
		}
		n += len(b.Items)
	}
	if n != 200 {
		t.Errorf("%d experiences kept, want 200", n)
	}
}

func TestNothingIsAddedAfterClose(t *testing.T) {
	g := gathering(t, ledger.NewMemory(), gather.Options{})
	for range 2 {
		if err := g.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	}
	if err := g.Add(t.Context(), batch("town", 1)); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("Add() = %v after Close, want ErrClosed", err)
	}
}

func TestOptionsSayTheWayOut(t *testing.T) {
	for _, o := range []gather.Options{{Events: -1}, {Events: experience.MaxBatch + 1}, {Wait: -1}, {Queue: -1}, {Patience: -1}} {
		if _, err := gather.New(ledger.NewMemory(), o); err == nil || !strings.Contains(err.Error(), "fix: ") {
			t.Errorf("New(%+v) = %v, want an error with its fix", o, err)
		}
	}
}
