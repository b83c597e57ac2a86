package app

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/internal/wire"
	"github.com/honderd/honderd/ledger"
)

func TestALengthIsReadAsAnyNumberIs(t *testing.T) {
	for _, want := range []uint64{0, 1, 127, 128, 300_000_000, 1<<42 - 1} {
		p := make([]byte, lengthRoom)
		putLength(p, want)
		if r := wire.NewReader(p); r.Uvarint() != want || r.Damaged() || r.Len() != 0 {
			t.Errorf("%d is not read as it was written: %x", want, p)
		}
	}
}

// TestASourceWaitsForTheFolds is about one that gives more quickly than is counted.
func TestASourceWaitsForTheFolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProjector(ledger.NewMemory(), t.TempDir(), felt.Options{}, &calendars{}, slog.New(slog.DiscardHandler))
		p.near(t.Context(), maxBehind)
		waits := make(chan struct{})
		go func() {
			p.near(t.Context(), maxBehind+2)
			close(waits)
		}()
		for seq := ledger.Sequence(1); seq <= 2; seq++ {
			synctest.Wait()
			select {
			case <-waits:
				t.Fatalf("a source is let go on when record %d is folded", seq-1)
			default:
			}
			p.fold(decoded{seq: seq, subject: "other"})
		}
		<-waits
	})
}

// TestACheckpointThatIsCutOrSpoiltIsNotUsed reads it as a start does.
func TestACheckpointThatIsCutOrSpoiltIsNotUsed(t *testing.T) {
	p := projectorOf(t, filled(t, 5), t.TempDir(), felt.Options{})
	whole, err := encodeCheckpoint(p.folds, p.seq, 0)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), checkpointName)
	for at := 0; at < len(whole); at += 1 + at/2 { // the head byte by byte, the rest here and there
		spoilt := bytes.Clone(whole)
		spoilt[at] ^= 4
		for _, p := range [][]byte{whole[:at], spoilt} {
			if err := os.WriteFile(path, p, 0o600); err != nil {
				t.Fatal(err)
			}
			if l := loadCheckpoint(path, felt.Options{}); !errors.Is(l.err, errNoCheckpoint) {
				t.Fatalf("%d bytes of %d, spoilt at %d: %v", len(p), len(whole), at, l.err)
			}
		}
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if l := loadCheckpoint(path, felt.Options{}); l.err != nil || l.seq != p.seq {
		t.Errorf("whole: record %d, %v; want %d", l.seq, l.err, p.seq)
	}
}
