// Package worst finds the worst windows of a series of minutes: for a length, the window
// in which the smallest share of the time that people were there was good. And it says
// what the curve over all lengths looks like: one long outage, or many short ones.
//
// Source: minimal cumulative ratio; Hauer, Hoffmann, Lunney, Ardelean and Diwan,
// Meaningful Availability, NSDI 2020.
package worst

import (
	"math"
	"math/bits"
)

// Series is person-time minute by minute, as running sums. It does not change, so many
// may ask at once.
type Series struct {
	sums  []sum // of the minutes before each, one more than there are minutes
	tiles []sum // the worst minute of each 64, by share
}

// tile is how many minutes a tile has.
const tile = 64

// sum is person-time in milliseconds.
type sum struct{ bad, all int64 }

// New returns the series of minutes of which good milliseconds of person-time of all
// were good, 0 <= good <= all. Both must be as long. What they add up to must fit in 63
// bits: 3 million people who are always there, for a hundred years.
func New(good, all []int64) *Series {
	s := &Series{make([]sum, len(all)+1), make([]sum, (len(all)+tile-1)/tile)}
	for i, a := range all {
		minute := sum{a - good[i], a}
		s.sums[i+1] = sum{s.sums[i].bad + minute.bad, s.sums[i].all + a}
		if minute.bad > 0 && (s.tiles[i/tile].all == 0 || minute.worse(s.tiles[i/tile])) {
			s.tiles[i/tile] = minute
		}
	}
	return s
}

// Minutes returns how many minutes there are.
func (s *Series) Minutes() int { return len(s.sums) - 1 }

// Window is some minutes of a series.
type Window struct {
	From      int   // the first minute, counted from 0
	Minutes   int   // how many
	Good, All int64 // person-time in milliseconds; All is 0 when no window had support
}

// Cut returns the window of so many minutes from one on. They must be in the series.
func (s *Series) Cut(from, minutes int) Window {
	d := s.between(from, from+minutes)
	return Window{from, minutes, d.all - d.bad, d.all}
}

// between returns the person-time from minute i up to j.
func (s *Series) between(i, j int) sum {
	return sum{s.sums[j].bad - s.sums[i].bad, s.sums[j].all - s.sums[i].all}
}

// worse reports whether a larger share of d is bad than of e, without rounding. Where
// nobody was is not worse than anything; anything is as bad as where nobody was.
func (d sum) worse(e sum) bool {
	h1, l1 := bits.Mul64(uint64(d.bad), uint64(e.all))
	h2, l2 := bits.Mul64(uint64(e.bad), uint64(d.all))
	return h1 > h2 || h1 == h2 && l1 > l2
}

// sizes is how many lengths a curve has: from a minute to 23 days.
const sizes = 61

// Sizes returns the lengths of a curve, in minutes: 61 of them, each 2^(1/4) longer than
// the one before and rounded, none longer than the period. So the first and the last
// stand there more than once.
func Sizes(period int) []int {
	all := make([]int, sizes)
	for k := range all {
		all[k] = min(int(math.Round(math.Exp2(float64(k)/4))), period)
	}
	return all
}
