package jetstream_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/ledger"
)

// few is how many records the ledgers of these tests have.
const few = 12

// files returns the paths below dir of every file there.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			list = append(list, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// damages are the ways in which a file is damaged.
func damages() map[string]func(t *testing.T, file string) {
	return map[string]func(t *testing.T, file string){
		"bit at the start":   func(t *testing.T, file string) { flip(t, file, 0) },
		"bit in the middle":  func(t *testing.T, file string) { flip(t, file, 0.5) },
		"bit at the end":     func(t *testing.T, file string) { flip(t, file, 1) },
		"cut to half":        func(t *testing.T, file string) { cut(t, file, 0.5) },
		"empty":              func(t *testing.T, file string) { cut(t, file, 0) },
		"one byte shorter":   func(t *testing.T, file string) { cut(t, file, 0.999) },
		"gone":               remove,
		"something else":     func(t *testing.T, file string) { overwrite(t, file, bytes.Repeat([]byte("{}\n"), 2000)) },
		"twice as long":      func(t *testing.T, file string) { double(t, file) },
		"zeros from halfway": func(t *testing.T, file string) { zero(t, file) },
	}
}

// TestAnyDamagedFileIsHarmlessOrSaid damages every file that a ledger has, one at a
// time, and heals what is missing.
func TestAnyDamagedFileIsHarmlessOrSaid(t *testing.T) {
	plain := template(t, few)
	if got := strings.Join(files(t, plain), " "); !strings.Contains(got, "FORMAT") || !strings.Contains(got, "1.blk") ||
		!strings.Contains(got, "index.db") || !strings.Contains(got, "meta.inf") || !strings.Contains(got, "meta.sum") ||
		!strings.Contains(got, "honderd.mark") || !strings.Contains(got, "honderd.lock") {
		t.Fatalf("files of a ledger: %s", got)
	}
	ways := damages()
	for n, name := range files(t, plain) {
		for i, way := range slices.Sorted(maps.Keys(ways)) {
			damage := ways[way]
			if (i+n)%every != 0 {
				continue
			}
			t.Run(filepath.Base(name)+" "+way, func(t *testing.T) {
				dir := copied(t, plain)
				if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
					t.Skip("the file is empty")
				}
				damage(t, filepath.Join(dir, name))
				r := inspectOf(t, dir, few)
				if r.opened != nil {
					if _, ok := errors.AsType[ledger.Missing](r.opened); !ok && !strings.Contains(r.opened.Error(), "fix: ") {
						t.Errorf("Open() = %v, want a Missing or a way out", r.opened)
					}
					return
				}
				healAll(t, dir, r.missing)
			})
		}
	}
}

func overwrite(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func double(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	overwrite(t, file, append(data, data...))
}

func zero(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	clear(data[len(data)/2:])
	overwrite(t, file, data)
}

// healAll heals all that is missing and fails t unless everything is there then, also
// after the ledger was opened again.
func healAll(t *testing.T, dir string, missing []ledger.Missing) {
	t.Helper()
	l := open(t, dir)
	for _, m := range missing {
		for n := m.From; n <= m.To; n++ {
			if err := l.Heal(t.Context(), ledger.Record{Sequence: n, Subject: "test", Data: content(n)}); err != nil {
				t.Fatalf("Heal(%d) = %v", n, err)
			}
		}
	}
	for range 2 {
		next := ledger.Sequence(1)
		err := l.Read(t.Context(), 0, func(r ledger.Record) error {
			if r.Sequence != next || r.Subject != "test" || next <= few && !bytes.Equal(r.Data, content(next)) {
				t.Errorf("record %d is %d %q", next, r.Sequence, r.Subject)
			}
			next++
			return nil
		})
		if err != nil || next < few+1 {
			t.Errorf("Read() after healing = %v up to %d", err, next-1)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = open(t, dir)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestHealRefusesWhatIsThere(t *testing.T) {
	l := open(t, template(t, few))
	defer l.Close()
	tests := []struct {
		name string
		give ledger.Record
		want string // part of the error; "" for none
	}{
		{"the same", ledger.Record{Sequence: 3, Subject: "test", Data: content(3)}, ""},
		{"another", ledger.Record{Sequence: 3, Subject: "test", Data: content(4)}, "holds something else"},
		{"another subject", ledger.Record{Sequence: 3, Subject: "other", Data: content(3)}, "holds something else"},
		{"none yet", ledger.Record{Sequence: few + 1, Subject: "test", Data: content(3)}, "the newest is 12"},
		{"before all", ledger.Record{Subject: "test", Data: content(3)}, "the newest is 12"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := l.Heal(t.Context(), tt.give); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Heal() = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestScrubSaysWhatIsDamagedAndWhen(t *testing.T) {
	dir := template(t, few)
	for _, n := range []int{4, 5, 9} {
		flip(t, messages(dir, "1.blk"), headOf(t, messages(dir, "1.blk"), n)+0.02)
	}
	l := open(t, dir)
	defer l.Close()
	day := time.Date(2025, 3, 30, 0, 0, 0, 0, time.UTC)
	o := ledger.Scrubbing{Pace: 100 << 20, Span: func(r ledger.Record) (from, to time.Time, ok bool) {
		from = day.Add(time.Duration(r.Sequence) * time.Hour)
		return from, from.Add(time.Minute), true
	}}
	var got []ledger.Damage
	found, err := ledger.Scrub(t.Context(), l, o, func(d ledger.Damage) error { got = append(got, d); return nil })
	if err != nil || found.Records != few-3 || found.Lost != 3 || found.Last != few {
		t.Errorf("Scrub() = %+v, %v", found, err)
	}
	want := []ledger.Damage{
		{Missing: ledger.Missing{From: 4, To: 5}, After: day.Add(3*time.Hour + time.Minute), Before: day.Add(6 * time.Hour)},
		{Missing: ledger.Missing{From: 9, To: 9}, After: day.Add(8*time.Hour + time.Minute), Before: day.Add(10 * time.Hour)},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("Scrub reported %v, want %v", got, want)
	}
}

func TestAHealedFactIsThere(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	for n := range uint64(3) {
		f := ledger.Fact{Kind: "lesson", Key: "one", Body: fmt.Appendf(nil, `"%s"`, strings.Repeat(fmt.Sprint(n), 50))}
		if _, err := l.Put(t.Context(), n, f); err != nil {
			t.Fatal(err)
		}
	}
	var copies []ledger.Record
	if err := l.Read(t.Context(), 0, func(r ledger.Record) error {
		r.Data = bytes.Clone(r.Data)
		copies = append(copies, r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(messages(dir, "1.blk"))
	if err != nil {
		t.Fatal(err)
	}
	overwrite(t, messages(dir, "1.blk"), bytes.Replace(data, []byte("1111"), []byte("1211"), 1))
	l = open(t, dir)
	defer l.Close()
	if list, err := l.Versions(t.Context(), "lesson", "one"); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Fatalf("Versions() = %v, %v; want that version 2 is gone", list, err)
	}
	if err := l.Heal(t.Context(), copies[1]); err != nil {
		t.Fatal(err)
	}
	if list, err := l.Versions(t.Context(), "lesson", "one"); err != nil || len(list) != 3 || !bytes.Contains(list[1].Body, []byte("1111")) {
		t.Errorf("Versions() = %v, %v", list, err)
	}
}
