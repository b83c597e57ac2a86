package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/ledger/archive"
)

// backupFile is what a backup is described by. It is written last: a folder without it is
// no backup, or not yet.
const backupFile = "honderd-backup.json"

// backupFormat is the version of the description.
const backupFormat = 1

// described is what backupFile says.
type described struct {
	Format int          `json:"format"`
	Made   time.Time    `json:"made"`
	Files  []backedFile `json:"files"`
}

// backedFile is one file of a backup, by its path in the data folder.
type backedFile struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Backup copies the data folder of c to the folder to, while a server may be running on
// it. A backup that is there already is brought up to date: what has not changed is not
// copied again, and one that was cut off goes on. A bucket is not copied.
func Backup(ctx context.Context, c config.Config, to string, progress func(read, total int64)) (files int, bytes int64, err error) {
	if err := CheckData(c); err != nil {
		return 0, 0, err
	}
	if inside(to, c.Data) || inside(c.Data, to) {
		return 0, 0, fmt.Errorf("%s and the data in %s lie in each other (fix: name a folder of its own, best on another disk)", to, c.Data)
	}
	old, err := readDescription(to)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, 0, err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return 0, 0, fmt.Errorf("make the backup: %w", err)
	}
	if err := os.Remove(filepath.Join(to, backupFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, 0, err
	}
	var d described
	for try := 0; ; try++ { // files of the archive are put together now and then: then once more
		if d, err = copyData(ctx, c, to, progress); !errors.Is(err, fs.ErrNotExist) || try == 3 {
			break
		}
	}
	if err != nil {
		return 0, 0, fmt.Errorf("make the backup: %w (fix: mend it and run backup again: it goes on where it was)", err)
	}
	if err := dropOld(to, old, d); err != nil {
		return 0, 0, err
	}
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return 0, 0, err
	}
	for _, f := range d.Files {
		bytes += f.Bytes
	}
	return len(d.Files), bytes, writeWhole(filepath.Join(to, backupFile), text)
}

// inside reports whether a path is a folder, or in it.
func inside(path, dir string) bool {
	a, err1 := filepath.Abs(path)
	b, err2 := filepath.Abs(dir)
	rel, err3 := filepath.Rel(b, a)
	return errors.Join(err1, err2, err3) == nil && filepath.IsLocal(rel)
}

// copyData copies everything, in an order in which what is copied first needs nothing
// that comes after: the ledger's own record of what it accepted and the checkpoint before
// the facts, the archive before the ledger.
func copyData(ctx context.Context, c config.Config, to string, progress func(read, total int64)) (described, error) {
	d := described{Format: backupFormat, Made: time.Now().UTC().Truncate(time.Second)}
	early := []string{"salt", "ledger/honderd.mark", "checkpoint"}
	var late []string
	var total int64
	err := filepath.WalkDir(c.Data, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(c.Data, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if info, err := e.Info(); err == nil {
			total += info.Size()
		}
		if !slices.Contains(early, name) && worthKeeping(name) {
			late = append(late, name)
		}
		return nil
	})
	if err != nil {
		return d, err
	}
	slices.SortStableFunc(late, func(a, b string) int { return place(a) - place(b) })
	var read int64
	for i, name := range append(early, late...) {
		one, err := copyFile(ctx, filepath.Join(c.Data, name), filepath.Join(to, name), "")
		if errors.Is(err, fs.ErrNotExist) && (i < len(early) || strings.HasPrefix(name, heldName+"/")) {
			continue
		}
		if err != nil {
			return d, err
		}
		one.Path = name
		d.Files = append(d.Files, one)
		if read += one.Bytes; progress != nil {
			progress(read, total)
		}
	}
	if err := copyHeldAgain(ctx, c.Data, to, &d); err != nil {
		return d, err
	}
	return d, verifyArchive(ctx, filepath.Join(to, "archive"))
}

// copyHeldAgain copies what is held once more: what was accepted while the ledger was
// copied is in it, what was given to the ledger before that is in the first copy.
func copyHeldAgain(ctx context.Context, from, to string, d *described) error {
	list, err := os.ReadDir(filepath.Join(from, heldName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range list {
		name := heldName + "/" + e.Name()
		one, err := copyFile(ctx, filepath.Join(from, name), filepath.Join(to, name), "")
		if errors.Is(err, fs.ErrNotExist) {
			continue // its time has come
		}
		if err != nil {
			return err
		}
		one.Path = name
		d.Files = append(slices.DeleteFunc(d.Files, func(f backedFile) bool { return f.Path == name }), one)
	}
	return err
}

// place says which files are copied before others.
func place(name string) int {
	switch {
	case strings.HasPrefix(name, "ledger/"):
		return 1
	default:
		return 0
	}
}

// worthKeeping reports whether a file of the data folder belongs in a backup: not what is
// half written, or made anew from the rest.
func worthKeeping(name string) bool {
	base := name[strings.LastIndexByte(name, '/')+1:]
	return name != account.SessionsFile && base != "index.db" && base != "honderd.lock" && !strings.HasSuffix(base, ".tmp") && !strings.HasPrefix(name, "checkpoint.") && !strings.HasPrefix(name, dropsFile+".") && !strings.HasPrefix(name, "salt.")
}

// verifyArchive reads a copied archive back. A file that is not there counts as changed
// meanwhile.
func verifyArchive(ctx context.Context, dir string) error {
	if _, err := os.Stat(dir); err != nil {
		return nil //nolint:nilerr // there is none
	}
	a, err := archive.Open(ctx, archive.Options{Where: dir})
	if err != nil {
		return err
	}
	damaged, err := a.Verify(ctx, nil)
	for _, one := range damaged {
		err = errors.Join(err, one)
	}
	return err
}

// copyFile copies a file unless to is the same already. With want it must have that sum.
func copyFile(ctx context.Context, from, to, want string) (f backedFile, err error) {
	info, err := os.Stat(from)
	if err != nil {
		return f, err
	}
	if there, err := os.Stat(to); err == nil && there.Size() == info.Size() && there.ModTime().Equal(info.ModTime()) {
		if f, err = sumFile(to); err == nil && (want == "" || f.SHA256 == want) {
			return f, nil
		}
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return f, err
	}
	in, err := os.Open(from)
	if err != nil {
		return f, err
	}
	defer in.Close()
	out, err := os.OpenFile(to+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return f, err
	}
	sum := sha256.New()
	f.Bytes, err = io.Copy(io.MultiWriter(out, sum), readUntil(ctx, in))
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if err == nil && want != "" && f.SHA256 != want {
		err = fmt.Errorf("%s is not as it was when the backup was made (fix: take another backup)", from)
	}
	err = errors.Join(err, out.Sync(), out.Close())
	if err == nil {
		err = errors.Join(os.Chtimes(out.Name(), info.ModTime(), info.ModTime()), os.Rename(out.Name(), to))
	}
	if err != nil {
		err = errors.Join(err, removeIfThere(out.Name()))
	}
	return f, err
}

// until reads until a context ends.
type until func(p []byte) (int, error)

// Read reads.
func (u until) Read(p []byte) (int, error) { return u(p) }

// readUntil returns r, which ends with its context.
func readUntil(ctx context.Context, r io.Reader) io.Reader {
	return until(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return r.Read(p)
	})
}

func sumFile(path string) (f backedFile, err error) {
	in, err := os.Open(path)
	if err != nil {
		return f, err
	}
	defer in.Close()
	sum := sha256.New()
	f.Bytes, err = io.Copy(sum, in)
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return f, err
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// dropOld removes what an older backup had and the new one has not.
func dropOld(to string, old, now described) error {
	for _, f := range old.Files {
		if !slices.ContainsFunc(now.Files, func(n backedFile) bool { return n.Path == f.Path }) && filepath.IsLocal(f.Path) {
			if err := removeIfThere(filepath.Join(to, f.Path)); err != nil {
				return err
			}
		}
	}
	return nil
}
