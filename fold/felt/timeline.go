package felt

import "github.com/honderd/honderd/internal/worst"

// A Timeline answers questions about stretches of a period. It does not change when
// the fold goes on.
type Timeline struct{ line *line }

// A Stretch is what is known of some minutes.
type Stretch struct {
	Minutes  int
	Up, Down int64 // felt person-time, milliseconds
	People   int64 // who were there
	Hurt     int64 // of those: who had a bad time
}

// Minute is how one minute was for those who did something in it.
//
// Source: user availability, Box, 2026.
type Minute struct {
	From         int64 // Unix milliseconds
	Active, Hurt int64 // people
}

// During returns what is known of the minutes that [from, to) touches, in Unix
// milliseconds.
func (t *Timeline) During(from, to int64) Stretch {
	i, end := t.clip(from, to)
	if i >= end {
		return Stretch{}
	}
	cut := t.line.Cut(i, end-i)
	return Stretch{
		Minutes: end - i, Up: cut.Good, Down: cut.All - cut.Good,
		People: t.line.people(wereThere, i, end-i), Hurt: t.line.people(wereSore, i, end-i),
	}
}

// clip returns the indexes of the minutes that [from, to) touches.
func (t *Timeline) clip(from, to int64) (i, end int) {
	n := int64(t.line.Minutes())
	i = int(max(0, min(n, from/msMinute-t.line.first)))
	end = int(max(0, min(n, (to+msMinute-1)/msMinute-t.line.first)))
	return i, end
}

// Span is the time from one instant until just before another, in Unix milliseconds.
type Span struct{ From, To int64 }

// Windows returns the worst windows within spans, which are in order and do not
// overlap, as if nothing had been between them.
func (t *Timeline) Windows(spans []Span) []Window {
	if c := t.within(spans); len(c.minutes) > 0 {
		return c.windows()
	}
	return nil
}

// within returns the sums of the minutes in spans.
func (t *Timeline) within(spans []Span) *totals {
	c := &totals{line: t.line, minutes: []int64{}}
	var good, all []int64
	for _, span := range spans {
		for i, end := t.clip(span.From, span.To); i < end; i++ {
			d, m := t.line.minute(i)
			up, both := int64(0), int64(0)
			if d != nil {
				up, both = d.felt.Minute(m)
			}
			good, all = append(good, up), append(all, both)
			c.minutes = append(c.minutes, t.line.first+int64(i))
		}
	}
	c.finder = worst.New(good, all)
	return c
}

// Minutes returns the minutes that [from, to) touches in which anybody did something.
func (t *Timeline) Minutes(from, to int64) []Minute {
	i, end := t.clip(from, to)
	var list []Minute
	for ; i < end; i++ {
		d, m := t.line.minute(i)
		if active, hurt := d.minute(m); active > 0 {
			list = append(list, Minute{From: (t.line.first + int64(i)) * msMinute, Active: int64(active), Hurt: int64(hurt)})
		}
	}
	return list
}
