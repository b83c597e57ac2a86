package app

import (
	"context"
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/honderd/honderd/fold/foldtest"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
)

// small is a ledger on a disk that is nearly full until it is trimmed.
type small struct {
	*jetstream.Ledger
	helps bool // to trim it makes room
}

// Room says that there is none.
func (s *small) Room(ctx context.Context) (free, used uint64, err error) {
	if gone, err := s.Trimmed(ctx); err != nil || gone > 0 && s.helps {
		return math.MaxUint64, 0, err
	}
	return 1 << 20, 0, nil
}

// What has left the ledger is folded from the archive: nothing is lost.
func TestATrimmedLedgerLosesNoNumber(t *testing.T) {
	c, l := onDisk(t, t.TempDir())
	for _, b := range foldtest.Facts(9, 40) {
		add(t, l, b)
	}
	want := known(t, c, l)
	k := archived(t, c, l)
	p := projectorOf(t, l, c.Data, feltOptions(c))
	k.saved = p.checkpointed
	k.keepLedger = time.Hour
	if err := k.trimOld(t.Context()); err != nil {
		t.Fatal(err)
	}
	if gone, err := l.Trimmed(t.Context()); gone != 0 || err != nil {
		t.Fatalf("%d records were trimmed that no checkpoint knows, %v", gone, err)
	}
	if _, err := p.save(); err != nil {
		t.Fatal(err)
	}
	if err := k.trimOld(t.Context()); err != nil {
		t.Fatal(err)
	}
	if gone, err := l.Trimmed(t.Context()); gone == 0 || err != nil {
		t.Fatalf("nothing was trimmed, %v", err)
	}
	after := projectorOf(t, l, c.Data, feltOptions(c)) // from its checkpoint
	same(t, after.folds.answer(after.calendars), want)
	fresh := newProjector(l, t.TempDir(), feltOptions(c), after.calendars, slog.New(slog.DiscardHandler))
	fresh.archive = k.archive // without one, all of it from the archive
	if err := fresh.catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, fresh.folds.answer(after.calendars), want)
	blind := newProjector(l, t.TempDir(), feltOptions(c), after.calendars, slog.New(slog.DiscardHandler))
	if err := blind.catchUp(t.Context()); err != nil || blind.missing == "" {
		t.Errorf("without the archive nothing seems to be missing: %q, %v", blind.missing, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Rebuild(t.Context(), c, false, slog.New(slog.DiscardHandler), nil); err != nil {
		t.Fatal(err)
	}
	_, l = onDisk(t, c.Data)
	same(t, known(t, c, l), want)
}

func TestANearlyFullDiskLetsTheOldestGo(t *testing.T) {
	for _, helps := range []bool{true, false} {
		c, l := onDisk(t, t.TempDir())
		for _, b := range foldtest.Facts(9, 20) {
			add(t, l, b)
		}
		k := archived(t, c, l)
		k.ledger = &small{l, helps}
		last, _ := l.Last(t.Context())
		k.saved = func() ledger.Sequence { return last }
		before := k.archive.Size().Experiences
		if err := k.makeRoom(t.Context(), leastRoom); err != nil {
			t.Fatal(err)
		}
		if gone, _ := l.Trimmed(t.Context()); gone != last {
			t.Errorf("the ledger was trimmed up to %d, want %d", gone, last)
		}
		if after := k.archive.Size().Experiences; (after < before) == helps {
			t.Errorf("the archive went from %d to %d experiences, though trimming helps: %v", before, after, helps)
		}
		if k.troubles.of(roomName) == "" {
			t.Error("nobody is told")
		}
	}
}
