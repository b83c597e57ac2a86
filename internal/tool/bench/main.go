// Command bench measures how fast and how small honderd is, beside a peer and beside
// the limits of the machine, and writes what it found to a file.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

func main() {
	lines := flag.Int("lines", 5_000_000, "lines of the log")
	runs := flag.Int("runs", 5, "runs of each command; the median is quoted")
	peer := flag.Bool("peer", true, "compare with goaccess when it is installed")
	out := flag.String("out", "bench-result.md", "where the result goes; docs/benchmarks.md is what was said of some of them")
	recovery := flag.Int("recovery", 20, "million experiences in the ledger that is killed; 100 takes 2 GB and some minutes")
	only := flag.String("only", "", "ledger: measure only what keeps facts; follow: only how logs are followed; pages: only the pages of a year; probes: only how services are asked")
	answers := flag.Bool("answer", false, "be what is probed (for the measurement itself)")
	probes := flag.String("probe", "", "probe (for the measurement itself)")
	flag.Parse()
	if child, err := asChild(*answers, *probes); child {
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(*lines, *runs, *recovery, *peer, *only, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(lines, runs, recovery int, peer bool, only, out string) (err error) {
	if only != "" {
		text, err := measureOnly(only, runs, recovery)
		if err != nil {
			return err
		}
		return os.WriteFile(out, []byte(heading()+text), 0o644)
	}
	dir, err := os.MkdirTemp("", "honderd-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary := filepath.Join(dir, "honderd")
	size, err := build(binary)
	if err != nil {
		return err
	}
	t := table{lines: lines, binary: size}
	for _, scattered := range []bool{false, true} {
		log := filepath.Join(dir, "access.log")
		one, err := measureReport(binary, log, lines, runs, scattered, peer && !scattered)
		if err != nil {
			return err
		}
		t.reports = append(t.reports, one)
	}
	if t.serve, err = serve(binary, dir, runs); err != nil {
		return err
	}
	if t.spans, err = spans(); err != nil {
		return err
	}
	fmt.Printf("spans: %.0f a second and core\n", t.spans)
	fmt.Printf("serve: first page after %v, %d MB idle\n", t.serve.firstPage, t.serve.idle>>20)
	followed, err := follow()
	if err != nil {
		return err
	}
	kept, err := measureLedger(runs, recovery)
	if err != nil {
		return err
	}
	shown, err := measurePages()
	if err != nil {
		return err
	}
	probed, err := measureProbes()
	if err != nil {
		return err
	}
	return os.WriteFile(out, []byte(t.markdown()+"\n"+followed+"\n"+kept+shown+"\n"+probed), 0o644)
}

// measureOnly measures one thing.
func measureOnly(what string, runs, recovery int) (string, error) {
	switch what {
	case "ledger":
		return measureLedger(runs, recovery)
	case "follow":
		return follow()
	case "pages":
		return measurePages()
	case "probes":
		return measureProbes()
	}
	return "", fmt.Errorf("-only %s is not a measurement (fix: write ledger, follow, pages or probes)", what)
}

// build makes the binary that people get and returns its size.
func build(binary string) (int64, error) {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w -buildid=", "-o", binary, "./cmd/honderd")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("build: %w", err)
	}
	info, err := os.Stat(binary)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// reporting is what reports of one log took.
type reporting struct {
	scattered          bool
	people             int
	bytes              int64
	read, report, peer usage
}

// measureReport makes a log and measures reports of it.
func measureReport(binary, log string, lines, runs int, scattered, peer bool) (r reporting, err error) {
	r.scattered = scattered
	if r.people, r.bytes, err = generate(log, lines, scattered); err != nil {
		return r, err
	}
	fmt.Printf("log: %d lines, %d people, %.0f MB, scattered %v\n", lines, r.people, float64(r.bytes)/1e6, scattered)
	if r.read, err = repeat(runs, "cat", log); err != nil {
		return r, err
	}
	if r.report, err = repeat(runs, binary, "report", "--json", log); err != nil {
		return r, err
	}
	fmt.Printf("report: %v, %d MB\n", r.report.wall, r.report.peak/1e6)
	if _, err := exec.LookPath("goaccess"); peer && err == nil {
		if r.peer, err = repeat(1, "goaccess", log, "--log-format=COMBINED", "--no-global-config", "-o", log+".json"); err != nil {
			return r, err
		}
		fmt.Printf("goaccess: %v\n", r.peer.wall)
	}
	return r, nil
}

// table is all that was measured.
type table struct {
	lines   int
	binary  int64
	reports []reporting
	serve   serving
	spans   float64 // a second and core
}

func (t *table) markdown() string {
	var b strings.Builder
	b.WriteString(heading())
	for _, r := range t.reports {
		r.markdown(&b, t.lines)
	}
	b.WriteString("## serve\n| | measured | wanted |\n|---|---|---|\n")
	fmt.Fprintf(&b, "| first page after the start, empty folder | %d ms | < 1000 ms |\n", t.serve.firstPage.Milliseconds())
	fmt.Fprintf(&b, "| resident when idle | %.0f MB | < 40 MB |\n", float64(t.serve.idle)/1e6)
	fmt.Fprintf(&b, "| binary, stripped, `CGO_ENABLED=0` | %.1f MB | < 40 MB |\n", float64(t.binary)/1e6)
	fmt.Fprintf(&b, "\n## OTLP\n| | measured | wanted |\n|---|---|---|\n")
	fmt.Fprintf(&b, "| spans of traces, from a request to the ledger on the disk, a second of one core | %.0f | >= 150000 |\n", t.spans)
	return b.String()
}

func heading() string {
	return fmt.Sprintf("# Benchmarks\n`make bench` wrote this on %s, on %s.\n", time.Now().Format("2006-01-02"), machine()) +
		"Medians; peak memory is the largest of one process. Of a shared and noisy machine: go by the ratios.\n\n"
}

func (r *reporting) markdown(b *strings.Builder, lines int) {
	kind := "people come in visits"
	if r.scattered {
		kind = "scattered: every line is of a random person, the worst for caches"
	}
	fmt.Fprintf(b, "## report, %s\nA combined log of %d lines (%.0f MB, %d people over a week), made by `internal/tool/bench`.\n\n", kind, lines, float64(r.bytes)/1e6, r.people)
	b.WriteString("| | wall | CPU | M lines/s | peak memory |\n|---|---|---|---|---|\n")
	row := func(name string, u usage) {
		fmt.Fprintf(b, "| %s | %.2f s | %.2f s | %.2f | %.0f MB |\n", name, u.wall.Seconds(), u.cpu.Seconds(), float64(lines)/u.wall.Seconds()/1e6, float64(u.peak)/1e6)
	}
	row("`cat` (the file read once: the limit)", r.read)
	row("`honderd report --json`", r.report)
	if r.peer.wall > 0 {
		row("`goaccess -o json` (one run)", r.peer)
		fmt.Fprintf(b, "\n%.0f times as fast as GoAccess by wall clock, %.0f times by CPU. GoAccess makes other reports of the same log than we do.\n",
			r.peer.wall.Seconds()/r.report.wall.Seconds(), r.peer.cpu.Seconds()/r.report.cpu.Seconds())
	}
	budget := 100e6 + 64*float64(r.people)
	fmt.Fprintf(b, "\nMemory: the budget of 100 MB and 64 bytes a person is %.0f MB; %.0f MB were used.\n\n", budget/1e6, float64(r.report.peak)/1e6)
}

func machine() string {
	name := runtime.GOARCH
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if rest, ok := strings.CutPrefix(line, "model name"); ok {
				name = strings.TrimSpace(strings.TrimLeft(rest, "\t :"))
				break
			}
		}
	}
	return fmt.Sprintf("%d cores (%s), %s, %s", runtime.NumCPU(), name, runtime.GOOS, runtime.Version())
}
