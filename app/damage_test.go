package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
)

// Each bit that matters, one at a time: with another salt everybody is somebody new.
func TestADamagedSaltIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "salt")
	load := func() (string, error) {
		salts, err := loadSalts(path, config.Default(), slog.New(slog.DiscardHandler))
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%x %v", salts.Names(), salts.At(1795464069000)), nil
	}
	salt, err := load()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := load(); err != nil || again != salt {
		t.Fatalf("loaded again: %v", err)
	}
	for _, name := range []string{path, fingerprintOf(path)} {
		whole, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		damaged := [][]byte{nil, whole[:len(whole)-1], append(bytes.Clone(whole), 0)}
		for i := range whole {
			one := bytes.Clone(whole)
			one[i] ^= 1
			damaged = append(damaged, one)
		}
		for i, p := range damaged {
			if err := os.WriteFile(name, p, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := load(); err == nil || !strings.Contains(err.Error(), "fix: put back") {
				t.Errorf("%s, damage %d: %v", filepath.Base(name), i, err)
			}
		}
		if err := os.WriteFile(name, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(fingerprintOf(path)); err != nil { // an older folder, or a restored one
		t.Fatal(err)
	}
	if again, err := load(); err != nil || again != salt {
		t.Errorf("without a fingerprint: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := load(); err == nil || !strings.Contains(err.Error(), "are gone") {
		t.Errorf("a lost salt is made anew: %v", err)
	}
}

// Each byte of the spool of the gateway is spoilt, and the spool is cut after each.
func TestADamagedSpoolLosesNothingSilently(t *testing.T) {
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	path := filepath.Join(dir, "spool")
	s, err := openSpool(path, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"a", "b", "c"} {
		s.add(early(p, 0))
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(p []byte, what string, at int) {
		if err := os.WriteFile(path, p, 0o600); err != nil {
			t.Fatal(err)
		}
		d := &drops{}
		s, err := openSpool(path, log, d)
		if err != nil {
			t.Fatalf("%s at %d: %v", what, at, err)
		}
		got := 0
		s.drain(t.Context(), func(_ context.Context, b *experience.Batch) error {
			for _, e := range b.Items {
				if e.Person != 1 || e.At != noon().UnixMilli() {
					t.Errorf("%s at %d: given as %+v", what, at, e)
				}
				got++
			}
			return nil
		})
		if between := len(p)%(len(whole)/3) == 0; got < 3 && len(d.list()) == 0 && (what != "cut" || !between) {
			t.Errorf("%s at %d: %d given, and nothing said", what, at, got)
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
	for i := range whole {
		p := bytes.Clone(whole)
		p[i] ^= 0x40
		try(p, "spoilt", i)
		try(bytes.Clone(whole[:i]), "cut", i)
	}
}

// Our clock is set back by two days: what comes seems to be from the future, waits, and
// is counted as soon as the clock is right.
func TestAClockThatIsSetBackLosesNothing(t *testing.T) {
	h := holding(t, t.TempDir())
	b := early("p", 0, time.Minute)
	if err := h.take(b, noon().Add(-2*day)); err != nil || len(b.Items) != 0 {
		t.Fatalf("%d are counted, %v", len(b.Items), err)
	}
	if list := h.due(noon().Add(-2 * day)); len(list) != 0 {
		t.Fatalf("%v is due", list)
	}
	s := &shelf{}
	for _, name := range h.due(noon()) {
		if err := h.release(t.Context(), name, "", s.keep); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.kept) != 2 {
		t.Errorf("%d are counted when the clock is right", len(s.kept))
	}
}
