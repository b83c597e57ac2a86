package look

import (
	"math"
	"time"

	"github.com/honderd/honderd/internal/worst"
)

// Window is the worst window of one length: in Minutes, how good it was from 0 to 1,
// when it began, and how many people were in it. Worst is nil when no window of that
// length had enough people.
type Window struct {
	Minutes int
	Worst   *float64
	From    *time.Time
	People  int64
}

// ShapeSentence says what windows, which are in order of length, look like together.
func (r Reader) ShapeSentence(windows []Window) string {
	switch shape := worst.ShapeOf(curveOf(windows)); shape.Kind {
	case worst.Flawless:
		return r.T("No window, short or long, had any bad time in it.")
	case worst.OneLong:
		return r.T("It looks like one long outage of about %s.", r.About(shape.Minutes))
	case worst.ManyShort:
		return r.T("It looks like many short failures rather than one long outage.")
	case worst.Steady:
		return r.T("It was about as bad over the whole period as in the worst minutes.")
	default:
		return r.T("Too few people were here at the same time to say when it was worst.")
	}
}

// curveOf returns windows as shares of a billion.
func curveOf(windows []Window) []worst.Window {
	const all = 1e9
	curve := make([]worst.Window, 0, len(windows))
	for _, w := range windows {
		if w.Worst != nil && w.Minutes > 0 {
			curve = append(curve, worst.Window{Minutes: w.Minutes, Good: int64(*w.Worst * all), All: all})
		}
	}
	return curve
}

// WindowNear returns the window whose length is nearest to minutes, within a quarter,
// and whether there is one that was measured.
func WindowNear(windows []Window, minutes int) (Window, bool) {
	var best Window
	distance := math.Log(1.25)
	for _, w := range windows {
		if w.Worst == nil || w.Minutes <= 0 {
			continue
		}
		if d := math.Abs(math.Log(float64(w.Minutes) / float64(minutes))); d <= distance {
			best, distance = w, d
		}
	}
	return best, best.Minutes > 0
}

// WindowName returns "the worst hour", "the worst 5 min".
func (r Reader) WindowName(minutes int) string {
	switch minutes {
	case 1:
		return r.T("the worst minute")
	case 60:
		return r.T("the worst hour")
	case 24 * 60:
		return r.T("the worst day")
	case 7 * 24 * 60:
		return r.T("the worst week")
	default:
		return r.T("the worst %s", r.Minutes(minutes))
	}
}

// WindowWhen returns when a window was, or "" when it is not known.
func (r Reader) WindowWhen(w Window) string {
	if w.From == nil {
		return ""
	}
	to := w.From.Add(time.Duration(w.Minutes) * time.Minute)
	if w.Minutes >= 24*60 {
		return r.Day(*w.From) + " – " + r.Day(to)
	}
	return r.Span(*w.From, to)
}

// WindowWords returns "Sat 17 May 21:05–22:05, 84.20% felt uptime, 41 people".
func (r Reader) WindowWords(w Window) string {
	words := r.T("%s felt uptime, %s", r.Share(w.Worst), r.People(w.People))
	if when := r.WindowWhen(w); when != "" {
		return when + ", " + words
	}
	return words
}
