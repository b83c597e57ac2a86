package foresight

import (
	"time"

	"github.com/honderd/honderd/warning"
)

// calm is how many times in a row there must be nothing to say before a warning ends: one
// quiet moment ends none.
const calm = 3

// least is the share of the total below which as good as nothing is left.
const least = 0.005

// fewest is how much must wait in a queue that grows before it is told of.
const fewest = 100

// judge says, changes or ends what there is to say of t.
func (f *Fold) judge(t *thing) {
	said, warn, came := t.say()
	switch {
	case came && t.Open != nil:
		f.end(t, End{At: t.Last, Came: true})
	case came || !warn && t.Open == nil:
	case !warn:
		if t.Calm++; t.Calm >= calm || t.Kind == warning.Certificate {
			f.end(t, End{At: t.Last})
		}
	case t.Open == nil:
		said.Since, said.First = t.Last, said.At
		t.Open, t.Calm = &said, 0
	default:
		said.Since, said.First = t.Open.Since, t.Open.First
		t.Open, t.Calm = &said, 0
	}
}

// end remembers what became of a warning.
func (f *Fold) end(t *thing, e End) {
	said := *t.Open
	said.End = &e
	t.Open, t.Calm = nil, 0
	if len(f.past) >= maxPast {
		f.past = append(f.past[:0], f.past[1:]...)
	}
	f.past = append(f.past, said)
}

// say returns what there is to say of t now. came: it has run out.
func (t *thing) say() (said Said, warn, came bool) {
	said = Said{Kind: t.Kind, Of: t.Labels}
	switch {
	case t.Kind == warning.Certificate:
		said.At, said.Early, said.Late, said.Sure = t.Ends, t.Ends, t.Ends, 1
		return said, t.Ends-t.Last < certain && t.Ends > t.Last, t.Ends <= t.Last
	case t.Kind == warning.Queue:
		return t.grows()
	case t.out():
		return said, false, true
	}
	if t.cameBack() {
		return said, false, false
	}
	for i, points := range t.Spans {
		next, ok := warning.NewForecast(t.complete(i, points))
		if !ok || warn && next.At.Unix() >= said.At {
			continue
		}
		warn = true
		said.At, said.Early, said.Late, said.Sure = next.At.Unix(), next.Earliest.Unix(), next.Latest.Unix(), next.Sure
		said.Over = points[len(points)-1].At - points[0].At
	}
	return said, warn, false
}

// cameBack reports whether it has been as low as now before and rose again by much: what is
// written by day and thrown away at night is no news until it is lower than ever.
func (t *thing) cameBack() bool {
	for _, points := range t.Spans[1:] {
		lowest, highest := t.Left, t.Left
		for _, p := range points {
			lowest, highest = min(lowest, p.Left), max(highest, p.Left)
		}
		low := false // as low as now, before
		for _, p := range points {
			if low && p.Left > (lowest+highest)/2 && p.Left > t.Left+(highest-lowest)/4 {
				return true
			}
			low = low || p.Left <= t.Left
		}
	}
	return false
}

// complete returns points with the newest value as it is, not as the least of its bucket.
func (t *thing) complete(scale int, points []warning.Point) []warning.Point {
	n := len(points)
	if scale == 0 || n == 0 {
		return points
	}
	whole := append([]warning.Point{}, points...)
	whole[n-1] = warning.Point{At: t.Last, Left: t.Left}
	return whole
}

// out reports whether as good as nothing is left.
func (t *thing) out() bool { return t.Left <= 0 || t.Total > 0 && t.Left <= least*t.Total }

// grows reports whether a queue surely grows, and by a lot: nobody knows how long it may be.
func (t *thing) grows() (said Said, warn, came bool) {
	said = Said{Kind: t.Kind, Of: t.Labels}
	for _, points := range t.Spans[:2] {
		n := len(points)
		if n == 0 || -t.Left < fewest+2*-points[0].Left {
			continue
		}
		trend, ok := warning.NewTrend(points)
		if !ok || trend.Slowest >= 0 || points[n-1].Left >= points[n-1-n/3].Left {
			continue
		}
		said.Sure, said.Over = sinking(points), points[n-1].At-points[0].At
		return said, true, false
	}
	return said, false, false
}

// sinking returns the share of pairs of points of which the later is lower.
func sinking(points []warning.Point) float64 {
	lower, all := 0, 0
	for i, a := range points {
		for _, b := range points[i+1:] {
			if all++; b.Left < a.Left {
				lower++
			}
		}
	}
	return float64(lower) / float64(max(all, 1))
}

// Answer is what the fold knows.
type Answer struct {
	Newest   time.Time // of the newest reading; zero: none ever came
	Warnings []Warning // in the order of their keys
	Past     []Said    // the newest first
	Things   map[warning.Kind]int
	Over     int64 // readings for which there was no room
}

// Warning is one thing that runs out.
type Warning struct {
	Key   string // tells it from all others
	Said  Said
	Left  float64 // of a queue: how much waits
	Total float64 // 0: not known
	Last  time.Time
}
