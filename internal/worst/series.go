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
// may ask at once. It is made of days, which many series can share, or laid out in one,
// which is faster to look through.
type Series struct {
	days  []*Day
	base  []sum // before each day, and after the last
	first int   // minutes of the first day that do not count: nobody is there
	n     int   // minutes
	flat  []sum // before each minute, and after the last; nil: only the days are known
	tiles []sum // without days: the worst minute of each 64, by share
}

// sum is person-time in milliseconds.
type sum struct{ bad, all int64 }

func (d sum) plus(e sum) sum  { return sum{d.bad + e.bad, d.all + e.all} }
func (d sum) minus(e sum) sum { return sum{d.bad - e.bad, d.all - e.all} }

// New returns the series of minutes of which good milliseconds of person-time of all
// were good, 0 <= good <= all. Both must be as long. What they add up to must fit in 63
// bits: 3 million people who are always there, for a hundred years.
func New(good, all []int64) *Series {
	s := &Series{n: len(all), flat: make([]sum, len(all)+1), tiles: make([]sum, (len(all)+tile-1)/tile)}
	for i, a := range all {
		minute := sum{a - good[i], a}
		s.flat[i+1] = s.flat[i].plus(minute)
		if minute.bad > 0 && (s.tiles[i/tile].all == 0 || minute.worse(s.tiles[i/tile])) {
			s.tiles[i/tile] = minute
		}
	}
	return s
}

// Join returns the series of so many minutes of days one after another, but for the first
// of the first day. A day is nil when nobody was there.
func Join(days []*Day, first, minutes int) *Series {
	s := &Series{days: days, base: make([]sum, len(days)+1), first: first, n: minutes}
	for i, d := range days {
		s.base[i+1] = s.base[i]
		if d != nil {
			s.base[i+1] = s.base[i].plus(d.total)
		}
	}
	return s
}

// Minutes returns how many minutes there are.
func (s *Series) Minutes() int { return s.n }

// Until returns the series of the first minutes of s.
func (s *Series) Until(minutes int) *Series {
	part := *s
	part.n = minutes
	if s.flat != nil {
		part.flat = s.flat[:minutes+1]
	}
	return &part
}

// at returns the person-time of the minutes before minute i.
func (s *Series) at(i int) sum {
	if s.flat != nil {
		return s.flat[i]
	}
	return s.inDay(i)
}

// inDay is at of a series that is only known by its days.
func (s *Series) inDay(i int) sum {
	j := uint(i + s.first)
	k := j / DayMinutes
	if k >= uint(len(s.days)) || s.days[k] == nil {
		return s.base[k]
	}
	return s.days[k].at(int(j % DayMinutes)).plus(s.base[k])
}

// read fills list with the sums before minute i and those after it.
func (s *Series) read(list []sum, i int) {
	if s.flat != nil {
		copy(list, s.flat[i:])
		return
	}
	for i += s.first; len(list) > 0; {
		k, in := i/DayMinutes, i%DayMinutes
		some := list[:min(len(list), DayMinutes-in)]
		switch base := s.base[k]; {
		case k >= len(s.days) || s.days[k] == nil:
			for n := range some {
				some[n] = base
			}
		default:
			s.days[k].read(some, in, base)
		}
		i, list = i+len(some), list[len(some):]
	}
}

// Flat returns s, laid out in one.
func (s *Series) Flat() *Series { return s.flatIn(make([]sum, s.n+1)) }

// flatIn returns s, laid out in list, which has room for one more than its minutes.
func (s *Series) flatIn(list []sum) *Series {
	if s.flat != nil {
		return s
	}
	whole := *s
	s.read(list, 0)
	whole.flat = list
	return &whole
}

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
	a, b := s.at(i), s.at(j)
	return sum{b.bad - a.bad, b.all - a.all}
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
