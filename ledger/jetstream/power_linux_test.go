package jetstream_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
)

const (
	// shutdownFS is FS_IOC_SHUTDOWN: the file system stops at once.
	shutdownFS = 0x8004587d

	// noLogFlush is its way that writes nothing more, not even its journal: what was
	// not synced is gone, as when the power is cut.
	noLogFlush = 2
)

// disk is a small ext4 in a file, whose power can be cut.
type disk struct {
	image, dir string
	loop       string
}

// newDisk makes a disk, or skips the test where that is not allowed.
func newDisk(t *testing.T) *disk {
	t.Helper()
	d := &disk{image: filepath.Join(t.TempDir(), "image"), dir: t.TempDir()}
	if os.Geteuid() != 0 {
		t.Skip("cutting the power of a disk needs root (fix: run as root)")
	}
	for _, program := range []string{"mkfs.ext4", "losetup"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("a disk cannot be made here: %v", err)
		}
	}
	file, err := os.Create(d.image)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Truncate(256<<20), file.Close()); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", d.image).CombinedOutput(); err != nil {
		t.Skipf("a disk cannot be made here: %v: %s", err, out)
	}
	if err := d.mount(); err != nil {
		t.Skipf("a disk in a file cannot be mounted here: %v", err)
	}
	t.Cleanup(d.remove)
	return d
}

// mount mounts the disk as it is in its file.
func (d *disk) mount() error {
	out, err := exec.Command("losetup", "--find", "--show", d.image).CombinedOutput()
	if err != nil {
		return fmt.Errorf("losetup: %w: %s", err, out)
	}
	d.loop = strings.TrimSpace(string(out))
	if err := syscall.Mount(d.loop, d.dir, "ext4", 0, ""); err != nil {
		return errors.Join(fmt.Errorf("mount %s: %w", d.loop, err), exec.Command("losetup", "-d", d.loop).Run())
	}
	return nil
}

// cut cuts the power.
func (d *disk) cut() error {
	root, err := os.Open(d.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	how := uint32(noLogFlush)
	if _, _, no := syscall.Syscall(syscall.SYS_IOCTL, root.Fd(), shutdownFS, uintptr(unsafe.Pointer(&how))); no != 0 {
		return fmt.Errorf("shut the file system down: %w", no)
	}
	return nil
}

// remove takes the disk away.
func (d *disk) remove() {
	_ = syscall.Unmount(d.dir, syscall.MNT_DETACH) // it may be gone
	_ = exec.Command("losetup", "-d", d.loop).Run()
}

// restart mounts the disk again after a cut: its journal is played back.
func (d *disk) restart(t *testing.T) {
	t.Helper()
	if err := syscall.Unmount(d.dir, 0); err != nil {
		t.Fatalf("unmount: %v", err)
	}
	if out, err := exec.Command("losetup", "-d", d.loop).CombinedOutput(); err != nil {
		t.Fatalf("losetup: %v: %s", err, out)
	}
	if err := d.mount(); err != nil {
		t.Fatal(err)
	}
}

// TestPowerCutLosesNothingAccepted lets another process append, cuts the power of its
// disk, and looks at what is there after.
func TestPowerCutLosesNothingAccepted(t *testing.T) {
	d := newDisk(t)
	rounds := 3
	if os.Getenv("HONDERD_SOAK") != "" {
		rounds = 30
	}
	data := filepath.Join(d.dir, "data")
	accepted := make(map[uint64]ledger.Sequence)
	for round := 1; round <= rounds; round++ {
		d.appendAndCut(t, data, accepted)
		d.restart(t)
		checkAccepted(t, data, accepted)
		if t.Failed() {
			t.Fatalf("after round %d", round)
		}
	}
	t.Logf("%d rounds, %d records accepted, none lost", rounds, len(accepted))
}

// appendAndCut adds what a child was told is accepted before the power was cut.
func (d *disk) appendAndCut(t *testing.T, data string, accepted map[uint64]ledger.Sequence) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+data)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	}()
	var off atomic.Bool
	lines := make(chan string, 1<<16)
	go func() {
		defer close(lines)
		for said := bufio.NewScanner(out); said.Scan(); {
			if off.Load() {
				return // it was said after the cut began: nobody can know which came first
			}
			lines <- said.Text()
		}
	}()
	for n, late := 0, time.After(wait); n < 150; n++ {
		select {
		case line := <-lines:
			noteAccepted(line, accepted)
		case <-late:
			t.Fatal("the child appends too slowly")
		}
	}
	// Frozen: nothing more is said, and what was said is what the cut must keep.
	if err := child.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	off.Store(true)
	if err := d.cut(); err != nil {
		t.Skipf("the power of a disk cannot be cut here: %v", err)
	}
	_ = child.Process.Kill()
	for line := range lines {
		noteAccepted(line, accepted)
	}
}

// noteAccepted notes a line "number place" of a child.
func noteAccepted(line string, accepted map[uint64]ledger.Sequence) {
	var n, place uint64
	if _, err := fmt.Sscan(line, &n, &place); err == nil {
		accepted[n] = ledger.Sequence(place)
	}
}

// TestPowerCutBites holds that the cut loses what nobody synced: else the test above
// would show nothing.
func TestPowerCutBites(t *testing.T) {
	d := newDisk(t)
	synced, loose := filepath.Join(d.dir, "synced"), filepath.Join(d.dir, "loose")
	for _, name := range []string{synced, loose} {
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.WriteString(strings.Repeat("accepted\n", 1000))
		if name == synced {
			err = errors.Join(err, f.Sync())
		}
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.cut(); err != nil {
		t.Skipf("the power of a disk cannot be cut here: %v", err)
	}
	d.restart(t)
	if data, err := os.ReadFile(synced); err != nil || len(data) != 9000 {
		t.Errorf("the file that was synced has %d bytes, %v; want 9000", len(data), err)
	}
	if data, err := os.ReadFile(loose); err == nil && len(data) == 9000 {
		t.Error("the file that was not synced survived: the cut loses nothing")
	}
}

// TestLedgerOnACutDisk holds that a ledger says so when its disk is gone under it.
func TestLedgerOnACutDisk(t *testing.T) {
	d := newDisk(t)
	l := open(t, filepath.Join(d.dir, "data"))
	if _, err := l.Append(t.Context(), "test", "1", page(1)); err != nil {
		t.Fatal(err)
	}
	if err := d.cut(); err != nil {
		t.Skipf("the power of a disk cannot be cut here: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	if place, err := l.Append(ctx, "test", "2", page(2)); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Append() on a disk that is gone = %d, %v; want an error at once", place, err)
	}
	_ = l.Close() // the disk is gone
	d.restart(t)
	l, err := jetstream.Open(t.Context(), options(t, filepath.Join(d.dir, "data")))
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	defer l.Close()
	if last, err := l.Last(t.Context()); last < 1 || err != nil {
		t.Errorf("Last() = %d, %v; want the accepted record", last, err)
	}
}
