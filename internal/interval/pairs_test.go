package interval

import (
	"math"
	"testing"
)

func TestPairs(t *testing.T) {
	p := Pairs{Both: 60, Neither: 20, OnlyControl: 13, OnlyHurt: 7}
	if net, ok := p.Net(); !ok || math.Abs(net+0.06) > 1e-12 {
		t.Errorf("net = %v, want -6 points", net)
	}
	if f, ok := p.Forgiveness(); !ok || math.Abs(f-0.91781) > 5e-6 {
		t.Errorf("forgiveness = %v, want .91781", f)
	}
	if got, want := p.Chance(), 2*137980.0/(1<<20); math.Abs(got-want) > 1e-9 {
		t.Errorf("chance = %v, want %v: not proven", got, want)
	}
	if (Pairs{}).Chance() != 1 {
		t.Error("no pair proves something")
	}
	if _, ok := (Pairs{}).Net(); ok {
		t.Error("no pairs have an outcome")
	}
}
