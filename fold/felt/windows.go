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

// A finder finds the worst windows of minutes.
type finder interface {
	LeastTime(minutes int) int64
	Of(minutes int, need worst.Support) worst.Window
	AtLeast(minutes int, need worst.Support) worst.Window
}

// totals are minutes with all that a window is judged by.
type totals struct {
	finder
	line    *line
	minutes []int64 // when not nil: the minute since 1970 of each index, which are not all of the line
	known   *curve  // nil: none
	same    int     // minutes that are as they were when it became known
}

// A curve is what is known of the worst windows of a scope that goes on.
type curve struct {
	keeper  worst.Keeper
	lag     int // how many minutes at the end may change
	windows [2]map[worst.Window]Window
}

// next returns the totals of l, whose line is given, for one answer.
func (c *curve) next(l *laid, line *line, lag int, room *worst.Room) *totals {
	n := line.Minutes()
	if l.same < c.keeper.Settled() && l.same >= n-dayMinutes {
		lag = max(lag, n-l.same+lag)
	}
	c.lag = max(c.lag, lag)
	if c.windows[0] == nil || l.same == 0 {
		c.windows = [2]map[worst.Window]Window{{}, {}}
	}
	return &totals{finder: c.keeper.Next(line.Series, l.same, max(0, n-c.lag), room), line: line, known: c, same: l.same}
}

// windows returns the worst window of each length, none longer than the period.
func (t *totals) windows() []Window {
	return t.each(0, func(w int) worst.Window { return t.Of(w, t.support(w)) })
}

// atLeast returns, for each length, the worst window of those that are as long or
// longer: it never gets worse with length.
func (t *totals) atLeast() []Window {
	return t.each(1, func(w int) worst.Window { return t.AtLeast(w, t.support(w)) })
}

// each returns what find finds for each length. Who was in a window that was found before,
// and did not change, is known.
func (t *totals) each(which int, find func(minutes int) worst.Window) []Window {
	sizes := worst.Sizes(t.length())
	all := make([]Window, len(sizes))
	known := map[worst.Window]Window{}
	for k, w := range sizes {
		if k > 0 && w == sizes[k-1] {
			all[k] = all[k-1]
			continue
		}
		found := find(w)
		if found.All == 0 {
			all[k] = Window{Minutes: w}
			continue
		}
		if t.known != nil && found.From+found.Minutes <= t.same {
			if had, ok := t.known.windows[which][found]; ok {
				all[k], known[found] = had, had
				continue
			}
		}
		all[k] = t.window(found)
		known[found] = all[k]
	}
	if t.known != nil {
		t.known.windows[which] = known
	}
	return all
}

// length returns how many minutes there are.
func (t *totals) length() int {
	if t.minutes != nil {
		return len(t.minutes)
	}
	return t.line.Minutes()
}

// support says what a window of w minutes needs in order to count.
func (t *totals) support(w int) worst.Support {
	return worst.Support{Time: t.LeastTime(w), Enough: t.enough}
}

// window tells who was in the window that was found.
func (t *totals) window(found worst.Window) Window {
	return Window{
		Minutes: found.Minutes, Up: found.Good, Down: found.All - found.Good, From: t.time(found.From),
		People: t.people(wereThere, found.From, found.Minutes), Hurt: t.people(wereSore, found.From, found.Minutes),
	}
}

// time returns when index i begins, in Unix milliseconds.
func (t *totals) time(i int) int64 {
	if t.minutes != nil {
		return t.minutes[i] * msMinute
	}
	return (t.line.first + int64(i)) * msMinute
}

// people counts who was in w minutes from index i on.
func (t *totals) people(which, i, w int) int64 {
	from, n := t.stretch(i, w)
	return t.line.people(which, from, n)
}

// stretch returns the minutes of the period from the first to the last of w minutes from
// index i on. Where minutes were left out between them, who was only there then counts too.
func (t *totals) stretch(i, w int) (from, n int) {
	if t.minutes == nil {
		return i, w
	}
	from = int(t.minutes[i] - t.line.first)
	return from, int(t.minutes[i+w-1]-t.line.first) + 1 - from
}

// enough reports whether at least supportPeople were in the w minutes from index i on.
func (t *totals) enough(i, w int) bool { return t.line.enough(t.stretch(i, w)) }
