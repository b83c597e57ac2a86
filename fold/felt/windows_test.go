package felt

import (
	"math"
	"testing"
)

// rows makes a series of minutes with so much person-time, of which so much was bad,
// and enough people everywhere.
func rows(all, bad []int64) *totals {
	s := &series{present: make([]int32, len(all)), arrived: make([]int32, len(all))}
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
				w := rows(tt.all, tt.bad).worst(i+1, tt.support, supportPeople)
				if got := float64(w.Up) / float64(w.Up+w.Down); got != want {
					t.Errorf("worst of %d minutes = %v, want %v", i+1, got, want)
				}
			}
		})
	}
}

func TestAWindowWithoutSupportSaysNothing(t *testing.T) {
	w := rows([]int64{0, 0, 3}, []int64{0, 0, 3}).worst(1, 5, supportPeople)
	if w.Up+w.Down != 0 || w.People != 0 {
		t.Errorf("worst = %+v, want nothing", w)
	}
	few := rows([]int64{10, 10}, []int64{10, 0})
	few.present[0], few.present[1] = supportPeople-1, supportPeople
	if w := few.worst(1, 1, supportPeople); w.Down != 0 || w.From != msMinute {
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
