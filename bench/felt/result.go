package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
	"time"
)

// result is how one scenario was.
type result struct {
	Scenario      string         `json:"scenario"`
	Group         string         `json:"group"`
	Seed          uint64         `json:"seed"`
	Patience      string         `json:"patience"`
	Page          int            `json:"page"`
	Rate          int            `json:"rate"`
	Requests      int            `json:"requests"`
	Bad           int            `json:"felt_bad"`
	Least         float64        `json:"minimum"`
	Duplicates    int            `json:"duplicates"`
	Leaks         int            `json:"leaks"` // pages of others, and requests told to a server that could not say who it is
	Amplification float64        `json:"amplification"`
	Again         int            `json:"sent_again_by_people"` // on kept connections that had ended, as browsers do
	Injected      int64          `json:"injected"`             // answers made wrong
	Known         float64        `json:"faults_known"`         // to the proxy; 0: it does not say
	P50           float64        `json:"p50_ms"`
	P99           float64        `json:"p99_ms"`
	Late          float64        `json:"generator_late_p99_ms"` // the suite itself
	Latest        float64        `json:"generator_late_max_ms"`
	Stall         float64        `json:"machine_stall_max_ms"`
	Why           map[string]int `json:"why"`
	exact         bool
}

func millis(d time.Duration) float64 { return math.Round(float64(d)/1e4) / 100 }

// over is what was felt beyond the minimum.
func (r result) over() float64 { return max(float64(r.Bad)-math.Ceil(r.Least), 0) }

// disturbed reports whether the machine or the suite itself was late by so much that
// people could have felt it.
func (r result) disturbed(patience time.Duration) bool {
	return max(r.Latest, r.Stall) > millis(patience)/5
}

func (s *suite) result() result {
	t := s.tally
	s.proxy.counts(s.admin)
	least := s.least()
	t.mu.Lock()
	defer t.mu.Unlock()
	r := result{
		Scenario: s.scenario.name, Group: s.scenario.group, Seed: s.seed, Patience: s.patience.String(), Page: s.size, Rate: s.scenario.rate,
		Requests: t.requests, Bad: t.bad, Leaks: t.leaks, Least: math.Round(least*100) / 100, Duplicates: s.orders.twice(), Again: t.again, Why: t.why,
		P50: millis(quantile(t.waits, 0.5)), P99: millis(quantile(t.waits, 0.99)),
		Late: millis(quantile(t.late, 0.99)), Latest: millis(quantile(t.late, 1)), Stall: millis(s.proxy.stalled), Known: s.proxy.masked, exact: s.scenario.exact,
	}
	var asked int64
	for _, o := range s.origins {
		asked += o.get(seen)
		r.Injected += o.get(injected)
		r.Leaks += int(o.get(impostor))
	}
	if !s.scenario.sockets {
		r.Amplification = math.Round(float64(asked)/float64(max(r.Requests, 1))*1000) / 1000
	}
	return r
}

// summary is how one scenario was in several runs.
type summary struct {
	Scenario      string  `json:"scenario"`
	Group         string  `json:"group"`
	Runs          int     `json:"runs"`
	Disturbed     int     `json:"disturbed_runs"`
	Requests      int     `json:"requests"`
	Bad           float64 `json:"felt_bad_median"`
	Worst         int     `json:"felt_bad_worst"`
	Least         float64 `json:"minimum_median"`
	Over          float64 `json:"over_median"`
	OverWorst     float64 `json:"over_worst"`
	Duplicates    int     `json:"duplicates"`
	Leaks         int     `json:"leaks"`
	Amplification float64 `json:"amplification_worst"`
	P50           float64 `json:"p50_ms_median"`
	P99           float64 `json:"p99_ms_median"`
	Late          float64 `json:"generator_late_max_ms"`
	Stall         float64 `json:"machine_stall_max_ms"`
}

func median(list []float64) float64 {
	slices.Sort(list)
	n := len(list)
	if n == 0 {
		return 0
	}
	return (list[(n-1)/2] + list[n/2]) / 2
}

// sumUp puts the runs of each scenario together, in the order in which they came.
func sumUp(results []result) []summary {
	var names []string
	by := map[string][]result{}
	for _, r := range results {
		if by[r.Scenario] == nil {
			names = append(names, r.Scenario)
		}
		by[r.Scenario] = append(by[r.Scenario], r)
	}
	var list []summary
	for _, name := range names {
		runs := by[name]
		middle := func(of func(result) float64) float64 {
			var all []float64
			for _, r := range runs {
				all = append(all, of(r))
			}
			return median(all)
		}
		s := summary{
			Scenario: name, Group: runs[0].Group, Runs: len(runs), Requests: runs[0].Requests,
			Bad:   middle(func(r result) float64 { return float64(r.Bad) }),
			Least: middle(func(r result) float64 { return r.Least }),
			Over:  middle(result.over),
			P50:   middle(func(r result) float64 { return r.P50 }), P99: middle(func(r result) float64 { return r.P99 }),
		}
		for _, r := range runs {
			s.Worst, s.OverWorst = max(s.Worst, r.Bad), max(s.OverWorst, r.over())
			s.Duplicates += r.Duplicates
			s.Leaks += r.Leaks
			s.Amplification = max(s.Amplification, r.Amplification)
			s.Late, s.Stall = max(s.Late, r.Latest), max(s.Stall, r.Stall)
			if d, err := time.ParseDuration(r.Patience); err == nil && r.disturbed(d) {
				s.Disturbed++
			}
		}
		list = append(list, s)
	}
	return list
}

// table writes a table for people.
func table(out io.Writer, results []result) error {
	w := tabwriter.NewWriter(out, 2, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "scenario\truns\trequests\tfelt bad\tworst\tminimum\tover\ttwice\tleaks\tasked of origins\tp50 ms\tp99 ms\tlate ms\tstall ms\tdisturbed\t")
	groups := map[string][2]float64{}
	twice, leaks, amplified := 0, 0, 0.0
	for _, s := range sumUp(results) {
		fmt.Fprintf(w, "%s\t%d\t%d\t%.0f\t%d\t%.1f\t%.0f\t%d\t%d\t%.2f\t%.1f\t%.1f\t%.0f\t%.0f\t%d\t\n", s.Scenario, s.Runs, s.Requests, s.Bad, s.Worst, s.Least, s.Over, s.Duplicates, s.Leaks, s.Amplification, s.P50, s.P99, s.Late, s.Stall, s.Disturbed)
		g := groups[s.Group]
		groups[s.Group] = [2]float64{g[0] + s.Over, g[1] + s.OverWorst}
		twice += s.Duplicates
		leaks += s.Leaks
		amplified = max(amplified, s.Amplification)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, g := range []struct{ name, words string }{{"first", "scenarios of which the goal speaks"}, {"", "all others"}, {"beyond", "more load than anybody can carry"}} {
		if sums, has := groups[g.name]; has {
			fmt.Fprintf(out, "over the minimum, %s: %.0f (worst runs: %.0f)\n", g.words, sums[0], sums[1])
		}
	}
	_, err := fmt.Fprintf(out, "executed twice: %d · leaks: %d · most requests to origins for each: %.2f\n", twice, leaks, amplified)
	return err
}

// record is what is written for programs.
type record struct {
	When    time.Time `json:"when"`
	Proxy   string    `json:"proxy"`
	Cores   int       `json:"cores"`
	Summary []summary `json:"summary"`
	Runs    []result  `json:"runs"`
}

func (r record) write(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
