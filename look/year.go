package look

import (
	"fmt"
	"html/template"
	"time"
)

// Day is how many people were there in one day, and how many of them were hurt. With
// nobody it says nothing.
type Day struct {
	From         time.Time
	Active, Hurt int64
}

// yearHeight is how high a bar of a day is, in pixels.
const yearHeight = 34

// Year draws days: a bar for each. Who was hurt hangs from the top and is seen even when
// it is one of ten thousand; a day with nobody is hatched. name is unique on the page.
func (r Reader) Year(name, title string, days []Day) template.HTML {
	var d drawing
	d.open("year", name, yearHeight, title, r.yearWords(days))
	d.hatch(name)
	pitch := 100 / float64(max(1, len(days)))
	for i := 0; i < len(days); i++ {
		x := pitch * float64(i)
		if days[i].Active <= 0 {
			j := i
			for j+1 < len(days) && days[j+1].Active <= 0 {
				j++
			}
			d.printf("<g>")
			d.title(r.Day(days[i].From) + " – " + r.Day(days[j].From) + " · " + r.T("not measured"))
			d.printf(`<rect class="unknown" fill="url(#%s-h)" x="%s" y="0" width="%s" height="%d"/></g>`, name, pct(x), pct(pitch*float64(j-i+1)), yearHeight)
			i = j
			continue
		}
		r.day(&d, days[i], x, pitch)
	}
	return d.close()
}

func (r Reader) day(d *drawing, one Day, x, pitch float64) {
	gap := min(pitch*0.12, 0.2)
	hurt := biteHeight(float64(one.Hurt)/float64(one.Active)) * yearHeight / stripBars
	if one.Hurt > 0 {
		hurt = max(hurt, 4)
	}
	d.printf("<g>")
	d.title(r.DaySays(one))
	if hurt > 0 {
		d.printf(`<rect class="hurt" x="%s" y="0" width="%s" height="%d"/>`, pct(x+gap), pct(pitch-2*gap), hurt)
		hurt += 2 // a line of paper between the two, so that it is not colour alone
	}
	if hurt < yearHeight {
		d.printf(`<rect class="good" x="%s" y="%d" width="%s" height="%d"/>`, pct(x+gap), hurt, pct(pitch-2*gap), yearHeight-hurt)
	}
	d.printf("</g>")
}

// DaySays says how one day was.
func (r Reader) DaySays(d Day) string {
	if d.Active <= 0 {
		return r.Day(d.From) + " · " + r.T("not measured")
	}
	share := float64(d.Active-d.Hurt) / float64(d.Active)
	return fmt.Sprintf("%s · %s · %s", r.Day(d.From), r.T("%s of %s people had a flawless day", r.Count(d.Active-d.Hurt), r.Count(d.Active)), r.Percent(share))
}

// yearWords describes the days to who does not see them.
func (r Reader) yearWords(days []Day) string {
	measured, hurt := int64(0), int64(0)
	for _, d := range days {
		if d.Active > 0 {
			measured++
		}
		if d.Hurt > 0 {
			hurt++
		}
	}
	return r.T("Of %s days, people were measured on %s and hurt on %s.", r.Count(int64(len(days))), r.Count(measured), r.Count(hurt))
}
