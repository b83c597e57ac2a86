package app

import (
	"log/slog"
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
