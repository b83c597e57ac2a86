package subscribers

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func open(t *testing.T, dir string, now *time.Time) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.now = func() time.Time { return *now }
	return s
}

func TestSubscriptionsStayAndAreSealed(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	s := open(t, dir, &now)
	sub, confirm, err := s.Ask(ByMail, "anna@example.com", "shop", "nl", nil)
	if err != nil || !confirm || len(s.Confirmed()) != 0 {
		t.Fatalf("Ask() = %v, %v", confirm, err)
	}
	if _, ok, _ := s.Confirm("guess"); ok {
		t.Error("a guess confirms")
	}
	if _, ok, err := s.Confirm(sub.Token); !ok || err != nil {
		t.Errorf("Confirm() = %v, %v", ok, err)
	}
	s.Told(sub.ID, "opened/1")
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{sealedFile, keyFile} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if raw, _ := os.ReadFile(filepath.Join(dir, sealedFile)); bytes.Contains(raw, []byte("anna")) || bytes.Contains(raw, []byte("mail")) {
		t.Error("the address can be read")
	}
	again := open(t, dir, &now)
	if got := again.Confirmed(); len(got) != 1 || got[0].Address != "anna@example.com" || len(got[0].Told) != 1 || got[0].Language != "nl" {
		t.Errorf("after a restart: %+v", got)
	}
	if n, err := again.Forget("anna@example.com"); n != 1 || err != nil || len(open(t, dir, &now).Confirmed()) != 0 {
		t.Errorf("Forget() = %d, %v", n, err)
	}
}

func TestNobodyIsAskedOften(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	s := open(t, t.TempDir(), &now)
	asked := 0
	for range 30 {
		if _, confirm, err := s.Ask(ByMail, "anna@example.com", "", "en", nil); err != nil {
			t.Fatal(err)
		} else if confirm {
			asked++
		}
		now = now.Add(5 * time.Minute)
	}
	if asked != 3 {
		t.Errorf("asked %d times in 2.5 hours, want 3", asked)
	}
}

func TestWhatNobodyConfirmsIsForgotten(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	s := open(t, t.TempDir(), &now)
	sub, _, err := s.Ask(ByMail, "anna@example.com", "", "en", nil)
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(49 * time.Hour)
	if _, ok, _ := s.Confirm(sub.Token); ok {
		t.Error("confirmed after two days")
	}
	for i := range maxWaiting {
		s.by[fmt.Sprint(i)] = &Subscription{ID: fmt.Sprint(i), Asked: now}
	}
	if _, _, err := s.Ask(ByMail, "bert@example.com", "", "en", nil); !errors.Is(err, ErrFull) {
		t.Errorf("Ask() = %v, want full", err)
	}
}

func TestADamagedFileIsNotTakenForEmpty(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	s := open(t, dir, &now)
	sub, _, err := s.Ask(ByWebhook, "https://x.example/", "", "en", nil)
	if err != nil || sub.Secret == "" {
		t.Fatal(err)
	}
	path := filepath.Join(dir, sealedFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("a damaged file is read")
	}
	if err := os.Remove(filepath.Join(dir, keyFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("a lost key is made anew")
	}
}

func TestOnlySomeOfItIsToldOnlyWhenConfirmed(t *testing.T) {
	now := time.Now()
	s := open(t, t.TempDir(), &now)
	sub, confirm, err := s.Ask(ByMail, "anna@example.com", "", "en", []string{"pay"})
	if err != nil || !confirm {
		t.Fatal(confirm, err)
	}
	if one, ok, err := s.Confirm(sub.Token); !ok || err != nil || !slices.Equal(one.Components, []string{"pay"}) {
		t.Fatal(one, ok, err)
	}
	now = now.Add(2 * time.Hour)
	_, confirm, err = s.Ask(ByMail, "anna@example.com", "", "en", nil) // perhaps somebody else
	if one, _, _ := s.Choose(sub.Token, nil); err != nil || !confirm || !slices.Equal(one.Components, []string{"pay"}) {
		t.Errorf("asked anew, and not confirmed: %v %v %v", one.Components, confirm, err)
	}
	if one, _, _ := s.Confirm(sub.Token); len(one.Components) != 0 {
		t.Errorf("confirmed: %v, want everything", one.Components)
	}
	if one, ok, _ := s.Choose(sub.Token, []string{"find", "pay"}); !ok || len(one.Components) != 2 {
		t.Errorf("chosen: %v", one.Components)
	}
	if _, ok, _ := s.Choose("guess", []string{"find"}); ok {
		t.Error("a guess chooses")
	}
}
