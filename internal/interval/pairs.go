package interval

import "math"

// Pairs are matched pairs of somebody hurt and somebody alike who was not, by which of
// them returned.
type Pairs struct{ Both, Neither, OnlyControl, OnlyHurt int }

// Net returns by how much, as a share of all pairs, those who were hurt returned more often
// (below 0: less). It is false without pairs.
//
// Source: the quasi-experimental design of Krishnan and Sitaraman, IMC 2012.
func (p Pairs) Net() (float64, bool) {
	n := p.Both + p.Neither + p.OnlyControl + p.OnlyHurt
	return float64(p.OnlyHurt-p.OnlyControl) / float64(n), n > 0
}

// Forgiveness returns how likely who was hurt is to return, as a share of how likely who
// was not. It is false when nobody of those returned.
func (p Pairs) Forgiveness() (float64, bool) {
	control := p.Both + p.OnlyControl
	return float64(p.Both+p.OnlyHurt) / float64(control), control > 0
}

// Chance returns how likely it is that the pairs of which one returned are divided as
// unevenly as they are, or more, when it makes no difference to be hurt: the two-sided sign
// test. It is 1 when there is no such pair.
func (p Pairs) Chance() float64 {
	n, k := p.OnlyControl+p.OnlyHurt, max(p.OnlyControl, p.OnlyHurt)
	var tail float64
	for i := k; i <= n; i++ {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(n - i + 1))
		tail += math.Exp(a - b - c - float64(n)*math.Ln2)
	}
	return min(1, 2*tail)
}
