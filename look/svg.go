package look

import (
	"fmt"
	"html"
	"html/template"
	"strings"
)

// drawing is an SVG under construction. Horizontal places are in percent and vertical
// ones in pixels, so that a chart fills its column while its text keeps its size.
// Colours are in the style sheet only.
type drawing struct{ b strings.Builder }

// open begins a chart that is as wide as its column.
func (d *drawing) open(class, name string, height int, title, description string) {
	d.printf(`<svg class="chart %s" role="img" width="100%%" height="%d" aria-labelledby="%s-t %s-d">`, class, height, name, name)
	d.printf(`<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, name, html.EscapeString(title), name, html.EscapeString(description))
}

// hatch defines the pattern of what is not known.
func (d *drawing) hatch(name string) {
	d.printf(`<defs><pattern id="%s-h" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">`, name)
	d.printf(`<rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="1.6" height="6"/></pattern></defs>`)
}

// close ends the chart.
func (d *drawing) close() template.HTML {
	d.b.WriteString("</svg>")
	return template.HTML(d.b.String()) // #nosec: all text went through EscapeString
}

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(&d.b, format, args...) }

// title writes a text that shows when somebody points at what it stands in.
func (d *drawing) title(text string) { d.printf("<title>%s</title>", html.EscapeString(text)) }

// text writes text at x percent and y pixels.
func (d *drawing) text(class string, x float64, y int, text string) {
	d.printf(`<text class="%s" x="%s" y="%d">%s</text>`, class, pct(x), y, html.EscapeString(text))
}

// pct writes a place in percent.
func pct(x float64) string {
	s := strings.TrimRight(fmt.Sprintf("%.3f", x), "0")
	return strings.TrimRight(s, ".") + "%"
}
