package worst

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// growing is a series that grows at its end: the last minutes change, and seldom others.
type growing struct {
	r         *rand.Rand
	good, all []int64
	people    int64 // at most, in a minute
	outage    int   // minutes that it still takes
}

func (g *growing) minute() (good, all int64) {
	if g.outage == 0 && g.r.IntN(400) == 0 {
		g.outage = 1 + g.r.IntN(60)
	}
	all = g.r.Int64N(g.people+1) * 60_000
	if clock := len(g.all) % DayMinutes; clock < 300 && g.r.IntN(10) > 0 { // nights are quiet
		all = 0
	}
	switch {
	case g.outage > 0:
		g.outage--
		return all / 4, all
	case g.r.IntN(20) == 0:
		return all - g.r.Int64N(all+1), all
	}
	return all, all
}

func (g *growing) grow(n int) {
	for range n {
		good, all := g.minute()
		g.good, g.all = append(g.good, good), append(g.all, all)
	}
}

func (g *growing) change(i int) { g.good[i], g.all[i] = g.minute() }

// days returns the series made of days, the first of which begins later.
func (g *growing) days(first int) *Series {
	good, all := append(make([]int64, first), g.good...), append(make([]int64, first), g.all...)
	var days []*Day
	for i := 0; i < len(all); i += DayMinutes {
		j := min(i+DayMinutes, len(all))
		some := false
		for _, a := range all[i:j] {
			some = some || a > 0
		}
		days = append(days, nil)
		if some {
			days[len(days)-1] = NewDay(good[i:j], all[i:j])
		}
	}
	return Join(days, first, len(g.all))
}

// enough returns whether there were people enough, by the series: a window around one
// with enough has enough too.
func (g *growing) enough(i, n int) bool {
	for _, a := range g.all[i : i+n] {
		if a >= 2*60_000 {
			return true
		}
	}
	return false
}

func TestWhatIsKeptIsWhatIsFoundAnew(t *testing.T) {
	var room Room
	rapid.Check(t, func(t *rapid.T) {
		g := &growing{r: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)), people: rapid.SampledFrom([]int64{3, 40, 100_000}).Draw(t, "people")}
		first := rapid.IntRange(0, DayMinutes-1).Draw(t, "first")
		g.grow(rapid.IntRange(1, 12_000).Draw(t, "minutes"))
		var k Keeper
		same := 0
		for range 6 {
			s := g.days(first)
			a, flat := k.Next(s, same, s.Minutes()-40, &room), New(g.good, g.all)
			for _, w := range []int{1, 2, 16, 64, 431, 1448, 8000} {
				w = min(w, s.Minutes())
				need := Support{Time: flat.LeastTime(w), Enough: g.enough}
				if got := a.LeastTime(w); got != need.Time {
					t.Fatalf("LeastTime(%d) = %d, want %d", w, got, need.Time)
				}
				need.Time = need.Time * (85 + g.r.Int64N(30)) / 100
				if got, want := a.Of(w, need), flat.Of(w, need); got != want {
					t.Fatalf("Of(%d) of %d = %+v, want %+v", w, s.n, got, want)
				}
				if got, want := a.AtLeast(w, need), flat.AtLeast(w, need); got != want {
					t.Fatalf("AtLeast(%d) of %d = %+v, want %+v", w, s.n, got, want)
				}
			}
			n := len(g.all)
			same = max(0, n-g.r.IntN(40))
			if rapid.IntRange(0, 4).Draw(t, "long ago") == 0 {
				same = g.r.IntN(n)
				g.change(same)
			}
			for i := max(same, n-30); i < n; i++ {
				g.change(i)
			}
			g.grow(rapid.SampledFrom([]int{0, 1, 7, 700}).Draw(t, "more"))
		}
	})
}
