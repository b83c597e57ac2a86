// Command behaviours lets simulated people, of whom the truth is known, meet faults and
// answer them in every way, judges them as others do and as we do, and writes
// docs/behaviours.md. The same program writes the same bytes.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	runs := flag.Int("runs", 200, "towns of each row")
	out := flag.String("out", "docs/behaviours.md", "where the result goes")
	flag.Parse()
	if err := write(*runs, *out); err != nil {
		fmt.Fprintln(os.Stderr, "behaviours:", err)
		os.Exit(1)
	}
}

func write(runs int, out string) error {
	if runs < 2 {
		return fmt.Errorf("%d runs: at least 2 (fix: write -runs 200)", runs)
	}
	var tables []table
	for _, t := range experiments() {
		for _, s := range t.settings {
			o, err := repeat(s, runs)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", t.title, s.name, err)
			}
			fmt.Printf("%s, %s: felt uptime %.4f, truth %.4f\n", t.title, s.name, o.numbers[feltUptime].mean, o.numbers[truthUptime].mean)
			t.outcomes = append(t.outcomes, o)
		}
		tables = append(tables, t)
	}
	return os.WriteFile(out, []byte(page(tables, runs)), 0o644)
}
