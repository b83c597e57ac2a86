package report

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/look"
)

// grid is a way to lay out a period: rows of cells.
type grid struct {
	row   func(time.Time) string // the name of the row of a time
	cell  func(time.Time) int    // its place in the row
	cells int                    // how many places a row has
	every int                    // a label above every so many
	label func(cell int) string
}

// days has a row for each day and a cell for each hour.
func (t text) days() grid {
	return grid{
		row: t.Day, cell: time.Time.Hour, cells: 24, every: 6,
		label: func(cell int) string { return t.Clock(time.Date(2000, 1, 1, cell, 0, 0, 0, t.zone())) },
	}
}

// months has a row for each month and a cell for each day.
func (t text) months() grid {
	return grid{
		row: t.Month, cell: func(at time.Time) int { return at.Day() - 1 }, cells: 31, every: 5,
		label: func(cell int) string { return strconv.Itoa(cell + 1) },
	}
}

// gridded is from how many characters on rows of cells fit.
const gridded = 50

// picture writes the period in blocks: days of hours up to two weeks, months of days up
// to two years, and one line for what is longer.
func (t text) picture() {
	all := hours(t.a)
	if len(all) == 0 || t.a.People.Active <= 0 {
		return
	}
	t.line("")
	switch span := all[len(all)-1].From.Sub(all[0].From); {
	case t.width < gridded:
		t.strip(all)
	case span < 14*24*time.Hour:
		t.grid(t.days(), all)
	case span < 24*31*24*time.Hour:
		t.grid(t.months(), all)
	default:
		t.strip(all)
	}
	t.say(quiet, "  ", "  █ "+t.T("flawless")+", ▅▃▁ "+t.T("people hurt: lower is more")+", ░ "+t.T("not measured"))
}

// grid writes the hours in rows, with cells as wide as the terminal allows.
func (t text) grid(g grid, all []look.Hour) {
	const wide = 13 // characters for the name of a row
	each := min(2, (t.width-wide-2)/g.cells)
	var axis strings.Builder
	for i := 0; i < g.cells; i += g.every {
		axis.WriteString(right(each*g.every, g.label(i)))
	}
	t.line("  " + right(wide, "") + t.in(quiet, strings.TrimRight(axis.String(), " ")))
	for i := 0; i < len(all); {
		name := g.row(all[i].From)
		cells := make([][]look.Hour, g.cells)
		for ; i < len(all) && g.row(all[i].From) == name; i++ {
			at := g.cell(all[i].From.In(t.zone()))
			cells[at] = append(cells[at], all[i])
		}
		var row strings.Builder
		for _, c := range cells {
			glyph, p := " ", paint("0")
			if b := look.Buckets(c, t.zone(), 1); len(b) > 0 {
				glyph, p = block(b[0])
			}
			row.WriteString(t.in(p, strings.Repeat(glyph, each)))
		}
		t.line("  " + right(wide, name) + row.String())
	}
}

// strip writes one line, in which a block is some days or more.
func (t text) strip(all []look.Hour) {
	buckets := look.Buckets(all, t.zone(), t.width-4)
	var b strings.Builder
	widest := 0 // hours: the blocks at the ends have fewer
	for _, bucket := range buckets {
		glyph, p := block(bucket)
		b.WriteString(t.in(p, glyph))
		widest = max(widest, bucket.Hours)
	}
	t.line("  " + b.String())
	from, to := t.Month(buckets[0].From), t.Month(buckets[len(buckets)-1].From)
	between := max(2, len(buckets)-size(from)-size(to))
	t.line("  " + t.in(quiet, from+strings.Repeat(" ", between)+to))
	t.line("  " + t.in(quiet, t.T("a block is %s", t.About(60*widest))))
}

// zone returns where the clock of the reader is.
func (t text) zone() *time.Location {
	if t.Zone == nil {
		return time.UTC
	}
	return t.Zone
}

// block returns the block for a bucket: full only when nobody was hurt, and another
// shape when nobody was there.
func block(b look.Bucket) (string, paint) {
	switch {
	case !b.Known():
		return "░", quiet
	case b.Active == b.Flawless:
		return "█", good
	}
	levels := []string{"▅", "▄", "▃", "▂", "▁"}
	return levels[min(int(math.Sqrt(b.Hurt())*5), 4)], hurt
}
