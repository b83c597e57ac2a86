package logfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func BenchmarkFollowCatchesUp(b *testing.B) {
	path := filepath.Join(b.TempDir(), "access.log")
	text := bytes.Repeat([]byte(strings.Repeat("x", 190)+"\n"), 500_000)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	enough := errors.New("enough")
	for b.Loop() {
		got := 0
		err := Follow(b.Context(), path, Position{}, Options{}, func(_ context.Context, chunk []byte, _ Position) error {
			if got += len(chunk); got == len(text) {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) {
			b.Fatal(err)
		}
	}
}

// BenchmarkFollowLooksInVain is the cost of one poll of a log that did not grow, beside
// a year of rotated ones.
func BenchmarkFollowLooksInVain(b *testing.B) {
	path := filepath.Join(b.TempDir(), "access.log")
	for i := range 365 {
		if err := os.WriteFile(fmt.Sprintf("%s.%d", path, i), []byte("old\n"), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for name, text := range map[string]string{"written": "new\n", "empty": ""} {
		b.Run(name, func(b *testing.B) {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				b.Fatal(err)
			}
			f := newFollower(path, Position{}, Options{}, func(context.Context, []byte, Position) error { return nil })
			defer f.close()
			for b.Loop() {
				if err := f.look(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
