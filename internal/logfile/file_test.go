package logfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func packZstd(t *testing.T, p []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(p, nil)
}

func put(t *testing.T, path string, p []byte) string {
	t.Helper()
	if err := os.WriteFile(path, p, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// manyLines are lines that do not compress to nothing.
func manyLines(n int) []byte {
	var b []byte
	x := uint64(1)
	for range n {
		for range 10 {
			x = x*6364136223846793005 + 1442695040888963407
			b = append(b, "abcdefghijklmnopqrstuvwxyz012345"[x>>59])
		}
		b = append(b, '\n')
	}
	return b
}

func TestOpenReadsWhatIsInside(t *testing.T) {
	text := manyLines(20_000)
	half := len(text) / 2
	skippable := "\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
	tests := []struct {
		name string
		give []byte
		want []byte
	}{
		{"empty.log", nil, nil},
		{"one-line.log", []byte("a line without an end"), []byte("a line without an end")},
		{"plain.log", text, text},
		{"plain, whatever it is called.gz", text, text},
		{"gzip.log", pack(t, text), text},
		{"gzip of several members", append(pack(t, text[:half]), pack(t, text[half:])...), text},
		{"gzip of nothing", pack(t, nil), nil},
		{"zstd.log", packZstd(t, text), text},
		{"zstd of several frames", append(packZstd(t, text[:half]), packZstd(t, text[half:])...), text},
		{"zstd that begins with a skippable frame", append([]byte(skippable), packZstd(t, text)...), text},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := put(t, filepath.Join(t.TempDir(), tt.name), tt.give)
			f, err := Open(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(f)
			if err != nil || !bytes.Equal(got, tt.want) {
				t.Errorf("read %d bytes, %v; want %d", len(got), err, len(tt.want))
			}
			if read, total := f.Progress(); read != total || total != int64(len(tt.give)) || f.Name() != path {
				t.Errorf("Progress() = %d of %d, want all %d; Name() = %q", read, total, len(tt.give), f.Name())
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenReadsStandardInput(t *testing.T) {
	f, err := Open("-", bytes.NewReader(pack(t, []byte("a\nb\n"))))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(f)
	if string(got) != "a\nb\n" || err != nil || f.Name() != "standard input" {
		t.Errorf("read %q, %v from %s", got, err, f.Name())
	}
	if read, total := f.Progress(); read == 0 || total != 0 {
		t.Errorf("Progress() = %d, %d; want some of an unknown number", read, total)
	}
	in, err := os.Open(put(t, filepath.Join(t.TempDir(), "in"), []byte("a\nb\n")))
	if err != nil {
		t.Fatal(err)
	}
	if f, err = Open("-", in); err != nil {
		t.Fatal(err)
	}
	if _, total := f.Progress(); total != 4 {
		t.Errorf("total of a redirected file = %d, want 4", total)
	}
	if err := errors.Join(f.Close(), in.Close()); err != nil {
		t.Errorf("standard input was not left open: %v", err)
	}
}

func TestDamagedFilesAreReadUpToTheDamage(t *testing.T) {
	text := manyLines(100_000)
	flipped := func(p []byte) []byte {
		p = bytes.Clone(p)
		p[len(p)/2] ^= 0x55
		return p
	}
	gz, zst := pack(t, text), packZstd(t, text)
	tests := []struct {
		name  string
		give  []byte
		atMin int // bytes that must be read before the error
	}{
		{"gzip cut in its middle", gz[:len(gz)/2], len(text) / 3},
		{"gzip cut in its header", gz[:5], 0},
		{"gzip without its last byte", gz[:len(gz)-1], len(text)},
		{"gzip with other bytes in it", flipped(gz), len(text) / 10},
		{"gzip with something behind it", append(bytes.Clone(gz), "more"...), len(text)},
		{"zstd cut in its middle", zst[:len(zst)/2], len(text) / 10},
		{"zstd cut in its header", zst[:5], 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Open(put(t, filepath.Join(t.TempDir(), "damaged.log"), tt.give), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			got, err := io.ReadAll(f)
			if !errors.Is(err, ErrDamaged) || errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "damaged.log: ") {
				t.Errorf("error = %v, want ErrDamaged with its name", err)
			}
			if len(got) < tt.atMin || tt.name != "gzip with other bytes in it" && !bytes.HasPrefix(text, got) {
				t.Errorf("read %d bytes before the damage, want at least %d", len(got), tt.atMin)
			}
			if _, again := f.Read(make([]byte, 1)); !errors.Is(again, ErrDamaged) {
				t.Errorf("second error = %v", again)
			}
		})
	}
}

func TestOpenSaysTheWayOut(t *testing.T) {
	dir := t.TempDir()
	logs := filepath.Join(dir, "logs")
	empty := filepath.Join(dir, "empty")
	if err := errors.Join(os.Mkdir(logs, 0o755), os.Mkdir(empty, 0o755)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"access.log.1", "access.log.2.gz", "error.log", "readme", "zeta", ".hidden"} {
		put(t, filepath.Join(logs, name), []byte("x"))
	}
	put(t, filepath.Join(dir, "a.xz"), []byte("\xfd7zXZ\x00..."))
	put(t, filepath.Join(dir, "a.bz2"), []byte("BZh91AY&SY..."))
	put(t, filepath.Join(dir, "a.zip"), []byte("PK\x03\x04..."))
	secret := put(t, filepath.Join(dir, "secret.log"), []byte("x"))
	if err := os.Chmod(secret, 0o040); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path string
		is   error
		want string
	}{
		{logs + "/access.log", ErrMissing, "there is no such file (did you mean access.log.1?)"},
		{logs + "/eror.log", ErrMissing, "(did you mean error.log?)"},
		{logs + "/something else", ErrMissing, "(fix: check the name; nothing in " + logs + " looks like it)"},
		{dir + "/nowhere/access.log", ErrMissing, "(fix: check the path; the folder " + dir + "/nowhere cannot be listed)"},
		{logs + "/readme/access.log", ErrMissing, "(fix: check the path"},
		{logs, ErrFolder, "is a folder (fix: name the log files in it, for instance " + logs + "/access.log* or " + logs + "/error.log or " + logs + "/readme)"},
		{empty, ErrFolder, "is a folder without files in it"},
		{dir + "/a.xz", ErrPacked, "not read here: xz (fix: xz -dc " + dir + "/a.xz | honderd report -)"},
		{dir + "/a.bz2", ErrPacked, "bzip2 -dc"},
		{dir + "/a.zip", ErrPacked, "unzip -p"},
		{secret, ErrForbidden, "may not be read by us (fix: run as a user who may read it"},
	}
	for _, tt := range tests {
		t.Run(filepath.Base(tt.path), func(t *testing.T) {
			if errors.Is(tt.is, ErrForbidden) && os.Getuid() == 0 {
				t.Skip("nothing is forbidden to root")
			}
			f, err := Open(tt.path, nil)
			if f != nil || !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open() = %v, %v; want %q", f, err, tt.want)
			}
		})
	}
}

func TestAnUnreadableDiskIsNotDamage(t *testing.T) {
	gz := pack(t, manyLines(100_000))
	disk := errors.New("disk on fire")
	f, err := Open("-", io.MultiReader(bytes.NewReader(gz[:len(gz)/2]), failing{disk}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(f)
	if !errors.Is(err, disk) || errors.Is(err, ErrDamaged) {
		t.Errorf("error = %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
