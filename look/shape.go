package look

import (
	"math"
	"time"
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

// Shape is what the worst windows of all lengths say together.
type Shape uint8

// The shapes.
const (
	Unclear    Shape = iota // too few people
	Spotless                // nothing bad in any window
	OneLong                 // one long outage
	ManyShort               // many short ones
	Throughout              // as bad over everything as over the worst minutes
)

// ShapeOf returns the shape of windows, which are in order of length, and for OneLong
// about how many minutes the outage lasted. When the harm is the same over at least a
// factor 4 of lengths and then gets less, it was one outage of the length at the bend.
//
// Source: Hauer et al., Meaningful Availability, NSDI 2020, on reading the curve.
func ShapeOf(windows []Window) (Shape, int) {
	known := make([]Window, 0, len(windows))
	worst := 0.0
	for _, w := range windows {
		if w.Worst != nil && w.Minutes > 0 {
			known = append(known, w)
			worst = max(worst, 1-*w.Worst)
		}
	}
	switch {
	case len(known) < 3:
		return Unclear, 0
	case worst <= 0:
		return Spotless, 0
	}
	bend, factor := 0, 0.0
	for i := range known {
		j := i
		for j+1 < len(known) && sameHarm(known[i], known[j+1]) {
			j++
		}
		if f := float64(known[j].Minutes) / float64(known[i].Minutes); f > factor && *known[i].Worst < 1 {
			bend, factor = j, f
		}
	}
	switch {
	case factor < 4:
		return ManyShort, 0
	case bend == len(known)-1:
		return Throughout, 0
	default:
		return OneLong, known[bend].Minutes
	}
}

// sameHarm reports whether the longer window is about as bad as the shorter one: a
// fifth less at most, because an outage has soft edges.
func sameHarm(short, long Window) bool {
	return (1 - *long.Worst) >= 0.8*(1-*short.Worst)
}

// ShapeSentence says what ShapeOf found.
func (r Reader) ShapeSentence(windows []Window) string {
	switch shape, minutes := ShapeOf(windows); shape {
	case Spotless:
		return r.T("No window, short or long, had any bad time in it.")
	case OneLong:
		return r.T("It looks like one long outage of about %s.", r.About(minutes))
	case ManyShort:
		return r.T("It looks like many short failures rather than one long outage.")
	case Throughout:
		return r.T("It was about as bad over the whole period as in the worst minutes.")
	default:
		return r.T("Too few people were here at the same time to say when it was worst.")
	}
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
