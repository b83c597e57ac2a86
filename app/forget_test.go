package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/foldtest"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/archive"
	"github.com/honderd/honderd/ledger/jetstream"
)

// without returns b without one person.
func without(b *experience.Batch, p experience.Person) *experience.Batch {
	other := *b
	other.Items = nil
	for _, e := range b.Items {
		if e.Person != p {
			other.Items = append(other.Items, e)
		}
	}
	return &other
}

func TestWhoIsForgottenIsNowhere(t *testing.T) {
	c, l := onDisk(t, t.TempDir())
	salt := []byte(strings.Repeat("s", 32))
	if err := os.WriteFile(filepath.Join(c.Data, "salt"), salt, 0o600); err != nil {
		t.Fatal(err)
	}
	target := Who{Address: "203.0.113.7", Agent: "Mozilla/5.0"}
	p := target.pseudonyms(who.Fixed(salt))[3]
	facts := foldtest.Facts(5, 30)
	twin, other := onDisk(t, t.TempDir())
	var count int64
	for i, b := range facts {
		for j := range b.Items {
			if b.Items[j].Person%7 == 3 {
				b.Items[j].Person = p
				count++
			}
		}
		add(t, l, b)
		add(t, other, without(b, p))
		if i == 20 {
			archived(t, c, l) // the rest is in the ledger alone
		}
	}
	want := known(t, twin, other)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if gone, err := Forget(t.Context(), c, target, log, nil); err != nil || gone != count || count == 0 {
		t.Fatalf("Forget() = %d, %v; want %d", gone, err, count)
	}
	if gone, err := Forget(t.Context(), c, target, log, nil); err != nil || gone != 0 {
		t.Fatalf("Forget() again = %d, %v; want 0", gone, err)
	}
	l, err := jetstream.Open(t.Context(), jetstream.Options{Dir: filepath.Join(c.Data, "ledger")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	last, err := l.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if gone, err := l.Trimmed(t.Context()); err != nil || gone != last {
		t.Errorf("the ledger is trimmed up to %d, %v; want %d", gone, err, last)
	}
	var left []ledger.Sequence
	err = l.Read(t.Context(), last, func(r ledger.Record) error { left = append(left, r.Sequence); return nil })
	if err != nil || len(left) > 0 {
		t.Errorf("the ledger still has %v, %v", left, err)
	}
	same(t, known(t, c, l), want)
}

// Who is forgotten was somebody else in each period: all of them go, whose salts live.
func TestWhoIsForgottenIsNowhereInAnyPeriod(t *testing.T) {
	c, l := onDisk(t, t.TempDir())
	log := slog.New(slog.DiscardHandler)
	salts, err := loadSalts(filepath.Join(c.Data, "salt"), c, log)
	if err != nil {
		t.Fatal(err)
	}
	target, n := Who{Address: "203.0.113.7", Agent: "Mozilla/5.0"}, who.NewNamer(salts)
	people := map[experience.Person]bool{}
	for i, b := range foldtest.Facts(5, 4) {
		for j := range b.Items {
			b.Items[j].At = time.Now().AddDate(0, 0, -14*i).UnixMilli() - int64(j)
			if j%5 == 0 {
				name, _ := n.NameAt(b.Items[j].At, who.ByAddressAndAgent, []byte(target.Address), []byte(target.Agent))
				b.Items[j].Person = experience.Person(name)
				people[b.Items[j].Person] = true
			}
		}
		add(t, l, b)
	}
	if len(people) < 4 {
		t.Fatalf("%d pseudonyms in 4 periods", len(people))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if gone, err := Forget(t.Context(), c, target, log, nil); err != nil || gone == 0 {
		t.Fatalf("Forget() = %d, %v", gone, err)
	}
	if gone, err := Forget(t.Context(), c, target, log, nil); err != nil || gone != 0 {
		t.Errorf("Forget() again = %d, %v; want 0", gone, err)
	}
	k, err := archive.Open(t.Context(), archive.Options{Where: archiveOf(c)})
	if err != nil {
		t.Fatal(err)
	}
	for p := range people {
		if gone, err := k.Forget(t.Context(), p); err != nil || gone != 0 {
			t.Errorf("%d experiences of one of their names are left, %v", gone, err)
		}
	}
}

func TestForgetWantsToKnowWho(t *testing.T) {
	c, l := onDisk(t, t.TempDir())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, person := range []Who{{}, {Agent: "Mozilla"}, {Address: "203.0.113.7"}} {
		if _, err := Forget(t.Context(), c, person, slog.New(slog.DiscardHandler), nil); err == nil || !strings.Contains(err.Error(), "(fix: ") {
			t.Errorf("Forget(%+v) = %v, want what to give", person, err)
		}
	}
	c.Archive.Where = noArchive
	if _, err := Forget(t.Context(), c, Who{Value: "x"}, slog.New(slog.DiscardHandler), nil); err == nil || !strings.Contains(err.Error(), "archive") {
		t.Errorf("Forget() without an archive = %v", err)
	}
}
