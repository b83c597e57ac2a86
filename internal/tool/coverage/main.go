// Command coverage simulates how often our 95% intervals hold the truth, and writes
// docs/intervals.md.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	runs := flag.Int("runs", 4000, "draws of people for each cell, at least 2000 to be quoted")
	windows := flag.Int("windows", 2000, "days for each cell of worst windows")
	out := flag.String("out", "docs/intervals.md", "where the result goes")
	flag.Parse()
	if err := os.WriteFile(*out, []byte(document(*runs, *windows)), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "coverage:", err)
		os.Exit(1)
	}
}

// sizes are how many people there are.
func sizes() []int { return []int{50, 200, 2000} }

// tally counts how intervals of one kind did.
type tally struct {
	name          string
	runs, answers int // an answer is a run in which there is an interval
	held, rosy    int // the truth was in the interval; all of it was above the truth
	width         float64
}

// add counts an interval beside the truth.
func (t *tally) add(low, high, truth float64, ok bool) {
	t.runs++
	if !ok {
		return
	}
	t.answers++
	t.width += high - low
	switch {
	case low > truth:
		t.rosy++
	case high >= truth:
		t.held++
	}
}

// coverage returns the share of intervals that held the truth.
func (t *tally) coverage() float64 { return share(t.held, t.answers) }

func share(k, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(k) / float64(n)
}
