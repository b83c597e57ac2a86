package jetstream

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/honderd/honderd/ledger"
)

// lockFile is locked for as long as the folder is open. The operating system
// unlocks it when the process ends, however it ends.
const lockFile = "honderd.lock"

// folder is the folder of a ledger, locked for this process.
type folder struct {
	dir  string
	lock *flock.Flock
}

// openFolder makes dir when it is not there, and locks it.
func openFolder(dir string) (*folder, error) {
	if dir == "" {
		return nil, errors.New("open ledger: no folder given (fix: use --data)")
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open ledger %s: %w (fix: %s)", dir, err, folderFix(err))
	}
	f := &folder{dir: dir, lock: flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))}
	got, err := f.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: lock the folder: %w (fix: %s)", dir, err, folderFix(err))
	}
	if !got {
		return nil, fmt.Errorf("open ledger %s: %w%s (fix: stop the other one or use --data for another folder)",
			dir, ledger.ErrBusy, f.owner())
	}
	// The number only helps a person to find the process: without it the lock holds.
	_ = os.WriteFile(f.path(lockFile), []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600)
	return f, nil
}

// path returns the path of a file in the folder.
func (f *folder) path(name string) string {
	return filepath.Join(f.dir, name)
}

// release unlocks the folder. The lock file stays: removing it could remove the
// lock of the next one.
func (f *folder) release() error {
	if f == nil {
		return nil // on servers elsewhere there is none
	}
	return f.lock.Unlock()
}

// owner returns which process has the folder, "" when it did not say.
func (f *folder) owner() string {
	data, err := os.ReadFile(f.path(lockFile))
	if err != nil {
		return ""
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return ""
	}
	return fmt.Sprintf(", process %d", pid)
}

// folderFix returns the way out when a folder cannot be used.
func folderFix(err error) string {
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return "that is a file, not a folder: use --data for another folder"
	case errors.Is(err, fs.ErrPermission):
		return "this user may not write there: change the owner of the folder or use --data for another one"
	case errors.Is(err, syscall.EROFS):
		return "the disk is read-only: use --data for a folder on another one"
	case isCrowded(err):
		return "let honderd open more files, with ulimit -n or LimitNOFILE"
	case isFull(err):
		return "make room there or use --data for a folder on another disk"
	}
	return "use --data for another folder"
}
