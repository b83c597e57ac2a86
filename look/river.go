package look

import (
	"fmt"
	"html/template"
	"math"
	"time"
)

// Flow is how many faults there were in one hour: hidden from people, and felt.
type Flow struct {
	From         time.Time
	Masked, Felt int64
}

// Heights of the river, in pixels.
const (
	riverBank   = 58 // on either side
	riverHeight = 2*riverBank + 6 + stripLabels
)

// River draws faults hour by hour, or day by day: above the water those that were hidden
// from people, below it those that they felt. name is unique on the page.
func (r Reader) River(name string, list []Flow, width int) template.HTML {
	var d drawing
	var masked, felt int64
	for _, f := range list {
		masked, felt = masked+f.Masked, felt+f.Felt
	}
	d.open("river", name, riverHeight, r.T("Faults, hidden and felt"), r.T("%s were hidden from people, %s were felt.", r.Count(masked), r.Count(felt)))
	if len(list) == 0 {
		return d.close()
	}
	s := strip{Reader: r, drawing: &d, name: name, from: list[0].From, to: list[len(list)-1].From.Add(time.Hour)}
	if shortest := s.from.Add(12 * time.Hour); s.to.Before(shortest) {
		s.to = shortest
	}
	each := time.Duration(math.Ceil(s.to.Sub(s.from).Hours()*5/float64(width))) * time.Hour
	bars := flowsOf(list, s.from, each)
	for _, b := range bars {
		s.crowd = max(s.crowd, b.Masked, b.Felt)
	}
	s.printf(`<line class="edge" x1="0" x2="100%%" y1="%[1]d" y2="%[1]d"/>`, riverBank+3)
	for _, b := range bars {
		s.flow(b, each)
	}
	for _, t := range r.ticks(s.from, s.to, width) {
		if x := s.x(t.at); x < 94 {
			s.text("tick", x, riverHeight-4, t.label)
		}
	}
	return d.close()
}

// flowsOf adds up the hours of each stretch.
func flowsOf(list []Flow, from time.Time, each time.Duration) []Flow {
	var bars []Flow
	for _, f := range list {
		at := from.Add(f.From.Sub(from).Truncate(each))
		if n := len(bars); n == 0 || !bars[n-1].From.Equal(at) {
			bars = append(bars, Flow{From: at})
		}
		last := &bars[len(bars)-1]
		last.Masked, last.Felt = last.Masked+f.Masked, last.Felt+f.Felt
	}
	return bars
}

func (s strip) flow(f Flow, each time.Duration) {
	if f.Masked == 0 && f.Felt == 0 {
		return
	}
	x := s.x(f.From)
	width := (s.x(f.From.Add(each)) - x) * .86
	high := func(n int64) int {
		if n <= 0 {
			return 0
		}
		return max(3, int(math.Round(riverBank*float64(n)/float64(s.crowd))))
	}
	up, down := high(f.Masked), high(f.Felt)
	s.printf("<g>")
	s.title(fmt.Sprintf("%s · %s", s.Span(f.From, f.From.Add(each)), s.T("%s were hidden from people, %s were felt.", s.Count(f.Masked), s.Count(f.Felt))))
	if up > 0 {
		s.printf(`<rect class="good" x="%s" y="%d" width="%s" height="%d"/>`, pct(x), riverBank+2-up, pct(width), up)
	}
	if down > 0 {
		s.printf(`<rect class="hurt" x="%s" y="%d" width="%s" height="%d"/>`, pct(x), riverBank+4, pct(width), down)
	}
	s.printf("</g>")
}
