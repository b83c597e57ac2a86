package interval

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func near(got, want, by float64) bool { return math.Abs(got-want) <= by }

// The worked examples of Newcombe, Two-sided confidence intervals for the single
// proportion, Statistics in Medicine 17 (1998), table I, method 3, to the last digit.
func TestWilson(t *testing.T) {
	tests := []struct {
		k, n      int64
		low, high float64
	}{
		{81, 263, .2553, .3662},
		{15, 148, .0624, .1605},
		{0, 20, 0, .1611},
		{1, 29, .0061, .1718},
		{28, 29, 1 - .1718, 1 - .0061},
	}
	for _, tt := range tests {
		low, high := Wilson(tt.k, tt.n)
		if !near(low, tt.low, 5e-5) || !near(high, tt.high, 5e-5) {
			t.Errorf("Wilson(%d, %d) = %v to %v, want %v to %v", tt.k, tt.n, low, high, tt.low, tt.high)
		}
	}
	if _, high := Wilson(0, 10); !near(high, z*z/(10+z*z), 1e-15) {
		t.Errorf("Wilson(0, 10) ends at %v, want z²/(n+z²)", high)
	}
	if low, _ := Wilson(0, 7); low != 0 {
		t.Errorf("Wilson(0, 7) begins at %v, want 0 exactly", low)
	}
	if _, high := Wilson(7, 7); high != 1 {
		t.Errorf("Wilson(7, 7) ends at %v, want 1 exactly", high)
	}
}

func TestWilsonHoldsTheShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1<<40).Draw(t, "n")
		k := rapid.Int64Range(0, n).Draw(t, "k")
		p := float64(k) / float64(n)
		low, high := Wilson(k, n)
		if low < 0 || high > 1 || low > p || high < p {
			t.Fatalf("Wilson(%d, %d) = %v to %v, without %v", k, n, low, high, p)
		}
		if l, h := WilsonEffective(p, float64(n)*2); l < low-1e-15 || h > high+1e-15 {
			t.Fatalf("of twice as many it is wider: %v to %v, %v to %v", l, h, low, high)
		}
		l, h := Wilson(n-k, n)
		if !near(l, 1-high, 1e-9) || !near(h, 1-low, 1e-9) {
			t.Fatalf("the other share has %v to %v, not the mirror of %v to %v", l, h, low, high)
		}
	})
}

func TestZeroBad(t *testing.T) {
	for n, want := range map[int64]float64{0: 1, 1: 1, 3: 1, 30: .1, 3000: .001} {
		if got := ZeroBad(n); got != want {
			t.Errorf("ZeroBad(%d) = %v, want %v", n, got, want)
		}
	}
	// The exact end solves (1-p)^n = 5%; the rule is on the safe side of it.
	for _, n := range []float64{10, 100, 1000} {
		exact, rule := 1-math.Pow(.05, 1/n), ZeroBad(int64(n))
		if rule < exact || rule > 1.16*exact {
			t.Errorf("ZeroBad(%v) = %v, exactly it is %v", n, rule, exact)
		}
	}
}

func TestPoisson1HasItsDistribution(t *testing.T) {
	// Each limit is floor(2^64·CDF): found by halving, and compared with the sum.
	want, term := new(big.Float).SetPrec(200), new(big.Float).SetPrec(200).SetInt64(1)
	e := new(big.Float).SetPrec(200)
	for k := range int64(60) {
		e.Add(e, term)
		term.Quo(term, big.NewFloat(float64(k+1)))
	}
	term.Quo(big.NewFloat(1), e)
	for k := range 20 {
		want.Add(want, term)
		term.Quo(term, new(big.Float).SetInt64(int64(k+1)))
		limit, _ := new(big.Float).SetMantExp(want, 64).Uint64()
		if below, at := Poisson1(limit-1), Poisson1(limit); below != k || at <= k {
			t.Errorf("around the limit of %d, Poisson1 = %d and %d", k, below, at)
		}
	}
	if Poisson1(0) != 0 || Poisson1(math.MaxUint64) != 21 {
		t.Errorf("the ends are %d and %d", Poisson1(0), Poisson1(math.MaxUint64))
	}
}

func TestWeightsAreIndependent(t *testing.T) {
	const people, replicas = 5000, 64
	var sum, squares, next, other, both float64
	for p := range uint64(people) {
		for b := range replicas {
			w := float64(Weight(p, b)) - 1
			sum, squares = sum+w, squares+w*w
			next += w * (float64(Weight(p, b+1)) - 1)
			other += w * (float64(Weight(p+1, b)) - 1)
			both += (float64(Weight(p+1, b)) - 1) * (float64(Weight(p, b+1)) - 1)
		}
	}
	const n, by = people * replicas, .01 // five deviations are 5/sqrt(n) = 0.009
	if !near(sum/n, 0, by) || !near(squares/n, 1, 2*by) || !near(next/n, 0, by) || !near(other/n, 0, by) || !near(both/n, 0, by) {
		t.Errorf("mean %v, variance %v, of neighbours %v, %v and %v, want 0, 1, 0, 0, 0", sum/n, squares/n, next/n, other/n, both/n)
	}
}

func TestPercentiles(t *testing.T) {
	list := []float64{}
	for i := range 41 {
		list = append(list, float64(40-i))
	}
	tests := []struct {
		name      string
		give      []float64
		low, high float64
		ok        bool
	}{
		{"nothing", nil, 0, 0, false},
		{"one", []float64{7}, 7, 7, true},
		{"two", []float64{1, 0}, .025, .975, true},
		{"0 to 40", list, 1, 39, true},
	}
	for _, tt := range tests {
		low, high, ok := Percentiles(tt.give)
		if !near(low, tt.low, 1e-12) || !near(high, tt.high, 1e-12) || ok != tt.ok {
			t.Errorf("%s: Percentiles() = %v to %v, %v; want %v to %v, %v", tt.name, low, high, ok, tt.low, tt.high, tt.ok)
		}
	}
	if list[0] != 40 {
		t.Error("Percentiles changed the order of what it was given")
	}
}
