package look

import (
	"html/template"
	"time"
)

// Stretch is a piece of time in which all was good, or something was bad, or nothing is
// known.
type Stretch struct {
	From, To time.Time
	Bad      bool
	Unknown  bool
}

// laneHeight is how high a lane is, in pixels.
const laneHeight = 22

// Lane draws what was found from one time to another: stretches in order, the rest was not
// measured. A bad one is always wide enough to be seen. name is unique on the page.
func (r Reader) Lane(name string, from, to time.Time, stretches []Stretch) template.HTML {
	var d drawing
	bad := 0
	for _, s := range stretches {
		if s.Bad {
			bad++
		}
	}
	d.open("lane", name, laneHeight, r.T("What was found, minute by minute"), r.T("From %s to %s; bad stretches: %s", r.Stamp(from), r.Stamp(to), r.Count(int64(bad))))
	d.hatch(name)
	x := func(t time.Time) float64 {
		return 100 * min(max(float64(t.Sub(from))/float64(to.Sub(from)), 0), 1)
	}
	d.printf(`<rect class="unknown" fill="url(#%s-h)" x="0" y="0" width="100%%" height="%d"/>`, name, laneHeight)
	for _, bad := range []bool{false, true} { // the bad ones on top
		for _, s := range stretches {
			if s.Bad != bad || s.Unknown || !s.To.After(from) {
				continue
			}
			class, left, width := "good", x(s.From), x(s.To)-x(s.From)
			if bad {
				class, width = "hurt", max(width, 0.35)
				left = min(left, 100-width)
			}
			d.printf("<g>")
			d.title(r.Span(s.From, s.To))
			d.printf(`<rect class="%s" x="%s" y="0" width="%s" height="%d"/></g>`, class, pct(left), pct(width), laneHeight)
		}
	}
	return d.close()
}
