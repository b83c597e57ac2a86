package ledgertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honderd/honderd/ledger"
)

// say returns a fact whose body is a number.
func say(kind, key string, n int) ledger.Fact {
	return ledger.Fact{Kind: kind, Key: key, Body: json.RawMessage(fmt.Sprintf(`{"n":%d}`, n)), By: fmt.Sprint("writer ", n)}
}

// facts returns l as what keeps facts, which every ledger does.
func facts(t *testing.T, l ledger.Ledger) ledger.Facts {
	t.Helper()
	f, ok := l.(ledger.Facts)
	if !ok {
		t.Fatalf("%T keeps no facts", l)
	}
	return f
}

// put puts the next version of a fact.
func put(t *testing.T, l ledger.Ledger, expected uint64, f ledger.Fact) ledger.Fact {
	t.Helper()
	kept, err := facts(t, l).Put(t.Context(), expected, f)
	if err != nil || kept.Version != expected+1 || kept.Time.IsZero() {
		t.Fatalf("Put(%d, %s %q) = version %d at %v, %v", expected, f.Kind, f.Key, kept.Version, kept.Time, err)
	}
	return kept
}

// wantVersions fails t unless a key has versions with those numbers in their bodies.
func wantVersions(t *testing.T, l ledger.Ledger, kind, key string, want ...int) {
	t.Helper()
	got, err := facts(t, l).Versions(t.Context(), kind, key)
	if err != nil || len(got) != len(want) {
		t.Fatalf("Versions(%s %q) = %d, %v; want %d", kind, key, len(got), err, len(want))
	}
	for i, f := range got {
		if f.Kind != kind || f.Key != key || f.Version != uint64(i)+1 || string(f.Body) != fmt.Sprintf(`{"n":%d}`, want[i]) {
			t.Errorf("version %d of %s %q is %+v %s", i+1, kind, key, f, f.Body)
		}
	}
}

func testFacts(t *testing.T, b bench) {
	l := b.filled(t, 2)
	wantVersions(t, l, "incident", "a")
	said := time.Date(2025, 3, 30, 1, 59, 59, 123456789, time.FixedZone("", 3600))
	first := say("incident", "a", 1)
	first.Time = said
	put(t, l, 0, first)
	put(t, l, 0, say("incident", "b", 2))
	put(t, l, 1, say("incident", "a", 3))
	put(t, l, 0, say("release", "a", 4))
	wantVersions(t, l, "incident", "a", 1, 3)
	wantVersions(t, l, "incident", "b", 2)
	wantVersions(t, l, "release", "a", 4)
	newest, err := facts(t, l).Newest(t.Context(), "incident")
	if err != nil || len(newest) != 2 || newest[0].Key != "a" || newest[0].Version != 2 || newest[1].Key != "b" {
		t.Errorf("Newest(incident) = %+v, %v", newest, err)
	}
	var kinds []string
	for _, r := range readAll(t, l, 0) {
		kinds = append(kinds, r.Subject)
		if f, ok, err := ledger.ParseFact(r); err != nil || ok != (r.Subject != "test") {
			t.Errorf("ParseFact(%q) = %+v, %v, %v", r.Subject, f, ok, err)
		} else if ok && f.Version == 1 && f.Kind == "incident" && f.Key == "a" && !f.Time.Equal(said) {
			t.Errorf("the fact was said at %v, want %v", f.Time, said)
		}
	}
	if want := "test test fact.incident fact.incident fact.incident fact.release"; strings.Join(kinds, " ") != want {
		t.Errorf("records are %q, want %q", kinds, want)
	}
}

func testFactConflict(t *testing.T, b bench) {
	l := b.ledger(t)
	put(t, l, 0, say("silence", "x", 1))
	for _, expected := range []uint64{0, 2, 7, 1<<64 - 2} {
		if _, err := facts(t, l).Put(t.Context(), expected, say("silence", "x", 9)); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("Put(%d) on version 1 = %v, want ErrConflict", expected, err)
		}
	}
	if _, err := facts(t, l).Put(t.Context(), 3, say("silence", "new", 9)); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("Put(3) on nothing = %v, want ErrConflict", err)
	}
	wantVersions(t, l, "silence", "x", 1)
	wantVersions(t, l, "silence", "new")
}

// testFactRace has many writers put each version of one key: exactly one wins.
func testFactRace(t *testing.T, b bench) {
	l := b.ledger(t)
	const writers, versions = 100, 3
	for version := range uint64(versions) {
		won := make(chan int, writers)
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				switch _, err := facts(t, l).Put(t.Context(), version, say("mention", "one", w)); {
				case err == nil:
					won <- w
				case !errors.Is(err, ledger.ErrConflict):
					t.Errorf("Put() = %v", err)
				}
			})
		}
		all.Wait()
		if len(won) != 1 {
			t.Fatalf("%d writers won version %d, want 1", len(won), version+1)
		}
		got, err := facts(t, l).Versions(t.Context(), "mention", "one")
		if err != nil || len(got) != int(version)+1 {
			t.Fatalf("Versions() = %d, %v; want %d", len(got), err, version+1)
		}
		if w := <-won; got[version].By != fmt.Sprint("writer ", w) {
			t.Errorf("version %d is by %q, and writer %d was told", version+1, got[version].By, w)
		}
	}
}

func testHostileFacts(t *testing.T, b bench) {
	l := b.ledger(t)
	keys := []string{"a.b", "*", ">", "a b", "$JS.API", "é€", strings.Repeat("k", ledger.MaxKey), "../../x", "a", "A", ".", "\u202e"}
	for i, key := range keys {
		put(t, l, 0, say("hostile-1", key, i))
	}
	for i, key := range keys {
		wantVersions(t, l, "hostile-1", key, i)
	}
	bad := []ledger.Fact{
		{Kind: "", Key: "a", Body: json.RawMessage("1")},
		{Kind: "a.b", Key: "a", Body: json.RawMessage("1")},
		{Kind: "*", Key: "a", Body: json.RawMessage("1")},
		{Kind: "Upper", Key: "a", Body: json.RawMessage("1")},
		{Kind: strings.Repeat("k", ledger.MaxKind+1), Key: "a", Body: json.RawMessage("1")},
		{Kind: "k", Key: "", Body: json.RawMessage("1")},
		{Kind: "k", Key: "a\nb", Body: json.RawMessage("1")},
		{Kind: "k", Key: strings.Repeat("k", ledger.MaxKey+1), Body: json.RawMessage("1")},
		{Kind: "k", Key: "a", Body: nil},
		{Kind: "k", Key: "a", Body: json.RawMessage("{")},
		{Kind: "k", Key: "a", Body: json.RawMessage(`"` + strings.Repeat("x", ledger.MaxBody) + `"`)},
		{Kind: "k", Key: "a", Body: json.RawMessage("1"), By: "a\r\nb"},
		{Kind: "k", Key: "a", Body: json.RawMessage("1"), Time: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	for _, f := range bad {
		if _, err := facts(t, l).Put(t.Context(), 0, f); err == nil || errors.Is(err, ledger.ErrConflict) {
			t.Errorf("Put(%.20q %.20q) = %v, want an error of its own", f.Kind, f.Key, err)
		}
	}
	if got := readAll(t, l, 0); len(got) != len(keys) {
		t.Errorf("%d records, want %d", len(got), len(keys))
	}
}

func testFactsDurable(t *testing.T, b bench) {
	l := b.open(t, b.dir)
	put(t, l, 0, say("lesson", "one", 1))
	if err := l.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	l = b.ledger(t)
	put(t, l, 1, say("lesson", "one", 2))
	wantVersions(t, l, "lesson", "one", 1, 2)
}
