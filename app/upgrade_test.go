package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
)

// TestFoldersOfEveryFormatAreRead opens data folders as programs of every format left them:
// each read the same log of 300 lines. The numbers are those that each of them showed. In
// format 1 the ledger has no FORMAT, and there is no archive.
func TestFoldersOfEveryFormatAreRead(t *testing.T) {
	check := func(t *testing.T, c config.Config) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		s, err := NewServer(ctx, c, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		a, _ := s.projector.now()
		if a.Source.Lines != 300 || a.Requests.Total != 300 || a.Requests.Bad != 45 || a.People.Active != 20 || a.People.Flawless != 4 ||
			a.UserUptime.UpMS != 115405000 || a.UserUptime.DownMS != 17134000 {
			t.Errorf("%d lines, %+v, %+v, %+v", a.Source.Lines, a.Requests, a.People, a.UserUptime)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if p, err := os.ReadFile(filepath.Join(c.Data, "ledger", "FORMAT")); string(p) != "honderd ledger 2 alone\n" || err != nil {
			t.Errorf("FORMAT is %q, %v", p, err)
		}
	}
	formats, err := filepath.Glob("testdata/formats/*")
	if err != nil || len(formats) < 2 {
		t.Fatal(formats, err)
	}
	for _, folder := range formats {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			c := config.Default()
			c.Listen, c.Data = "127.0.0.1:0", filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(c.Data, os.DirFS(folder)); err != nil {
				t.Fatal(err)
			}
			salt, err1 := os.ReadFile(filepath.Join(folder, "salt"))
			check(t, c)
			salts, err2 := loadSalts(filepath.Join(c.Data, "salt"), c, slog.New(slog.DiscardHandler))
			if err := errors.Join(err1, err2); err != nil || !bytes.Equal(salts.At(time.Now().UnixMilli()).Salt, salt) || !bytes.Equal(salts.At(1795464069000).Salt, salt) {
				t.Fatalf("the salt is another, %v", err)
			}
			if err := os.Remove(filepath.Join(c.Data, "checkpoint")); err != nil {
				t.Fatal(err)
			}
			check(t, c) // all counted anew
			if _, err := Rebuild(t.Context(), c, false, slog.New(slog.DiscardHandler), nil); err != nil {
				t.Fatal(err)
			}
			check(t, c)
			list, err := Examine(t.Context(), c, nil)
			if says := fmt.Sprint(list); !strings.Contains(says, "HONDERD takes honderd.>") || !strings.Contains(says, "format 2") || !strings.Contains(says, "small facts stay") {
				t.Errorf("doctor says %s", says)
			}
			for _, f := range list {
				if f.Bad {
					t.Errorf("doctor: %+v", f)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
