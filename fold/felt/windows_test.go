package felt

import (
	"math"
	"testing"
)

// rows makes a series of minutes with so much person-time, of which so much was bad,
// and enough people everywhere.
func rows(all, bad []int64) *series {
	n := len(all)
	s := &series{active: make([]int32, n), hurt: make([]int32, n), there: newCrowd(n), sore: newCrowd(n)}
	for i := range all {
		s.up = append(s.up, all[i]-bad[i])
		s.down = append(s.down, bad[i])
		s.there.now[i] = supportPeople
	}
	s.there.finish(0)
	s.sore.finish(0)
	return s
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
				w := newTotals(rows(tt.all, tt.bad)).worst(i+1, tt.support)
				if got := float64(w.Up) / float64(w.Up+w.Down); got != want {
					t.Errorf("worst of %d minutes = %v, want %v", i+1, got, want)
				}
			}
		})
	}
}

func TestAWindowWithoutSupportSaysNothing(t *testing.T) {
	w := newTotals(rows([]int64{0, 0, 3}, []int64{0, 0, 3})).worst(1, 5)
	if w.Up+w.Down != 0 || w.People != 0 {
		t.Errorf("worst = %+v, want nothing", w)
	}
	few := rows([]int64{10, 10}, []int64{10, 0})
	few.there.now[0], few.there.now[1] = supportPeople-1, supportPeople
	if w := newTotals(few).worst(1, 1); w.Down != 0 || w.From != msMinute {
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
	got := newTotals(rows(all, make([]int64, 100))).windows()
	if len(got) != windowSizes || got[0].Minutes != 1 || got[20].Minutes != 32 || got[60].Minutes != 100 {
		t.Errorf("%d sizes: %d, %d, ... %d", len(got), got[0].Minutes, got[20].Minutes, got[60].Minutes)
	}
}

// V9: a longer window is never better when it may be longer still.
func TestAtLeastNeverGetsWorse(t *testing.T) {
	s := newTotals(rows([]int64{10, 10, 10, 10}, []int64{10, 0, 0, 10}))
	var list []Window
	for w := 1; w <= 4; w++ {
		list = append(list, s.worst(w, 1))
	}
	for i, want := range []float64{0, .5, .5, .5} {
		if w := AtLeast(list)[i]; float64(w.Up)/float64(w.Up+w.Down) != want {
			t.Errorf("worst of at least %d minutes = %d of %d, want %v", i+1, w.Up, w.Up+w.Down, want)
		}
	}
}

// V11: two days of five minutes; the moment is minutes 2 and 3 of each.
func TestMomentVector(t *testing.T) {
	s := rows([]int64{10, 10, 10, 10, 10, 10, 10, 10, 10, 10}, []int64{0, 0, 5, 0, 0, 10, 0, 0, 10, 0})
	line := &Timeline{totals: newTotals(s), series: s}
	span := func(from, to int64) Span { return Span{from * msMinute, to * msMinute} }
	first, second := span(2, 4), span(7, 9)
	for _, tt := range []struct {
		name     string
		in       []Span
		up, down int64
	}{
		{"overall", []Span{span(0, 10)}, 75, 25},
		{"moment", []Span{first, second}, 25, 15},
		{"first occurrence", []Span{first}, 15, 5},
		{"second occurrence", []Span{second}, 10, 10},
	} {
		var up, down int64
		for _, in := range tt.in {
			s := line.During(in.From, in.To)
			up, down = up+s.Up, down+s.Down
		}
		if up != tt.up || down != tt.down {
			t.Errorf("%s: up %d, down %d; want %d, %d", tt.name, up, down, tt.up, tt.down)
		}
	}
	if w := line.within([]Span{first, second}).worst(2, 1); w.Up != w.Down || w.From != 7*msMinute {
		t.Errorf("worst 2 minutes of the moment = %+v, want 0.5 at minute 7", w)
	}
}

func TestABadSpellOpensAndCloses(t *testing.T) {
	n := 120
	s := rows(make([]int64, n), make([]int64, n))
	s.first = 1000 * 60
	for i := range n {
		s.active[i] = 20
		if i >= 30 && i < 50 {
			s.hurt[i], s.sore.now[i] = 10, 10
		}
	}
	s.hurt[100] = 1 // one person is no spell
	got := s.spells()
	if len(got) != 1 || got[0] != (Spell{From: (60_000 + 30) * msMinute, To: (60_000 + 50) * msMinute, People: 10}) {
		t.Errorf("spells = %+v", got)
	}
}
