package worst

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// minutes draws a small series with empty minutes, whole outages, equal shares and,
// sometimes, numbers as large as they come.
func minutes(t *rapid.T) (good, all []int64) {
	n := rapid.IntRange(0, 40).Draw(t, "minutes")
	unit := rapid.SampledFrom([]int64{1, 1, 7, 60_000, 1 << 52}).Draw(t, "unit")
	for range n {
		a := rapid.SampledFrom([]int64{0, 0, 1, 2, 3, 10, 10, 10, 10, 25, 40}).Draw(t, "all")
		b := rapid.Int64Range(0, a).Draw(t, "bad")
		if rapid.Bool().Draw(t, "well") {
			b = 0
		}
		good, all = append(good, (a-b)*unit), append(all, a*unit)
	}
	return good, all
}

// need draws what a window needs: whole numbers of people by minute, of whom a window
// has the most at any minute in it, so that a longer one has no fewer.
func need(t *rapid.T, n int) Support {
	p := Support{Time: rapid.SampledFrom([]int64{0, 1, 5, 12, 300_000}).Draw(t, "time")}
	if rapid.Bool().Draw(t, "people matter") {
		people := rapid.SliceOfN(rapid.IntRange(0, 7), n, n).Draw(t, "people")
		p.Enough = func(from, minutes int) bool { return slices.Max(people[from:from+minutes]) >= 5 }
	}
	return p
}

// counts is the definition of support.
func counts(w Window, p Support) bool {
	return w.All > 0 && w.All >= p.Time && (p.Enough == nil || p.Enough(w.From, w.Minutes))
}

func share(w Window) *big.Rat { return big.NewRat(w.Good, w.All) }

// model finds the worst window of the lengths from least to most by looking at all.
func model(good, all []int64, least, most int, p Support) Window {
	best := Window{Minutes: least}
	for to := range len(all) + 1 {
		for n := least; n <= min(most, to); n++ {
			w := Window{From: to - n, Minutes: n}
			for i := w.From; i < to; i++ {
				w.Good, w.All = w.Good+good[i], w.All+all[i]
			}
			if counts(w, p) && (best.All == 0 || share(w).Cmp(share(best)) < 0) {
				best = w
			}
		}
	}
	return best
}

func TestOfIsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		good, all := minutes(t)
		p := need(t, len(all))
		w := rapid.IntRange(1, len(all)+1).Draw(t, "w")
		if got, want := New(good, all).Of(w, p), model(good, all, w, w, p); got != want {
			t.Fatalf("Of(%d) = %+v, want %+v", w, got, want)
		}
	})
}

func TestAtLeastIsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		good, all := minutes(t)
		p := need(t, len(all))
		w := rapid.IntRange(1, len(all)+1).Draw(t, "w")
		if got, want := New(good, all).AtLeast(w, p), model(good, all, w, len(all), p); got != want {
			t.Fatalf("AtLeast(%d) = %+v, want %+v", w, got, want)
		}
	})
}

// The blocks of Of are larger than what rapid draws, so look at long series too.
func TestOfLongSeriesIsThePlainLoop(t *testing.T) {
	for name, maker := range long() {
		r := rand.New(rand.NewPCG(4, 4))
		good, all := maker(20_000, r)
		s := New(good, all)
		for _, w := range []int{1, 2, 3, 7, 16, 17, 60, 300, 1440, 5000, 12_000, 19_999, 20_000} {
			for _, p := range []Support{{}, {Time: s.LeastTime(w)}, {Time: 1, Enough: func(i, n int) bool { return (i*7+n)%11 > 4 }}} {
				want, found := sum{}, Window{Minutes: w}
				for i := 0; i+w <= len(all); i++ {
					d := s.between(i, i+w)
					if counts(Window{i, w, d.all - d.bad, d.all}, p) && (found.All == 0 || d.worse(want)) {
						want, found = d, s.Cut(i, w)
					}
				}
				if got := s.Of(w, p); got != found {
					t.Errorf("%s: Of(%d) = %+v, want %+v", name, w, got, found)
				}
			}
		}
	}
}

func TestAtLeastOfLongSeriesIsThePlainLoop(t *testing.T) {
	for name, maker := range long() {
		good, all := maker(2000, rand.New(rand.NewPCG(6, 6)))
		s := New(good, all)
		for _, w := range []int{1, 5, 70, 300} {
			for _, p := range []Support{{}, {Time: s.LeastTime(2 * w)}, {Enough: func(i, n int) bool { return (i+n)/40-i/40 > 1 }}} {
				want, found := sum{}, Window{Minutes: w}
				for to := w; to <= len(all); to++ {
					for i := to - w; i >= 0; i-- {
						d := s.between(i, to)
						if (found.All == 0 || d.worse(want)) && counts(Window{i, to - i, d.all - d.bad, d.all}, p) {
							want, found = d, s.Cut(i, to-i)
						}
					}
				}
				if got := s.AtLeast(w, p); got != found {
					t.Errorf("%s: AtLeast(%d) = %+v, want %+v", name, w, got, found)
				}
			}
		}
	}
}

func TestMultiplesAreNeverWorse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		good, all := minutes(t)
		s := New(good, all)
		w := rapid.IntRange(1, len(all)+1).Draw(t, "w")
		k := rapid.IntRange(1, 5).Draw(t, "k")
		one, many := s.Of(w, Support{}), s.Of(k*w, Support{})
		if many.All > 0 && (one.All == 0 || share(many).Cmp(share(one)) < 0) {
			t.Fatalf("worst of %d is %+v, of %d it is %+v", w, one, k*w, many)
		}
	})
}

func TestLongerIsAtMostTwiceAsBad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		good, all := minutes(t)
		s := New(good, all)
		w := rapid.IntRange(1, len(all)+1).Draw(t, "w")
		longer := rapid.IntRange(w, len(all)+1).Draw(t, "longer")
		one, more := s.Of(w, Support{}), s.Of(longer, Support{})
		if more.All == 0 {
			return
		}
		bad := func(w Window) *big.Rat { return big.NewRat(w.All-w.Good, w.All) }
		if bad(more).Cmp(new(big.Rat).Mul(big.NewRat(2, 1), bad(one))) > 0 {
			t.Fatalf("worst of %d is %+v, of %d it is %+v", w, one, longer, more)
		}
	})
}

// Without support, the worst of at least w is the worst of the lengths from w to 2w.
func TestAtLeastIsTheWorstUpToTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		good, all := minutes(t)
		s := New(good, all)
		w := rapid.IntRange(1, len(all)+1).Draw(t, "w")
		got := s.AtLeast(w, Support{})
		var want Window
		for l := w; l < 2*w; l++ {
			if of := s.Of(l, Support{}); of.All > 0 && (want.All == 0 || share(of).Cmp(share(want)) < 0) {
				want = of
			}
		}
		if got.All == 0 && want.All == 0 {
			return
		}
		if got.All == 0 || want.All == 0 || share(got).Cmp(share(want)) != 0 {
			t.Fatalf("AtLeast(%d) = %+v, worst up to twice = %+v", w, got, want)
		}
	})
}

func TestMedianIsTheMiddleOfTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Int64Range(0, 20), 1, 60).Draw(t, "list")
		n := rapid.IntRange(0, len(list)-1).Draw(t, "n")
		want := slices.Sorted(slices.Values(list))[n]
		if got := nth(slices.Clone(list), n); got != want {
			t.Fatalf("nth(%v, %d) = %d, want %d", list, n, got, want)
		}
	})
}
