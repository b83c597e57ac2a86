package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
)

// noon is now in these tests.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// early is a batch of one experience each of people 1, 2 and so on, so long after noon.
func early(position string, after ...time.Duration) *experience.Batch {
	b := &experience.Batch{Source: "x", Position: position, Journeys: []string{"/", "/buy"}, Steps: []string{"", "GET /buy"}}
	for i, d := range after {
		b.Items = append(b.Items, experience.Experience{Person: experience.Person(i + 1), At: noon().Add(d).UnixMilli(), Journey: 1, Step: 1, Cause: experience.ServerError})
	}
	b.Tally.Lines, b.Tally.Parsed = int64(len(after)), int64(len(after))
	return b
}

func holding(t *testing.T, dir string) *held {
	t.Helper()
	h, err := openHeld(dir, slog.New(slog.DiscardHandler), &drops{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// shelf takes batches until it fails.
type shelf struct {
	kept     []experience.Experience
	position string
	batches  int
	fail     int // after so many batches; 0: never
}

var errShelf = errors.New("no")

func (s *shelf) keep(_ context.Context, b *experience.Batch) error {
	if s.fail > 0 && s.batches == s.fail {
		return errShelf
	}
	s.batches++
	s.position = b.Position
	for _, e := range b.Items {
		if b.Journeys[e.Journey] != "/buy" || b.Steps[e.Step] != "GET /buy" || b.Source != heldName || b.Tally.Lines != 0 {
			return errors.New("what was held has changed")
		}
		s.kept = append(s.kept, e)
	}
	return nil
}

const day = 24 * time.Hour

func TestWhatIsFromTheFutureWaitsForItsTime(t *testing.T) {
	dir := t.TempDir()
	h := holding(t, dir)
	b := early("p", 0, time.Hour, 3*day, 3*day+time.Minute, 40*day, 900*day)
	if err := h.take(b, noon()); err != nil {
		t.Fatal(err)
	}
	if len(b.Items) != 2 || b.Tally.Parsed != 5 || b.Tally.Rejects[tooFarAhead].Count != 1 {
		t.Fatalf("%d stay, tally %+v", len(b.Items), b.Tally)
	}
	h = holding(t, dir) // after a crash: they are on the disk
	if n, first := h.waiting(); n != 3 || first != "2026-03-04" {
		t.Fatalf("%d wait from %s", n, first)
	}
	if err := h.take(early("p", 0, time.Hour, 3*day, 3*day+time.Minute, 40*day, 900*day), noon()); err != nil {
		t.Fatal(err) // the source sends again what was not accepted
	}
	if n, _ := h.waiting(); n != 3 {
		t.Fatalf("%d wait: the same was held twice", n)
	}
	if list := h.due(noon().Add(2 * day)); len(list) != 0 {
		t.Fatalf("due before its time: %v", list)
	}
	list := h.due(noon().Add(3 * day))
	if len(list) != 1 {
		t.Fatalf("due: %v", list)
	}
	s := &shelf{}
	if err := h.release(t.Context(), list[0], "", s.keep); err != nil || len(s.kept) != 2 || s.kept[1].Person != 4 {
		t.Fatalf("given %v, %v", s.kept, err)
	}
	if n, first := h.waiting(); n != 1 || first != "2026-04-10" {
		t.Errorf("%d wait from %s", n, first)
	}
}

// A crash while what was held is given: it goes on behind what the folds know.
func TestWhatWasHeldIsGivenOnce(t *testing.T) {
	dir := t.TempDir()
	h := holding(t, dir)
	for _, p := range []string{"a", "b", "c"} {
		if err := h.take(early(p, 3*day), noon()); err != nil {
			t.Fatal(err)
		}
	}
	name := h.due(noon().Add(4 * day))[0]
	s := &shelf{fail: 2}
	if err := h.release(t.Context(), name, "of another file", s.keep); !errors.Is(err, errShelf) {
		t.Fatal(err)
	}
	h = holding(t, dir)
	s.fail = 0
	if err := h.release(t.Context(), name, s.position, s.keep); err != nil || s.batches != 3 {
		t.Fatalf("%d batches, %v", s.batches, err)
	}
	if n, _ := holding(t, dir).waiting(); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

func TestTooMuchFromTheFutureIsCountedAndDropped(t *testing.T) {
	h := holding(t, t.TempDir())
	h.limit = 200
	for i, want := range []int64{0, 1} {
		b := early(string(rune('a'+i)), 3*day)
		b.Items[0].Person = experience.Person(i + 1)
		if err := h.take(b, noon()); err != nil || b.Tally.Rejects[heldIsFull].Count != want {
			t.Errorf("%d: %+v, %v (%d bytes)", i, b.Tally.Rejects, err, h.bytes)
		}
	}
}

func TestADiskThatTakesNothingHoldsNothing(t *testing.T) {
	dir := t.TempDir()
	h := holding(t, dir)
	if err := os.WriteFile(filepath.Join(dir, heldName), nil, 0o600); err != nil { // where the folder should be
		t.Fatal(err)
	}
	b := early("p", 0, 3*day)
	if err := h.take(b, noon()); err == nil || len(b.Items) != 2 {
		t.Errorf("%v, %d stay: it must not be accepted", err, len(b.Items))
	}
}

func TestWhoIsForgottenIsForgottenInTheFuture(t *testing.T) {
	dir := t.TempDir()
	h := holding(t, dir)
	for _, p := range []string{"a", "b"} {
		if err := h.take(early(p, 3*day, 3*day, 3*day), noon()); err != nil {
			t.Fatal(err)
		}
	}
	name := h.due(noon().Add(4 * day))[0]
	s := &shelf{fail: 1}
	if err := h.release(t.Context(), name, "", s.keep); !errors.Is(err, errShelf) {
		t.Fatal(err)
	}
	if gone, err := holding(t, dir).forget(2); gone != 2 || err != nil {
		t.Fatalf("%d forgotten, %v", gone, err)
	}
	h = holding(t, dir)
	if n, _ := h.waiting(); n != 4 {
		t.Errorf("%d wait", n)
	}
	s = &shelf{position: s.position} // the places in the file hold
	if err := h.release(t.Context(), name, s.position, s.keep); err != nil || len(s.kept) != 2 || s.kept[0].Person != 1 || s.kept[1].Person != 3 {
		t.Errorf("given %v, %v", s.kept, err)
	}
}

// Each byte of a file of what is held is spoilt, and the file is cut after each.
func TestDamageToWhatIsHeldIsSaid(t *testing.T) {
	dir := t.TempDir()
	h := holding(t, dir)
	for _, p := range []string{"a", "b"} {
		if err := h.take(early(p, 3*day), noon()); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, heldName, h.due(noon().Add(4 * day))[0])
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(p []byte, what string, at int) {
		if err := os.WriteFile(path, p, 0o600); err != nil {
			t.Fatal(err)
		}
		d := &drops{}
		h, err := openHeld(dir, slog.New(slog.DiscardHandler), d)
		if err != nil {
			t.Fatalf("%s at %d: %v", what, at, err)
		}
		s := &shelf{}
		for _, name := range h.due(noon().Add(4 * day)) {
			if err := h.release(t.Context(), name, "", s.keep); err != nil {
				t.Fatalf("%s at %d: %v", what, at, err)
			}
		}
		for _, e := range s.kept {
			if e.Person != 1 || e.At != noon().Add(3*day).UnixMilli() {
				t.Fatalf("%s at %d: given as %+v", what, at, e)
			}
		}
		if cut := len(p) == 0 || len(p) == len(whole)/2; len(s.kept) < 2 && len(d.list()) == 0 && !cut {
			t.Fatalf("%s at %d: %d given, and nothing said", what, at, len(s.kept))
		}
	}
	for i := range whole {
		p := append([]byte(nil), whole...)
		p[i] ^= 0x40
		try(p, "spoilt", i)
		try(append([]byte(nil), whole[:i]...), "cut", i)
	}
}

func TestTheClockIsWatched(t *testing.T) {
	start := time.Now()
	c := newClock(start)
	if step := c.step(start.Add(time.Minute)); step != 0 {
		t.Errorf("a minute is a step of %v", step)
	}
}
