package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/fold/foldtest"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/archive"
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
	k.keepLedger = config.Keep{{For: time.Hour}}
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

// Each kind of record is kept for as long as is asked, and facts for ever.
func TestEachKindIsKeptForItsTime(t *testing.T) {
	c, l := onDisk(t, t.TempDir())
	for i, b := range foldtest.Facts(9, 6) {
		add(t, l, b)
		for _, kind := range []string{config.KindChecks, config.KindCalls} {
			if _, err := l.Append(t.Context(), kind, "", fmt.Append(nil, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	fact := ledger.Fact{Kind: "release", Key: "r1", Body: []byte("{}")}
	for version := range uint64(2) {
		if _, err := l.Put(t.Context(), version, fact); err != nil {
			t.Fatal(err)
		}
	}
	k := archived(t, c, l)
	last, err := l.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k.saved = func() ledger.Sequence { return last }
	k.keepLedger = config.Keep{{Kind: config.KindExperiences, For: time.Hour}, {Kind: config.KindChecks, For: time.Nanosecond}}
	k.keep = config.Keep{{Kind: config.KindCalls, For: time.Nanosecond}}
	if err := errors.Join(k.trimOld(t.Context()), k.prune(t.Context(), time.Now().Add(time.Second))); err != nil {
		t.Fatal(err)
	}
	left, archivedLeft := map[string]int{}, map[string]int{}
	if err := l.Read(t.Context(), 0, func(r ledger.Record) error { left[r.Subject]++; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := k.archive.Facts(t.Context(), 0, func(f archive.Fact) error { archivedLeft[f.Subject]++; return nil }); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(left) != "map[calls:6 fact.release:2]" || fmt.Sprint(archivedLeft) != "map[checks:6 experience:6 fact.release:2]" {
		t.Errorf("the ledger has %v, the archive %v", left, archivedLeft)
	}
	for _, subject := range []string{"fact.release", "fact"} {
		if _, err := k.archive.PruneRecords(t.Context(), map[string]time.Time{subject: time.Now()}); err == nil {
			t.Errorf("%s may be pruned", subject)
		}
	}
	if list, err := l.Versions(t.Context(), "release", "r1"); len(list) != 2 || err != nil {
		t.Errorf("%d versions are left, %v", len(list), err)
	}
	if list, err := l.Newest(t.Context(), "release"); len(list) != 1 || err != nil || list[0].Version != 2 {
		t.Errorf("newest are %v, %v", list, err)
	}
}
