package look

import "html/template"

// Meter draws a share in a line, with its interval when both ends are there. Less than
// all is seen even when it is one of ten thousand; nil is hatched. name is unique on
// the page.
func (r Reader) Meter(name string, share, low, high *float64) template.HTML {
	var d drawing
	d.printf(`<svg class="chart meter" role="img" width="100%%" height="16" aria-label="%s">`, template.HTMLEscapeString(r.Share(share)))
	d.title(r.meterWords(share, low, high))
	if share == nil {
		d.hatch(name)
		d.printf(`<rect class="unknown" fill="url(#%s-h)" x="0" y="4" width="100%%" height="8"/>`, name)
		return d.close()
	}
	good := 100 * min(max(*share, 0), 1)
	if good < 100 {
		shown := min(good, 97.5) // what is left must be seen
		d.printf(`<rect class="hurt" x="%s" y="2" width="%s" height="12"/>`, pct(shown), pct(100-shown))
		good = max(shown-0.6, 0)
	}
	d.printf(`<rect class="good" x="0" y="4" width="%s" height="8"/>`, pct(good))
	if low != nil && high != nil && *high > *low {
		d.printf(`<line class="interval" x1="%s" x2="%s" y1="8" y2="8"/>`, pct(100**low), pct(100**high))
		for _, end := range []float64{*low, *high} {
			d.printf(`<line class="interval" x1="%[1]s" x2="%[1]s" y1="4" y2="12"/>`, pct(100*end))
		}
	}
	return d.close()
}

// meterWords says what a meter shows.
func (r Reader) meterWords(share, low, high *float64) string {
	if share == nil || low == nil || high == nil {
		return r.Share(share)
	}
	a, b := r.Interval(*low, *high)
	return r.T("%s, between %s and %s", r.Share(share), a, b)
}

// Bar draws how much n is of the most, as a line beside a label that says the number.
func (r Reader) Bar(n, most int64) template.HTML {
	var d drawing
	d.printf(`<svg class="chart bar" width="100%%" height="8" aria-hidden="true">`)
	if most > 0 && n > 0 {
		d.printf(`<rect class="hurt" x="0" y="1" width="%s" height="6"/>`, pct(max(1, 100*float64(n)/float64(most))))
	}
	return d.close()
}
