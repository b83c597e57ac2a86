// Command felt asks whether people notice the faults of what is behind a proxy: it
// starts servers that fail in known ways, the proxy, and people who ask at a fixed
// pace, and counts what they felt.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// serverWord is the first argument of a process that is a server of the suite.
const serverWord = "be-a-server"

// flags are what can be asked of the suite.
type flags struct {
	proxy, only, extra     string
	seeds, patience, pages string
	again                  int
	rate                   int
	short, list            bool
	json                   string
	logs, root             string
	limit                  time.Duration
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == serverWord {
		if err := serve(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "felt: server:", err)
			os.Exit(2)
		}
		return
	}
	var f flags
	flag.StringVar(&f.proxy, "proxy", "honderd", "honderd, nginx, haproxy, or a command with {listen}, {to}, {patience} and, each within [] together with its flag, {then}, {resolver}, {cert} and {key}, {admin}")
	flag.StringVar(&f.extra, "extra", "", "more words for the command; {log} is a file for each scenario in the folder of -log")
	flag.StringVar(&f.only, "scenario", "", "names of scenarios, with commas; all")
	flag.BoolVar(&f.short, "short", false, "the most telling scenarios only, in three minutes")
	flag.StringVar(&f.seeds, "seed", "1", "of the faults: 1 or 1,5 or 1-3")
	flag.StringVar(&f.patience, "patience", "1s", "how long people wait: 1s or 500ms,1s,3s")
	flag.StringVar(&f.pages, "page", "24k", "bytes of a page: 24k or 1k,30k,300k")
	flag.IntVar(&f.again, "runs", 1, "how often each is played")
	flag.IntVar(&f.rate, "rate", 0, "requests a second; 0: 160, and less where pages are large")
	flag.BoolVar(&f.list, "list", false, "say what happens in each scenario, and play none")
	flag.StringVar(&f.json, "json", "", "file for all figures in JSON; - is standard output")
	flag.StringVar(&f.logs, "log", "", "folder for what the proxy says")
	flag.StringVar(&f.root, "root", "../..", "folder of the project, whose gateway is built")
	flag.DurationVar(&f.limit, "limit", 15*time.Minute, "after this no further scenario is begun")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := f.run(ctx, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "felt:", err)
		os.Exit(2)
	}
}

func (f flags) run(ctx context.Context, stdout, stderr io.Writer) error {
	list := f.chosen()
	if len(list) == 0 {
		return fmt.Errorf("no scenario %q (fix: -list names them)", f.only)
	}
	if f.list {
		for _, sc := range list {
			fmt.Fprintf(stdout, "%-14s %s\n", sc.name, sc.about)
		}
		return nil
	}
	runs, err := f.runs()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "felt-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if f.logs != "" {
		if err := os.MkdirAll(f.logs, 0o755); err != nil { //nolint:gosec // logs of a bench
			return err
		}
	}
	start, err := prepareProxy(ctx, f, dir)
	if err != nil {
		return err
	}
	results, err := f.playAll(ctx, list, runs, start, stderr)
	if err != nil {
		return err
	}
	return f.say(stdout, results)
}

// say writes the figures as they are wanted.
func (f flags) say(stdout io.Writer, results []result) error {
	rec := record{When: time.Now().UTC(), Proxy: f.proxy, Cores: runtime.NumCPU(), Summary: sumUp(results), Runs: results}
	switch f.json {
	case "":
	case "-":
		return rec.write(stdout)
	default:
		file, err := os.Create(f.json)
		if err != nil {
			return err
		}
		if err := errors.Join(rec.write(file), file.Close()); err != nil {
			return err
		}
	}
	return table(stdout, results)
}

// playAll plays every scenario in every run, until the limit.
func (f flags) playAll(ctx context.Context, list []scenario, runs []run, start starter, stderr io.Writer) (results []result, err error) {
	begin, left := time.Now(), 0
	cannot := map[string]bool{}
	for _, r := range runs {
		for _, sc := range list {
			if ctx.Err() != nil || time.Since(begin) > f.limit {
				left++
				continue
			}
			if cannot[sc.name] {
				continue
			}
			one, err := play(ctx, sc, r, start)
			if errors.Is(err, errCannot) {
				cannot[sc.name] = true
				fmt.Fprintf(stderr, "%s: left out: %v\n", sc.name, err)
				continue
			}
			if err != nil {
				return results, fmt.Errorf("%s: %w", sc.name, err)
			}
			results = append(results, one)
			sayOne(stderr, one, r)
		}
	}
	if left > 0 {
		fmt.Fprintf(stderr, "%d not played: the limit of %v, or interrupted (fix: -limit)\n", left, f.limit)
	}
	return results, nil
}

func sayOne(out io.Writer, r result, of run) {
	fmt.Fprintf(out, "%-13s seed %d, patience %v, page %d: %d of %d felt bad, minimum %.1f", r.Scenario, of.seed, of.patience, of.size, r.Bad, r.Requests, r.Least)
	if len(r.Why) > 0 {
		fmt.Fprintf(out, " %v", r.Why)
	}
	if r.Duplicates+r.Leaks > 0 {
		fmt.Fprintf(out, ", %d twice, %d leaks", r.Duplicates, r.Leaks)
	}
	if r.exact && r.Known > 0 {
		fmt.Fprintf(out, ", %.0f of %d faults known", r.Known, r.Injected)
	}
	if r.disturbed(of.patience) {
		fmt.Fprintf(out, " (disturbed: the suite was late by %.0f ms, the machine stood still for %.0f ms)", r.Latest, r.Stall)
	}
	fmt.Fprintln(out)
}

func (f flags) chosen() []scenario {
	var list []scenario
	for _, sc := range scenarios() {
		if f.only == "" && (sc.short || !f.short) || slices.Contains(strings.Split(f.only, ","), sc.name) {
			list = append(list, sc)
		}
	}
	return list
}

// runs returns all combinations that are asked for.
func (f flags) runs() (list []run, err error) {
	seeds, err := numbers(f.seeds)
	if err != nil {
		return nil, err
	}
	for range max(f.again, 1) {
		for _, seed := range seeds {
			for text := range strings.SplitSeq(f.patience, ",") {
				patience, err := time.ParseDuration(text)
				if err != nil || patience <= 0 {
					return nil, fmt.Errorf("patience %q: is none (fix: write 1s)", text)
				}
				for text := range strings.SplitSeq(f.pages, ",") {
					size, err := bytesOf(text)
					if err != nil {
						return nil, err
					}
					list = append(list, run{seed: seed, patience: patience, size: size, rate: f.rate, logs: f.logs})
				}
			}
		}
	}
	return list, nil
}

// numbers reads 1 or 1,5 or 1-3.
func numbers(text string) (list []uint64, err error) {
	for one := range strings.SplitSeq(text, ",") {
		from, until, span := strings.Cut(one, "-")
		if !span {
			until = from
		}
		a, err1 := strconv.ParseUint(from, 10, 32)
		b, err2 := strconv.ParseUint(until, 10, 32)
		if err1 != nil || err2 != nil || b < a || b-a > 1000 {
			return nil, fmt.Errorf("seed %q: is none (fix: write 1 or 1,5 or 1-3)", one)
		}
		for n := a; n <= b; n++ {
			list = append(list, n)
		}
	}
	return list, nil
}

// bytesOf reads 1000 or 24k.
func bytesOf(text string) (int, error) {
	number, kilo := strings.CutSuffix(strings.ToLower(text), "k")
	n, err := strconv.Atoi(number)
	if kilo {
		n <<= 10
	}
	if err != nil || n < 1 || n > 8<<20 {
		return 0, fmt.Errorf("page %q: is no size (fix: write 24k)", text)
	}
	return n, nil
}
