package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/fold/foldtest"
	"github.com/honderd/honderd/ledger"
)

// filled returns a ledger with the facts of n batches.
func filled(t *testing.T, n int) *ledger.Memory {
	t.Helper()
	l := ledger.NewMemory()
	for _, b := range foldtest.Facts(3, n) {
		add(t, l, b)
	}
	return l
}

func add(t *testing.T, l ledger.Ledger, b *experience.Batch) {
	t.Helper()
	block, err := b.AppendBinary(nil)
	if err == nil {
		_, err = l.Append(t.Context(), subject, "", block)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func projectorOf(t *testing.T, l ledger.Ledger, dir string, o felt.Options) *projector {
	t.Helper()
	p := newProjector(l, dir, o, &calendars{zone: time.UTC}, slog.New(slog.DiscardHandler))
	if err := p.catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestACheckpointSavesTheWayThere(t *testing.T) {
	l, dir := filled(t, 20), t.TempDir()
	want := projectorOf(t, l, t.TempDir(), felt.Options{})
	first := projectorOf(t, l, dir, felt.Options{})
	if _, err := first.save(); err != nil {
		t.Fatal(err)
	}
	for _, b := range foldtest.Facts(4, 3) {
		add(t, l, b)
	}
	if err := want.run(t.Context(), l.Read); err != nil {
		t.Fatal(err)
	}
	got := newProjector(l, dir, felt.Options{}, &calendars{zone: time.UTC}, slog.New(slog.DiscardHandler))
	if err := got.restore(t.Context()); err != nil || got.seq != 20 {
		t.Fatalf("restored up to %d: %v", got.seq, err)
	}
	if err := got.run(t.Context(), l.Read); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.folds.answer(&calendars{zone: time.UTC}), want.folds.answer(&calendars{zone: time.UTC})) {
		t.Error("with a checkpoint the answer is another")
	}
}

func TestABadCheckpointOnlyCostsTime(t *testing.T) {
	l := filled(t, 10)
	want := projectorOf(t, l, t.TempDir(), felt.Options{}).folds.answer(&calendars{zone: time.UTC})
	damage := map[string]func(p []byte) []byte{
		"empty":    func([]byte) []byte { return nil },
		"cut off":  func(p []byte) []byte { return p[:len(p)/2] },
		"one bit":  func(p []byte) []byte { p[len(p)/3] ^= 4; return p },
		"newer":    func(p []byte) []byte { p[4] = 9; return p },
		"too long": func(p []byte) []byte { return append(p, 1) },
	}
	for name, spoil := range damage {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			p := projectorOf(t, l, dir, felt.Options{})
			if _, err := p.save(); err != nil {
				t.Fatal(err)
			}
			state, err := os.ReadFile(p.path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p.path, spoil(state), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := projectorOf(t, l, dir, felt.Options{}).folds.answer(&calendars{zone: time.UTC}); !reflect.DeepEqual(got, want) {
				t.Error("the answer is another")
			}
		})
	}
}

func TestACheckpointOfAnotherLedgerOrCutoffIsNotUsed(t *testing.T) {
	dir := t.TempDir()
	if _, err := projectorOf(t, filled(t, 10), dir, felt.Options{}).save(); err != nil {
		t.Fatal(err)
	}
	short := newProjector(filled(t, 2), dir, felt.Options{}, &calendars{zone: time.UTC}, slog.New(slog.DiscardHandler))
	if err := short.restore(t.Context()); !errors.Is(err, errNoCheckpoint) {
		t.Errorf("a ledger that is shorter than its checkpoint: %v", err)
	}
	other := newProjector(filled(t, 10), dir, felt.Options{Cutoff: 10 * time.Minute}, &calendars{zone: time.UTC}, slog.New(slog.DiscardHandler))
	if err := other.restore(t.Context()); !errors.Is(err, errNoCheckpoint) {
		t.Errorf("another cut-off: %v", err)
	}
}

func TestWhatCameTooLateIsCountedAfterAll(t *testing.T) {
	const minute = 60_000
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	l := ledger.NewMemory()
	step := func(minutes int64) {
		add(t, l, &experience.Batch{Journeys: []string{"/"}, Steps: []string{""}, Items: []experience.Experience{{Person: 1, At: start + minutes*minute}}})
	}
	p := projectorOf(t, l, t.TempDir(), felt.Options{Cutoff: 30 * time.Minute})
	for _, m := range []int64{0, 10, 45, 60, 25, 65} {
		step(m)
	}
	if err := p.run(t.Context(), l.Read); err != nil {
		t.Fatal(err)
	}
	if a := p.folds.answer(&calendars{zone: time.UTC}); a.Source.Late != 1 || a.UserUptime.UpMS != 30*minute {
		t.Fatalf("before: late %d, up %d ms", a.Source.Late, a.UserUptime.UpMS)
	}
	if err := p.refold(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, _ := p.now(); a.Source.Late != 0 || a.UserUptime.UpMS != 65*minute {
		t.Errorf("after: late %d, up %d ms; want 0, 65 min", a.Source.Late, a.UserUptime.UpMS)
	}
	if _, err := p.save(); err != nil {
		t.Fatal(err)
	}
	again := newProjector(l, strings.TrimSuffix(p.path, "/checkpoint"), p.options, &calendars{zone: time.UTC}, slog.New(slog.DiscardHandler))
	if err := again.restore(t.Context()); err != nil {
		t.Errorf("the checkpoint after it cannot be used: %v", err)
	}
}

// losing is a ledger that has lost its records 3 and 4.
type losing struct{ *ledger.Memory }

func (l losing) Read(ctx context.Context, after ledger.Sequence, f func(ledger.Record) error) error {
	if after >= 4 {
		return l.Memory.Read(ctx, after, f)
	}
	return errors.Join(l.Memory.Read(ctx, after, func(r ledger.Record) error {
		if r.Sequence == 3 {
			return ledger.Missing{From: 3, To: 4}
		}
		return f(r)
	}))
}

func TestWhatTheLedgerLostIsSaidAndPassedOver(t *testing.T) {
	p := projectorOf(t, losing{filled(t, 6)}, t.TempDir(), felt.Options{})
	a, _ := p.now()
	_, missing := p.sources()
	if a.Source.Lines != 4*110 || !strings.Contains(missing, "records 3 to 4") {
		t.Errorf("%d lines, said %q", a.Source.Lines, missing)
	}
}
