package intake

import (
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold"
	"github.com/honderd/honderd/fold/foldtest"
)

func TestSuite(t *testing.T) { foldtest.Run(t, func() fold.Fold { return New() }) }

func TestTheLargestAddressIsNeverForgotten(t *testing.T) {
	f := New()
	for i := range uint64(5000) {
		f.Apply(&experience.Batch{Source: "log", Tally: experience.Tally{Lines: 10, Addresses: []experience.AddressCount{
			{Hash: 7, Count: 4}, {Hash: 100 + i, Count: 2},
		}}})
	}
	if a := f.Answer(); a.Largest != 20_000 || a.Total.Lines != 50_000 || len(f.addresses) > maxAddresses {
		t.Errorf("largest %d of %d lines, %d addresses kept", a.Largest, a.Total.Lines, len(f.addresses))
	}
}

func TestEachSourceGoesOnWhereItWas(t *testing.T) {
	f := New()
	f.Apply(&experience.Batch{Source: "a", Position: "1"})
	f.Apply(&experience.Batch{Source: "b", Position: "2"})
	f.Apply(&experience.Batch{Source: "a", Position: "3"})
	if f.Position("a") != "3" || f.Position("b") != "2" || f.Position("c") != "" {
		t.Errorf("positions %q %q %q", f.Position("a"), f.Position("b"), f.Position("c"))
	}
}
