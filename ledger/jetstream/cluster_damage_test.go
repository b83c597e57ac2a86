package jetstream_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
)

// TestADamagedNodeGetsAllFromTheOthers damages a record on one node of three: the node says
// so, the others go on, and begun anew it has all of it again.
func TestADamagedNodeGetsAllFromTheOthers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts three servers")
	}
	t.Parallel()
	const records = 40
	c := openTown(t, t.TempDir())
	for n := ledger.Sequence(1); n <= records; n++ {
		if place, err := c.nodes[0].Append(t.Context(), "test", fmt.Sprint(n), content(n)); place != n || err != nil {
			t.Fatalf("Append() = %d, %v", place, err)
		}
	}
	whole := func(who string, l *jetstream.Ledger) {
		t.Helper()
		next := ledger.Sequence(1)
		err := l.Read(t.Context(), 0, func(r ledger.Record) error {
			if r.Sequence != next || !bytes.Equal(r.Data, content(next)) {
				t.Errorf("%s: record %d is %d", who, next, r.Sequence)
			}
			next++
			return nil
		})
		if err != nil || next != records+1 {
			t.Errorf("%s: Read() = %v up to %d", who, err, next-1)
		}
	}
	whole("before", c.nodes[2])
	if err := c.nodes[2].Close(); err != nil {
		t.Fatal(err)
	}
	o := node(t, c.dir, c.routes, 2)
	block := filepath.Join(o.Dir, "jetstream", "$G", "streams", "HONDERD", "msgs", "1.blk")
	info, err := os.Stat(block)
	if err != nil {
		t.Fatal(err)
	}
	size := float64(info.Size())
	flip(t, block, headOf(t, block, 5)+5_000/size) // in what it holds: the others are asked for that one
	if c.nodes[2], err = jetstream.Open(t.Context(), o); err != nil {
		t.Fatalf("Open() with a bit flipped in a record = %v", err)
	}
	whole("with a bit flipped", c.nodes[2])
	if err := c.nodes[2].Close(); err != nil {
		t.Fatal(err)
	}
	flip(t, block, headOf(t, block, 3)+5.5/size) // in its place in the stream: the server would fill the memory
	_, err = jetstream.Open(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "fix: move ") || !strings.Contains(err.Error(), "1.blk") {
		t.Fatalf("Open() of a damaged node = %v, want what to do", err)
	}
	if place, err := c.nodes[0].Append(t.Context(), "test", "without the third", content(records)); place != records+1 || err != nil {
		t.Errorf("the others: Append() = %d, %v", place, err)
	}
	if err := os.Rename(filepath.Join(o.Dir, "jetstream"), filepath.Join(o.Dir, "away")); err != nil {
		t.Fatal(err)
	}
	if c.nodes[2], err = jetstream.Open(t.Context(), o); err != nil {
		t.Fatalf("Open() of a node that begins anew = %v", err)
	}
	for i, l := range c.nodes {
		err := l.Read(t.Context(), records, func(ledger.Record) error { return nil })
		if err != nil {
			t.Errorf("node %d: %v", i, err)
		}
	}
	copied := func() (all []byte) {
		blocks, _ := filepath.Glob(filepath.Join(filepath.Dir(block), "*.blk"))
		for _, name := range blocks {
			p, _ := os.ReadFile(name)
			all = append(all, p...)
		}
		return all
	}
	until(t, func() bool { return bytes.Count(copied(), []byte("honderd.test")) >= records+1 })
	for _, l := range c.nodes {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	p := copied()
	for n := ledger.Sequence(1); n <= records; n++ {
		if !bytes.Contains(p, content(n)) {
			t.Errorf("the node that began anew lacks record %d", n)
		}
	}
}
