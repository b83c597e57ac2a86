// Command felt asks whether people notice the faults of what is behind a proxy: it
// starts servers that fail in known ways, the proxy, and people who ask at a fixed
// pace, and counts what they felt.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// suite is one scenario being played.
type suite struct {
	scenario scenario
	patience time.Duration
	size     int
	listen   string
	origins  []*origin
	names    *names
	orders   *orders
	tally    *tally
	begin    time.Time
}

// result is how one scenario was.
type result struct {
	Scenario      string         `json:"scenario"`
	Requests      int64          `json:"requests"`
	Bad           int64          `json:"felt_bad"`
	Least         float64        `json:"minimum"`
	Duplicates    int            `json:"duplicates"`
	Leaks         int64          `json:"leaks"`
	Amplification float64        `json:"amplification"`
	P50           float64        `json:"p50_ms"`
	P99           float64        `json:"p99_ms"`
	Why           map[string]int `json:"why"`
}

type flags struct {
	proxy, only string
	seed        uint64
	patience    time.Duration
	size        int
	json        bool
	out, root   string
}

func main() {
	var f flags
	flag.StringVar(&f.proxy, "proxy", "honderd", "honderd, nginx, haproxy, or a command with {listen}, {to}, {then}, {patience} and {resolver}")
	flag.StringVar(&f.only, "scenario", "", "names of scenarios, with commas; all")
	flag.Uint64Var(&f.seed, "seed", 1, "of the faults")
	flag.DurationVar(&f.patience, "patience", time.Second, "how long people wait")
	flag.IntVar(&f.size, "page", 24<<10, "bytes of a page")
	flag.BoolVar(&f.json, "json", false, "say it in JSON")
	flag.StringVar(&f.out, "log", "", "file for what the proxy says")
	flag.StringVar(&f.root, "root", "../..", "folder of the project, whose gateway is built")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, f, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "felt:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, f flags, stdout, stderr io.Writer) error {
	dir, err := os.MkdirTemp("", "felt-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	start, err := prepare(ctx, f, dir)
	if err != nil {
		return err
	}
	var results []result
	for _, sc := range scenarios() {
		if f.only != "" && !slices.Contains(strings.Split(f.only, ","), sc.name) {
			continue
		}
		fmt.Fprintf(stderr, "%s: %s\n", sc.name, sc.about)
		r, err := f.play(ctx, sc, start)
		if errors.Is(err, errCannot) {
			fmt.Fprintf(stderr, "  left out: %v\n", err)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", sc.name, err)
		}
		results = append(results, r)
		if len(r.Why) > 0 {
			fmt.Fprintf(stderr, "  %d felt bad: %v\n", r.Bad, r.Why)
		}
	}
	if len(results) == 0 {
		return fmt.Errorf("no scenario %q", f.only)
	}
	if f.json {
		return json.NewEncoder(stdout).Encode(results)
	}
	return table(stdout, results)
}

func table(out io.Writer, results []result) error {
	w := tabwriter.NewWriter(out, 2, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "scenario\trequests\tfelt bad\tminimum\ttwice\tleaks\tasked of origins\tp50 ms\tp99 ms\t")
	var bad, over, worst float64
	twice, leaks := 0, int64(0)
	for _, r := range results {
		fmt.Fprintf(w, "%s\t%d\t%d\t%.1f\t%d\t%d\t%.2f\t%.1f\t%.1f\t\n", r.Scenario, r.Requests, r.Bad, r.Least, r.Duplicates, r.Leaks, r.Amplification, r.P50, r.P99)
		bad += float64(r.Bad)
		over += max(float64(r.Bad)-r.Least, 0)
		worst = max(worst, r.Amplification)
		twice += r.Duplicates
		leaks += r.Leaks
	}
	fmt.Fprintf(w, "sum\t\t%.0f\t\t%d\t%d\t%.2f\t\t\t\n", bad, twice, leaks, worst)
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "over the minimum: %.0f\n", over)
	return err
}

// errCannot is a scenario that a proxy cannot be configured for.
var errCannot = errors.New("this proxy cannot be told")

// starter returns the command of a proxy.
type starter func(s *suite) (*exec.Cmd, error)

// play plays one scenario.
func (f flags) play(ctx context.Context, sc scenario, start starter) (result, error) {
	sc.length, sc.rate, sc.origins = max(sc.length, 8*time.Second), or(sc.rate, 160), or(sc.origins, 3)
	if sc.next == nil {
		sc.next = plain
	}
	if sc.least == nil {
		sc.least = none
	}
	s := &suite{scenario: sc, patience: f.patience, size: f.size, orders: &orders{done: map[string]int{}, keys: map[string]bool{}}, tally: &tally{why: map[string]int{}}}
	for i := range sc.origins {
		o := newOrigin(i, f.seed, s.orders)
		o.second = sc.second
		if err := o.up(); err != nil {
			return result{}, err
		}
		defer o.down()
		s.origins = append(s.origins, o)
	}
	var err error
	if s.names, err = newNames(); err != nil {
		return result{}, err
	}
	defer s.names.conn.Close()
	s.names.set("127.0.0.1")
	if s.listen, err = freePort(); err != nil {
		return result{}, err
	}
	stop, err := f.startProxy(ctx, s, start)
	if err != nil {
		return result{}, err
	}
	defer stop()
	playing, end := context.WithCancel(ctx)
	done := make(chan struct{})
	s.begin = time.Now()
	go func() {
		defer close(done)
		if sc.play != nil {
			sc.play(playing, s)
		}
	}()
	if sc.sockets {
		s.sockets(ctx, 40, 250*time.Millisecond, sc.length)
	} else {
		s.people(ctx, sc.rate, sc.length, func(i int) ask { return sc.next(s, i) })
	}
	end()
	<-done
	return s.result(), nil
}

func (s *suite) result() result {
	t := s.tally
	r := result{Scenario: s.scenario.name, Requests: t.requests.Load(), Bad: t.bad.Load(), Leaks: t.leaks.Load(), Least: s.scenario.least(s), Duplicates: s.orders.twice(), Why: t.why}
	var seen int64
	for _, o := range s.origins {
		seen += o.seen.Load()
	}
	r.Amplification = float64(seen) / float64(max(r.Requests, 1))
	if s.scenario.sockets {
		r.Amplification = 0
	}
	r.P50, r.P99 = float64(t.quantile(0.5))/1e6, float64(t.quantile(0.99))/1e6
	return r
}

func or(n, other int) int {
	if n == 0 {
		return other
	}
	return n
}

func (s *suite) all(do func(*origin)) {
	for _, o := range s.origins {
		do(o)
	}
}

func portOf(addr string) string { _, port, _ := net.SplitHostPort(addr); return port }

func freePort() (string, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// startProxy starts the proxy and waits until it answers.
func (f flags) startProxy(ctx context.Context, s *suite, start starter) (stop func(), err error) {
	cmd, err := start(s)
	if err != nil {
		return nil, err
	}
	if f.out != "" {
		file, err := os.OpenFile(f.out, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		cmd.Stdout, cmd.Stderr = file, file
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(os.Interrupt)
		done := make(chan struct{})
		go func() { _ = cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(2 * time.Second):
			_ = cmd.Process.Kill()
			<-done
		}
	}
	for range 200 {
		c, err := net.DialTimeout("tcp", s.listen, time.Second) //nolint:noctx // it has a deadline
		if err == nil {
			_ = c.Close()
			return stop, nil
		}
		if ctx.Err() != nil {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	stop()
	return nil, errors.New("the proxy does not listen")
}

// prepare builds or finds the proxy.
func prepare(ctx context.Context, f flags, dir string) (starter, error) {
	switch f.proxy {
	case "honderd":
		bin := filepath.Join(dir, "honderd")
		build := exec.CommandContext(ctx, "go", "build", "-C", f.root, "-o", bin, "./cmd/honderd")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return nil, fmt.Errorf("build honderd: %w (fix: name the project's root with -root)", err)
		}
		return command(bin + " gateway --listen {listen} --to {to} --then {then} --patience {patience} --resolver {resolver}"), nil
	case "nginx", "haproxy":
		return peer(f.proxy, dir)
	}
	return command(f.proxy), nil
}

// command fills a template in.
func command(template string) starter {
	return func(s *suite) (*exec.Cmd, error) {
		scheme := "http://"
		if s.scenario.second {
			scheme = "h2c://"
		}
		var to, then []string
		for i, o := range s.origins {
			switch {
			case s.scenario.names:
				to = append(to, scheme+"origin.test:"+portOf(o.addr))
			case i < len(s.origins)-s.scenario.then:
				to = append(to, scheme+o.addr)
			default:
				then = append(then, scheme+o.addr)
			}
		}
		template := template
		if len(then) == 0 {
			template = strings.ReplaceAll(template, " --then {then}", "")
		}
		text := strings.NewReplacer("{listen}", s.listen, "{to}", strings.Join(to, ","), "{then}", strings.Join(then, ","), "{patience}", s.patience.String(), "{resolver}", s.names.conn.LocalAddr().String()).Replace(template)
		words := strings.Fields(text)
		return exec.Command(words[0], words[1:]...), nil //nolint:gosec,noctx // that is what it is for
	}
}
