package look

import (
	"fmt"
	"html/template"
	"math"
	"time"
)

// Heights of the strip, in pixels from its top.
const (
	stripTop    = 6
	stripBars   = 112 // how high a bar is
	stripPeople = 30  // how high the crowd below it is
	stripGap    = 6
	stripLabels = 22
	stripHeight = stripTop + stripBars + stripGap + stripPeople + stripLabels
)

// Strip draws a period: one bar for each hour, or for a few of them so that a bar is
// about 3 pixels wide in a chart of width pixels. Who was hurt hangs from the top and
// is seen even when it is one of ten thousand; where nobody was it is hatched. name is
// unique on the page.
func (r Reader) Strip(name string, hours []Hour, width int) template.HTML {
	buckets := Buckets(hours, r.location(), max(width*10/29, 1))
	var d drawing
	d.open("strip", name, stripHeight, r.T("How it was, hour by hour"), r.stripWords(buckets))
	d.hatch(name)
	if len(buckets) == 0 {
		d.printf(`<rect class="unknown" fill="url(#%s-h)" x="0" y="%d" width="100%%" height="%d"/>`, name, stripTop, stripBars)
		return d.close()
	}
	s := strip{Reader: r, drawing: &d, name: name, from: buckets[0].From, to: buckets[len(buckets)-1].To}
	if shortest := s.from.Add(12 * time.Hour); s.to.Before(shortest) {
		s.to = shortest // one hour is no wall
	}
	for _, b := range buckets {
		s.crowd = max(s.crowd, b.Active/int64(b.Hours))
	}
	s.days(width)
	for i := 0; i < len(buckets); i++ {
		if !buckets[i].Known() {
			j := i
			for j+1 < len(buckets) && !buckets[j+1].Known() {
				j++
			}
			s.unknown(buckets[i].From, buckets[j].To)
			i = j
			continue
		}
		s.bar(buckets[i])
	}
	return d.close()
}

// stripWords describes the strip to who does not see it.
func (r Reader) stripWords(buckets []Bucket) string {
	hours, measured, hurt := 0, 0, 0
	for _, b := range buckets {
		hours += b.Hours
		measured += b.Measured
		if b.Active > b.Flawless {
			hurt++
		}
	}
	if measured == 0 {
		return r.T("not measured")
	}
	return r.T("Of %s hours, %s were measured. People were hurt in %s of %s bars.",
		r.Count(int64(hours)), r.Count(int64(measured)), r.Count(int64(hurt)), r.Count(int64(len(buckets))))
}

// strip is a strip under construction.
type strip struct {
	Reader
	*drawing
	name     string
	from, to time.Time
	crowd    int64 // most people in an hour
}

// x returns where t is, in percent.
func (s strip) x(t time.Time) float64 {
	return 100 * float64(t.Sub(s.from)) / float64(s.to.Sub(s.from))
}

// unknown hatches a stretch without people.
func (s strip) unknown(from, to time.Time) {
	x := s.x(from)
	s.printf("<g>")
	s.title(s.Span(from, to) + " · " + s.T("not measured"))
	s.printf(`<rect class="unknown" fill="url(#%s-h)" x="%s" y="%d" width="%s" height="%d"/></g>`,
		s.name, pct(x), stripTop, pct(s.x(to)-x), stripBars)
}

// bar draws one bucket: who was hurt from the top, the others below, and under it how
// many people there were.
func (s strip) bar(b Bucket) {
	pitch := s.x(b.To) - s.x(b.From)
	gap := min(pitch*0.09, 0.12)
	x, width := s.x(b.From)+gap, pitch-2*gap
	hurt := biteHeight(b.Hurt())
	s.printf("<g>")
	s.title(s.barWords(b))
	if hurt > 0 {
		s.printf(`<rect class="hurt" x="%s" y="%d" width="%s" height="%d"/>`, pct(x), stripTop, pct(width), hurt)
		if hurt < stripBars {
			hurt += 2 // a line of paper between the two, so that it is not colour alone
		}
	}
	if hurt < stripBars {
		s.printf(`<rect class="good" x="%s" y="%d" width="%s" height="%d"/>`, pct(x), stripTop+hurt, pct(width), stripBars-hurt)
	}
	if s.crowd > 0 {
		height := max(1, int(math.Round(stripPeople*float64(b.Active/int64(b.Hours))/float64(s.crowd))))
		s.printf(`<rect class="crowd" x="%s" y="%d" width="%s" height="%d"/>`, pct(x), stripTop+stripBars+stripGap, pct(width), height)
	}
	s.printf("</g>")
}

// biteHeight returns how much of a bar shows that a share of people was hurt: its
// square root, and never too little to be seen. Only everybody is everything.
func biteHeight(share float64) int {
	switch {
	case share <= 0:
		return 0
	case share >= 1:
		return stripBars
	}
	return min(max(8, int(math.Sqrt(share)*stripBars)), stripBars-4)
}

// barWords says what a bar shows.
func (s strip) barWords(b Bucket) string {
	if b.Hours == 1 {
		return fmt.Sprintf("%s · %s · %s", s.Span(b.From, b.To), s.People(b.Active), s.T("%s flawless", s.Count(b.Flawless)))
	}
	words := fmt.Sprintf("%s · %s · %s", s.Span(b.From, b.To), s.T("%s people, counted each hour", s.Count(b.Active)), s.T("%s flawless", s.Count(b.Flawless)))
	if b.Worst.Active > b.Worst.Flawless {
		words += " · " + s.T("worst at %s: %s of %s hurt", s.Stamp(b.Worst.From), s.Count(b.Worst.Active-b.Worst.Flawless), s.Count(b.Worst.Active))
	}
	if b.Measured < b.Hours {
		words += " · " + s.T("%s of %s hours measured", s.Count(int64(b.Measured)), s.Count(int64(b.Hours)))
	}
	return words
}

// days draws the edges of days and the words below them.
func (s strip) days(width int) {
	bottom := stripTop + stripBars + stripGap + stripPeople
	free := 0.0 // from where on there is room for a label
	for _, t := range s.ticks(s.from, s.to, width) {
		x := s.x(t.at)
		s.printf(`<line class="edge" x1="%[1]s" x2="%[1]s" y1="%[2]d" y2="%[3]d"/>`, pct(x), stripTop, bottom+6)
		room := 100 * float64(7*len([]rune(t.label))) / float64(width)
		if x < free || x+room > 100 {
			continue
		}
		free = x + room + 100*10/float64(width)
		s.text("tick", x, bottom+18, t.label)
	}
}
