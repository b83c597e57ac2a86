package felt

import (
	"testing"

	"github.com/honderd/honderd/internal/worst"
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

func TestAWindowWithoutEnoughPeopleSaysNothing(t *testing.T) {
	few := rows([]int64{msMinute, msMinute}, []int64{msMinute, 0})
	few.there.now[0], few.there.now[1] = supportPeople-1, supportPeople
	if w := newTotals(few).windows()[0]; w.Down != 0 || w.From != msMinute {
		t.Errorf("worst = %+v, want the second minute", w)
	}
	few.there.now[1] = supportPeople - 1
	if w := newTotals(few).windows()[0]; w.Up+w.Down != 0 || w.People != 0 {
		t.Errorf("worst = %+v, want nothing", w)
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
	if w := line.within([]Span{first, second}); w.time(w.Of(2, worst.Support{}).From) != 7*msMinute || w.Of(2, worst.Support{}).Good != 10 {
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
