package ledgertest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/honderd/honderd/ledger"
)

// trim trims l and fails t unless it then says so.
func trim(t *testing.T, l ledger.Ledger, upTo, want ledger.Sequence) {
	t.Helper()
	tr, ok := l.(ledger.Trimmer)
	if !ok {
		t.Fatalf("%T cannot be trimmed", l)
	}
	if err := tr.Trim(t.Context(), upTo); err != nil {
		t.Fatalf("Trim(%d) = %v", upTo, err)
	}
	if got, err := tr.Trimmed(t.Context()); got != want || err != nil {
		t.Fatalf("Trimmed() = %d, %v; want %d", got, err, want)
	}
}

// wantTrimmed fails t unless reading after a place says that it was trimmed.
func wantTrimmed(t *testing.T, l ledger.Ledger, after, upTo ledger.Sequence) {
	t.Helper()
	none := func(r ledger.Record) error { return fmt.Errorf("record %d", r.Sequence) }
	for what, err := range map[string]error{"Read": l.Read(t.Context(), after, none), "Follow": l.Follow(t.Context(), after, none)} {
		if gone, ok := errors.AsType[ledger.Trimmed](err); !ok || gone.UpTo != upTo {
			t.Errorf("%s(after %d) = %v, want trimmed up to %d", what, after, err, upTo)
		}
	}
}

func testTrim(t *testing.T, b bench) {
	l := b.filled(t, 40)
	trim(t, l, 0, 0)
	trim(t, l, 15, 15)
	wantFacts(t, readAll(t, l, 0), 16, 40)
	wantFacts(t, readAll(t, l, 15), 16, 40)
	wantFacts(t, readAll(t, l, 30), 31, 40)
	wantTrimmed(t, l, 1, 15)
	wantTrimmed(t, l, 14, 15)
	trim(t, l, 10, 15)
	appendMany(t, l, 41, 45)
	trim(t, l, 45, 45)
	if got := readAll(t, l, 0); len(got) != 0 {
		t.Errorf("%d records after all were trimmed", len(got))
	}
	appendMany(t, l, 46, 50)
	wantFacts(t, readAll(t, l, 0), 46, 50)
	wantTrimmed(t, l, 44, 45)
	f := follow(t, l, 0)
	wantFacts(t, f.next(t, 5), 46, 50)
	if err := l.(ledger.Trimmer).Trim(t.Context(), 51); err == nil {
		t.Error("Trim(51) of 50 = nil, want an error")
	}
}

func testTrimKeepsFacts(t *testing.T, b bench) {
	l := b.filled(t, 3)
	put(t, l, 0, say("release", "r1", 1)) // 4
	appendMany(t, l, 5, 6)
	put(t, l, 1, say("release", "r1", 2)) // 7
	appendMany(t, l, 8, 12)
	trim(t, l, 9, 9)
	var places []string
	for _, r := range readAll(t, l, 0) {
		places = append(places, fmt.Sprint(r.Sequence))
	}
	if got := strings.Join(places, " "); got != "4 7 10 11 12" {
		t.Errorf("records %s are left, want 4 7 10 11 12", got)
	}
	wantVersions(t, l, "release", "r1", 1, 2)
	put(t, l, 2, say("release", "r1", 3))
	wantVersions(t, l, "release", "r1", 1, 2, 3)
	wantTrimmed(t, l, 4, 9)
}

// testTrimByKind trims each kind of record to a place of its own.
func testTrimByKind(t *testing.T, b bench) {
	l := b.ledger(t)
	subjects := []string{"experience", "checks", "calls"}
	for i := range 30 {
		if _, err := l.Append(t.Context(), subjects[i%3], "", fmt.Append(nil, i+1)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, l, 0, say("release", "r1", 1)) // 31
	tr := l.(ledger.Trimmer)
	for _, one := range []struct {
		upTo    ledger.Sequence
		subject string
		want    ledger.Sequence
	}{{20, "experience", 20}, {11, "checks", 20}, {26, "checks", 26}} {
		if err := tr.Trim(t.Context(), one.upTo, one.subject); err != nil {
			t.Fatalf("Trim(%d, %s) = %v", one.upTo, one.subject, err)
		}
		if got, err := tr.Trimmed(t.Context()); got != one.want || err != nil {
			t.Fatalf("Trimmed() = %d, %v; want %d", got, err, one.want)
		}
	}
	left := map[string]int{}
	for _, r := range readAll(t, l, 0) {
		left[r.Subject]++
	}
	if left["experience"] != 3 || left["checks"] != 1 || left["calls"] != 10 || left["fact.release"] != 1 {
		t.Errorf("left are %v", left)
	}
	wantTrimmed(t, l, 3, 26)
	wantVersions(t, l, "release", "r1", 1)
	for _, subject := range []string{"fact.release", "fact", ""} {
		if err := tr.Trim(t.Context(), 31, subject); err == nil {
			t.Errorf("facts are trimmed as %q", subject)
		}
	}
	if r := readAll(t, l, 26); len(r) == 0 || r[0].Kept == 0 {
		t.Error("it is not known when a record was kept")
	}
}

func testTrimDurable(t *testing.T, b bench) {
	l := b.open(t, b.dir)
	appendMany(t, l, 1, 20)
	trim(t, l, 12, 12)
	if err := l.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	l = b.ledger(t)
	wantFacts(t, readAll(t, l, 0), 13, 20)
	wantTrimmed(t, l, 5, 12)
	appendMany(t, l, 21, 22)
}

func testHostileSubjects(t *testing.T, b bench) {
	l := b.ledger(t)
	for _, subject := range []string{"", ".", "a.", ".a", "a..b", "a b", "a\tb", "a\r\nb", "*", "a.*", ">", "a.>", "fact", "fact.x", "fact.x.y", "a\x00b", "\xff", strings.Repeat("s", 600)} {
		if place, err := l.Append(t.Context(), subject, "", []byte("x")); err == nil {
			t.Errorf("Append(%q) = %d, want an error", subject, place)
		}
	}
	for _, id := range []string{"a\r\nNats-Rollup: all", "a\nb", " a", "a ", "a\x00", strings.Repeat("i", 600)} {
		if place, err := l.Append(t.Context(), "test", id, []byte("x")); err == nil {
			t.Errorf("Append(id %q) = %d, want an error", id, place)
		}
	}
	good := []string{"a", "a.b.c", "$JS.API.INFO", "_INBOX.x", "é", "facts", "a/b", "honderd", "-"}
	for _, subject := range good {
		if _, err := l.Append(t.Context(), subject, "", []byte(subject)); err != nil {
			t.Errorf("Append(%q) = %v", subject, err)
		}
	}
	got := readAll(t, l, 0)
	if len(got) != len(good) {
		t.Fatalf("%d records, want %d", len(got), len(good))
	}
	for i, r := range got {
		if r.Subject != good[i] || string(r.Data) != good[i] {
			t.Errorf("record %d is %q %q, want %q", i+1, r.Subject, r.Data, good[i])
		}
	}
}

// testLarge appends what just fits, and what does not.
func testLarge(t *testing.T, b bench) {
	l := b.ledger(t)
	large := bytes.Repeat([]byte("0123456789abcdef"), ledger.MaxRecord/16)
	for n := range ledger.Sequence(3) {
		if place, err := l.Append(t.Context(), "large", fmt.Sprint(n), large); place != n+1 || err != nil {
			t.Fatalf("Append(%d bytes) = %d, %v", len(large), place, err)
		}
	}
	if _, err := l.Append(t.Context(), "large", "", make([]byte, ledger.MaxRecord+1)); err == nil {
		t.Error("Append(one byte too many) = nil, want an error")
	}
	for i, r := range readAll(t, l, 0) {
		if !bytes.Equal(r.Data, large) {
			t.Errorf("record %d came back different", i+1)
		}
	}
}

// testFollowRestart follows from the last place seen, through restarts of the writer.
func testFollowRestart(t *testing.T, b bench) {
	seen := 0
	for round := range 2 {
		l := b.open(t, b.dir)
		f := follow(t, l, ledger.Sequence(seen))
		appendMany(t, l, round*30+1, round*30+30)
		want := 30 // of these, the follower takes some less than there are, but in the last round
		if round == 0 {
			want = 20
		}
		wantFacts(t, f.next(t, want+round*30-seen), seen+1, round*30+want)
		seen = round*30 + want
		if err := l.Close(); err != nil {
			t.Fatalf("Close() = %v", err)
		}
		if err := f.end(t); !errors.Is(err, ledger.ErrClosed) {
			t.Fatalf("Follow() = %v after Close, want ErrClosed", err)
		}
	}
}
