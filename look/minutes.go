package look

import (
	"fmt"
	"html/template"
	"math"
	"time"
)

// Minute is how many people did something in one minute, and how many of them had a bad
// time in it.
type Minute struct {
	From         time.Time
	Active, Hurt int64
}

// Mark is something that happened at one time: a release, a word.
type Mark struct {
	At   time.Time
	Name string
}

// minutesHeight is how high the chart of minutes is, without its words.
const minutesHeight = 132

// MinuteChart draws people minute by minute from one time to another: who was hurt stands
// before who was there, and what happened is marked. Of minutes that are too many for
// their width, the one with most people hurt is drawn. name is unique on the page.
func (r Reader) MinuteChart(name string, list []Minute, from, to time.Time, marks []Mark, width int) template.HTML {
	var d drawing
	d.open("minutes", name, stripTop+minutesHeight+stripLabels, r.T("People, minute by minute"), r.minutesWords(list))
	d.hatch(name)
	d.printf(`<rect class="unknown" fill="url(#%s-h)" x="0" y="%d" width="100%%" height="%d"/>`, name, stripTop, minutesHeight)
	s := strip{Reader: r, drawing: &d, name: name, from: from, to: to}
	if !to.After(from) {
		return d.close()
	}
	each := time.Duration(math.Ceil(to.Sub(from).Minutes()*3/float64(width))) * time.Minute
	bars := worstOf(list, from, each)
	for _, b := range bars {
		s.crowd = max(s.crowd, b.Active)
	}
	for _, b := range bars {
		s.minute(b, each)
	}
	for _, m := range marks {
		if !m.At.Before(from) && !m.At.After(to) {
			s.printf(`<g><line class="mark" x1="%[1]s" x2="%[1]s" y1="0" y2="%[2]d"/>`, pct(s.x(m.At)), stripTop+minutesHeight)
			s.title(r.Clock(m.At) + " · " + m.Name)
			s.printf("</g>")
		}
	}
	s.labels(width)
	return d.close()
}

// worstOf returns, of each stretch, the minute with most people hurt.
func worstOf(list []Minute, from time.Time, each time.Duration) []Minute {
	var bars []Minute
	for _, m := range list {
		at := from.Add(m.From.Sub(from).Truncate(each))
		switch n := len(bars); {
		case m.From.Before(from):
		case n == 0 || !bars[n-1].From.Equal(at):
			bars = append(bars, Minute{From: at, Active: m.Active, Hurt: m.Hurt})
		case m.Hurt > bars[n-1].Hurt:
			bars[n-1].Active, bars[n-1].Hurt = m.Active, m.Hurt
		}
	}
	return bars
}

// minute draws one bar on paper, so that where nobody was stays hatched.
func (s strip) minute(m Minute, each time.Duration) {
	x := s.x(m.From)
	width := s.x(m.From.Add(each)) - x
	active, hurt := s.height(m.Active), s.height(m.Hurt)
	s.printf("<g>")
	s.title(fmt.Sprintf("%s · %s", s.Clock(m.From), s.T("%s of %s people hurt", s.Count(m.Hurt), s.Count(m.Active))))
	s.printf(`<rect class="paper" x="%s" y="%d" width="%s" height="%d"/>`, pct(x), stripTop, pct(width), minutesHeight)
	s.printf(`<rect class="crowd" x="%s" y="%d" width="%s" height="%d"/>`, pct(x), stripTop+minutesHeight-active, pct(width*.86), active)
	if hurt > 0 {
		s.printf(`<rect class="hurt" x="%s" y="%d" width="%s" height="%d"/>`, pct(x), stripTop+minutesHeight-hurt, pct(width*.86), hurt)
	}
	s.printf("</g>")
}

// height returns how high n people are.
func (s strip) height(n int64) int {
	if n <= 0 || s.crowd <= 0 {
		return 0
	}
	return max(3, int(math.Round(minutesHeight*float64(n)/float64(s.crowd))))
}

// labels writes the clock below.
func (s strip) labels(width int) {
	minutes := s.to.Sub(s.from).Minutes()
	every := time.Hour * 24
	for _, n := range []int{1, 5, 10, 15, 30, 60, 120, 180, 360, 720} {
		if minutes/float64(n) <= float64(width)/70 {
			every = time.Duration(n) * time.Minute
			break
		}
	}
	for t := s.from.Truncate(every); !t.After(s.to); t = t.Add(every) {
		if x := s.x(t); x >= 0 && x < 96 {
			s.printf(`<line class="edge" x1="%[1]s" x2="%[1]s" y1="%[2]d" y2="%[3]d"/>`, pct(x), stripTop+minutesHeight, stripTop+minutesHeight+5)
			s.text("tick", x, stripTop+minutesHeight+18, s.Clock(t))
		}
	}
}

func (r Reader) minutesWords(list []Minute) string {
	var worst Minute
	for _, m := range list {
		if m.Hurt > worst.Hurt {
			worst = m
		}
	}
	if worst.Hurt == 0 {
		return r.T("No bad experience in this period.")
	}
	return r.T("worst at %s: %s of %s hurt", r.Stamp(worst.From), r.Count(worst.Hurt), r.Count(worst.Active))
}
