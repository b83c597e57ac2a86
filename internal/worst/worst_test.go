package worst

import (
	"math"
	"math/big"
	"testing"
)

// series makes a series of minutes with so much person-time, of which so much was bad.
func series(all, bad []int64) *Series {
	good := make([]int64, len(all))
	for i := range all {
		good[i] = all[i] - bad[i]
	}
	return New(good, all)
}

// Vectors of reference/metric.md, section 5.
func TestVectors(t *testing.T) {
	ten := []int64{10, 10, 10, 10, 10, 10}
	tests := []struct {
		name     string
		all, bad []int64
		time     int64
		want     []*big.Rat // of 1, 2, ... minutes
		least    []*big.Rat // of at least so many
	}{
		{
			"V8 one bad minute", ten, []int64{0, 0, 10, 0, 0, 0}, 0,
			rats(0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6), rats(0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6),
		},
		{"V9 longer can be worse", ten[:4], []int64{10, 0, 0, 10}, 0, rats(0, 1, 1, 2, 2, 3, 1, 2), rats(0, 1, 1, 2, 1, 2, 1, 2)},
		{"V10 a lonely visitor", []int64{10, 0, 10, 1}, []int64{0, 0, 0, 1}, 0, rats(0, 1, 10, 11, 10, 11, 20, 21), nil},
		{"V10 has no support", []int64{10, 0, 10, 1}, []int64{0, 0, 0, 1}, 5, rats(1, 1, 10, 11, 10, 11, 20, 21), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := series(tt.all, tt.bad)
			for i, want := range tt.want {
				if got := s.Of(i+1, Support{Time: tt.time}); share(got).Cmp(want) != 0 {
					t.Errorf("Of(%d) = %+v, want %v", i+1, got, want)
				}
			}
			for i, want := range tt.least {
				if got := s.AtLeast(i+1, Support{Time: tt.time}); share(got).Cmp(want) != 0 {
					t.Errorf("AtLeast(%d) = %+v, want %v", i+1, got, want)
				}
			}
		})
	}
}

// rats makes fractions of pairs.
func rats(pairs ...int64) []*big.Rat {
	var list []*big.Rat
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, big.NewRat(pairs[i], pairs[i+1]))
	}
	return list
}

func TestTheEarliestOfEquals(t *testing.T) {
	s := series([]int64{10, 4, 0, 10, 10, 4}, []int64{0, 2, 0, 5, 0, 2})
	if got, want := s.Of(1, Support{}), (Window{1, 1, 2, 4}); got != want {
		t.Errorf("Of(1) = %+v, want %+v", got, want)
	}
	if got, want := s.Of(1, Support{Time: 5}), (Window{3, 1, 5, 10}); got != want {
		t.Errorf("Of(1) with support = %+v, want %+v", got, want)
	}
}

func TestNumbersAsLargeAsTheyCome(t *testing.T) {
	const large = 1<<62 - 2
	s := series([]int64{100, large / 2, 100, large / 2}, []int64{1, large/2 - 1, 99, large / 2})
	if got, want := s.Of(1, Support{}), (Window{3, 1, 0, large / 2}); got != want {
		t.Errorf("Of(1) = %+v, want %+v", got, want)
	}
	if got, want := s.AtLeast(2, Support{}), (Window{2, 2, 1, 100 + large/2}); got != want {
		t.Errorf("AtLeast(2) = %+v, want %+v", got, want)
	}
}

func TestNoSupportSaysNothing(t *testing.T) {
	s := series([]int64{0, 0, 3}, []int64{0, 0, 3})
	nobody := func(int, int) bool { return false }
	for _, p := range []Support{{Time: 5}, {Enough: nobody}} {
		if got := s.Of(2, p); got != (Window{Minutes: 2}) {
			t.Errorf("Of(2) = %+v, want nothing", got)
		}
		if got := s.AtLeast(2, p); got != (Window{Minutes: 2}) {
			t.Errorf("AtLeast(2) = %+v, want nothing", got)
		}
	}
	for _, w := range []int{-1, 0, 4, math.MaxInt} {
		if got := s.Of(w, Support{}); got != (Window{Minutes: w}) {
			t.Errorf("Of(%d) = %+v, want nothing", w, got)
		}
		if got := s.AtLeast(w, Support{}); got != (Window{Minutes: w}) {
			t.Errorf("AtLeast(%d) = %+v, want nothing", w, got)
		}
	}
	if got := New(nil, nil).Of(1, Support{}); got != (Window{Minutes: 1}) {
		t.Errorf("Of(1) of nothing = %+v, want nothing", got)
	}
}

func TestEnoughIsAskedAboutTheWorstOnly(t *testing.T) {
	good, all := make([]int64, 10_000), make([]int64, 10_000)
	for i := range all {
		good[i], all[i] = int64(1000-i%7), 1000
	}
	good[5000] = 1
	asked := 0
	s := New(good, all)
	s.Of(1, Support{Enough: func(int, int) bool { asked++; return true }})
	if asked > 10 {
		t.Errorf("asked about %d of 10,000 windows, want 10 at most", asked)
	}
}

func TestSkippedIsTheShareWithoutSupport(t *testing.T) {
	s := series([]int64{10, 0, 10, 1, 10}, []int64{0, 0, 0, 1, 0})
	third := func(from, _ int) bool { return from != 2 }
	if skipped, of := s.Skipped(1, Support{Time: 5, Enough: third}); skipped != 2 || of != 4 {
		t.Errorf("Skipped(1) = %d of %d, want 2 of 4", skipped, of)
	}
	all := make([]int64, 1_000_000) // the night has one visitor, a third of the day
	for i := range all {
		if all[i] = 60; i%1440 < 480 {
			all[i] = 1
		}
	}
	skipped, of := New(all, all).Skipped(1, Support{Time: 5})
	if got := float64(skipped) / float64(of); math.Abs(got-1./3) > .01 || of > shareLooks {
		t.Errorf("Skipped(1) = %d of %d, want a third", skipped, of)
	}
}

func TestLeastTimeIsAHundredthOfTheMedian(t *testing.T) {
	s := series([]int64{0, 8_000_000, 0, 7_000_000, 9_000_000}, make([]int64, 5))
	for w, want := range map[int]int64{1: 80_000, 2: 80_000, 5: 240_000, 6: 60_000} {
		if got := s.LeastTime(w); got != want {
			t.Errorf("LeastTime(%d) = %d, want %d", w, got, want)
		}
	}
}

func TestSixtyOneSizes(t *testing.T) {
	got := Sizes(100)
	if len(got) != 61 || got[0] != 1 || got[20] != 32 || got[60] != 100 || Sizes(1 << 20)[60] != 32_768 {
		t.Errorf("Sizes(100) = %v", got)
	}
}
