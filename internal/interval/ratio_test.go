package interval

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// V18 of reference/metric.md, section 5.
func TestVectorV18(t *testing.T) {
	var r Ratio
	r.Add(10, 10)
	r.Add(10, 10)
	r.Add(0, 10)
	ratio, ok := r.Value()
	if !ok || ratio != 2./3 || r.Variance() != 1./9 {
		t.Errorf("ratio %v, variance %v, want 2/3 and 1/9", ratio, r.Variance())
	}
	if got := r.Effective(); !near(got, 2, 1e-15) {
		t.Errorf("Effective() = %v, want 2", got)
	}
	if got := r.Carriers(); got != 1 {
		t.Errorf("Carriers() = %v, want the one who lost all", got)
	}
	low, high, ok := r.Interval()
	if l, h := WilsonEffective(2./3, 2./9); !near(low, l, 1e-12) || !near(high, h, 1e-12) || !ok {
		t.Errorf("Interval() = %v to %v, %v, want %v to %v", low, high, ok, l, h)
	}
}

func TestCarriers(t *testing.T) {
	tests := []struct {
		name string
		lost []int64 // of 100 each
		want float64
	}{
		{"nobody", []int64{0, 0, 0, 0}, 0},
		{"one", []int64{0, 7, 0, 0}, 1},
		{"two of four", []int64{7, 7, 0, 0}, 2},
		{"one and a little", []int64{90, 10, 0, 0}, 10_000. / 8200},
		{"everybody", []int64{100, 100, 100, 100}, 0},
		{"all but one", []int64{100, 100, 100, 0}, 1},
	}
	for _, tt := range tests {
		var r Ratio
		for _, lost := range tt.lost {
			r.Add(100-lost, 100)
		}
		if got := r.Carriers(); got != tt.want {
			t.Errorf("%s: Carriers() = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestRatioOfTooLittle(t *testing.T) {
	of := func(pairs ...int64) *Ratio {
		var r Ratio
		for i := 0; i < len(pairs); i += 2 {
			r.Add(pairs[i], pairs[i+1])
		}
		return &r
	}
	tests := []struct {
		name       string
		give       *Ratio
		variance   float64
		effective  float64
		ok         bool
		low, upper float64
	}{
		{"nobody", of(), math.NaN(), 0, false, 0, 1},
		{"one", of(5, 10), math.NaN(), 1, false, 0, 1},
		{"two without time", of(0, 0, 0, 0), math.NaN(), 2, false, 0, 1},
		{"all good", of(10, 10, 20, 20, 30, 30), 0, 3, true, 0.4385030, 1},
		{"all bad", of(0, 10, 0, 20, 0, 30), 0, 3, true, 0, 0.5614970},
		{"all alike", of(5, 10, 10, 20), 0, 2, true, 0.0223, 0.9777},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := tt.give.Variance()
			if v != tt.variance && !(math.IsNaN(v) && math.IsNaN(tt.variance)) || tt.give.Effective() != tt.effective {
				t.Errorf("variance %v, effective %v, want %v and %v", v, tt.give.Effective(), tt.variance, tt.effective)
			}
			low, high, ok := tt.give.Interval()
			if !near(low, tt.low, 1e-4) || !near(high, tt.upper, 1e-4) || ok != tt.ok {
				t.Errorf("Interval() = %v to %v, %v; want %v to %v, %v", low, high, ok, tt.low, tt.upper, tt.ok)
			}
		})
	}
}

// pair draws a person, from hardly there to there for 139 years.
func pair(t *rapid.T) [2]int64 {
	all := rapid.OneOf(rapid.Int64Range(0, 100), rapid.Int64Range(0, 1<<42)).Draw(t, "t")
	return [2]int64{rapid.Int64Range(0, all).Draw(t, "u"), all}
}

func TestRatioIsItsPartsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.SliceOfN(rapid.Custom(pair), 0, 20).Draw(t, "people")
		var whole Ratio
		for _, p := range people {
			whole.Add(p[0], p[1])
		}
		var parts [3]Ratio
		for _, p := range rapid.Permutation(people).Draw(t, "order") {
			q := pair(t) // somebody whose time was known wrongly at first
			part := &parts[rapid.IntRange(0, 2).Draw(t, "part")]
			part.Remove(q[0], q[1])
			part.Add(p[0], p[1])
			part.Add(q[0], q[1])
		}
		var merged Ratio
		for _, k := range rapid.Permutation([]int{0, 1, 2}).Draw(t, "merge") {
			merged.Merge(parts[k])
		}
		if merged != whole {
			t.Fatalf("merged %+v, want %+v", merged, whole)
		}
	})
}

func TestVarianceIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.SliceOfN(rapid.Custom(pair), 2, 20).Draw(t, "people")
		var r Ratio
		good, all := new(big.Rat), new(big.Rat)
		for _, p := range people {
			r.Add(p[0], p[1])
			good.Add(good, big.NewRat(p[0], 1))
			all.Add(all, big.NewRat(p[1], 1))
		}
		if all.Sign() == 0 {
			return
		}
		ratio, sum := new(big.Rat).Quo(good, all), new(big.Rat)
		for _, p := range people {
			e := new(big.Rat).Sub(big.NewRat(p[0], 1), new(big.Rat).Mul(ratio, big.NewRat(p[1], 1)))
			sum.Add(sum, e.Mul(e, e))
		}
		n := int64(len(people))
		sum.Mul(sum, big.NewRat(n, n-1)).Quo(sum, all.Mul(all, all))
		if want, _ := sum.Float64(); r.Variance() != want {
			t.Fatalf("Variance() = %v, want %v", r.Variance(), want)
		}
	})
}

// A hundred million people, each there as long as can be, must fit.
func TestRatioHasRoomForEverybody(t *testing.T) {
	var all Ratio
	all.Add(1<<42, 1<<42)
	for range 27 { // 2^27 people
		all.Merge(all)
	}
	if ratio, ok := all.Value(); !ok || ratio != 1 || all.N != 1<<27 || all.Variance() != 0 {
		t.Errorf("%+v: ratio %v, variance %v", all, ratio, all.Variance())
	}
}

func BenchmarkAdd(b *testing.B) {
	var r Ratio
	for i := range int64(b.N) {
		r.Add(i, i+1000)
	}
}

func BenchmarkInterval(b *testing.B) {
	var r Ratio
	for i := range int64(1000) {
		r.Add(i*60_000, (i+i%17)*60_000)
	}
	for b.Loop() {
		r.Interval()
	}
}
