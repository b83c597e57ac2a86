package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/source/probe"
)

// What is probed.
const (
	probesMany    = 5_000            // targets each second, from one core
	probesFor     = 30 * time.Second // how long they are
	probesHealthy = 10               // targets beside those that are silent
	probesSilent  = 4
	probesWatch   = time.Minute // how long these are probed
	gatusMost     = 3           // how many targets Gatus probes at once when nobody says otherwise
)

// answer serves what is probed, until its input ends: each path is answered and counted, but
// for /silent, which is not. /counts tells how often each was asked.
func answer() error {
	var mu sync.Mutex
	counts := map[string]int{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	ended := make(chan struct{})
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/counts" {
			mu.Lock()
			defer mu.Unlock()
			_ = json.NewEncoder(w).Encode(counts)
			return
		}
		mu.Lock()
		counts[r.URL.Path]++
		mu.Unlock()
		if strings.HasPrefix(r.URL.Path, "/silent") {
			select {
			case <-ended:
			case <-r.Context().Done():
			}
			return
		}
		_, _ = io.WriteString(w, "ok")
	})}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ended)
		_ = s.Close()
	}()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// answering starts a process of our own that answers, and returns where.
func answering() (url string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(self, "-answer")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("what is probed does not begin: %w", err)
	}
	return "http://" + strings.TrimSpace(line), stop, nil
}

// probing is what a process that probed found.
type probing struct {
	Stats probe.Stats
	CPU   time.Duration `json:"-"` // of the process
}

// onTime returns the share of all runs that were due which began on time.
func (p probing) onTime() float64 {
	return float64(p.Stats.Runs-p.Stats.Late) / float64(max(p.Stats.Runs+p.Stats.Skipped, 1))
}

// probeHere probes so many targets at url each second, and silent ones beside them, for a
// while, and prints what it found.
func probeHere(url string, healthy, silent int, long time.Duration) error {
	var targets []probe.Target
	add := func(kind string, n int) {
		for i := range n {
			targets = append(targets, probe.Target{Name: kind + strconv.Itoa(i), Kind: probe.HTTP, Address: url + "/" + kind + strconv.Itoa(i), Interval: time.Second})
		}
	}
	add("healthy", healthy)
	add("silent", silent)
	p, err := probe.New(targets, probe.Options{Seen: func(context.Context, probe.Result) error { return nil }})
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), long)
	defer stop()
	if err := p.Run(ctx); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(probing{Stats: p.Stats()})
}

// probeOnOneCore runs probeHere in a process of its own.
func probeOnOneCore(url string, healthy, silent int, long time.Duration) (p probing, err error) {
	self, err := os.Executable()
	if err != nil {
		return p, err
	}
	cmd := exec.Command(self, "-probe", fmt.Sprint(url, " ", healthy, " ", silent, " ", long))
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return p, fmt.Errorf("probe: %w", err)
	}
	p.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return p, json.Unmarshal(out, &p)
}

// healthyAsked returns how often the healthy targets were asked.
func healthyAsked(url string) (n int, err error) {
	r, err := http.Get(url + "/counts")
	if err != nil {
		return 0, err
	}
	counts := map[string]int{}
	err = json.NewDecoder(r.Body).Decode(&counts)
	for path, count := range counts {
		if strings.HasPrefix(path, "/healthy") {
			n += count
		}
	}
	return n, errors.Join(err, r.Body.Close())
}

// measureProbes measures what a check costs, how many targets one core can watch, and
// whether silent ones hold up others, also of Gatus when it is installed.
func measureProbes() (string, error) {
	url, stop, err := answering()
	if err != nil {
		return "", err
	}
	many, err := probeOnOneCore(url, probesMany, 0, probesFor)
	stop()
	if err != nil {
		return "", err
	}
	ours, err := besideSilence(func(url string) error {
		_, err := probeOnOneCore(url, probesHealthy, probesSilent, probesWatch)
		return err
	})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	each := float64(many.CPU.Microseconds()) / float64(max(many.Stats.Runs, 1))
	b.WriteString("## Probes\n| | measured | wanted |\n|---|---|---|\n")
	fmt.Fprintf(&b, "| an HTTP check over a kept connection, all that it takes of the CPU | %.0f µs | at most 100 µs |\n", each)
	fmt.Fprintf(&b, "| %d targets each second from one core, %v: on time | %.1f%% of %d, %d left out | at least 99%% |\n", probesMany, probesFor, 100*many.onTime(), many.Stats.Runs+many.Stats.Skipped, many.Stats.Skipped)
	fmt.Fprintf(&b, "| %d healthy targets beside %d silent ones, %v: checks of the healthy ones | %d | %d |\n", probesHealthy, probesSilent, probesWatch, ours, probesHealthy*int(probesWatch.Seconds()))
	theirs, err := gatus()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		b.WriteString("\nGatus is not installed: it was not tried beside this.\n")
	case err != nil:
		return "", err
	default:
		fmt.Fprintf(&b, "| Gatus with its defaults (at most %d at once), the same | %d | |\n\n%.1f times as many as Gatus.\n", gatusMost, theirs, float64(ours)/float64(max(theirs, 1)))
	}
	return b.String(), nil
}

// besideSilence returns how often healthy targets were asked while probe ran.
func besideSilence(probe func(url string) error) (int, error) {
	url, stop, err := answering()
	if err != nil {
		return 0, err
	}
	defer stop()
	if err := probe(url); err != nil {
		return 0, err
	}
	return healthyAsked(url)
}

// gatus returns how often Gatus asks the healthy targets in the same time.
func gatus() (int, error) {
	path, err := exec.LookPath("gatus")
	if err != nil {
		return 0, exec.ErrNotFound
	}
	return besideSilence(func(url string) error {
		dir, err := os.MkdirTemp("", "honderd-gatus-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		var b strings.Builder
		b.WriteString("web: {address: 127.0.0.1, port: 0}\nendpoints:\n")
		for kind, n := range map[string]int{"healthy": probesHealthy, "silent": probesSilent} {
			for i := range n {
				fmt.Fprintf(&b, "  - name: %s%d\n    url: %s/%[1]s%[2]d\n    interval: 1s\n    conditions: [\"[STATUS] == 200\"]\n", kind, i, url)
			}
		}
		file := filepath.Join(dir, "config.yaml")
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(b.String(), "port: 0", "port: 18099")), 0o600); err != nil {
			return err
		}
		ctx, stop := context.WithTimeout(context.Background(), probesWatch)
		defer stop()
		cmd := exec.CommandContext(ctx, path)
		cmd.Env = append(os.Environ(), "GATUS_CONFIG_PATH="+file)
		if out, err := cmd.CombinedOutput(); ctx.Err() == nil {
			return fmt.Errorf("gatus ended: %w: %.300s", err, out)
		}
		return nil
	})
}

// asChild does what a process of our own is for, and reports whether it was one.
func asChild(answers bool, probes string) (bool, error) {
	if answers {
		return true, answer()
	}
	if probes == "" {
		return false, nil
	}
	var url, long string
	var healthy, silent int
	if _, err := fmt.Sscan(probes, &url, &healthy, &silent, &long); err != nil {
		return true, err
	}
	d, err := time.ParseDuration(long)
	if err != nil {
		return true, err
	}
	return true, probeHere(url, healthy, silent, d)
}
