package archive

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// folder is a store in a folder.
type folder struct{ dir string }

func newFolder(dir string) *folder { return &folder{dir: dir} }

// partial ends the names of files that are not whole yet.
const partial = ".partial"

// Put writes a file beside, syncs it and moves it to its place.
func (f *folder) Put(_ context.Context, name string, p []byte) error {
	return f.write(name, p, os.Rename)
}

// PutNew is Put that moves to a place only where nothing is.
func (f *folder) PutNew(_ context.Context, name string, p []byte) error {
	return f.write(name, p, func(from, to string) error {
		err := os.Link(from, to)
		if err == nil {
			return os.Remove(from)
		}
		if errors.Is(err, fs.ErrExist) {
			return err
		}
		// A file system without links: two processes could both find nothing here.
		if _, at := os.Lstat(to); !errors.Is(at, fs.ErrNotExist) {
			return errors.Join(fs.ErrExist, at)
		}
		return os.Rename(from, to)
	})
}

func (f *folder) write(name string, p []byte, move func(from, to string) error) (err error) {
	path := f.path(name)
	dir := filepath.Dir(path)
	if err := f.makeDir(dir); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, filepath.Base(path)+".*"+partial)
	if err != nil {
		return explain(err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // what went wrong is known already
			err = explain(err)
		}
	}()
	_, err = file.Write(p)
	if err = errors.Join(err, file.Chmod(0o640), file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := move(file.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// makeDir makes dir, and syncs those that it is made in.
func (f *folder) makeDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := f.makeDir(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return explain(err)
	}
	return syncDir(filepath.Dir(dir))
}

// Get reads a file.
func (f *folder) Get(_ context.Context, name string) ([]byte, error) {
	return os.ReadFile(f.path(name))
}

// List lists the files below the folder of prefix.
func (f *folder) List(ctx context.Context, prefix string) ([]string, error) {
	var names []string
	root := f.path(prefix[:strings.LastIndexByte(prefix, '/')+1])
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		inside, err := filepath.Rel(f.dir, path)
		if name := filepath.ToSlash(inside); err == nil && d.Type().IsRegular() && strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	slices.Sort(names)
	return names, explain(err)
}

// Remove removes a file, and the folders that it leaves empty.
func (f *folder) Remove(_ context.Context, name string) error {
	path := f.path(name)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return explain(err)
	}
	for dir := filepath.Dir(path); dir != filepath.Clean(f.dir) && len(dir) > len(f.dir); dir = filepath.Dir(dir) {
		if os.Remove(dir) != nil { // something is in it
			break
		}
	}
	return nil
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) { // a file system that cannot
		err = nil
	}
	return errors.Join(err, d.Close())
}

// explain adds the way out to an error of the disk.
func explain(err error) error {
	var fix string
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		fix = "make room there, keep less, or move the archive to another disk"
	case errors.Is(err, fs.ErrPermission):
		fix = "let this user write there, or name another place"
	case errors.Is(err, syscall.EROFS):
		fix = "the disk is read-only: name another place"
	case errors.Is(err, syscall.ENOTDIR):
		fix = "that is a file, not a folder: name another place"
	default:
		return err
	}
	return &fixed{err, fix}
}

// fixed is an error with the way out.
type fixed struct {
	error
	fix string
}

// Error says what is wrong, and the way out.
func (f *fixed) Error() string { return f.error.Error() + " (fix: " + f.fix + ")" }

// Unwrap returns the error without the way out.
func (f *fixed) Unwrap() error { return f.error }
