package look

import (
	"fmt"
	"html"
	"html/template"
	"strings"
)

// Box is one thing in a Chain.
type Box struct {
	Name  string
	Note  string   // small, below the name
	Words string   // all that is known of it, for who points at it
	Share *float64 // how much of it failed; nil: not known
	Crowd bool     // it is the people
	Quiet bool     // it tells nothing of itself
}

// Arrow leads from a box to one that it needs.
type Arrow struct {
	From, To int // places in the list of boxes
	Words    string
	Share    *float64
	Calls    int64
	Told     bool // somebody said so; it was not seen
}

// Sizes of a chain, in pixels.
const (
	boxWidth   = 172
	boxHeight  = 46
	chainWidth = 1072 // that it fits in, if it can
	leastGap   = 44   // between columns
	mostGap    = 80
	rowHeight  = 66
	chainEdge  = 14
)

// Hurts is from which share of failures on something is drawn as hurt: one in a hundred.
const Hurts = 0.01

// Chain draws who needs whom, from left to right. It works without a script; its text is
// in a table beside it too.
func (r Reader) Chain(name string, boxes []Box, arrows []Arrow) template.HTML {
	if len(boxes) == 0 {
		return ""
	}
	pairs := make([][2]int, len(arrows))
	most := int64(1)
	for i, a := range arrows {
		pairs[i] = [2]int{a.From, a.To}
		most = max(most, a.Calls)
	}
	l := layers(len(boxes), pairs)
	tallest := 0.0
	for _, row := range l.row {
		tallest = max(tallest, row)
	}
	c := chainDrawing{layered: l, middle: tallest*rowHeight + boxHeight/2 + chainEdge, most: most, pace: boxWidth + mostGap}
	if n := len(l.columns) - 1; n > 0 {
		c.pace = boxWidth + min(max((chainWidth-2*chainEdge-(n+1)*boxWidth)/n, leastGap), mostGap)
	}
	width := (len(l.columns)-1)*c.pace + boxWidth + 2*chainEdge
	var d drawing
	d.printf(`<svg class="chain" role="img" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" aria-labelledby="%[3]s-t %[3]s-d">`, width, int(2*c.middle), name)
	d.printf(`<title id="%s-t">%s</title><desc id="%[1]s-d">%s</desc>`, name, html.EscapeString(r.T("Who needs whom")),
		html.EscapeString(r.T("Each arrow leads to something that is needed; the table below says the same in words.")))
	d.printf(`<defs><marker id="%s-a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>`, name)
	for i, a := range arrows {
		c.arrow(&d, name, a, l.paths[i], l.turned[i])
	}
	for i, b := range boxes {
		c.box(&d, r, i, b)
	}
	return d.close()
}

// chainDrawing knows where things are.
type chainDrawing struct {
	layered
	middle float64
	most   int64
	pace   int // from column to column
}

// left returns the left end of a vertex, and its height.
func (c chainDrawing) left(v int) (x, y float64) {
	return float64(chainEdge + c.column[v]*c.pace), c.middle + c.row[v]*rowHeight
}

func (c chainDrawing) arrow(d *drawing, name string, a Arrow, path []int, turned bool) {
	class := "arrow"
	if a.Share != nil && *a.Share >= Hurts {
		class += " hurts"
	}
	if a.Told {
		class += " told"
	}
	if turned {
		class += " back"
	}
	var p strings.Builder
	if a.From == a.To {
		x, y := c.left(a.From)
		fmt.Fprintf(&p, "M%.0f %.0fc30 -30 -50 -30 -34 -2", x+boxWidth-20, y-boxHeight/2)
	} else {
		x, y := c.left(path[0])
		x += boxWidth
		fmt.Fprintf(&p, "M%.0f %.0f", x, y)
		for _, v := range path[1:] {
			toX, toY := c.left(v)
			bend := (toX - x) / 2
			fmt.Fprintf(&p, "C%.0f %.1f %.0f %.1f %.0f %.1f", x+bend, y, toX-bend, toY, toX, toY)
			x, y = toX, toY
			if v >= c.boxes { // a piece of a long arrow: on through its column
				fmt.Fprintf(&p, "H%.0f", x+boxWidth)
				x += boxWidth
			}
		}
	}
	end := "end"
	if turned {
		end = "start"
	}
	weight := 1 + 2.5*float64(a.Calls)/float64(c.most)
	d.printf(`<path class="%s" stroke-width="%.2f" marker-%s="url(#%s-a)" d="%s">`, class, weight, end, name, p.String())
	d.title(a.Words)
	d.printf("</path>")
}

func (c chainDrawing) box(d *drawing, r Reader, i int, b Box) {
	class := "box"
	switch {
	case b.Crowd:
		class += " crowd"
	case b.Share != nil && *b.Share >= Hurts:
		class += " hurts"
	case b.Quiet:
		class += " silent"
	}
	x, y := c.left(i)
	y -= boxHeight / 2
	d.printf(`<g class="%s">`, class)
	d.title(b.Words)
	d.printf(`<rect x="%.0f" y="%.1f" width="%d" height="%d" rx="7"/>`, x, y, boxWidth, boxHeight)
	d.printf(`<text class="name" x="%.0f" y="%.1f">%s</text>`, x+12, y+20, html.EscapeString(r.Short(b.Name, 20)))
	d.printf(`<text class="note" x="%.0f" y="%.1f">%s</text>`, x+12, y+36, html.EscapeString(r.Short(b.Note, 25)))
	d.printf("</g>")
}
