// Package mention holds what people say in public, and how far one word brings another.
package mention

// Prior is what is believed of a reproduction number before anything was said: a gamma
// distribution by its shape and scale.
type Prior struct{ Shape, Scale float64 }

// Pressure returns, for each bin, how many mentions those before it could have brought:
// each earlier bin counts by the weight of its distance, the first weight that of the bin
// just before.
func Pressure(mentions, weights []float64) []float64 {
	pressure := make([]float64, len(mentions))
	for t := range mentions {
		for s, w := range weights {
			if t-s-1 >= 0 {
				pressure[t] += w * mentions[t-s-1]
			}
		}
	}
	return pressure
}

// Reproduction returns how many mentions one mention brought on average in the bins from
// one until just before another: the mean of the posterior.
//
// Source: Cori et al., American Journal of Epidemiology 178 (2013).
func Reproduction(mentions, weights []float64, from, to int, p Prior) float64 {
	pressure := Pressure(mentions, weights)
	shape, rate := p.Shape, 1/p.Scale
	for t := from; t < to; t++ {
		shape += mentions[t]
		rate += pressure[t]
	}
	return shape / rate
}

// Driven separates mentions that mentions brought from those that a fault brought: it fits
// mentions = perHurt · newly hurt people + r · pressure by least squares. It is false when
// the two cannot be told apart.
//
// Source: a linear Hawkes process with an outside drive.
func Driven(mentions, hurt, weights []float64) (perHurt, r float64, ok bool) {
	pressure := Pressure(mentions, weights)
	var hh, hp, pp, hm, pm float64
	for t := range mentions {
		hh += hurt[t] * hurt[t]
		hp += hurt[t] * pressure[t]
		pp += pressure[t] * pressure[t]
		hm += hurt[t] * mentions[t]
		pm += pressure[t] * mentions[t]
	}
	det := hh*pp - hp*hp
	if det <= 1e-9*hh*pp || det == 0 {
		return 0, 0, false
	}
	return (hm*pp - pm*hp) / det, (pm*hh - hm*hp) / det, true
}
