// Package money turns lost time and lost sales into money, against what would have been.
package money

import "slices"

// Expected returns how much there would have been in an hour: the median of the same hour
// of earlier weeks, times how busy this day was, before it went wrong, beside what is usual
// for it. It is 0 without history, or without anything usual.
func Expected(history []float64, today, usual float64) float64 {
	if len(history) == 0 || usual <= 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(history))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2 * today / usual
}

// Lost returns how much less there was than expected, hour by hour, from when it went wrong
// until all had caught up: what came later after all is not lost.
func Lost(expected, actual []float64) float64 {
	var lost float64
	for i := range min(len(expected), len(actual)) {
		lost += expected[i] - actual[i]
	}
	return lost
}

// WorkLost returns what it cost that people could not work for so many minutes each, of
// which a share cannot be made up for.
func WorkLost(people, minutes, perMinute, share float64) float64 {
	return people * minutes * perMinute * share
}
