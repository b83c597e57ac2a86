// Command peers answers one question from the same files with Honderd and with DuckDB,
// and says how long each took: how long were people up and down, and which were the 61
// worst windows?
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/ledger/archive"
)

// cutoff ends a visit, for both.
const cutoff = 30 * time.Minute

func main() {
	log.SetFlags(0)
	o := population{}
	flag.IntVar(&o.experiences, "n", 20_000_000, "experiences")
	flag.Uint64Var(&o.people, "people", 1_000_000, "people")
	flag.IntVar(&o.journeys, "journeys", 20, "journeys")
	flag.IntVar(&o.days, "days", 28, "days")
	dir := flag.String("dir", "", "folder of the archive; one that is there is used again (default: a new one that is removed)")
	runs := flag.Int("runs", 3, "runs of each; the median counts")
	flag.Parse()
	if err := run(context.Background(), o, *dir, *runs); err != nil {
		log.Fatal("peers: ", err)
	}
}

func run(ctx context.Context, o population, dir string, runs int) error {
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "peers"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	a, err := archive.Open(ctx, archive.Options{Where: dir})
	if err != nil {
		return err
	}
	if a.Size().Experiences == 0 {
		began := time.Now()
		if err := o.fill(ctx, a); err != nil {
			return err
		}
		took := time.Since(began)
		fmt.Printf("written: %d experiences in %.1f s, %.2f M/s with their making\n", a.Size().Experiences, took.Seconds(), float64(a.Size().Experiences)/took.Seconds()/1e6)
	}
	size := a.Size()
	fmt.Printf("archive: %d experiences, %d files, %.2f bytes an experience; %d cores\n",
		size.Experiences, size.Files, float64(size.Bytes)/float64(size.Experiences), runtime.GOMAXPROCS(0))
	ours, our, err := median(runs, func() (answer, error) { return honderd(ctx, dir) })
	if err != nil {
		return err
	}
	var sizes []int
	for _, w := range our.windows {
		sizes = append(sizes, w.minutes)
	}
	totals, their, err := median(runs, func() (answer, error) { return duck(ctx, dir, nil) })
	if err != nil {
		return err
	}
	all, whole, err := median(runs, func() (answer, error) { return duck(ctx, dir, sizes) })
	if err != nil {
		return err
	}
	fmt.Printf("up %d ms, down %d ms\n", our.up, our.down)
	if our.up != their.up || our.down != their.down || our.up != whole.up || our.down != whole.down {
		return fmt.Errorf("the totals differ: Honderd up %d down %d, DuckDB up %d down %d, with windows up %d down %d", our.up, our.down, their.up, their.down, whole.up, whole.down)
	}
	alike := 0
	for _, w := range our.windows {
		if slices.Contains(whole.windows, w) {
			alike++
		}
	}
	fmt.Printf("worst windows: %d of %d alike (DuckDB knows no support: it also takes windows with too few people)\n", alike, len(our.windows))
	fmt.Printf("honderd, totals and windows: %6.2f s\n", ours.Seconds())
	fmt.Printf("duckdb, totals only:         %6.2f s  %.2f times honderd\n", totals.Seconds(), totals.Seconds()/ours.Seconds())
	fmt.Printf("duckdb, totals and windows:  %6.2f s  %.2f times honderd\n", all.Seconds(), all.Seconds()/ours.Seconds())
	return nil
}

// median runs f some times and returns how long it took, as a rule.
func median(runs int, f func() (answer, error)) (time.Duration, answer, error) {
	var last answer
	var times []time.Duration
	for range max(1, runs) {
		runtime.GC()
		began := time.Now()
		a, err := f()
		if err != nil {
			return 0, a, err
		}
		times, last = append(times, time.Since(began)), a
	}
	slices.Sort(times)
	return times[len(times)/2], last, nil
}

// answer is what both find out.
type answer struct {
	up, down int64 // milliseconds
	windows  []window
}

// window is the worst of one length: person-time in it.
type window struct {
	minutes  int
	up, down int64
}

// pattern matches the files of experiences of an archive.
func pattern(dir string) string {
	return filepath.Join(dir, "experiences", "*", "*", "*.parquet")
}

func options(shards int) felt.Options {
	return felt.Options{Cutoff: cutoff, Paper: true, Shards: shards}
}
