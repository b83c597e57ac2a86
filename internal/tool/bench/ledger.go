package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// figure is a number that a Go benchmark reports, and what is wanted of it.
type figure struct {
	what   string
	run    int    // which of the runs reports it
	bench  string // its name, with _ for blanks
	unit   string
	wanted string // "" for a comparison
}

// benching is one run of Go benchmarks.
type benching struct {
	dir, pkg, bench, time string
	env                   []string
}

// ledgerRuns returns the benchmarks of what keeps facts. They are run in turn, each some
// times; the median is quoted.
func ledgerRuns(recovery int) []benching {
	return []benching{
		{".", "./app", "EndToEnd", "600x", nil},
		{".", "./app", "PushOne", "200000x", nil},
		{".", "./app", "Recovery", "1x", []string{"HONDERD_RECOVERY=" + strconv.Itoa(recovery)}},
		{".", "./ledger/archive", "Archive", "3x", nil},
		{"bench/ledger", ".", "Durable", "3s", nil},
		{"bench/ledger", ".", "Blocks", "200x", nil},
		{".", "./ledger/jetstream", "Wake", "500x", nil},
	}
}

func ledgerFigures(recovery int) []figure {
	return []figure{
		{"large blocks from a source: durable, acknowledged and folded, 1 journey", 0, "EndToEnd/1_journey", "M/s", "3 M/s"},
		{"the same, 20 journeys", 0, "EndToEnd/20_journeys", "M/s", "3 M/s"},
		{"the same, and archived beside it", 0, "EndToEnd/20_journeys,_archive_too", "M/s", ""},
		{"the same, CPU of an experience (20 journeys, no archive)", 0, "EndToEnd/20_journeys", "cpu-ns", ""},
		{"blocks of 10,000, durable only", 5, "Blocks/honderd", "M/s", ""},
		{"SQLite WAL FULL: the same 10,000 as rows of one transaction", 5, "Blocks/sqlite", "M/s", ""},
		{"64 writers of one experience each, 64 on their way each", 4, "Durable/honderd/flight=64", "events/s", "150,000/s"},
		{"the same: p99 until acknowledged", 4, "Durable/honderd/flight=64", "p99-ms", "50 ms"},
		{"SQLite WAL FULL with the same group commit", 4, "Durable/sqlite/group-commit/flight=64", "events/s", ""},
		{"SQLite WAL FULL, a transaction each", 4, "Durable/sqlite/insert-each/flight=1", "events/s", ""},
		{"single HTTP requests of one experience each, the client on the same cores", 1, "PushOne", "experiences/s", "20,000/s"},
		{"the same: p99 until acknowledged", 1, "PushOne", "p99-ms", "50 ms"},
		{"the same: CPU of a request in the server, microseconds", 1, "PushOne", "server-cpu-us", ""},
		{"the same: CPU of a request in the senders, microseconds", 1, "PushOne", "sender-cpu-us", ""},
		{"from acknowledged until a follower that waits has it, 50% within", 6, "Wake", "p50-ms", ""},
		{"the same, 99% within", 6, "Wake", "p99-ms", "10 ms"},
		{fmt.Sprintf("kill -9 with %d M experiences: seconds until the page answers", recovery), 2, "Recovery", "s-to-answer", "10 s with 100 M"},
		{"archive: bytes an experience", 3, "Archive/write/busy", "B/row", "8"},
		{"archive: written, read back and checked", 3, "Archive/write/busy", "M/s", "2 M/s"},
		{"archive: the same for a second of CPU", 3, "Archive/write/busy", "M/cpu-s", ""},
		{"archive: read", 3, "Archive/read/few/busy", "M/s", "8 M/s"},
	}
}

// measureLedger measures what keeps facts.
func measureLedger(runs, recovery int) (string, error) {
	return measureFigures("The ledger and the archive", ledgerRuns(recovery), ledgerFigures(recovery), runs)
}

// measurePages measures the pages of a year of a million people on one core, once: making
// the year takes a minute.
func measurePages() (string, error) {
	const bench = "Pages"
	return measureFigures("Pages of a year: 1 M people, 20 journeys, one core, 200 pages a second while 100,000 experiences a second come in",
		[]benching{{".", "./app", "BenchmarkPages", "1x", nil}},
		[]figure{
			{"any page, 50% within", 0, bench, "p50-ms", ""},
			{"any page, 99% within", 0, bench, "p99-ms", "50 ms"},
			{"the slowest", 0, bench, "max-ms", ""},
			{"the first answer after a start", 0, bench, "s-first-answer", ""},
			{"resident before anybody looks", 0, bench, "MB", ""},
			{"1,000 pages that are open and told of changes", 0, bench, "MB-viewers", "60 MB"},
			{"the first page, packed", 0, bench, "kB-home", "100 kB with all it needs"},
		}, 1)
}

// measureFigures runs benchmarks and returns them as a table.
func measureFigures(title string, list []benching, figures []figure, runs int) (string, error) {
	var measured []map[string]float64
	for _, b := range list {
		one, err := b.run(runs)
		if err != nil {
			return "", err
		}
		measured = append(measured, one)
	}
	var t strings.Builder
	fmt.Fprintf(&t, "## %s\n| | measured | wanted |\n|---|---|---|\n", title)
	for _, f := range figures {
		said := "not measured"
		if n, ok := measured[f.run][f.bench+" "+f.unit]; ok {
			said = fmt.Sprintf("%.4g %s", n, f.unit)
		}
		fmt.Fprintf(&t, "| %s | %s | %s |\n", f.what, said, f.wanted)
	}
	return t.String() + "\n", nil
}

// result is a line of a benchmark; what follows its runs is pairs of a number and a unit.
var result = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

// run returns the medians, by name and unit.
func (b benching) run(count int) (map[string]float64, error) {
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", b.bench, "-benchtime", b.time, "-count", strconv.Itoa(count), "-timeout", "60m", b.pkg)
	cmd.Dir, cmd.Env, cmd.Stderr = b.dir, append(os.Environ(), b.env...), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("benchmark %s: %w: %s", b.bench, err, out)
	}
	all := map[string][]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		m := result.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		words := strings.Fields(m[2])
		for i := 0; i+1 < len(words); i += 2 {
			if n, err := strconv.ParseFloat(words[i], 64); err == nil {
				all[m[1]+" "+words[i+1]] = append(all[m[1]+" "+words[i+1]], n)
			}
		}
	}
	medians := map[string]float64{}
	for name, list := range all {
		slices.Sort(list)
		medians[name] = list[len(list)/2]
	}
	fmt.Printf("%s: %v\n", b.bench, medians)
	return medians, nil
}
