package main

import (
	"slices"
	"sync"
	"time"
)

// timeline is when something could: the moments at which that changed.
type timeline struct {
	mu  sync.Mutex
	at  []time.Time
	can []bool
}

func newTimeline() *timeline { return &timeline{} }

func (t *timeline) set(can bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.can); n > 0 && t.can[n-1] == can {
		return
	}
	t.at, t.can = append(t.at, time.Now()), append(t.can, can)
}

// could reports whether it could at some time of a window.
func (t *timeline) could(from, until time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, at := range t.at {
		next := until
		if i+1 < len(t.at) {
			next = t.at[i+1]
		}
		if t.can[i] && at.Before(until) && next.After(from) {
			return true
		}
	}
	return false
}

// meant is one thing that a person meant to do.
type meant struct {
	at     time.Time
	within time.Duration
	takes  time.Duration // of an honest answer
	stale  string        // what an older answer may be given for; "": none may
}

// least returns how many of what people meant to do nobody could have made good: an
// oracle that knows all faults in advance, asks the right server each time and holds
// what cannot be answered yet. It has no cost of its own.
func (s *suite) least() float64 {
	s.tally.mu.Lock()
	all := slices.Clone(s.tally.meant)
	s.tally.mu.Unlock()
	if s.scenario.least != nil {
		return s.scenario.least(s, all)
	}
	bad := 0.0
	kept := map[string]bool{}
	for _, m := range all {
		if s.possible(m) {
			kept[m.stale] = true
		} else if m.stale == "" || !kept[m.stale] {
			bad++
		}
	}
	for _, o := range s.origins {
		bad += float64(o.lost) // on their way when their server was killed
		if o.get(unsure) > 0 {
			bad++ // of a fault of which nobody knows whether the order was executed, somebody is the first
		}
	}
	return bad
}

// possible reports whether a server could answer in time.
func (s *suite) possible(m meant) bool {
	for _, o := range s.origins {
		if o.lives.could(m.at, m.at.Add(m.within-m.takes)) {
			return true
		}
	}
	return false
}

// slotTable is how fast a server with slots is, and when that changed.
type slotTable struct {
	wide int
	at   []time.Time
	each []time.Duration
}

func (t *slotTable) takes(at time.Time) time.Duration {
	d := t.each[0]
	for i, from := range t.at {
		if !at.Before(from) {
			d = t.each[i]
		}
	}
	return d
}

// leastOverload fills the slots of all servers as well as it can: each in the order in
// which people came, in the slot in which it ends first; what would end too late is not
// begun, so that it takes nobody's place.
func leastOverload(s *suite, all []meant) float64 {
	type slot struct {
		o    *origin
		free time.Time
	}
	var list []*slot
	for _, o := range s.origins {
		for range o.table.wide {
			list = append(list, &slot{o: o})
		}
	}
	bad := 0.0
	for _, m := range all {
		var best *slot
		var ends time.Time
		for _, one := range list {
			from := m.at
			if one.free.After(from) {
				from = one.free
			}
			end := from.Add(one.o.table.takes(from))
			if best == nil || end.Before(ends) {
				best, ends = one, end
			}
		}
		if ends.After(m.at.Add(m.within)) {
			bad++
			continue
		}
		best.free = ends
	}
	return bad
}
