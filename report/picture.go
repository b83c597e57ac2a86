package report

import (
	"math"
	"strings"
	"time"

	"github.com/honderd/honderd/look"
)

// rows is how many days are drawn as a row of hours each; more are drawn in one line.
const rows = 15

// picture writes the period in blocks.
func (t text) picture() {
	all := hours(t.a)
	if len(all) == 0 || t.a.People.Active <= 0 {
		return
	}
	t.line("")
	if all[len(all)-1].From.Sub(all[0].From) < (rows-1)*24*time.Hour {
		t.week(all)
	} else {
		t.strip(all)
	}
	t.say(quiet, "  ", "  █ "+t.T("flawless")+", ▅▃▁ "+t.T("people hurt: lower is more")+", ░ "+t.T("not measured"))
}

// week writes a row of hours for each day, each hour two characters wide.
func (t text) week(all []look.Hour) {
	zone := t.Zone
	if zone == nil {
		zone = time.UTC
	}
	const wide = 13 // characters for the day
	each := 1
	if t.width >= wide+2+48 {
		each = 2
	}
	var axis strings.Builder
	for h := 0; h < 24; h += 6 {
		axis.WriteString(right(6*each, t.Clock(time.Date(2000, 1, 1, h, 0, 0, 0, zone))))
	}
	t.line("  " + right(wide, "") + t.in(quiet, axis.String()))
	for i := 0; i < len(all); {
		day := t.Day(all[i].From)
		var cells [24][]look.Hour // a clock that goes back has an hour twice
		for ; i < len(all) && t.Day(all[i].From) == day; i++ {
			at := all[i].From.In(zone).Hour()
			cells[at] = append(cells[at], all[i])
		}
		var row strings.Builder
		for _, c := range cells {
			glyph, p := " ", quiet
			if b := look.Buckets(c, zone, 1); len(b) > 0 {
				glyph, p = block(b[0])
			}
			row.WriteString(t.in(p, strings.Repeat(glyph, each)))
		}
		t.line("  " + right(wide, day) + row.String())
	}
}

// strip writes one line, in which a block is a few hours or days.
func (t text) strip(all []look.Hour) {
	buckets := look.Buckets(all, t.Zone, t.width-4)
	var b strings.Builder
	widest := 0 // hours: the blocks at the ends have fewer
	for _, bucket := range buckets {
		glyph, p := block(bucket)
		b.WriteString(t.in(p, glyph))
		widest = max(widest, bucket.Hours)
	}
	t.line("  " + b.String())
	from, to := t.Day(buckets[0].From), t.Day(buckets[len(buckets)-1].To)
	between := max(2, len(buckets)-size(from)-size(to))
	t.line("  " + t.in(quiet, from+strings.Repeat(" ", between)+to))
	t.line("  " + t.in(quiet, t.T("a block is %s", t.Minutes(60*widest))))
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
