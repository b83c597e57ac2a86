package felt

import "math"

// Wilson returns the 95% interval of a share of which k of n were seen. It needs at
// least one of n.
//
// Source: Wilson, Probable inference, the law of succession, and statistical
// inference, JASA 22 (1927); z is the 97.5% point of the normal distribution.
func Wilson(k, n int64) (low, high float64) {
	const z = 1.959963984540054
	p, m := float64(k)/float64(n), float64(n)
	centre := p + z*z/(2*m)
	spread := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	scale := 1 + z*z/m
	low, high = max(0, (centre-spread)/scale), min(1, (centre+spread)/scale)
	if k == 0 {
		low = 0 // exactly: rounding must not say otherwise
	}
	if k == n {
		high = 1
	}
	return low, high
}
