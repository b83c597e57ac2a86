package worst

import (
	"math"
	"math/rand/v2"
	"testing"
)

// long returns makers of long series, each hard for another reason.
func long() map[string]func(n int, r *rand.Rand) (good, all []int64) {
	return map[string]func(n int, r *rand.Rand) (good, all []int64){
		"shop":   shop,
		"quiet":  quiet,
		"steady": steady,
		"noise":  noise,
	}
}

// shop has days and nights, about 1000 people by day, a little noise, and some outages.
func shop(n int, r *rand.Rand) (good, all []int64) {
	good, all = make([]int64, n), make([]int64, n)
	for i := range all {
		day := 0.02 + max(0, math.Sin(2*math.Pi*float64(i)/1440))
		all[i] = int64(1000*60_000*day) + r.Int64N(60_000)
		good[i] = all[i] - r.Int64N(1+all[i]/1000)
	}
	for range 1 + n/20_000 {
		at, depth := r.IntN(n), r.Float64()
		for i := at; i < min(n, at+1+int(math.Exp(6*r.Float64()))); i++ {
			good[i] = int64(float64(good[i]) * depth)
		}
	}
	return good, all
}

// quiet has a few people now and then, hardly ever a bad minute, and lonely visitors.
func quiet(n int, r *rand.Rand) (good, all []int64) {
	good, all = make([]int64, n), make([]int64, n)
	for i := range all {
		if r.IntN(3) > 0 {
			all[i] = r.Int64N(6) * 30_000
		}
		good[i] = all[i]
		if r.IntN(500) == 0 {
			good[i] /= 2
		}
	}
	return good, all
}

// steady is the same in every minute: all windows are equal.
func steady(n int, _ *rand.Rand) (good, all []int64) {
	good, all = make([]int64, n), make([]int64, n)
	for i := range all {
		good[i], all[i] = 59_700_000, 60_000_000
	}
	return good, all
}

// noise has a share of 1% bad, more or less, in every minute.
func noise(n int, r *rand.Rand) (good, all []int64) {
	good, all = make([]int64, n), make([]int64, n)
	for i := range all {
		all[i] = 60_000_000
		good[i] = all[i] - r.Int64N(1_200_000)
	}
	return good, all
}

const year = 525_600

func BenchmarkOf(b *testing.B) {
	for name, maker := range long() {
		b.Run(name, func(b *testing.B) {
			s := New(maker(year, rand.New(rand.NewPCG(1, 1))))
			for b.Loop() {
				for _, w := range Sizes(year) {
					s.Of(w, Support{Time: 60_000})
				}
			}
		})
	}
}

func BenchmarkAll(b *testing.B) {
	for name, maker := range long() {
		b.Run(name, func(b *testing.B) {
			good, all := maker(year, rand.New(rand.NewPCG(1, 1)))
			for b.Loop() {
				s := New(good, all)
				for k, w := range Sizes(year) {
					if k > 0 && w == Sizes(year)[k-1] {
						continue
					}
					s.Of(w, Support{Time: s.LeastTime(w)})
				}
			}
		})
	}
}

func BenchmarkAtLeast(b *testing.B) {
	for name, maker := range long() {
		b.Run(name, func(b *testing.B) {
			s := New(maker(year, rand.New(rand.NewPCG(1, 1))))
			for b.Loop() {
				for _, w := range Sizes(year) {
					s.AtLeast(w, Support{Time: 60_000})
				}
			}
		})
	}
}
