package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
)

// smallTown is an archive of a day in a small town, with a ledger to compare it with.
func smallTown(t *testing.T, s store) (*Archive, []*experience.Batch) {
	t.Helper()
	batches := townDays(t, 150, 1)
	return filled(t, s, batches), batches
}

// TestEveryDamageIsFound flips one bit, or cuts off the end, of one file at a time: what
// is read then is what was written, or it is said what is missing.
func TestEveryDamageIsFound(t *testing.T) {
	s := newShelf()
	_, batches := smallTown(t, s)
	names, _ := s.List(t.Context(), "")
	r := rand.New(rand.NewPCG(3, 4))
	a, err := openOn(t.Context(), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		whole := s.objects[name]
		for n := range 200 {
			hurt := slices.Clone(whole)
			if at := r.IntN(len(hurt)); n%3 == 0 {
				hurt = hurt[:at]
			} else {
				hurt[at] ^= 1 << r.IntN(8)
			}
			s.objects[name] = hurt
			if strings.HasPrefix(name, manifests) {
				again, err := openOn(t.Context(), s, Options{})
				if err != nil || again.now.encodeText() != a.now.encodeText() { // it has a twin
					t.Fatalf("%s: %v", name, err)
				}
				continue
			}
			f := a.now.Files[slices.IndexFunc(a.now.Files, func(f file) bool { return f.Name == name })]
			if _, err := a.fetch(t.Context(), &f); !isDamage(err) {
				t.Fatalf("%s: %v, want damage", name, err)
			}
			if n > 0 || i%3 > 0 {
				continue // all together takes long
			}
			list, err := a.Verify(t.Context(), nil)
			if err != nil || len(list) != 1 || list[0].Name != name || list[0].Rows == 0 {
				t.Fatalf("%s: Verify() = %v, %v; want it", name, list, err)
			}
			checkAround(t, a, list[0], batches)
		}
		s.objects[name] = whole
	}
}

func (m *manifest) encodeText() string {
	p, err := m.encode()
	return fmt.Sprint(string(p), err)
}

// checkAround fails unless all is read but what is damaged, and that is said.
func checkAround(t *testing.T, a *Archive, d *Damage, batches []*experience.Batch) {
	t.Helper()
	if strings.HasPrefix(d.Name, facts) {
		err := a.Facts(t.Context(), 0, func(Fact) error { return nil })
		if got, is := errors.AsType[*Damage](err); !is || got.Name != d.Name {
			t.Fatalf("Facts() = %v, want damage of %s", err, d.Name)
		}
		return
	}
	count := func(*experience.Batch) error { return nil }
	if _, is := errors.AsType[*Damage](a.Read(t.Context(), Query{}, count)); !is {
		t.Fatal("Read() says nothing of the damage")
	}
	var heard []*Damage
	rows := int64(0)
	err := a.Read(t.Context(), Query{Damaged: func(d *Damage) error { heard = append(heard, d); return nil }}, func(b *experience.Batch) error {
		rows += int64(len(b.Items))
		return nil
	})
	all := int64(0)
	for _, b := range batches {
		all += int64(len(b.Items))
	}
	if err != nil || len(heard) != 1 || heard[0].Name != d.Name || rows != all-d.Rows || d.From.After(d.To) || d.To.Sub(d.From) > time.Hour {
		t.Fatalf("Read() gave %d of %d, heard of %v, %v", rows, all, heard, err)
	}
}

// TestDecodersOutliveAnything decodes damaged bytes whose checksum is right: whatever
// comes, it is an error or the right number of rows, never a panic.
func TestDecodersOutliveAnything(t *testing.T) {
	s := newShelf()
	a, _ := smallTown(t, s)
	r := rand.New(rand.NewPCG(5, 6))
	for i := range a.now.Files[:6] {
		f := a.now.Files[i]
		whole := s.objects[f.Name]
		for range 300 {
			hurt := slices.Clone(whole)
			for range 1 + r.IntN(3) {
				hurt[r.IntN(len(hurt))] ^= byte(1 + r.IntN(255))
			}
			f.Bytes, f.Sum = int64(len(hurt)), sum(hurt)
			if err := examine(hurt, &f); err == nil && !f.isFacts() && !bytes.Equal(hurt, whole) {
				// What the rows do not depend on may change: then they are all right.
				if got := rowsOf(t, hurt, &f); got != rowsOf(t, whole, &f) {
					t.Fatalf("%s: other rows, and nobody noticed", f.Name)
				}
			}
		}
	}
}

func rowsOf(t *testing.T, p []byte, f *file) string {
	t.Helper()
	in := newTexts()
	c, err := newCursor(p, f, in, allColumns)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	s := newRowSum()
	for {
		if r, err := c.head(); err != nil || r == nil {
			return fmt.Sprint(s.text(), err)
		}
		s.add(c.rows, in)
		c.rows = nil
	}
}

// TestFilesOfOthersStay lays strange files into the archive, and what a crash leaves.
func TestFilesOfOthersStay(t *testing.T) {
	dir := t.TempDir()
	strange := []string{"README.txt", "experiences/notes.parquet", "facts/old.json", "manifest/1.json", "experiences/date=2026-11-02/hour=09/x.parquet"}
	left := experiencesName(0, 1, 2, token())
	for _, name := range append(slices.Clone(strange), left) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if name == left {
			continue
		}
		if err := os.WriteFile(path, []byte("not ours"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, batches := smallTown(t, newFolder(dir))
	if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, left)), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, left), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), Options{Where: dir})
	if err != nil {
		t.Fatal(err)
	}
	same(t, a, batches)
	if err := a.Write(t.Context(), a.UpTo()+1, &experience.Batch{}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range strange {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, left)); err == nil {
		t.Error("what a crash left is still there")
	}
}

// TestAFolderThatMayNotBeWritten is read, and says so when it is written.
func TestAFolderThatMayNotBeWritten(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	_, batches := smallTown(t, newFolder(dir))
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if d.IsDir() {
			t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
			return os.Chmod(path, 0o500)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), Options{Where: dir})
	if err != nil {
		t.Fatal(err)
	}
	same(t, a, batches)
	if err := a.Write(t.Context(), a.UpTo()+1, batches[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "fix: let this user write there") {
		t.Errorf("Flush() = %v, want the way out", err)
	}
}

// TestAFolderThatIsNone opens what is not there, and what is a file.
func TestAFolderThatIsNone(t *testing.T) {
	dir := t.TempDir()
	a, err := Open(t.Context(), Options{Where: filepath.Join(dir, "not", "there")})
	if err != nil || a.UpTo() != 0 || a.Size() != (Size{}) {
		t.Fatalf("Open() of nothing = %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "not")); err == nil {
		t.Error("Open() made a folder")
	}
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Where: path}); err == nil || !strings.Contains(err.Error(), "fix: that is a file") {
		t.Errorf("Open() of a file = %v, want the way out", err)
	}
}

// TestWithoutManifestNothingIsRemoved takes the manifest away: the files may be all there
// is of the facts.
func TestWithoutManifestNothingIsRemoved(t *testing.T) {
	s := newShelf()
	smallTown(t, s)
	for name := range s.objects {
		if strings.HasPrefix(name, manifests) {
			delete(s.objects, name)
		}
	}
	_, err := openOn(t.Context(), s, Options{})
	if err == nil || !strings.Contains(err.Error(), "fix: put back a backup") {
		t.Errorf("Open() = %v, want the way out", err)
	}
}

// TestBothManifestsDamaged says so, and does not take the archive for empty.
func TestBothManifestsDamaged(t *testing.T) {
	s := newShelf()
	smallTown(t, s)
	for name, p := range s.objects {
		if strings.HasPrefix(name, manifests) {
			s.objects[name] = append([]byte("x"), p...)
		}
	}
	if _, err := openOn(t.Context(), s, Options{}); !errors.Is(err, errManifest) {
		t.Errorf("Open() = %v, want errManifest", err)
	}
}

// TestTwoArchivesOnOnePlace opens it twice: who writes last has it, and the other one is
// told and does no harm.
func TestTwoArchivesOnOnePlace(t *testing.T) {
	for name, s := range map[string]store{"memory": newShelf(), "folder": newFolder(t.TempDir())} {
		t.Run(name, func(t *testing.T) {
			batches := townDays(t, 150, 1)
			first := filled(t, s, batches[:len(batches)-1])
			second, err := openOn(t.Context(), s, Options{})
			if err != nil {
				t.Fatal(err)
			}
			seq := ledger.Sequence(len(batches))
			for _, a := range []*Archive{first, second} {
				if err := a.Write(t.Context(), seq, batches[seq-1]); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := second.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := first.Flush(t.Context()); !errors.Is(err, ledger.ErrBusy) {
					t.Errorf("Flush() of the first = %v, want ErrBusy", err)
				}
			}
			third, err := openOn(t.Context(), s, Options{})
			if err != nil {
				t.Fatal(err)
			}
			same(t, third, batches)
		})
	}
}

// TestAReaderKeepsItsFiles reads while the archive is compacted.
func TestAReaderKeepsItsFiles(t *testing.T) {
	s := newShelf()
	a, err := openOn(t.Context(), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	batches := townDays(t, 150, 1)
	for i, b := range batches {
		half := *b
		half.Items = b.Items[:len(b.Items)/2]
		rest := *b
		rest.Items = b.Items[len(b.Items)/2:]
		for j, part := range []*experience.Batch{&half, &rest} {
			if err := a.Write(t.Context(), ledger.Sequence(2*i+j+1), part); err != nil {
				t.Fatal(err)
			}
			if _, err := a.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, want, once := 0, 0, false
	for _, b := range batches {
		want += len(b.Items)
	}
	err = a.Read(t.Context(), Query{}, func(b *experience.Batch) error {
		got += len(b.Items)
		if !once {
			once = true
			if n, err := a.Compact(context.WithoutCancel(t.Context())); err != nil || n < 10 {
				t.Errorf("Compact() = %d, %v; want many", n, err)
			}
		}
		return nil
	})
	if err != nil || got != want {
		t.Errorf("Read() gave %d, %v; want %d", got, err, want)
	}
	if names, _ := s.List(t.Context(), ""); len(names) != len(a.now.Files)+2 {
		t.Errorf("%d files are there, want %d", len(names), len(a.now.Files)+2)
	}
}
