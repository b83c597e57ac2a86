package app

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/honderd/honderd/fold/foldtest"
)

// What a disk spoils in the ledger is put back from the archive, and then every number is
// as it was.
func TestWhatTheLedgerLostIsHealedFromTheArchive(t *testing.T) {
	c, l := onDisk(t, t.TempDir())
	for _, b := range foldtest.Facts(8, 30) {
		add(t, l, b)
	}
	archived(t, c, l)
	want := known(t, c, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(filepath.Join(c.Data, "ledger"), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".blk") {
			spoil(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, l = onDisk(t, c.Data)
	s := &scrubber{ledger: l, log: slog.New(slog.DiscardHandler), troubles: &troubles{}}
	healed, lost, err := s.scrub(t.Context())
	if err != nil || healed != 0 || lost == 0 || s.troubles.of(scrubName) == "" {
		t.Fatalf("without an archive: %d healed, %d lost, %v", healed, lost, err)
	}
	k, err := newArchiver(t.Context(), c, l, s.log, s.troubles)
	if err != nil {
		t.Fatal(err)
	}
	s.archive = k.archive
	if healed, lost, err = s.scrub(t.Context()); err != nil || healed == 0 || lost != 0 || s.troubles.of(scrubName) != "" {
		t.Fatalf("with an archive: %d healed, %d lost, %v", healed, lost, err)
	}
	same(t, known(t, c, l), want)
	if healed, lost, err = s.scrub(t.Context()); err != nil || healed != 0 || lost != 0 {
		t.Errorf("once more: %d healed, %d lost, %v", healed, lost, err)
	}
}

// spoil flips a bit in what the record in the middle of a file of the ledger holds.
func spoil(t *testing.T, path string) {
	t.Helper()
	p, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if at := bytes.Index(p[len(p)/2:], []byte("hndB")); at >= 0 {
		p[len(p)/2+at+20] ^= 1
	}
	if err := os.WriteFile(path, p, 0o600); err != nil {
		t.Fatal(err)
	}
}

// The doctor says what is wrong, heals what it can, and then all is well.
func TestTheDoctorHealsAndSaysSo(t *testing.T) {
	c, l := onDisk(t, t.TempDir())
	for _, b := range foldtest.Facts(8, 30) {
		add(t, l, b)
	}
	archived(t, c, l)
	if list, err := Examine(t.Context(), c, nil); err != nil || !strings.Contains(list[0].Says, "a server runs on it") {
		t.Fatalf("beside a server: %+v, %v", list, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(filepath.Join(c.Data, "ledger"), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".blk") {
			spoil(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"healed from the archive", "reads back as it was written"} {
		list, err := Examine(t.Context(), c, nil)
		if err != nil || !strings.Contains(fmt.Sprint(list), want) {
			t.Fatalf("%+v, %v; want %q", list, err, want)
		}
		for _, one := range list {
			if one.Bad {
				t.Errorf("%s is bad: %s", one.What, one.Says)
			}
		}
	}
	flip(t, someFile(t, filepath.Join(c.Data, "archive"), ".parquet"))
	list, err := Examine(t.Context(), c, nil)
	if last := list[len(list)-1]; err != nil || !last.Bad || last.Fix == "" {
		t.Errorf("a damaged archive is not said: %+v, %v", list, err)
	}
}

func someFile(t *testing.T, dir, ending string) (found string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ending) {
			found = path
		}
		return err
	})
	if err != nil || found == "" {
		t.Fatalf("no file that ends in %s: %v", ending, err)
	}
	return found
}
