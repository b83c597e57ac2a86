package jetstream_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
)

// intact is how many records the ledgers of these tests have: four blocks of 8 MiB.
const intact = 280

// content returns the data of record n: 100 KB that hold no other record's.
func content(n ledger.Sequence) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%9d;", n), 10_000)
}

// template returns the folder of a closed ledger with that many records.
func template(t *testing.T, records ledger.Sequence) string {
	t.Helper()
	dir := t.TempDir()
	l := open(t, dir)
	for n := ledger.Sequence(1); n <= records; n++ {
		if place, err := l.Append(t.Context(), "test", fmt.Sprint(n), content(n)); place != n || err != nil {
			t.Fatalf("Append() = %d, %v", place, err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	return dir
}

// copied returns a copy of the folder from.
func copied(t *testing.T, from string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// messages returns the path of a file among the stored messages.
func messages(dir, name string) string {
	return filepath.Join(dir, "jetstream", "$G", "streams", "HONDERD", "msgs", name)
}

// flip changes one bit of a file, at that share of its length.
func flip(t *testing.T, file string, at float64) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	i := min(int(at*float64(len(data))), len(data)-1)
	data[i] ^= 0x10
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// cut shortens a file to that share of its length.
func cut(t *testing.T, file string, to float64) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, int64(to*float64(info.Size()))); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

// headOf returns the share of the block at which the head of its n-th record is.
func headOf(t *testing.T, file string, n int) float64 {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for range n {
		next := bytes.Index(data[at+1:], []byte("honderd.test")) // 22 bytes of head come before
		if next < 0 {
			t.Fatalf("%s has no record %d", file, n)
		}
		at += 1 + next
	}
	return float64(at-22) / float64(len(data))
}

// report is what a damaged ledger says of itself.
type report struct {
	opened  error            // what Open said; with it nothing can be read
	read    int              // records that came back as they were
	missing []ledger.Missing // in the order in which they were reported
}

// total returns how many records the report accounts for.
func (r report) total() int {
	n := r.read
	for _, m := range r.missing {
		n += int(m.To - m.From + 1)
	}
	return n
}

// inspect reads a ledger as somebody who goes on after each Missing, and fails t
// when a record is wrong or left out without a word. Then it appends one more.
func inspect(t *testing.T, dir string) report { return inspectOf(t, dir, intact) }

// inspectOf is inspect for a ledger of that many records.
func inspectOf(t *testing.T, dir string, records int) report {
	t.Helper()
	l, err := jetstream.Open(t.Context(), options(t, dir))
	if err != nil {
		return report{opened: err}
	}
	defer l.Close()
	var r report
	after := ledger.Sequence(0)
	for {
		err := l.Read(t.Context(), after, func(rec ledger.Record) error {
			if rec.Sequence != after+1 || !bytes.Equal(rec.Data, content(rec.Sequence)) {
				t.Errorf("record %d came after %d, right: %v", rec.Sequence, after, bytes.Equal(rec.Data, content(rec.Sequence)))
			}
			after = rec.Sequence
			r.read++
			return nil
		})
		if err == nil {
			break
		}
		m, ok := errors.AsType[ledger.Missing](err)
		if !ok || m.From != after+1 || m.To < m.From {
			t.Fatalf("Read(after %d) = %v, want a Missing from %d", after, err, after+1)
		}
		r.missing = append(r.missing, m)
		after = m.To
	}
	if r.total() != records {
		t.Errorf("%d records read and missing %v: %d in all, want %d", r.read, r.missing, r.total(), records)
	}
	if place, err := l.Append(t.Context(), "test", "more", []byte("more")); place != ledger.Sequence(records)+1 || err != nil {
		if _, ok := errors.AsType[ledger.Missing](err); !ok {
			t.Errorf("Append() to a damaged ledger = %d, %v; want %d, or a Missing", place, err, records+1)
		}
		r.opened = err
	}
	return r
}

func TestDamageIsReported(t *testing.T) {
	whole := template(t, intact)
	blk := func(dir string, n int) string { return messages(dir, fmt.Sprintf("%d.blk", n)) }
	index := func(dir string) string { return messages(dir, "index.db") }
	tests := []struct {
		name   string
		crash  bool // the index of the stream was not written at the end
		damage func(t *testing.T, dir string)
		most   int // records that may be lost
	}{
		{"nothing", false, func(*testing.T, string) {}, 0},
		{"nothing, crash", true, func(*testing.T, string) {}, 0},
		{"bit in data", false, func(t *testing.T, dir string) { flip(t, blk(dir, 2), 0.5) }, 1},
		{"bit in data, crash", true, func(t *testing.T, dir string) { flip(t, blk(dir, 2), 0.5) }, 80},
		{"bit in a head", false, func(t *testing.T, dir string) { flip(t, blk(dir, 2), headOf(t, blk(dir, 2), 5)) }, 80},
		{"bit in a head, crash", true, func(t *testing.T, dir string) { flip(t, blk(dir, 2), headOf(t, blk(dir, 2), 5)) }, 80},
		{"bit in the last block", false, func(t *testing.T, dir string) { flip(t, blk(dir, 4), 0.5) }, 1},
		{"bit in the last block, crash", true, func(t *testing.T, dir string) { flip(t, blk(dir, 4), 0.5) }, 80},
		{"bit in the last head", false, func(t *testing.T, dir string) { flip(t, blk(dir, 4), headOf(t, blk(dir, 4), 3)) }, 80},
		{"block cut", false, func(t *testing.T, dir string) { cut(t, blk(dir, 2), 0.3) }, 80},
		{"block cut, crash", true, func(t *testing.T, dir string) { cut(t, blk(dir, 2), 0.3) }, 80},
		{"block empty", false, func(t *testing.T, dir string) { cut(t, blk(dir, 2), 0) }, 90},
		{"last block cut", false, func(t *testing.T, dir string) { cut(t, blk(dir, 4), 0.3) }, 80},
		{"last block cut, crash", true, func(t *testing.T, dir string) { cut(t, blk(dir, 4), 0.3) }, 80},
		{"first block gone", false, func(t *testing.T, dir string) { remove(t, blk(dir, 1)) }, 90},
		{"first block gone, crash", true, func(t *testing.T, dir string) { remove(t, blk(dir, 1)) }, 90},
		{"block gone", false, func(t *testing.T, dir string) { remove(t, blk(dir, 3)) }, 90},
		{"block gone, crash", true, func(t *testing.T, dir string) { remove(t, blk(dir, 3)) }, 90},
		{"last block gone", false, func(t *testing.T, dir string) { remove(t, blk(dir, 4)) }, 90},
		{"last block gone, crash", true, func(t *testing.T, dir string) { remove(t, blk(dir, 4)) }, 90},
		{"index damaged", false, func(t *testing.T, dir string) { flip(t, index(dir), 0.5) }, 0},
		{"mark gone", false, func(t *testing.T, dir string) { remove(t, filepath.Join(dir, "honderd.mark")) }, 0},
		{"mark damaged", false, func(t *testing.T, dir string) { flip(t, filepath.Join(dir, "honderd.mark"), 0) }, 0},
		{"description of the stream damaged", false, func(t *testing.T, dir string) { flip(t, messages(dir, "../meta.inf"), 0.5) }, 0},
		{"description of the stream gone", false, func(t *testing.T, dir string) { remove(t, messages(dir, "../meta.inf")) }, 0},
	}
	for i, tt := range tests {
		if i%every != 0 {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			dir := copied(t, whole)
			if tt.crash {
				remove(t, index(dir))
			}
			tt.damage(t, dir)
			r := inspect(t, dir)
			t.Logf("open: %v; read %d, missing %v", r.opened, r.read, r.missing)
			if _, ok := errors.AsType[ledger.Missing](r.opened); r.opened != nil && !ok {
				t.Errorf("Open() = %v, want a Missing", r.opened)
			}
			if tt.most > 0 && r.opened == nil && len(r.missing) == 0 || tt.most == 0 && (r.opened != nil || len(r.missing) > 0) {
				t.Errorf("reported %v and %v with at most %d lost", r.opened, r.missing, tt.most)
			}
			if lost := intact - r.read; r.opened == nil && lost > tt.most {
				t.Errorf("%d records lost, want at most %d", lost, tt.most)
			}
		})
	}
}

// TestNoBitOfTheHeaderLengthIsTrusted flips each bit of the one field that the
// store's own checksum leaves out: four bytes after the subject.
func TestNoBitOfTheHeaderLengthIsTrusted(t *testing.T) {
	const few = 3
	for bit := range 32 {
		dir := t.TempDir()
		l := open(t, dir)
		for n := ledger.Sequence(1); n <= few; n++ {
			if _, err := l.Append(t.Context(), "test", fmt.Sprint(n), fmt.Appendf(nil, "fact %d", n)); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		flipLength(t, messages(dir, "1.blk"), bit)
		l = open(t, dir)
		var got []string
		keep := func(r ledger.Record) error { got = append(got, string(r.Data)); return nil }
		err := l.Read(t.Context(), 0, keep)
		m, ok := errors.AsType[ledger.Missing](err)
		if !ok || m != (ledger.Missing{From: 2, To: 2}) {
			t.Errorf("bit %d: Read() = %v, want record 2 missing", bit, err)
		}
		if err := l.Read(t.Context(), 2, keep); err != nil || !slices.Equal(got, []string{"fact 1", "fact 3"}) {
			t.Errorf("bit %d: Read() = %v and gave %q", bit, err, got)
		}
		if err := l.Close(); err != nil {
			t.Errorf("bit %d: Close() = %v", bit, err)
		}
	}
}

// flipLength flips that bit in the header length of the second record.
func flipLength(t *testing.T, file string, bit int) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	subject := []byte("honderd.test")
	first := bytes.Index(data, subject)
	at := first + 1 + bytes.Index(data[first+1:], subject) + len(subject)
	data[at+bit/8] ^= 1 << (bit % 8)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAnyFlippedBitIsHarmlessOrReported flips bits anywhere, reads while the
// ledger is open, and reads again after opening it again.
func TestAnyFlippedBitIsHarmlessOrReported(t *testing.T) {
	whole := template(t, intact)
	rounds := 10 / every
	if os.Getenv("HONDERD_SOAK") != "" {
		rounds = 1000
	}
	for round := range rounds {
		dice := rand.New(rand.NewPCG(7, uint64(round)))
		dir := copied(t, whole)
		files, err := filepath.Glob(messages(dir, "*"))
		if err != nil || len(files) < 5 {
			t.Fatalf("stored files: %v, %v", files, err)
		}
		for range 1 + dice.IntN(3) {
			flip(t, files[dice.IntN(len(files))], dice.Float64())
		}
		first := inspect(t, dir)
		t.Logf("round %d: open %v, read %d, missing %v", round, first.opened, first.read, first.missing)
		if t.Failed() || slices.ContainsFunc(first.missing, func(m ledger.Missing) bool { return m.To > intact }) {
			t.Fatalf("round %d", round)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}
