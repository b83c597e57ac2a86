package look

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/honderd/honderd/internal/worst"
)

// Places in the curve, in pixels.
const (
	curveTop    = 14
	curvePlot   = 220
	curveHeight = curveTop + curvePlot + 30
	curveGutter = 54 // for the words at the left
	curveRight  = 18
)

// Curve draws the worst windows: their length to the right, on a logarithmic scale,
// and how good they were upwards, in nines. Where no window had enough people there is
// a gap. width is about how many pixels the chart will have; name is unique on the page.
func (r Reader) Curve(name string, windows []Window, width int) template.HTML {
	var d drawing
	d.open("curve", name, curveHeight, r.T("The worst windows"), r.curveWords(windows))
	d.hatch(name)
	c := curve{Reader: r, drawing: &d, name: name, width: float64(width), longest: 5}
	for _, w := range windows {
		c.longest = max(c.longest, w.Minutes)
	}
	c.grid()
	c.gaps(windows)
	c.line(windows)
	c.points(windows)
	return d.close()
}

// curveWords describes the curve to who does not see it.
func (r Reader) curveWords(windows []Window) string {
	words := []string{r.ShapeSentence(windows)}
	for _, m := range landmarks() {
		if w, ok := WindowNear(windows, m); ok {
			words = append(words, r.WindowName(w.Minutes)+": "+r.WindowWords(w)+".")
		}
	}
	return strings.Join(words, " ")
}

// landmarks returns the lengths that people have words for, in minutes.
func landmarks() []int { return []int{1, 5, 15, 60, 4 * 60, 24 * 60, 7 * 24 * 60} }

// curve is a curve under construction.
type curve struct {
	Reader
	*drawing
	name    string
	width   float64
	longest int
}

// x returns where windows of so many minutes are, in percent.
func (c curve) x(minutes float64) float64 {
	left, right := 100*curveGutter/c.width, 100-100*curveRight/c.width
	return left + (right-left)*math.Log(minutes)/math.Log(float64(max(c.longest, 2)))
}

// nines returns how high a share is drawn, 0 to 5: one for every nine, and 5 only for
// exactly 100%.
func nines(share float64) float64 {
	if share >= 1 {
		return 5
	}
	return min(max(-math.Log10(1-share), 0), 4.7)
}

// y returns the height of a share, in pixels from the top of the plot.
func (c curve) y(share float64) float64 { return curvePlot * (1 - nines(share)/5) }

// grid draws the scales.
func (c curve) grid() {
	left := 100 * curveGutter / c.width
	for _, g := range []struct {
		share float64
		label string
	}{{1, "100%"}, {0.9999, "99.99%"}, {0.999, "99.9%"}, {0.99, "99%"}, {0.9, "90%"}, {0, "0%"}} {
		y := curveTop + int(math.Round(c.y(g.share)))
		class := "grid"
		if g.share == 1 {
			class = "grid whole"
		}
		c.printf(`<line class="%s" x1="%s" x2="100%%" y1="%[3]d" y2="%[3]d"/>`, class, pct(left), y)
		c.text("tick end", left-100*8/c.width, y+4, c.decimal(g.label))
	}
	last := -1000.0
	for _, m := range landmarks() {
		if x := c.x(float64(m)); m <= c.longest && x-last > 100*40/c.width {
			c.text("tick middle", x, curveTop+curvePlot+22, c.lengthName(m))
			last = x
		}
	}
}

// lengthName returns the word for a length on the axis.
func (c curve) lengthName(minutes int) string {
	if minutes == 7*24*60 {
		return c.T("1 wk")
	}
	return c.Minutes(minutes)
}

// gaps hatches the lengths that had too few people.
func (c curve) gaps(windows []Window) {
	for i := 0; i < len(windows); i++ {
		if windows[i].Worst != nil {
			continue
		}
		j := i
		for j+1 < len(windows) && windows[j+1].Worst == nil {
			j++
		}
		from, to := c.between(windows, i-1, i), c.between(windows, j, j+1)
		c.printf("<g>")
		c.title(fmt.Sprintf("%s – %s · %s", c.Minutes(windows[i].Minutes), c.Minutes(windows[j].Minutes), c.T("too few people to judge")))
		c.printf(`<rect class="unknown" fill="url(#%s-h)" x="%s" y="%d" width="%s" height="%d"/></g>`,
			c.name, pct(from), curveTop, pct(max(to-from, 0.2)), curvePlot)
		i = j
	}
	if len(windows) == 0 {
		c.printf(`<rect class="unknown" fill="url(#%s-h)" x="%s" y="%d" width="%s" height="%d"/>`,
			c.name, pct(c.x(1)), curveTop, pct(100-c.x(1)), curvePlot)
	}
}

// between returns the place halfway two windows, of which one may not exist.
func (c curve) between(windows []Window, i, j int) float64 {
	i, j = max(i, 0), min(j, len(windows)-1)
	return (c.x(float64(max(windows[i].Minutes, 1))) + c.x(float64(max(windows[j].Minutes, 1)))) / 2
}

// line draws the curve itself, and the harm above it.
func (c curve) line(windows []Window) {
	c.printf(`<svg x="0" y="%d" width="100%%" height="%d" viewBox="0 0 100 %[2]d" preserveAspectRatio="none" overflow="visible">`, curveTop, curvePlot)
	for i := 0; i < len(windows); i++ {
		var path strings.Builder
		first, last := 0.0, 0.0
		for ; i < len(windows) && windows[i].Worst != nil; i++ {
			letter := "L"
			last = c.x(float64(max(windows[i].Minutes, 1)))
			if path.Len() == 0 {
				letter, first = "M", last
			}
			fmt.Fprintf(&path, "%s%.2f %.1f", letter, last, c.y(*windows[i].Worst))
		}
		if path.Len() > 0 {
			c.printf(`<path class="harm" d="%sL%.2f 0L%.2f 0Z"/><path class="line" d="%[1]s"/>`, path.String(), last, first)
		}
	}
	c.printf("</svg>")
}

// points marks the lengths that people have words for.
func (c curve) points(windows []Window) {
	shape := worst.ShapeOf(curveOf(windows))
	for _, m := range landmarks() {
		if w, ok := WindowNear(windows, m); ok {
			c.point("point", 4, w)
		}
	}
	if w, ok := WindowNear(windows, shape.Minutes); ok && shape.Kind == worst.OneLong {
		c.point("point knee", 6, w)
		y := int(c.y(*w.Worst)) + 16
		if y > curvePlot-4 { // below it are the words of the axis
			y -= 28
		}
		c.text("note", c.x(float64(w.Minutes))+100*12/c.width, curveTop+y, c.T("about %s", c.About(shape.Minutes)))
	}
}

// point marks one window.
func (c curve) point(class string, radius int, w Window) {
	c.printf("<g>")
	c.title(c.WindowName(w.Minutes) + ": " + c.WindowWords(w))
	x, y := pct(c.x(float64(w.Minutes))), curveTop+c.y(*w.Worst)
	c.printf(`<circle class="touch" cx="%s" cy="%.1f" r="12"/><circle class="%s" cx="%[1]s" cy="%.1[2]f" r="%[4]d"/></g>`, x, y, class, radius)
}
