package felt

import (
	"testing"

	"github.com/honderd/honderd/internal/worst"
)

// rows makes a line of minutes with so much person-time, of which so much was bad, and so
// many people in them.
func rows(all, bad []int64, people func(minute int) int32) *laid {
	var d draft
	d.some = true
	for i := range all {
		d.up[i], d.down[i] = all[i]-bad[i], bad[i]
		d.there.now[i] = people(i)
	}
	return &laid{period: period{last: int64(len(all)) - 1}, days: []*daily{d.daily()}}
}

func (l *laid) line() *line {
	return newLine(l.day, l.days, l.period.first, l.period.minutes())
}

func worstOf(l *line) Window { return (&totals{finder: l.Series, line: l}).windows()[0] }

func TestAWindowWithoutEnoughPeopleSaysNothing(t *testing.T) {
	few := rows([]int64{msMinute, msMinute}, []int64{msMinute, 0}, func(i int) int32 { return supportPeople - 1 + int32(i) })
	if w := worstOf(few.line()); w.Down != 0 || w.From != msMinute {
		t.Errorf("worst = %+v, want the second minute", w)
	}
	few = rows([]int64{msMinute, msMinute}, []int64{msMinute, 0}, func(int) int32 { return supportPeople - 1 })
	if w := worstOf(few.line()); w.Up+w.Down != 0 || w.People != 0 {
		t.Errorf("worst = %+v, want nothing", w)
	}
}

// V11: two days of five minutes; the moment is minutes 2 and 3 of each.
func TestMomentVector(t *testing.T) {
	s := rows([]int64{10, 10, 10, 10, 10, 10, 10, 10, 10, 10}, []int64{0, 0, 5, 0, 0, 10, 0, 0, 10, 0}, func(int) int32 { return supportPeople })
	line := &Timeline{s.line()}
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
	var d draft
	d.some = true
	for i := range n {
		d.active[i] = 20
		if i >= 30 && i < 50 {
			d.hurt[i], d.sore.now[i] = 10, 10
		}
	}
	d.hurt[100] = 1 // one person is no spell
	day := int64(41)
	l := &laid{day: day, period: period{first: day * dayMinutes, last: day*dayMinutes + int64(n) - 1}, days: []*daily{d.daily()}}
	l.normal.limit = bandPermille
	got := l.spells.find(l, l.line())
	if len(got) != 1 || got[0] != (Spell{From: (day*dayMinutes + 30) * msMinute, To: (day*dayMinutes + 50) * msMinute, People: 10}) {
		t.Errorf("spells = %+v", got)
	}
}
