package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// restoringFile stands in a data folder while a backup is put back into it.
const restoringFile = "honderd-restore.incomplete"

// readDescription reads what a backup says of itself.
func readDescription(dir string) (d described, err error) {
	text, err := os.ReadFile(filepath.Join(dir, backupFile))
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return d, fmt.Errorf("%s: %w (fix: take another backup)", filepath.Join(dir, backupFile), err)
	}
	if d.Format != backupFormat {
		return d, fmt.Errorf("the backup in %s has format %d, and this honderd knows %d (fix: use the honderd that made it, or a newer one)", dir, d.Format, backupFormat)
	}
	for _, f := range d.Files {
		if !filepath.IsLocal(f.Path) {
			return d, fmt.Errorf("the backup in %s names %q, which would be outside the folder (fix: take another backup)", dir, f.Path)
		}
	}
	return d, nil
}

// Restore puts the backup in from into the data folder to, which must be new or empty, or
// one that an earlier Restore of the same backup did not finish. Every file is checked.
func Restore(ctx context.Context, from, to string, progress func(read, total int64)) (made time.Time, files int, err error) {
	d, err := readDescription(from)
	if errors.Is(err, fs.ErrNotExist) {
		return made, 0, fmt.Errorf("%s holds no backup, or one that was cut off (fix: name the folder that honderd backup wrote, or let it finish)", from)
	}
	if err != nil {
		return made, 0, err
	}
	if err := prepare(to, d.Made); err != nil {
		return made, 0, err
	}
	var read, total int64
	for _, f := range d.Files {
		total += f.Bytes
	}
	for _, f := range d.Files {
		one, err := copyFile(ctx, filepath.Join(from, f.Path), filepath.Join(to, f.Path), f.SHA256)
		if err != nil {
			return made, 0, fmt.Errorf("put back %s: %w", f.Path, err)
		}
		if read += one.Bytes; progress != nil {
			progress(read, total)
		}
	}
	return d.Made, len(d.Files), os.Remove(filepath.Join(to, restoringFile))
}

// prepare makes a folder ready to be restored into.
func prepare(to string, made time.Time) error {
	mark := filepath.Join(to, restoringFile)
	name := []byte(made.Format(time.RFC3339) + "\n")
	switch text, err := os.ReadFile(mark); {
	case err == nil && string(text) == string(name):
		return nil // goes on
	case err == nil:
		return fmt.Errorf("another backup is being put back into %s (fix: empty the folder, or name another)", to)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	there, err := os.ReadDir(to)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(there) > 0 {
		return fmt.Errorf("%s is not empty (fix: name a new folder; what is there is never overwritten)", to)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	return writeWhole(mark, name)
}

// checkWhole returns an error while a backup is only half put back into a data folder.
func checkWhole(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, restoringFile)); err == nil {
		return fmt.Errorf("a backup is only half put back into %s (fix: run honderd restore again: it goes on where it was)", dir)
	}
	return nil
}
