package ical

import (
	"slices"
	"time"

	"github.com/honderd/honderd/internal/ical/wall"
)

// between returns the repetitions of e that overlap from to to.
func (e *entry) between(from, to time.Time, left *int) ([]Event, error) {
	times, err := e.times(from, to, left)
	if err != nil {
		return nil, err
	}
	var list []Event
	for _, x := range times {
		ev := Event{Start: x.start.first(), Summary: e.summary, AllDay: e.start.date, Cancelled: e.cancelled}
		switch {
		case x.length != (length{}):
			ev.End = x.length.end(x.start.wall, x.start.zone)
		case e.length != (length{}) || e.worded == 0:
			ev.End = e.length.end(x.start.wall, x.start.zone)
		default:
			ev.End = wall.Last(x.start.wall.Add(e.worded), x.start.zone)
		}
		if ev.Start.Before(to) && (ev.End.After(from) || ev.End.Equal(ev.Start) && !ev.Start.Before(from)) {
			list = append(list, ev)
		}
	}
	return list, nil
}

// times returns when e begins, early enough that all that overlap from to to are there.
func (e *entry) times(from, to time.Time, left *int) ([]extra, error) {
	const slack = 48 * time.Hour // more than any zone is away from UTC
	longest := max(e.length.most(), e.worded)
	lo, hi := wall.Clock(from, e.start.zone).Add(-longest-slack), wall.Clock(to, e.start.zone).Add(slack)
	all := append([]extra{{start: e.start}}, e.more...)
	for _, rule := range e.rules {
		walls, err := rule.between(e.start.wall, lo, hi, left)
		if err != nil {
			return nil, err
		}
		for _, w := range walls {
			all = append(all, extra{start: stamp{w, e.start.date, e.start.zone}})
		}
	}
	var not exceptions
	for _, rule := range e.not {
		walls, err := rule.between(e.start.wall, lo, hi, left)
		if err != nil {
			return nil, err
		}
		for _, w := range walls {
			not.add(stamp{w, e.start.date, e.start.zone})
		}
	}
	seen := map[int64]bool{}
	return slices.DeleteFunc(all, func(x extra) bool {
		at := x.start.first().Unix()
		twice := seen[at]
		seen[at] = true
		return twice || e.except.has(x.start) || not.has(x.start)
	}), nil
}
