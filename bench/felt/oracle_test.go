package main

import (
	"testing"
	"time"
)

// TestTimelineKnowsWindows asks whether a server could at any time of a window.
func TestTimelineKnowsWindows(t *testing.T) {
	zero := time.Unix(0, 0)
	at := func(s int) time.Time { return zero.Add(time.Duration(s) * time.Second) }
	line := &timeline{at: []time.Time{at(0), at(3), at(6)}, can: []bool{true, false, true}}
	tests := []struct {
		from, until int
		want        bool
	}{{0, 1, true}, {2, 4, true}, {3, 5, false}, {4, 6, false}, {5, 7, true}, {8, 9, true}}
	for _, tt := range tests {
		if got := line.could(at(tt.from), at(tt.until)); got != tt.want {
			t.Errorf("could(%d, %d) = %v, want %v", tt.from, tt.until, got, tt.want)
		}
	}
}

// TestOracleFillsSlots computes overload by hand: one slot of 100 ms, patience 250 ms, ten
// who come at once: two are answered in time, and the third would be late.
func TestOracleFillsSlots(t *testing.T) {
	start := time.Unix(100, 0)
	o := &origin{table: &slotTable{wide: 1, at: []time.Time{{}}, each: []time.Duration{100 * time.Millisecond}}}
	s := &suite{origins: []*origin{o}}
	all := make([]meant, 10)
	for i := range all {
		all[i] = meant{at: start, within: 250 * time.Millisecond}
	}
	if got := leastOverload(s, all); got != 8 {
		t.Errorf("leastOverload() = %v, want 8", got)
	}
	for i := range all { // one each 100 ms: all are answered
		all[i].at = start.Add(time.Duration(i) * 100 * time.Millisecond)
	}
	if got := leastOverload(s, all); got != 0 {
		t.Errorf("leastOverload() = %v, want 0", got)
	}
	o.table.at = append(o.table.at, start.Add(450*time.Millisecond)) // then each takes 300 ms
	o.table.each = append(o.table.each, 300*time.Millisecond)
	if got := leastOverload(s, all); got != 5 {
		t.Errorf("leastOverload() of a server that becomes slow = %v, want 5", got)
	}
}

// TestLeastCountsWhatNobodyCouldHide lets an old answer stand in only where one was had.
func TestLeastCountsWhatNobodyCouldHide(t *testing.T) {
	start := time.Unix(100, 0)
	o := &origin{lives: &timeline{at: []time.Time{start, start.Add(time.Second)}, can: []bool{true, false}}, lost: 2}
	o.counters.n = new([counterKinds]int64)
	s := &suite{origins: []*origin{o}, tally: &tally{meant: []meant{
		{at: start, within: time.Second, stale: "/a"},
		{at: start.Add(2 * time.Second), within: time.Second, stale: "/a"},
		{at: start.Add(2 * time.Second), within: time.Second, stale: "/b"},
		{at: start.Add(2 * time.Second), within: time.Second},
		{at: start.Add(500 * time.Millisecond), within: time.Second, takes: 900 * time.Millisecond},
	}}}
	if got := s.least(); got != 4 {
		t.Errorf("least() = %v, want 4: /b, the page that may not be kept, and the two that were on their way", got)
	}
	o.n[unsure] = 7
	if got := s.least(); got != 5 {
		t.Errorf("least() = %v, want 5: somebody is the first", got)
	}
}
