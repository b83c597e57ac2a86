package felt

import (
	"math"
	"testing"
)

// rows makes a series of minutes with so much person-time, of which so much was bad,
// and enough people everywhere.
func rows(all, bad []int64) *totals {
	s := &series{present: make([]int32, len(all)), arrived: make([]int32, len(all)), back: make([]int32, len(all))}
	for i := range all {
		s.up = append(s.up, all[i]-bad[i])
		s.down = append(s.down, bad[i])
		s.present[i] = supportPeople
	}
	return newTotals(s)
}

func TestWorstWindowVectors(t *testing.T) {
	ten := []int64{10, 10, 10, 10, 10, 10}
	tests := []struct {
		name     string
		all, bad []int64
		support  int64
		want     []float64 // of 1, 2, ... minutes
	}{
		{"V8 one bad minute", ten, []int64{0, 0, 10, 0, 0, 0}, 1, []float64{0, .5, 2. / 3, .75, .8, 5. / 6}},
		{"V9 longer can be worse", ten[:4], []int64{10, 0, 0, 10}, 1, []float64{0, .5, 2. / 3, .5}},
		{"V10 a lonely visitor", []int64{10, 0, 10, 1}, []int64{0, 0, 0, 1}, 1, []float64{0, 10. / 11, 10. / 11, 20. / 21}},
		{"V10 has no support", []int64{10, 0, 10, 1}, []int64{0, 0, 0, 1}, 5, []float64{1, 10. / 11, 10. / 11, 20. / 21}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i, want := range tt.want {
				w := rows(tt.all, tt.bad).worst(i+1, tt.support)
				if got := float64(w.Up) / float64(w.Up+w.Down); got != want {
					t.Errorf("worst of %d minutes = %v, want %v", i+1, got, want)
				}
			}
		})
	}
}

func TestAWindowWithoutSupportSaysNothing(t *testing.T) {
	w := rows([]int64{0, 0, 3}, []int64{0, 0, 3}).worst(1, 5)
	if w.Up+w.Down != 0 || w.People != 0 {
		t.Errorf("worst = %+v, want nothing", w)
	}
	few := rows([]int64{10, 10}, []int64{10, 0})
	few.present[0], few.present[1] = supportPeople-1, supportPeople
	if w := few.worst(1, 1); w.Down != 0 || w.From != msMinute {
		t.Errorf("worst = %+v, want the second minute", w)
	}
}

func TestFractionsAreComparedWithoutRounding(t *testing.T) {
	const big = math.MaxInt64 / 2
	if !less(big-1, big, big, big) || less(big, big, big, big) || !less(1, big, 1, big-1) {
		t.Error("less rounds")
	}
}

func TestSixtyOneSizesCappedAtThePeriod(t *testing.T) {
	all := make([]int64, 100)
	for i := range all {
		all[i] = msMinute
	}
	got := rows(all, make([]int64, 100)).windows()
	if len(got) != windowSizes || got[0].Minutes != 1 || got[20].Minutes != 32 || got[60].Minutes != 100 {
		t.Errorf("%d sizes: %d, %d, ... %d", len(got), got[0].Minutes, got[20].Minutes, got[60].Minutes)
	}
}

// V11: two days of five minutes; the moment is minutes 2 and 3 of each.
func TestMomentVector(t *testing.T) {
	s := rows([]int64{10, 10, 10, 10, 10, 10, 10, 10, 10, 10}, []int64{0, 0, 5, 0, 0, 10, 0, 0, 10, 0}).series
	s.active, s.hurt, s.struck = make([]int32, 10), make([]int32, 10), make([]int32, 10)
	share := func(in func(int64) bool) float64 {
		m := newTotals(s.during(in))
		return float64(m.good[len(m.good)-1]) / float64(m.all[len(m.all)-1])
	}
	inside := func(m int64) bool { return m%5 == 2 || m%5 == 3 }
	for _, tt := range []struct {
		name string
		in   func(int64) bool
		want float64
	}{
		{"overall", func(int64) bool { return true }, .75},
		{"moment", inside, .625},
		{"first occurrence", func(m int64) bool { return inside(m) && m < 5 }, .75},
		{"second occurrence", func(m int64) bool { return inside(m) && m >= 5 }, .5},
	} {
		if got := share(tt.in); got != tt.want {
			t.Errorf("%s = %v, want %v", tt.name, got, tt.want)
		}
	}
	if w := newTotals(s.during(inside)).worst(2, 1); w.Up*2 != w.Up+w.Down {
		t.Errorf("worst 2 minutes of the moment = %+v, want 0.5", w)
	}
}

func TestABadSpellOpensAndCloses(t *testing.T) {
	n := 120
	s := &series{first: 1000 * 60, active: make([]int32, n), hurt: make([]int32, n), struck: make([]int32, n)}
	for i := range n {
		s.active[i] = 20
		if i >= 30 && i < 50 {
			s.hurt[i], s.struck[i] = 10, 1
		}
	}
	s.hurt[100], s.struck[100] = 1, 1 // one person is no spell
	got := s.spells()
	if len(got) != 1 || got[0] != (Spell{From: (60_000 + 30) * msMinute, To: (60_000 + 50) * msMinute, People: 20}) {
		t.Errorf("spells = %+v", got)
	}
}
