package look

import (
	"html/template"
	"math"
	"strings"
)

// Ring draws a share of people as a hundred ticks: the picture of our name. Who was
// hurt stands out of the circle, even when it is less than one in a hundred. low and
// high are the ends of the interval, nil when there is none: what lies above low is
// thin, because it may be otherwise. nil share is not measured. word stands below the number; name is unique on the page.
func (r Reader) Ring(name string, share, low, high *float64, word string) template.HTML {
	number := r.Share(share)
	if share == nil {
		number, word = "?", r.T("not measured")
	}
	var d drawing
	d.printf(`<svg class="chart ringed" role="img" viewBox="0 0 240 240" aria-labelledby="%s-t %[1]s-d">`, name)
	d.printf(`<title id="%s-t">%s</title><desc id="%[1]s-d">%s</desc>`, name, template.HTMLEscapeString(r.Share(share)+" "+word), template.HTMLEscapeString(r.ringWords(share, low, high)))
	if low != nil && high != nil && share != nil {
		d.arc(*low, *high)
	}
	hurt := 0.0
	if share != nil {
		hurt = 100 * (1 - min(max(*share, 0), 1))
	}
	for i := range 100 {
		left := hurt - float64(99-i) // how much of this tick is hurt
		switch {
		case share == nil:
			d.tick("unknown", i, 84, 98)
		case left <= 1e-9 && low != nil && float64(i) >= 100**low:
			d.tick("good unsure", i, 86, 96)
		case left <= 1e-9:
			d.tick("good", i, 82, 100)
		case left >= 1-1e-9:
			d.tick("hurt", i, 82, 108)
		default:
			d.tick("good", i, 82, 100)
			x, y := around((float64(i)+0.5)/100, 106)
			d.printf(`<circle class="hurt" cx="%.1f" cy="%.1f" r="3.2"/>`, x, y)
		}
	}
	size := "big"
	switch n := len([]rune(number)); {
	case n > 8:
		size = "small"
	case n > 6:
		size = "middle"
	}
	d.printf(`<text class="number %s" x="120" y="126">%s</text>`, size, template.HTMLEscapeString(number))
	for i, line := range lines(word) {
		d.printf(`<text class="word" x="120" y="%d">%s</text>`, 150+18*i, template.HTMLEscapeString(line))
	}
	return d.close()
}

// lines returns a word for the middle of the ring in one line, or in two where it is
// too long for one.
func lines(word string) []string {
	const most = 17 // characters that fit between the ticks
	if len([]rune(word)) <= most {
		return []string{word}
	}
	at := strings.LastIndex(string([]rune(word)[:most]), " ")
	if at < 0 {
		return []string{word}
	}
	return []string{word[:at], word[at+1:]}
}

// ringWords describes the ring to who does not see it.
func (r Reader) ringWords(share, low, high *float64) string {
	switch {
	case share == nil:
		return r.T("Nobody was here: that is not 100%, it is not known.")
	case low == nil || high == nil:
		return ""
	}
	a, b := r.Interval(*low, *high)
	return r.T("The true share lies between %s and %s.", a, b)
}

// tick draws tick i of 100 between two distances from the middle.
func (d *drawing) tick(class string, i int, inner, outer float64) {
	at := (float64(i) + 0.5) / 100
	x1, y1 := around(at, inner)
	x2, y2 := around(at, outer)
	d.printf(`<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, class, x1, y1, x2, y2)
}

// arc draws the interval from low to high, outside the ticks.
func (d *drawing) arc(low, high float64) {
	low, high = min(max(low, 0), 1), min(max(high, 0), 0.9999)
	x1, y1 := around(low, 115)
	x2, y2 := around(high, 115)
	large := 0
	if high-low > 0.5 {
		large = 1
	}
	d.printf(`<path class="interval" d="M%.1f %.1fA115 115 0 %d 1 %.1f %.1f"/>`, x1, y1, large, x2, y2)
}

// around returns the point of the circle at a share of its way round from the top.
func around(share, radius float64) (x, y float64) {
	sin, cos := math.Sincos(2 * math.Pi * share)
	return 120 + radius*sin, 120 - radius*cos
}
