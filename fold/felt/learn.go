package felt

import (
	"cmp"
	"slices"
)

// lessonLength is how many experiences the cut-off is learned from: enough for a p99
// that stands still, few enough to keep (a guess).
const lessonLength = 100_000

// longestGap is the gap from which somebody has certainly been away.
const longestGap = 4 * msHour

// learn returns the cut-off, in milliseconds: the 99th percentile of the gaps below
// four hours between two steps of one person, within 1 and 30 minutes, in whole
// seconds rounded up. Without any gap it is 30 minutes.
//
// Source: the 99th percentile is that of Hauer et al., NSDI 2020.
func learn(lesson []heard) int64 {
	sorted := slices.Clone(lesson)
	slices.SortFunc(sorted, func(a, b heard) int {
		return cmp.Or(cmp.Compare(a.person, b.person), cmp.Compare(a.event.key, b.event.key), cmp.Compare(a.event.wait, b.event.wait))
	})
	var gaps []int64
	var s word
	for i, h := range sorted {
		if i == 0 || sorted[i-1].person != h.person {
			s = 0
		}
		if s.belongs(h.event, maxCutoff.Milliseconds()) {
			continue
		}
		if gap := h.event.time() - s.time(); s != 0 && gap < longestGap {
			gaps = append(gaps, gap)
		}
		s = word(h.event.time()) | flagSeen
	}
	if len(gaps) == 0 {
		return maxCutoff.Milliseconds()
	}
	slices.Sort(gaps)
	p99 := gaps[(len(gaps)*99+99)/100-1]
	seconds := (p99 + msSecond - 1) / msSecond
	return max(minCutoff.Milliseconds(), min(maxCutoff.Milliseconds(), seconds*msSecond))
}
