package jetstream_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
)

func TestFolderErrorsSayTheWayOut(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	shut := filepath.Join(dir, "shut")
	if err := os.Mkdir(shut, 0o500); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, dir string
		want      []string
		notRoot   bool // root may do it
	}{
		{"no folder", "", []string{"no folder given", "--data"}, false},
		{"a file", file, []string{file, "is a file, not a folder", "--data"}, false},
		{"below a file", filepath.Join(file, "data"), []string{file, "is a file, not a folder", "--data"}, false},
		{"cannot be made", "/proc/honderd", []string{"/proc/honderd", "--data"}, false},
		{"not writable", shut, []string{shut, "may not write", "--data"}, true},
		{"cannot be made there", filepath.Join(shut, "data"), []string{shut, "may not write", "--data"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.notRoot && os.Geteuid() == 0 {
				t.Skip("root may write everywhere")
			}
			l, err := jetstream.Open(t.Context(), options(t, tt.dir))
			if err == nil {
				l.Close()
				t.Fatal("Open() = nil, want an error")
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("Open() = %q, want %q in it", err, part)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("Open() = %q, want one sentence", err)
			}
		})
	}
}

func TestSecondOpenIsBusyAndSaysWhoHasIt(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	_, err := jetstream.Open(t.Context(), options(t, dir))
	for _, part := range []string{dir, fmt.Sprint("process ", os.Getpid()), "stop the other one or use --data for another folder"} {
		if !errors.Is(err, ledger.ErrBusy) || !strings.Contains(err.Error(), part) {
			t.Errorf("Open() = %v; want ErrBusy with %q", err, part)
		}
	}
	if _, err := l.Append(t.Context(), "test", "", []byte("still works")); err != nil {
		t.Errorf("Append() after a second Open = %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	if err := open(t, dir).Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

func TestRecordsTheStoreCannotKeepAreRefused(t *testing.T) {
	l := open(t, t.TempDir())
	defer l.Close()
	tests := []struct {
		name, subject, id string
		size              int
		want              string
	}{
		{"no subject", "", "", 1, "must be a word"},
		{"blank in subject", "two words", "", 1, "must be a word"},
		{"wildcard", "all.>", "", 1, "must be a word"},
		{"empty token", "a..b", "", 1, "must be a word"},
		{"line end in id", "test", "a\r\nNats-Rollup: all", 1, "must be a short line"},
		{"long id", "test", strings.Repeat("x", 600), 1, "must be a short line"},
		{"too large", "test", "", 8 << 20, "fix: split it"},
		{"largest", strings.Repeat("s", 256), strings.Repeat("i", 256), 8<<20 - 1<<10, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := l.Append(t.Context(), tt.subject, tt.id, make([]byte, tt.size))
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Append() = %v, want %q", err, tt.want)
			}
		})
	}
	n := 0
	if err := l.Read(t.Context(), 0, func(ledger.Record) error { n++; return nil }); err != nil || n != 1 {
		t.Errorf("Read() gave %d records, %v; want the one that was kept", n, err)
	}
}
