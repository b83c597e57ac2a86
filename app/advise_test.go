package app

import (
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/honderd/honderd/config"
)

func TestAdviseReadsTheHeadOfALog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.log.gz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	for range 100_000 {
		if _, err := z.Write([]byte(`203.0.113.7 - - [23/Nov/2026:20:01:09 +0000] "GET /basket HTTP/1.1" 200 2 "-" "Mozilla/5.0"` + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	list, err := Advise(config.Default(), path, "")
	if err != nil || len(list) != 4 || list[0].Says != "combined" || !list[1].Bad || list[1].Fix == "" {
		t.Errorf("Advise() = %+v, %v", list, err)
	}
	if _, err := Advise(config.Default(), filepath.Join(t.TempDir(), "none"), ""); err == nil {
		t.Error("advice about no file")
	}
}
