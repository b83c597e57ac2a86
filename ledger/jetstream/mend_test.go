package jetstream_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/honderd/honderd/ledger"
)

// heads returns where the records of a block begin.
func heads(t *testing.T, file string) (list []int, p []byte) {
	t.Helper()
	p, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(p); at += int(binary.LittleEndian.Uint32(p[at:]) &^ (1 << 31)) {
		list = append(list, at)
	}
	return list, p
}

// TestAnyBitOfAHeadCostsOneRecord flips bits in every byte of the head of a record, and in
// its data: the ledger opens, only that record is missing, and it can be healed.
func TestAnyBitOfAHeadCostsOneRecord(t *testing.T) {
	plain := template(t, few)
	var block string
	for _, name := range files(t, plain) {
		if strings.HasSuffix(name, "HONDERD/msgs/1.blk") {
			block = name
		}
	}
	at, p := heads(t, filepath.Join(plain, block))
	if len(at) != few {
		t.Fatalf("%d records in the block, want %d", len(at), few)
	}
	for byteOf := range 24 { // the head and the first bytes of the subject
		for i, bit := range []int{0, 3, 7} {
			if (byteOf*3+i)%every != 0 {
				continue
			}
			t.Run(fmt.Sprintf("byte %d bit %d", byteOf, bit), func(t *testing.T) {
				dir := copied(t, plain)
				spoilt := bytes.Clone(p)
				spoilt[at[few/2]+byteOf] ^= 1 << bit
				overwrite(t, filepath.Join(dir, block), spoilt)
				r := inspectOf(t, dir, few)
				if r.opened != nil {
					t.Fatal(r.opened)
				}
				want := ledger.Missing{From: few/2 + 1, To: few/2 + 1}
				if len(r.missing) > 1 || len(r.missing) == 1 && r.missing[0] != want {
					t.Errorf("missing: %v, want %v alone", r.missing, want)
				}
				healAll(t, dir, r.missing)
			})
		}
	}
}

// TestABlockThatWasCutIsLeftToTheServer cuts a block as a crash does: nothing is mended.
func TestABlockThatWasCutIsLeftToTheServer(t *testing.T) {
	dir := template(t, few)
	for _, name := range files(t, dir) {
		if strings.HasSuffix(name, "HONDERD/msgs/1.blk") {
			cut(t, filepath.Join(dir, name), 0.999)
		}
	}
	r := inspectOf(t, dir, few)
	if _, err := os.Stat(filepath.Join(dir, "damaged")); err == nil {
		t.Errorf("a cut block was mended: %v, missing %v", r.opened, r.missing)
	}
}

// TestADamagedRecordCostsNoOther flips a bit of what a record holds, in a ledger whose index
// is gone, as in a backup.
func TestADamagedRecordCostsNoOther(t *testing.T) {
	dir := template(t, few)
	for _, name := range files(t, dir) {
		file := filepath.Join(dir, name)
		switch {
		case strings.HasSuffix(name, "index.db"):
			remove(t, file)
		case strings.HasSuffix(name, "HONDERD/msgs/1.blk"):
			at, p := heads(t, file)
			p[at[3]-10] ^= 1 // the end of the third
			overwrite(t, file, p)
		}
	}
	r := inspectOf(t, dir, few)
	if r.opened != nil || len(r.missing) != 1 || r.missing[0] != (ledger.Missing{From: 3, To: 3}) {
		t.Fatalf("Open() = %v, missing %v; want the third alone", r.opened, r.missing)
	}
	healAll(t, dir, r.missing)
}

// TestADamagedRecordCostsNoOtherWhenTheIndexIsOld is the same with an index that does not
// know the newest records, as a crash leaves it, and with one that is damaged.
func TestADamagedRecordCostsNoOtherWhenTheIndexIsOld(t *testing.T) {
	const before, after = 5, few
	dir := template(t, before)
	index := messages(dir, "index.db")
	old, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	l := open(t, dir)
	for n := ledger.Sequence(before + 1); n <= after; n++ {
		if _, err := l.Append(t.Context(), "test", fmt.Sprint(n), content(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	at, p := heads(t, messages(dir, "1.blk"))
	for name, spoil := range map[string]func(t *testing.T, index string){
		"old":     func(t *testing.T, index string) { overwrite(t, index, old) },
		"damaged": func(t *testing.T, index string) { flip(t, index, 0.5) },
		"short":   func(t *testing.T, index string) { overwrite(t, index, old[:7]) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := copied(t, dir)
			spoil(t, messages(dir, "index.db"))
			spoilt := bytes.Clone(p)
			spoilt[at[3]-10] ^= 1 // the end of the third
			overwrite(t, messages(dir, "1.blk"), spoilt)
			r := inspectOf(t, dir, after)
			if r.opened != nil || len(r.missing) != 1 || r.missing[0] != (ledger.Missing{From: 3, To: 3}) {
				t.Fatalf("Open() = %v, missing %v; want the third alone", r.opened, r.missing)
			}
			healAll(t, dir, r.missing)
		})
	}
}

// TestTwoDamagedRecordsCostNoOther spoils the head of one record, so that its block is
// written anew and the index goes, and what another holds, in a block before it.
func TestTwoDamagedRecordsCostNoOther(t *testing.T) {
	dir := template(t, intact)
	first, p := heads(t, messages(dir, "1.blk"))
	p[first[3]-10] ^= 1 // the end of the third
	overwrite(t, messages(dir, "1.blk"), p)
	second, p := heads(t, messages(dir, "2.blk"))
	p[second[4]+5] ^= 1 // the place of the fifth
	overwrite(t, messages(dir, "2.blk"), p)
	r := inspect(t, dir)
	spoilt := ledger.Sequence(len(first) + 5)
	want := []ledger.Missing{{From: 3, To: 3}, {From: spoilt, To: spoilt}}
	if r.opened != nil || !slices.Equal(r.missing, want) {
		t.Fatalf("Open() = %v, missing %v; want %v", r.opened, r.missing, want)
	}
}
