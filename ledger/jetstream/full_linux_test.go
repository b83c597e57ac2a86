package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
)

// tinyDisk mounts a disk in memory of that many MiB, and returns its folder and
// what changes its size.
func tinyDisk(t *testing.T, size int) (dir string, resize func(size int)) {
	t.Helper()
	dir = t.TempDir()
	mount := func(flags uintptr, size int) error {
		return syscall.Mount("tmpfs", dir, "tmpfs", flags, fmt.Sprintf("size=%dm", size))
	}
	if err := mount(0, size); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir, func(size int) {
		t.Helper()
		if err := mount(syscall.MS_REMOUNT, size); err != nil {
			t.Fatalf("remount: %v", err)
		}
	}
}

// book is what a ledger accepted.
type book struct {
	mu     sync.Mutex
	places map[int]ledger.Sequence // number of the record to its place
	next   int
}

// fill appends records of 100 KB from several goroutines until each has met an
// error, and returns the errors and the numbers of the records they met it with.
func (b *book) fill(t *testing.T, l *jetstream.Ledger) (refused map[int]error) {
	t.Helper()
	refused = make(map[int]error)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for {
				n := b.take()
				place, err := l.Append(t.Context(), "test", fmt.Sprint(n), page(n))
				b.mu.Lock()
				if err == nil {
					b.places[n] = place
				} else {
					refused[n] = err
				}
				b.mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	workers.Wait()
	return refused
}

// take returns the number of the next record.
func (b *book) take() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	return b.next
}

// page returns the 100 KB of the record with number n.
func page(n int) []byte {
	text := strings.Repeat(fmt.Sprintf("%d;", n), 100<<10)
	return []byte(text[:100<<10])
}

// check fails t unless the ledger has all accepted records where it said.
func (b *book) check(t *testing.T, l *jetstream.Ledger) {
	t.Helper()
	found := make(map[string]ledger.Sequence)
	if err := l.Read(t.Context(), 0, func(r ledger.Record) error {
		number, _, _ := strings.Cut(string(r.Data[:20]), ";")
		if _, twice := found[number]; twice {
			t.Errorf("record %s is there twice", number)
		}
		found[number] = r.Sequence
		return nil
	}); err != nil {
		t.Errorf("Read() = %v", err)
	}
	for n, place := range b.places {
		if found[fmt.Sprint(n)] != place {
			t.Errorf("record %d was accepted at %d and is at %d", n, place, found[fmt.Sprint(n)])
		}
	}
}

// retry appends the refused records again until they are kept.
func (b *book) retry(t *testing.T, l *jetstream.Ledger, refused map[int]error) {
	t.Helper()
	for n := range refused {
		deadline := time.Now().Add(20 * time.Second)
		place, err := l.Append(t.Context(), "test", fmt.Sprint(n), page(n))
		for err != nil && !errors.Is(err, ledger.ErrTwice) && time.Now().Before(deadline) {
			place, err = l.Append(t.Context(), "test", fmt.Sprint(n), page(n))
		}
		if err != nil && !errors.Is(err, ledger.ErrTwice) {
			t.Fatalf("Append() with room again = %v", err)
		}
		b.places[n] = place
	}
}

// followAll follows l slowly from its beginning. It returns what waits until the
// record last was seen and fails t when one was not seen in its order.
func followAll(t *testing.T, l *jetstream.Ledger) func(last ledger.Sequence) {
	var seen atomic.Uint64
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- l.Follow(ctx, 0, func(r ledger.Record) error {
			if !seen.CompareAndSwap(uint64(r.Sequence)-1, uint64(r.Sequence)) {
				return fmt.Errorf("record %d came after %d", r.Sequence, seen.Load())
			}
			if r.Sequence%40 == 0 {
				<-time.After(20 * time.Millisecond) // so that the engine changes under it
			}
			return nil
		})
	}()
	return func(last ledger.Sequence) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); seen.Load() < uint64(last) && time.Now().Before(deadline); {
			<-time.After(time.Millisecond)
		}
		cancel()
		if err := <-ended; err != nil || seen.Load() != uint64(last) {
			t.Errorf("Follow() = %v after %d records, want %d", err, seen.Load(), last)
		}
	}
}

func TestFullDiskIsSaidAndLosesNothing(t *testing.T) {
	dir, resize := tinyDisk(t, 20)
	data := filepath.Join(dir, "data")
	b := &book{places: make(map[int]ledger.Sequence)}
	l := open(t, data)
	followed := followAll(t, l)
	for round := 1; round <= 3; round++ {
		start := time.Now()
		refused := b.fill(t, l)
		t.Logf("round %d: %d accepted, full after %v", round, len(b.places), time.Since(start))
		for n, err := range refused {
			if !errors.Is(err, ledger.ErrFull) || !strings.Contains(err.Error(), data) || !strings.Contains(err.Error(), "make room") {
				t.Fatalf("Append(%d) on a full disk = %v; want ErrFull with the folder and the way out", n, err)
			}
		}
		b.check(t, l)
		resize(20 + 20*round)
		b.retry(t, l, refused)
		b.check(t, l)
	}
	followed(ledger.Sequence(len(b.places)))
	if err := l.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	l = open(t, data)
	b.check(t, l)
	if err := l.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

func TestFullDiskCanBeOpenedAndRead(t *testing.T) {
	dir, resize := tinyDisk(t, 20)
	b := &book{places: make(map[int]ledger.Sequence)}
	l := open(t, dir)
	refused := b.fill(t, l)
	if err := os.WriteFile(filepath.Join(dir, "more"), make([]byte, 30<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	if err := l.Close(); err != nil {
		t.Errorf("Close() on a full disk = %v", err)
	}
	l = open(t, dir)
	defer func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	}()
	b.check(t, l)
	if _, err := l.Append(t.Context(), "test", "more", page(0)); !errors.Is(err, ledger.ErrFull) {
		t.Errorf("Append() on a full disk = %v, want ErrFull", err)
	}
	b.check(t, l)
	resize(40)
	b.retry(t, l, refused)
	b.check(t, l)
}

func TestNewLedgerOnFullDisk(t *testing.T) {
	dir, _ := tinyDisk(t, 1)
	if err := os.WriteFile(filepath.Join(dir, "more"), make([]byte, 2<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	l, err := jetstream.Open(t.Context(), options(t, filepath.Join(dir, "data")))
	if err == nil {
		_, err = l.Append(t.Context(), "test", "", page(1))
		l.Close()
	}
	if !errors.Is(err, ledger.ErrFull) {
		t.Errorf("Open() or Append() on a full disk = %v, want ErrFull", err)
	}
}
