// Package foldtest is the suite that every fold passes.
package foldtest

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold"
)

// Run holds the folds that open makes to the contract: the same facts give the same
// bytes, however they are cut into batches, and a fold goes on from its saved state as
// if nothing had happened.
func Run(t *testing.T, open func() fold.Fold) {
	batches := Facts(7, 40)
	want := save(t, apply(open(), batches))

	t.Run("same facts same bytes", func(t *testing.T) {
		if !bytes.Equal(save(t, apply(open(), batches)), want) {
			t.Error("two folds of the same facts differ")
		}
	})
	t.Run("goes on from any checkpoint", func(t *testing.T) {
		for cut := 0; cut <= len(batches); cut += 7 {
			f := open()
			load(t, f, save(t, apply(open(), batches[:cut])))
			if !bytes.Equal(save(t, apply(f, batches[cut:])), want) {
				t.Fatalf("going on after batch %d gives another state", cut)
			}
		}
	})
	t.Run("batches are not kept", func(t *testing.T) {
		f := open()
		var b experience.Batch
		for _, give := range Facts(7, 40) {
			b = *give
			f.Apply(&b)
			clear(b.Items)
			clear(b.Journeys)
			clear(b.Steps)
		}
		if !bytes.Equal(save(t, f), want) {
			t.Error("the fold keeps memory of the batch")
		}
	})
	t.Run("damage is an error and changes nothing", func(t *testing.T) {
		f := apply(open(), batches)
		for _, p := range [][]byte{nil, []byte("x"), want[:len(want)/2], want[:len(want)-1], append(bytes.Clone(want), 0)} {
			if err := f.UnmarshalBinary(p); err == nil {
				t.Errorf("a damaged state of %d bytes was accepted", len(p))
			}
		}
		if !bytes.Equal(save(t, f), want) {
			t.Error("a refused state left something behind")
		}
	})
}

func apply(f fold.Fold, batches []*experience.Batch) fold.Fold {
	for _, b := range batches {
		f.Apply(b)
	}
	return f
}

func save(t *testing.T, f fold.Fold) []byte {
	t.Helper()
	p, err := f.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func load(t *testing.T, f fold.Fold, p []byte) {
	t.Helper()
	if err := f.UnmarshalBinary(p); err != nil {
		t.Fatal(err)
	}
}

// Facts returns n batches of experiences of a few hundred people, with some disorder,
// drawn from seed.
func Facts(seed uint64, n int) []*experience.Batch {
	r := rand.New(rand.NewPCG(seed, 1))
	now := time.Date(2026, 3, 28, 20, 0, 0, 0, time.UTC).UnixMilli()
	list := make([]*experience.Batch, n)
	for i := range list {
		b := &experience.Batch{
			Source: "town", Position: string(rune('a' + i%26)),
			Journeys: []string{"", "/shop", "/search"}, Steps: []string{"", "GET /shop/:id", "POST /shop/pay"},
			Tally: experience.Tally{
				Lines: 110, Parsed: 108, Robots: 5, Probes: 3, Formats: map[string]int64{"combined": 108},
				Rejects:   map[string]experience.Reject{"no time": {Count: 2, Examples: []string{"x", "y"}}},
				Addresses: []experience.AddressCount{{Hash: r.Uint64N(5), Count: 40}, {Hash: 9, Count: 3}},
			},
		}
		for range 100 {
			now += r.Int64N(4000)
			b.Items = append(b.Items, fact(r, now))
		}
		list[i] = b
	}
	return list
}

func fact(r *rand.Rand, now int64) experience.Experience {
	e := experience.Experience{
		Person: experience.Person(1 + r.Uint64N(300)), At: now - r.Int64N(60_000),
		Journey: uint16(r.IntN(3)), Part: r.IntN(3) == 0, Wait: r.Uint32N(3000),
	}
	switch r.IntN(12) {
	case 0:
		e.Cause, e.Step = experience.Causes()[r.IntN(len(experience.Causes()))], uint16(r.IntN(3))
	case 1:
		e.Mask, e.Step = experience.Masks()[r.IntN(len(experience.Masks()))], uint16(r.IntN(3))
	}
	return e
}
