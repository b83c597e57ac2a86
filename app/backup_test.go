package app

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/foldtest"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/archive"
	"github.com/honderd/honderd/ledger/jetstream"
	"github.com/honderd/honderd/view"
)

// onDisk is a ledger with its data folder.
func onDisk(t *testing.T, dir string) (config.Config, *jetstream.Ledger) {
	t.Helper()
	c := config.Default()
	c.Data = dir
	l, err := jetstream.Open(t.Context(), jetstream.Options{Dir: filepath.Join(dir, "ledger")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return c, l
}

// known returns what a folder knows without its sources.
func known(t *testing.T, c config.Config, l ledger.Ledger) view.Answer {
	t.Helper()
	return projectorOf(t, l, c.Data, feltOptions(c)).folds.answer(&calendars{zone: time.UTC})
}

func same(t *testing.T, got, want view.Answer) {
	t.Helper()
	var a, b bytes.Buffer
	if err := errors.Join(got.WriteJSON(&a), want.WriteJSON(&b)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) || !reflect.DeepEqual(got.Notes, want.Notes) { // JSON leaves out how a note is said in other languages
		t.Fatalf("%d people, %d requests, %d lines; want %d, %d, %d", got.People.Active, got.Requests.Total, got.Source.Lines,
			want.People.Active, want.Requests.Total, want.Source.Lines)
	}
}

// archived returns the archiver of a folder that has archived all of its ledger.
func archived(t *testing.T, c config.Config, l ledger.Ledger) *archiver {
	t.Helper()
	k, err := newArchiver(t.Context(), c, l, slog.New(slog.DiscardHandler), &troubles{})
	if err != nil {
		t.Fatal(err)
	}
	err = l.Read(t.Context(), k.archive.UpTo(), func(r ledger.Record) error { return archiveRecord(t.Context(), k.archive, r) })
	if err == nil {
		_, err = k.archive.Flush(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestARebuildRecreatesEveryNumber(t *testing.T) {
	c, l := onDisk(t, t.TempDir())
	facts := foldtest.Facts(5, 30)
	for _, b := range facts[:20] {
		add(t, l, b)
	}
	archived(t, c, l)
	for _, b := range facts[20:] { // these are in the ledger alone
		add(t, l, b)
	}
	want := known(t, c, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.Data, "checkpoint"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Rebuild(t.Context(), c, false, slog.New(slog.DiscardHandler), nil)
	if err != nil || r.Archived == 0 || r.Newer == 0 {
		t.Fatalf("Rebuild() = %+v, %v", r, err)
	}
	_, l = onDisk(t, c.Data)
	p := newProjector(l, c.Data, feltOptions(c), &calendars{zone: time.UTC}, slog.New(slog.DiscardHandler))
	if err := p.restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	if last, _ := l.Last(t.Context()); p.seq != last {
		t.Errorf("the rebuilt state knows %d records of %d", p.seq, last)
	}
	same(t, p.folds.answer(p.calendars), want)
}

func TestARebuildSaysWhatTheArchiveHasLost(t *testing.T) {
	c, l := onDisk(t, t.TempDir())
	for _, b := range foldtest.Facts(5, 20) {
		add(t, l, b)
	}
	archived(t, c, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var one string
	err := filepath.WalkDir(filepath.Join(c.Data, "archive"), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".parquet") {
			one = path
		}
		return err
	})
	if err == nil {
		err = os.Truncate(one, 100)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Rebuild(t.Context(), c, false, slog.New(slog.DiscardHandler), nil); err == nil || !strings.Contains(err.Error(), "--salvage") {
		t.Errorf("a damaged archive was rebuilt from: %v", err)
	}
	if r, err := Rebuild(t.Context(), c, true, slog.New(slog.DiscardHandler), nil); err != nil || len(r.Damaged) != 1 {
		t.Errorf("Rebuild() = %+v, %v; want one damaged file", r, err)
	}
}

// A backup that is made while the ledger grows holds all that was accepted before it
// began, and what is put back counts the same.
func TestABackupOfARunningServerIsWhole(t *testing.T) {
	c, l := onDisk(t, t.TempDir())
	if _, err := loadSalts(filepath.Join(c.Data, "salt"), c, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	facts := foldtest.Facts(6, 60)
	for _, b := range facts[:20] {
		add(t, l, b)
	}
	archived(t, c, l)
	p := projectorOf(t, l, c.Data, feltOptions(c))
	if _, err := p.save(); err != nil {
		t.Fatal(err)
	}
	var writer sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	writer.Go(func() {
		for _, b := range facts[20:] {
			if ctx.Err() == nil {
				add(t, l, b)
			}
		}
	})
	to := filepath.Join(t.TempDir(), "backup")
	files, bytes, err := Backup(t.Context(), c, to, nil)
	stop()
	writer.Wait()
	if err != nil || files < 4 || bytes == 0 {
		t.Fatalf("Backup() = %d files, %d bytes, %v", files, bytes, err)
	}
	if _, _, err = Backup(t.Context(), c, to, nil); err != nil { // and again, brought up to date
		t.Fatal(err)
	}
	want := known(t, c, l)
	last, _ := l.Last(t.Context())
	fresh := filepath.Join(t.TempDir(), "fresh")
	if _, _, err := Restore(t.Context(), to, fresh, nil); err != nil {
		t.Fatal(err)
	}
	again, m := onDisk(t, fresh)
	if there, err := m.Last(t.Context()); err != nil || there != last {
		t.Fatalf("the copy has %d records, %v; want %d", there, err, last)
	}
	same(t, known(t, again, m), want)
	if k := archived(t, again, m); k.archive.UpTo() != last {
		t.Errorf("the archive of the copy goes up to %d, want %d", k.archive.UpTo(), last)
	}
	if _, _, err := Restore(t.Context(), to, fresh, nil); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a folder with data was restored into: %v", err)
	}
}

func TestARestoreGoesOnAndTakesNothingDamaged(t *testing.T) {
	c, l := onDisk(t, t.TempDir())
	for _, b := range foldtest.Facts(6, 20) {
		add(t, l, b)
	}
	archived(t, c, l)
	to := filepath.Join(t.TempDir(), "backup")
	if _, _, err := Backup(t.Context(), c, to, nil); err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(t.TempDir(), "fresh")
	ctx, stop := context.WithCancel(t.Context())
	_, _, err := Restore(ctx, to, fresh, func(int64, int64) { stop() })
	if err == nil {
		t.Fatal("a restore that was cut off has finished")
	}
	again := c
	again.Data = fresh
	if err := CheckData(again); err == nil || !strings.Contains(err.Error(), "half put back") {
		t.Errorf("half a restore was taken for data: %v", err)
	}
	if _, _, err := Restore(t.Context(), to, fresh, nil); err != nil {
		t.Fatal(err)
	}
	if err := CheckData(again); err != nil {
		t.Error(err)
	}
	d, err := readDescription(to)
	if err != nil {
		t.Fatal(err)
	}
	flip(t, filepath.Join(to, d.Files[len(d.Files)-1].Path))
	if _, _, err := Restore(t.Context(), to, filepath.Join(t.TempDir(), "other"), nil); err == nil || !strings.Contains(err.Error(), "is not as it was") {
		t.Errorf("a damaged backup was put back: %v", err)
	}
	if _, _, err := Backup(t.Context(), c, filepath.Join(c.Data, "backup"), nil); err == nil {
		t.Error("a backup was made inside of what it copies")
	}
	if _, _, err := Restore(t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "x"), nil); err == nil {
		t.Error("an empty folder was put back")
	}
}

func flip(t *testing.T, path string) {
	t.Helper()
	p, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p[len(p)/2] ^= 1
	if err := os.WriteFile(path, p, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAnArchiveOfAnotherLedgerIsRefused(t *testing.T) {
	c, l := onDisk(t, t.TempDir())
	for _, b := range foldtest.Facts(6, 5) {
		add(t, l, b)
	}
	archived(t, c, l)
	if _, err := newArchiver(t.Context(), c, ledger.NewMemory(), slog.New(slog.DiscardHandler), &troubles{}); err == nil {
		t.Error("an archive that knows more than the ledger was taken")
	}
	c.Archive.Where = noArchive
	if k, err := newArchiver(t.Context(), c, l, slog.New(slog.DiscardHandler), &troubles{}); k != nil || err != nil {
		t.Errorf("there is an archive though none was wanted: %v", err)
	}
}

// What the archiver takes in while it runs is in the archive when it stops.
func TestTheArchiverKeepsUp(t *testing.T) {
	c, l := onDisk(t, t.TempDir())
	k, err := newArchiver(t.Context(), c, l, slog.New(slog.DiscardHandler), &troubles{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { k.run(ctx) })
	for _, b := range foldtest.Facts(6, 10) {
		add(t, l, b)
	}
	if _, err := l.Put(t.Context(), 0, ledger.Fact{Kind: "release", Key: "shop", Body: []byte(`{"version":"1.1"}`)}); err != nil {
		t.Fatal(err)
	}
	last, _ := l.Last(t.Context())
	for { // until it has heard all
		if upTo, err := k.archive.Flush(t.Context()); err != nil {
			t.Fatal(err)
		} else if upTo == last {
			break
		}
		pause(t.Context(), time.Millisecond)
	}
	stop()
	running.Wait()
	n := 0
	if err := k.archive.Read(t.Context(), archive.Query{}, func(b *experience.Batch) error { n += len(b.Items); return nil }); err != nil || n == 0 {
		t.Fatalf("%d experiences archived, %v", n, err)
	}
}
