// Package interval says how sure a number about people is: 95% intervals of shares, of
// ratios of person-time and of resampled numbers, with the person as the unit.
//
// What each interval is worth was measured: docs/intervals.md.
package interval

import "math"

// z is the 97.5% point of the normal distribution: 95% lie within z deviations.
const z = 1.959963984540054

// Wilson returns the 95% interval of a share of which k of n were seen. It needs at
// least one of n. At none and at all it ends exactly at 0 and at 1.
//
// Source: Wilson, Probable inference, the law of succession, and statistical
// inference, JASA 22 (1927).
func Wilson(k, n int64) (low, high float64) {
	return WilsonEffective(float64(k)/float64(n), float64(n))
}

// WilsonEffective returns the 95% interval of a share, 0 to 1, that says as much as n
// independent people of whom that share was seen. n needs to be more than 0 but not
// whole: people who differ much in how long they were there count for fewer.
//
// Source: Wilson (1927), with the effective sample size of Korn and Graubard,
// Confidence intervals for proportions with small expected number of positive counts
// estimated from survey data, Survey Methodology 24 (1998).
func WilsonEffective(ratio, n float64) (low, high float64) {
	// Conversions keep products apart from sums: fused, they round otherwise on
	// other processors.
	centre := ratio + z*z/(2*n)
	spread := z * math.Sqrt(float64(ratio*(1-ratio))/n+z*z/(4*float64(n*n)))
	scale := 1 + z*z/n
	low, high = max(0, (centre-spread)/scale), min(1, (centre+spread)/scale)
	if ratio <= 0 {
		low = 0 // exactly: rounding must not say otherwise
	}
	if ratio >= 1 {
		high = 1
	}
	return low, high
}

// ZeroBad returns the upper end of the 95% interval of a share of which none was seen
// among n people: 3/n, at most 1. Of nobody anything may be true: 1.
//
// Source: the rule of three; Hanley and Lippman-Hand, If nothing goes wrong, is
// everything all right?, JAMA 249 (1983).
func ZeroBad(n int64) float64 {
	if n <= 3 {
		return 1
	}
	return 3 / float64(n)
}
