package interval

import "slices"

// Poisson1 returns a number drawn from the Poisson distribution with mean 1, of which
// h, a hash with well mixed bits, is the chance. Weighing each person in each replica by
// such a number is the bootstrap that streams and merges: nobody needs to know the rest.
//
// The limits are the cumulative distribution in units of 2^-64, rounded down: whole
// numbers, so that every machine draws the same.
//
// Source: Chamandy, Muralidharan, Najmi and Naidu, Estimating uncertainty for massive
// data streams, Google (2012).
func Poisson1(h uint64) int {
	switch {
	case h < 0x5e2d58d8b3bcdf1a:
		return 0
	case h < 0xbc5ab1b16779be35:
		return 1
	case h < 0xeb715e1dc1582dc2:
		return 2
	case h < 0xfb23979734a252f1:
		return 3
	case h < 0xff1025f59174dc3d:
		return 4
	case h < 0xffd90f3ba4055e19:
		return 5
	case h < 0xfffa8b71fc72c913:
		return 6
	case h < 0xffff540c0914b3c9:
		return 7
	case h < 0xffffed1f4aa8f120:
		return 8
	case h < 0xfffffe216e641462:
		return 9
	case h < 0xffffffd4d85d3183:
		return 10
	case h < 0xfffffffc6da262b4:
		return 11
	case h < 0xffffffffba12d178:
		return 12
	case h < 0xfffffffffb07c64c:
		return 13
	case h < 0xffffffffffab8ea5:
		return 14
	case h < 0xfffffffffffabe22:
		return 15
	case h < 0xffffffffffffb11a:
		return 16
	case h < 0xfffffffffffffba1:
		return 17
	case h < 0xffffffffffffffc5:
		return 18
	case h < 0xfffffffffffffffd:
		return 19
	case h < 0xffffffffffffffff:
		return 20
	}
	return 21
}

// Weight returns how often a person counts in a replica of the bootstrap: Poisson1 of
// both, mixed. It is the same on every shard and in every run.
func Weight(person uint64, replica int) int {
	return Poisson1(mix(mix(person) + uint64(replica)))
}

// mix spreads every bit of v over all of them.
//
// Source: the finalizer of SplitMix64; Steele, Lea and Flood, Fast splittable
// pseudorandom number generators, OOPSLA 2014.
func mix(v uint64) uint64 {
	v += 0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}

// Percentiles returns the 2.5% and the 97.5% point of numbers that replicas gave: the
// 95% interval of the bootstrap. Between two of them it takes the straight line: the
// point p of m sorted numbers lies at place p·(m-1), counted from 0. It is false
// without replicas.
//
// Source: Efron, Bootstrap methods, Annals of Statistics 7 (1979); the line is
// definition 7 of Hyndman and Fan, Sample quantiles in statistical packages, American
// Statistician 50 (1996).
func Percentiles(replicas []float64) (low, high float64, ok bool) {
	if len(replicas) == 0 {
		return 0, 0, false
	}
	sorted := slices.Clone(replicas)
	slices.Sort(sorted)
	return quantile(sorted, 0.025), quantile(sorted, 0.975), true
}

// quantile returns the point p, 0 to 1, of numbers in order.
func quantile(sorted []float64, p float64) float64 {
	place := p * float64(len(sorted)-1)
	i := int(place)
	next := min(i+1, len(sorted)-1)
	return sorted[i] + float64((place-float64(i))*(sorted[next]-sorted[i]))
}
