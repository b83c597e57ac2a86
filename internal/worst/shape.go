package worst

import (
	"math"
	"slices"
	"strconv"
)

// Kind is what a curve of worst windows looks like.
type Kind uint8

// The kinds of curves.
const (
	Unknown   Kind = iota // no window had support, or the period is too short to tell
	Flawless              // no window had any bad time
	OneLong               // as bad for long: one outage, about as long as the knee
	ManyShort             // the worst minutes are short, whatever else there is
	Steady                // as bad all along: flat to the end, so no outage ends in the period
)

// String returns the kind in words.
func (k Kind) String() string {
	switch k {
	case Unknown:
		return "unknown"
	case Flawless:
		return "flawless"
	case OneLong:
		return "one long"
	case ManyShort:
		return "many short"
	case Steady:
		return "steady"
	}
	return "kind " + strconv.Itoa(int(k))
}

// Shape is what a curve of worst windows looks like, and where it bends.
type Shape struct {
	Kind    Kind
	Minutes int // the knee: up to this length the worst window is about as bad; 0 if there is no bad time
}

const (
	flat  = 0.2  // a slope that still counts as flat, in decades of bad time a decade of length
	slack = 0.05 // decades that chance may take from the curve over a factor of reach: a tenth
	reach = 4    // how many times as long a flat curve must become to be one long outage
)

// ShapeOf returns what a curve of worst windows, shortest first, looks like. A window
// without support is left out; so are those before the first bad time.
//
// The knee is the longest length up to which the share of bad time falls by a slope of
// 0.2 at most, both axes in decades, looking back over a factor of 4. A tenth is let off:
// the worst of many minutes is worse than its like by chance alone. From there it goes
// back while the curve is steep.
//
// Source: the figures 10 and 20 of Hauer et al., NSDI 2020, read as numbers; the limits
// are ours.
func ShapeOf(curve []Window) Shape {
	left := slices.DeleteFunc(slices.Clone(curve), func(w Window) bool { return w.All <= 0 })
	left = slices.CompactFunc(left, func(v, w Window) bool { return v.Minutes == w.Minutes })
	first := slices.IndexFunc(left, func(w Window) bool { return w.Good < w.All })
	if len(left) == 0 {
		return Shape{}
	}
	if first < 0 {
		return Shape{Kind: Flawless}
	}
	left = left[first:]
	knee := bend(left)
	long := left[knee].Minutes >= reach*left[0].Minutes
	s := Shape{ManyShort, left[knee].Minutes}
	switch atEnd := knee == len(left)-1; {
	case atEnd && long:
		s.Kind = Steady
	case atEnd:
		s.Kind = Unknown
	case long:
		s.Kind = OneLong
	}
	return s
}

// bend returns the place of the knee.
func bend(curve []Window) int {
	knee, from := 0, 0
	for knee+1 < len(curve) {
		for curve[from].Minutes*reach < curve[knee+1].Minutes {
			from++
		}
		from = min(from, knee)
		if fall(curve[from], curve[knee+1]) > flat*decades(curve[from], curve[knee+1])+slack {
			break
		}
		knee++
	}
	for knee > 0 && fall(curve[knee-1], curve[knee]) >= flat*decades(curve[knee-1], curve[knee]) {
		knee--
	}
	return knee
}

// fall returns by how many decades the share of bad time of w is below that of v, at
// least one of which is not 0.
func fall(v, w Window) float64 {
	bad := func(w Window) float64 { return float64(w.All-w.Good) / float64(w.All) }
	return math.Log10(bad(v) / bad(w))
}

// decades returns how many decades w is longer than v.
func decades(v, w Window) float64 { return math.Log10(float64(w.Minutes) / float64(v.Minutes)) }
