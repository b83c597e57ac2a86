package web

import (
	"net/http"
	"time"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// wallSheet is what a screen on a wall shows: little, and large.
type wallSheet struct {
	sheet
	Open  []view.Story // that go on now
	Next  *view.ComingMoment
	Light bool // a room in daylight asked for it
}

// wall shows how it is to a room.
func (d dashboard) wall(w http.ResponseWriter, r *http.Request) {
	s := wallSheet{sheet: d.sheet(w, r), Light: r.URL.Query().Has("light")}
	s.Here = "wall"
	if d.Desk != nil {
		for _, one := range d.stories(r) {
			if one.Open {
				s.Open = append(s.Open, one)
			}
		}
	}
	if d.Coming != nil {
		if c := d.Coming(); len(c.Moments) > 0 {
			s.Next = &c.Moments[0]
		}
	}
	var day []look.Hour
	for _, h := range s.Hours {
		if h.From.After(s.AsOf.Add(-24 * time.Hour)) {
			day = append(day, h)
		}
	}
	s.Hours = day
	d.show(w, r, "wall page", s)
}
