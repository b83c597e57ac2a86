// Command cost asks what a proxy costs: CPU time a request, requests a second of one core,
// the time it adds, and the memory that connections take. The proxy has core 0 alone; those
// who ask, and the server behind it, have core 1.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// pinned is the first argument of this program when it has its core already.
const pinned = "on-core-1"

// flags are what can be asked.
type flags struct {
	only, root string
	runs, size int
	length     time.Duration
}

func main() {
	args := os.Args[1:]
	if len(args) == 3 && args[0] == reverseWord {
		stop("cost: proxy:", reverse(args[1], args[2]))
		return
	}
	if len(args) == 0 || args[0] != pinned { // the same again, on its core
		self := exec.Command("taskset", append([]string{"-c", "1", os.Args[0], pinned}, args...)...) //nolint:gosec,noctx // ourselves
		self.Stdout, self.Stderr = os.Stdout, os.Stderr
		stop("cost: needs taskset and two cores:", self.Run())
		return
	}
	var f flags
	set := flag.NewFlagSet("cost", flag.ExitOnError)
	set.StringVar(&f.only, "proxy", "honderd,reverse,nginx,haproxy", "which, with commas")
	set.StringVar(&f.root, "root", "../..", "folder of the project, whose gateway is built")
	set.IntVar(&f.runs, "runs", 3, "how often each is measured, in turns; medians are told")
	set.IntVar(&f.size, "page", 2048, "bytes of a page")
	set.DurationVar(&f.length, "for", 4*time.Second, "how long each measurement takes")
	_ = set.Parse(args[1:])
	stop("cost:", f.run(os.Stdout, os.Stderr))
}

func stop(words string, err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, words, err)
		os.Exit(2)
	}
}

// figures are what one proxy costs.
type figures struct {
	perSecond float64 // requests, of one core
	cpu       float64 // microseconds a request
	half      float64 // milliseconds at a calm pace: half of them, and 99 of 100
	most      float64
	memory    float64 // MB with a thousand connections
}

// calmPace is how many requests a second are asked to see what time a proxy adds.
const calmPace = 2000

func (f flags) run(out, notes io.Writer) error {
	dir, err := os.MkdirTemp("", "cost-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	origin, err := startOrigin(f.size)
	if err != nil {
		return err
	}
	defer origin.Close()
	names := strings.Split(f.only, ",")
	if slices.Contains(names, "honderd") {
		build := exec.Command("go", "build", "-o", filepath.Join(dir, "honderd"), "./cmd/honderd") //nolint:gosec,noctx // the project
		build.Dir, build.Stderr = f.root, os.Stderr
		if err := build.Run(); err != nil {
			return err
		}
	}
	direct := calm(origin.Addr().String(), f.length)
	by := map[string][]figures{}
	for range f.runs {
		for _, name := range names {
			one, err := f.measure(name, dir, origin.Addr().String())
			if errors.Is(err, exec.ErrNotFound) {
				fmt.Fprintf(notes, "%s is not installed: left out\n", name)
				continue
			}
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			by[name] = append(by[name], one)
		}
	}
	return table(out, names, by, direct)
}

// table tells the medians.
func table(out io.Writer, names []string, by map[string][]figures, direct []time.Duration) error {
	w := tabwriter.NewWriter(out, 2, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "proxy\trequests/s\tCPU µs a request\tadded p50 ms\tadded p99 ms\tMB for 1,000 connections\t")
	for _, name := range names {
		list := by[name]
		if len(list) == 0 {
			continue
		}
		middle := func(of func(figures) float64) float64 {
			var all []float64
			for _, one := range list {
				all = append(all, of(one))
			}
			slices.Sort(all)
			return all[len(all)/2]
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.1f\t%+.2f\t%+.2f\t%.0f\t\n", name,
			middle(func(f figures) float64 { return f.perSecond }), middle(func(f figures) float64 { return f.cpu }),
			middle(func(f figures) float64 { return f.half })-quantile(direct, 0.5), middle(func(f figures) float64 { return f.most })-quantile(direct, 0.99),
			middle(func(f figures) float64 { return f.memory }))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "without a proxy, %d/s: p50 %.2f ms, p99 %.2f ms\n", calmPace, quantile(direct, 0.5), quantile(direct, 0.99))
	return err
}

// measure measures one proxy.
func (f flags) measure(name, dir, to string) (figures, error) {
	p, err := startProxy(name, dir, to)
	if err != nil {
		return figures{}, err
	}
	defer p.stop()
	_, _ = flood(p.listen, 64, time.Second/2) // so that it is warm
	before := p.cpu()
	begin := time.Now()
	n, err := flood(p.listen, 64, f.length)
	if err != nil || n == 0 {
		return figures{}, fmt.Errorf("%d requests were answered: %w", n, errors.Join(err, errors.New("see whether it serves")))
	}
	took := p.cpu() - before
	one := figures{perSecond: float64(n) / time.Since(begin).Seconds(), cpu: float64(took.Microseconds()) / float64(n)}
	waits := calm(p.listen, f.length)
	one.half, one.most = quantile(waits, 0.5), quantile(waits, 0.99)
	one.memory, err = p.memory(1000)
	return one, err
}

// quantile returns what a share q of the list does not exceed, in milliseconds.
func quantile(list []time.Duration, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	list = slices.Clone(list)
	slices.Sort(list)
	return float64(list[min(int(q*float64(len(list))), len(list)-1)]) / float64(time.Millisecond)
}
