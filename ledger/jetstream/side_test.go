package jetstream_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
)

// Places in the ledgers of these tests.
const (
	trimmedTo = ledger.Sequence(4)
	healedAt  = ledger.Sequence(8)
)

// sided returns a folder whose side stream knows of a trim and of a healed record.
func sided(t *testing.T) string {
	t.Helper()
	dir := template(t, few)
	flip(t, messages(dir, "1.blk"), headOf(t, messages(dir, "1.blk"), int(healedAt))+0.001)
	l := open(t, dir)
	err := l.Read(t.Context(), healedAt-1, func(ledger.Record) error { return nil })
	if gone, ok := errors.AsType[ledger.Missing](err); !ok || gone.From != healedAt {
		t.Fatalf("Read() = %v, want record %d missing", err, healedAt)
	}
	if err := l.Heal(t.Context(), ledger.Record{Sequence: healedAt, Subject: "test", Data: content(healedAt)}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Trim(t.Context(), trimmedTo), l.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestTheSideStreamMayBeDamaged damages each file of the side stream, one at a time: what
// is given is right, what is missing is said, and what can be healed is.
func TestTheSideStreamMayBeDamaged(t *testing.T) {
	plain := sided(t)
	some := 0
	for _, name := range files(t, plain) {
		if !strings.Contains(name, "HONDERD_SIDE") {
			continue
		}
		some++
		for i, way := range slices.Sorted(maps.Keys(damages())) {
			damage := damages()[way]
			if (i+some)%every != 0 {
				continue
			}
			t.Run(filepath.Base(name)+" "+way, func(t *testing.T) {
				dir := copied(t, plain)
				if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
					t.Skip("the file is empty")
				}
				damage(t, filepath.Join(dir, name))
				wantSided(t, dir)
			})
		}
	}
	if some < 3 {
		t.Fatalf("the side stream has %d files", some)
	}
	t.Run("gone", func(t *testing.T) {
		dir := copied(t, plain)
		if err := os.RemoveAll(filepath.Join(dir, "jetstream", "$G", "streams", "HONDERD_SIDE")); err != nil {
			t.Fatal(err)
		}
		wantSided(t, dir)
	})
	t.Run("either note of the trim", func(t *testing.T) {
		for _, word := range []string{"honderd-side.trimmed", "honderd-side.trimmed-twin"} {
			dir := copied(t, plain)
			block := filepath.Join(dir, "jetstream", "$G", "streams", "HONDERD_SIDE", "msgs", "1.blk")
			p, err := os.ReadFile(block)
			if err != nil {
				t.Fatal(err)
			}
			at := bytes.LastIndex(p, []byte(word+"NATS"))
			if at < 0 {
				at = bytes.LastIndex(p, []byte(word))
			}
			p[at+len(word)+30] ^= 1
			overwrite(t, block, p)
			l := open(t, dir)
			if got, err := l.Trimmed(t.Context()); got != trimmedTo || err != nil {
				t.Errorf("without %s: trimmed up to %d, %v", word, got, err)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// wantSided fails t unless the ledger in dir gives or misses each record that was not
// trimmed, and can be healed.
func wantSided(t *testing.T, dir string) {
	t.Helper()
	l, err := jetstream.Open(t.Context(), options(t, dir))
	if err != nil {
		if !strings.Contains(err.Error(), "fix: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("Open() = %v, want one sentence with a way out", err)
		}
		return
	}
	defer l.Close()
	trimmed, err := l.Trimmed(t.Context())
	if err != nil || trimmed != 0 && trimmed != trimmedTo {
		t.Fatalf("Trimmed() = %d, %v", trimmed, err)
	}
	said, after := map[ledger.Sequence]bool{}, ledger.Sequence(0)
	read := func() error {
		return l.Read(t.Context(), after, func(r ledger.Record) error {
			if !bytes.Equal(r.Data, content(r.Sequence)) {
				t.Errorf("record %d is wrong", r.Sequence)
			}
			said[r.Sequence], after = true, r.Sequence
			return nil
		})
	}
	for err = read(); err != nil; err = read() {
		gone, ok := errors.AsType[ledger.Missing](err)
		if !ok || gone.From <= after {
			t.Fatalf("Read(after %d) = %v", after, err)
		}
		for seq := gone.From; seq <= gone.To; seq++ {
			said[seq] = true
			if err := l.Heal(t.Context(), ledger.Record{Sequence: seq, Subject: "test", Data: content(seq)}); err != nil {
				t.Fatalf("Heal(%d) = %v", seq, err)
			}
		}
	}
	for seq := ledger.Sequence(1); seq <= few; seq++ {
		if seq > trimmed && !said[seq] {
			t.Errorf("record %d is left out without a word", seq)
		}
	}
}
