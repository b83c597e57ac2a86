package main

import (
	"math/rand/v2"

	"github.com/honderd/honderd/internal/interval"
	"github.com/honderd/honderd/internal/worst"
)

const (
	minutes   = 1440     // of the simulated day
	from, to  = 700, 745 // the minutes of its outage
	spell     = 0.05     // share of people with a bad spell of their own, a tenth of their visit
	enough    = 5        // people that a window needs
	everybody = 400_000  // people who show the truth
)

// days returns which share of those who are there feels the outage, on each day.
func days() []float64 { return []float64{0.5, 0} }

// lengths are the windows that are looked at, in minutes.
func lengths() []int { return []int{15, 60, 480} }

// visit is one person's day: there in [from, to), with a bad time in [bad, better).
type visit struct{ from, to, bad, better int }

// drop draws a visit of a day with an outage that a share of those feel who are there,
// until it ends or they leave.
func drop(r *rand.Rand, outage float64) visit {
	v := visit{from: r.IntN(minutes)}
	v.to = min(minutes, v.from+1+int(activity(r, threeDecades)))
	long, at := max(1, (v.to-v.from)/10), r.Float64()
	own, felt := r.Float64() < spell, r.Float64() < outage
	switch {
	case felt && v.from < to && v.to > from:
		v.bad, v.better = max(v.from, from), min(v.to, to)
	case own:
		v.bad = v.from + int(at*float64(v.to-v.from-long+1))
		v.better = v.bad + long
	}
	return v
}

// series adds up visits, each as often as weight says.
func series(visits []visit, weight func(i int) int64) *worst.Series {
	var good, all [minutes + 1]int64
	for i, v := range visits {
		w := weight(i) * 60_000
		all[v.from] += w
		all[v.to] -= w
		good[v.bad] -= w
		good[v.better] += w
	}
	for i := range minutes {
		all[i+1] += all[i]
		good[i+1] += good[i]
	}
	for i := range minutes {
		good[i] += all[i]
	}
	return worst.New(good[:minutes], all[:minutes])
}

// present returns how many people were there in the minutes from one on.
func present(visits []visit) func(from, minutes int) bool {
	var came, left [minutes + 1]int // before each minute
	for _, v := range visits {
		came[v.from+1]++
		left[v.to]++
	}
	for i := range minutes {
		came[i+1] += came[i]
		left[i+1] += left[i]
	}
	return func(from, minutes int) bool { return came[from+minutes]-left[from] >= enough }
}

// searches returns what a window of each length needs.
func searches(whole *worst.Series, visits []visit) []worst.Support {
	var list []worst.Support
	people := present(visits)
	for _, w := range lengths() {
		list = append(list, worst.Support{Time: whole.LeastTime(w), Enough: people})
	}
	return list
}

func good(w worst.Window) float64 { return float64(w.Good) / float64(w.All) }

// window is how intervals of worst windows did for one length and number of people.
type window struct {
	minutes, people int
	truth, mean     float64 // of everybody; of the simulated days

	own       tally // of the people in the window that was found
	number    tally // of no more than their number
	bootstrap tally
}

// simulateWindows tries all intervals of the worst windows on days of n people, of which
// these are the true worst shares.
func simulateWindows(n, runs int, outage float64, truth []float64) []window {
	r := rand.New(rand.NewPCG(uint64(n), 21))
	table := make([]window, len(lengths()))
	for k := range table {
		table[k] = window{minutes: lengths()[k], people: n, truth: truth[k]}
	}
	visits, ids := make([]visit, n), make([]uint64, n)
	for range runs {
		for i := range visits {
			visits[i], ids[i] = drop(r, outage), r.Uint64()
		}
		whole := series(visits, func(int) int64 { return 1 })
		needs := searches(whole, visits)
		shares := replicate(visits, ids, needs)
		for k := range table {
			table[k].try(visits, whole.Of(table[k].minutes, needs[k]), shares[k])
		}
	}
	for k := range table {
		table[k].mean /= float64(max(1, table[k].number.answers))
	}
	return table
}

// replicate returns the worst shares of each length that the replicas have.
func replicate(visits []visit, ids []uint64, needs []worst.Support) [][]float64 {
	shares := make([][]float64, len(needs))
	for b := range replicas {
		s := series(visits, func(i int) int64 { return int64(interval.Weight(ids[i], b)) })
		for k, need := range needs {
			if w := s.Of(lengths()[k], need); w.All > 0 {
				shares[k] = append(shares[k], good(w))
			}
		}
	}
	return shares
}

// try counts what the intervals say of the worst window of a day.
func (t *window) try(visits []visit, w worst.Window, shares []float64) {
	sums := inside(visits, w)
	low, high, ok := sums.Interval()
	t.own.add(low, high, t.truth, ok)
	low, high = 0, 1
	if w.All > 0 {
		low, high = interval.WilsonEffective(good(w), float64(sums.N))
		t.mean += good(w)
	}
	t.number.add(low, high, t.truth, w.All > 0)
	low, high, ok = interval.Percentiles(shares)
	t.bootstrap.add(low, high, t.truth, ok && w.All > 0)
}

// inside returns the sums of the people in a window.
func inside(visits []visit, w worst.Window) (sums interval.Ratio) {
	first, end := w.From, w.From+w.Minutes
	for _, v := range visits {
		all := max(0, min(v.to, end)-max(v.from, first))
		bad := max(0, min(v.better, end)-max(v.bad, first))
		if all > 0 && w.All > 0 {
			sums.Add(int64(all-bad)*60_000, int64(all)*60_000)
		}
	}
	return sums
}

// truths returns the worst shares of everybody.
func truths(outage float64) []float64 {
	r := rand.New(rand.NewPCG(0, 21))
	visits := make([]visit, everybody)
	for i := range visits {
		visits[i] = drop(r, outage)
	}
	whole := series(visits, func(int) int64 { return 1 })
	var list []float64
	for k, need := range searches(whole, visits) {
		list = append(list, good(whole.Of(lengths()[k], need)))
	}
	return list
}
