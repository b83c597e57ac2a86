package felt

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// cutoffs are the cut-offs of each quarter of a year: once learned they stand, so that
// two numbers of one quarter can be compared.
type cutoffs struct {
	chosen bool
	eras   []era
}

// An era is a time with the same cut-offs.
type era struct {
	from     int64            // Unix milliseconds; 0 for the first
	all      int64            // milliseconds
	journeys map[uint16]int64 // of segments with one of their own
}

// of returns the cut-off of a segment, -1 for all, at present.
func (c *cutoffs) of(segment int) int64 {
	if len(c.eras) == 0 {
		return 0
	}
	return c.eras[len(c.eras)-1].of(segment)
}

func (e *era) of(segment int) int64 {
	if own, ok := e.journeys[uint16(max(0, segment))]; ok && segment >= 0 {
		return own
	}
	return e.all
}

// at returns the era that a time is in.
func (c *cutoffs) at(ms int64) *era {
	i := len(c.eras) - 1
	for i > 0 && c.eras[i].from > ms {
		i--
	}
	return &c.eras[i]
}

// since returns since when the cut-offs of now hold; 0: always.
func (c *cutoffs) since() int64 {
	if len(c.eras) < 2 {
		return 0
	}
	return c.eras[len(c.eras)-1].from
}

func (c *cutoffs) known() bool { return len(c.eras) > 0 }

// longest returns the longest cut-off of now.
func (c *cutoffs) longest() int64 {
	last := &c.eras[len(c.eras)-1]
	longest := last.all
	for _, own := range last.journeys {
		longest = max(longest, own)
	}
	return longest
}

func (c *cutoffs) clone() cutoffs {
	d := cutoffs{chosen: c.chosen, eras: slices.Clone(c.eras)}
	for i := range d.eras {
		d.eras[i].journeys = maps.Clone(d.eras[i].journeys)
	}
	return d
}

// choose sets one cut-off for all, for good.
func (c *cutoffs) choose(ms int64) {
	c.chosen = true
	c.eras = []era{{all: ms}}
}

// next returns when the next quarter begins, 0 for never.
func (c *cutoffs) next() int64 {
	if c.chosen {
		return 0
	}
	last := c.eras[len(c.eras)-1].from
	return quarter(last + 100*24*msHour)
}

// learn makes the first era from events in order, settled up to a time: the 99th
// percentile of the gaps below four hours between two steps of one person, within 1 and
// 30 minutes, in whole seconds rounded up. Without any gap it is 30 minutes.
//
// Source: the 99th percentile is that of Hauer et al., NSDI 2020.
func (c *cutoffs) learn(events []event, in *segments, until int64) {
	sorted := slices.Clone(events)
	slices.SortStableFunc(sorted, func(a, b event) int { return cmp.Compare(a.person, b.person) })
	all := []int64{}
	journeys := map[uint16][]int64{}
	var s word
	last := map[uint16]int64{}
	for i := range sorted {
		e := &sorted[i]
		if i == 0 || sorted[i-1].person != e.person {
			s = 0
			clear(last)
		}
		if s.belongs(e, maxCutoff.Milliseconds()) {
			continue
		}
		if gap := e.time() - s.time(); s != 0 && gap < longestGap {
			all = append(all, gap)
		}
		journey := in.mixes[e.mix].segments[0]
		if before, seen := last[journey]; seen && e.time()-before < longestGap {
			journeys[journey] = append(journeys[journey], e.time()-before)
		}
		s, last[journey] = word(e.time()), e.time()
	}
	first := era{from: quarter(until), all: clampCutoff(p99(all)), journeys: map[uint16]int64{}}
	for journey, gaps := range journeys {
		if len(gaps) >= lessonGaps {
			first.journeys[journey] = clampCutoff(p99(gaps))
		}
	}
	c.eras = []era{first}
}

// p99 returns the 99th percentile of gaps, in milliseconds; 0 when there are none.
func p99(gaps []int64) int64 {
	if len(gaps) == 0 {
		return 0
	}
	slices.Sort(gaps)
	return gaps[(len(gaps)*99+99)/100-1]
}

// clampCutoff makes a cut-off of the 99th percentile of gaps.
func clampCutoff(ms int64) int64 {
	if ms == 0 {
		return maxCutoff.Milliseconds()
	}
	seconds := (ms + msSecond - 1) / msSecond
	return max(minCutoff.Milliseconds(), min(maxCutoff.Milliseconds(), seconds*msSecond))
}

// turn starts the era of a quarter with what was learned in the last one: of all, and
// of each segment. What has too few gaps keeps what it had.
func (c *cutoffs) turn(start int64, learned []gaps, in *segments) {
	last := c.eras[len(c.eras)-1]
	fresh := era{from: start, all: last.all, journeys: map[uint16]int64{}}
	if seconds, n := learned[0].p99(); n >= lessonGaps {
		fresh.all = clampCutoff(seconds * msSecond)
	}
	for n, g := range learned[1:] {
		if in.list[n].dimension != 0 {
			continue
		}
		if seconds, count := g.p99(); count >= lessonGaps {
			fresh.journeys[uint16(n)] = clampCutoff(seconds * msSecond)
		} else if own, ok := last.journeys[uint16(n)]; ok {
			fresh.journeys[uint16(n)] = own
		}
	}
	c.eras = append(c.eras, fresh)
}

// Version names the cut-offs of one quarter, such as 2026Q4.
func (e *era) version() string {
	t := time.UnixMilli(e.from).UTC()
	return fmt.Sprintf("%dQ%d", t.Year(), (t.Month()+2)/3)
}
