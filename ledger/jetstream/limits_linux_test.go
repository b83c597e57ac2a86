package jetstream_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
)

// TestOutOfFileDescriptors appends while the process may open no more files, and again
// when it may: what was accepted is there, and the rest was refused with a word.
func TestOutOfFileDescriptors(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	b := &book{places: make(map[int]ledger.Sequence)}
	keep := func(n int) error {
		place, err := l.Append(t.Context(), "test", fmt.Sprint(n), page(n))
		if err == nil {
			b.places[n] = place
		}
		return err
	}
	for n := range 5 {
		if err := keep(n); err != nil {
			t.Fatal(err)
		}
	}
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	tight := syscall.Rlimit{Cur: 1, Max: before.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &tight); err != nil {
		t.Skipf("the limit cannot be lowered here: %v", err)
	}
	refused := make(map[int]error)
	for n := 5; n < 200; n++ { // through the end of a block, where a file has to be opened
		if err := keep(n); err != nil {
			refused[n] = err
		}
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d accepted, %d refused", len(b.places), len(refused))
	for n, err := range refused {
		if !strings.Contains(err.Error(), dir) || errors.Is(err, syscall.EMFILE) && !strings.Contains(err.Error(), "ulimit -n") {
			t.Fatalf("Append(%d) = %v, want the folder in it, and the way out", n, err)
		}
	}
	b.retry(t, l, refused)
	b.check(t, l)
	if err := l.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	l = open(t, dir)
	defer l.Close()
	b.check(t, l)
}

// TestReadOnlyDisk opens a folder on a disk that cannot be written.
func TestReadOnlyDisk(t *testing.T) {
	dir, _ := tinyDisk(t, 20)
	l := open(t, filepath.Join(dir, "data"))
	if _, err := l.Append(t.Context(), "test", "", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=20m"); err != nil {
		t.Skipf("the disk cannot be made read-only here: %v", err)
	}
	for _, name := range []string{"data", "new"} {
		l, err := jetstream.Open(t.Context(), options(t, filepath.Join(dir, name)))
		if err == nil {
			l.Close()
		}
		if !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "the disk is read-only") || strings.Contains(err.Error(), "\n") {
			t.Errorf("Open(%s) = %v, want one sentence that says it is read-only", name, err)
		}
	}
}

func TestRoomIsWhatTheDiskHas(t *testing.T) {
	dir, resize := tinyDisk(t, 20)
	l := open(t, filepath.Join(dir, "data"))
	defer l.Close()
	if _, err := l.Append(t.Context(), "test", "", page(1)); err != nil {
		t.Fatal(err)
	}
	free, used, err := l.Room(t.Context())
	if err != nil || free == 0 || free > 20<<20 || used < 100<<10 || used > 1<<20 {
		t.Errorf("Room() = %d free, %d used, %v", free, used, err)
	}
	resize(40)
	if more, _, err := l.Room(t.Context()); err != nil || more != free+20<<20 {
		t.Errorf("Room() = %d free, %v; want %d", more, err, free+20<<20)
	}
}

func TestRetainRemovesTheOldest(t *testing.T) {
	o := options(t, t.TempDir())
	o.Retain = jetstream.Retain{Bytes: 1 << 20, Every: 5 * time.Millisecond}
	l, err := jetstream.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Put(t.Context(), 0, ledger.Fact{Kind: "release", Key: "r", Body: []byte("1")}); err != nil {
		t.Fatal(err)
	}
	for n := range 40 {
		if _, err := l.Append(t.Context(), "test", fmt.Sprint(n), page(n)); err != nil {
			t.Fatal(err)
		}
	}
	until(t, func() bool {
		_, used, err := l.Room(t.Context())
		return err == nil && used <= 1<<20
	})
	records := 0
	err = l.Read(t.Context(), 0, func(ledger.Record) error { records++; return nil })
	if err != nil && !errors.As(err, new(ledger.Trimmed)) || records < 3 {
		t.Errorf("Read() = %v with %d records; the newest must be there", err, records)
	}
	if list, err := l.Versions(t.Context(), "release", "r"); err != nil || len(list) != 1 {
		t.Errorf("Versions() = %v, %v; facts stay", list, err)
	}
}

func TestRetainByAge(t *testing.T) {
	o := options(t, t.TempDir())
	o.Retain = jetstream.Retain{Age: time.Nanosecond, Every: 5 * time.Millisecond}
	l, err := jetstream.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for n := range 10 {
		if _, err := l.Append(t.Context(), "test", fmt.Sprint(n), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	until(t, func() bool {
		upTo, err := l.Trimmed(t.Context())
		return err == nil && upTo == 9
	})
	if last, err := l.Last(t.Context()); last != 10 || err != nil {
		t.Errorf("Last() = %d, %v; the newest stays", last, err)
	}
}

// TestMarkOfNobody opens a folder of which nothing but the mark is left.
func TestMarkOfNobody(t *testing.T) {
	dir := copied(t, template(t, few))
	if err := os.RemoveAll(filepath.Join(dir, "jetstream")); err != nil {
		t.Fatal(err)
	}
	_, err := jetstream.Open(t.Context(), options(t, dir))
	if m, ok := errors.AsType[ledger.Missing](err); !ok || m != (ledger.Missing{From: 1, To: few}) {
		t.Errorf("Open() = %v, want all missing", err)
	}
}
