package main

import (
	"math"
	"math/rand/v2"
)

// person is one simulated person, in milliseconds.
type person struct {
	id        uint64
	good, all int64
}

// crowd is a population to draw people from.
type crowd struct {
	name, what string
	spread     float64 // deviation of the logarithm of how long people are there
	hurt       float64 // share of people who meet something bad
	minute     bool    // they lose a minute, not a part of their time
}

// Activity is lognormal. With a deviation of 1.5, 98 of 100 people lie within three
// decades, exp(2·2.33·1.5) = 1000: the most active people of the NSDI 2020 paper were
// there 1000 times as long as the least active.
const (
	twoDecades   = 1.0
	threeDecades = 1.5
	fourDecades  = 2.0
)

// crowds returns the populations.
func crowds() []crowd {
	return []crowd{
		{"A tenth is hurt", "10% lose any part of their time, be it short or long", threeDecades, .1, false},
		{"A tenth loses a minute", "10% lose a minute, or all their time if that is shorter", threeDecades, .1, true},
		{"One in a hundred is hurt", "1% lose any part of their time", threeDecades, .01, false},
		{"More alike", "as the first, but people differ over two decades", twoDecades, .1, false},
		{"Less alike", "as the first, but people differ over four decades", fourDecades, .1, false},
	}
}

// usual is how many minutes the person in the middle is there.
const usual = 30

// activity draws how many minutes somebody is there.
func activity(r *rand.Rand, spread float64) float64 { return usual * math.Exp(spread*r.NormFloat64()) }

// draw draws a person.
func (c crowd) draw(r *rand.Rand) person {
	minutes, part, chance := activity(r, c.spread), r.Float64(), r.Float64()
	if c.minute {
		part = min(1, 1/minutes)
	}
	p := person{r.Uint64(), 0, int64(minutes * 60_000)}
	p.good = p.all
	if chance < c.hurt {
		p.good -= max(1, int64(part*float64(p.all)))
	}
	return p
}

// flawless returns the share of all people who could be drawn that is not hurt.
func (c crowd) flawless() float64 { return 1 - c.hurt }

// ratio returns the share of the time of all people who could be drawn that is good.
func (c crowd) ratio() float64 {
	if !c.minute {
		return 1 - c.hurt/2
	}
	// E min(X, 1) of a lognormal X: of X below 1, and 1 for the rest.
	mean, below := usual*math.Exp(c.spread*c.spread/2), -math.Log(usual)/c.spread
	return 1 - c.hurt*(mean*normal(below-c.spread)+1-normal(below))/mean
}

// normal returns the normal distribution up to x.
func normal(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
