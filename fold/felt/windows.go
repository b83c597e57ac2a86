package felt

import "github.com/honderd/honderd/internal/worst"

// Window is the worst window of one length.
type Window struct {
	Minutes  int
	Up, Down int64 // felt person-time in it, milliseconds; both 0 when no window had support
	From     int64 // Unix milliseconds
	People   int64 // how many were there
	Hurt     int64 // of those: how many had a bad time
}

// supportPeople is how many people a window needs in order to count: a lonely visitor
// at night is no outage of everybody.
const supportPeople = 5

// totals are minutes with all that a window is judged by.
type totals struct {
	*worst.Series
	first   int64 // minute since 1970 of index 0
	there   *crowd
	sore    *crowd
	minutes []int64 // when not nil: the minute since 1970 of each index
}

func newTotals(s *series) *totals {
	all := make([]int64, len(s.up))
	for i := range all {
		all[i] = s.up[i] + s.down[i]
	}
	return &totals{Series: worst.New(s.up, all), first: s.first, there: &s.there, sore: &s.sore}
}

// windows returns the worst window of each length, none longer than the period.
func (t *totals) windows() []Window {
	return t.each(func(w int) worst.Window { return t.Of(w, t.support(w)) })
}

// atLeast returns, for each length, the worst window of those that are as long or
// longer: it never gets worse with length.
func (t *totals) atLeast() []Window {
	return t.each(func(w int) worst.Window { return t.AtLeast(w, t.support(w)) })
}

// each returns what find finds for each length.
func (t *totals) each(find func(minutes int) worst.Window) []Window {
	sizes := worst.Sizes(t.Minutes())
	all := make([]Window, len(sizes))
	for k, w := range sizes {
		if k > 0 && w == sizes[k-1] {
			all[k] = all[k-1]
			continue
		}
		all[k] = t.window(w, find(w))
	}
	return all
}

// support says what a window of w minutes needs in order to count.
func (t *totals) support(w int) worst.Support {
	return worst.Support{Time: t.LeastTime(w), Enough: t.enough}
}

// window tells who was in the window found for w minutes.
func (t *totals) window(w int, found worst.Window) Window {
	if found.All == 0 {
		return Window{Minutes: w}
	}
	return Window{
		Minutes: found.Minutes, Up: found.Good, Down: found.All - found.Good, From: t.time(found.From),
		People: t.people(t.there, found.From, found.Minutes), Hurt: t.people(t.sore, found.From, found.Minutes),
	}
}

// time returns when index i begins, in Unix milliseconds.
func (t *totals) time(i int) int64 {
	if t.minutes != nil {
		return t.minutes[i] * msMinute
	}
	return (t.first + int64(i)) * msMinute
}

// people counts who of a crowd was in w minutes from index i on.
func (t *totals) people(c *crowd, i, w int) int64 {
	from, n := t.stretch(i, w)
	return c.people(from, n)
}

// stretch returns the minutes of the period from the first to the last of w minutes from
// index i on. Where minutes were left out between them, who was only there then counts too.
func (t *totals) stretch(i, w int) (from, n int) {
	if t.minutes == nil {
		return i, w
	}
	from = int(t.minutes[i] - t.first)
	return from, int(t.minutes[i+w-1]-t.first) + 1 - from
}

// enough reports whether at least supportPeople were in the w minutes from index i on.
func (t *totals) enough(i, w int) bool {
	from, n := t.stretch(i, w)
	return t.there.atLeast(supportPeople, from, n)
}
