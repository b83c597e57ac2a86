package main

import (
	"math"
	"math/rand/v2"

	"github.com/honderd/honderd/internal/interval"
)

// replicas is how many times the bootstrap weighs everybody anew.
const replicas = 64

// methods are the intervals that are tried, in the order of the table.
const (
	wilsonPeople = iota
	ours
	wilsonEffective
	normalRatio
	bootstrap
	binomial
	methods
)

func methodNames() [methods]string {
	return [methods]string{
		"**flawless people: Wilson**",
		"**time ratio: Wilson, effective people and carriers**",
		"time ratio: Wilson, effective people",
		"time ratio: normal",
		"time ratio: bootstrap",
		"time ratio: Wilson, requests (one a minute)",
	}
}

// simulate draws n people of a crowd so many times and tries all methods on them.
func simulate(c crowd, n, runs int) [methods]tally {
	var table [methods]tally
	for m, name := range methodNames() {
		table[m].name = name
	}
	r := rand.New(rand.NewPCG(uint64(n), 20))
	people := make([]person, n)
	for range runs {
		for i := range people {
			people[i] = c.draw(r)
		}
		try(&table, c, people)
	}
	return table
}

// try counts what all methods say of people.
func try(table *[methods]tally, c crowd, people []person) {
	var sums interval.Ratio
	var flawless, good, all int64
	for _, p := range people {
		sums.Add(p.good, p.all)
		good, all = good+p.good, all+p.all
		if p.good == p.all {
			flawless++
		}
	}
	n := int64(len(people))
	low, high := interval.Wilson(flawless, n)
	table[wilsonPeople].add(low, high, c.flawless(), true)

	low, high, ok := sums.Interval()
	table[ours].add(low, high, c.ratio(), ok)

	ratio, _ := sums.Value()
	low, high = interval.WilsonEffective(ratio, sums.Effective())
	table[wilsonEffective].add(low, high, c.ratio(), true)

	half := 1.96 * math.Sqrt(sums.Variance())
	table[normalRatio].add(max(0, ratio-half), min(1, ratio+half), c.ratio(), true)

	low, high, ok = resample(people)
	table[bootstrap].add(low, high, c.ratio(), ok)

	const minute = 60_000
	low, high = interval.WilsonEffective(float64(good)/float64(all), float64(all)/minute)
	table[binomial].add(low, high, c.ratio(), true)
}

// resample returns the interval of the time ratio by the bootstrap.
func resample(people []person) (low, high float64, ok bool) {
	var good, all [replicas]int64
	for _, p := range people {
		for b := range replicas {
			w := int64(interval.Weight(p.id, b))
			good[b] += w * p.good
			all[b] += w * p.all
		}
	}
	var ratios []float64
	for b := range replicas {
		if all[b] > 0 {
			ratios = append(ratios, float64(good[b])/float64(all[b]))
		}
	}
	return interval.Percentiles(ratios)
}
