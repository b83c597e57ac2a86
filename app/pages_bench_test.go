package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
)

// Of the load of the benchmark.
const (
	pagesEach   = 200     // pages a second
	pagesFor    = 20      // seconds
	stepsEach   = 100_000 // experiences a second that come in meanwhile
	pageViewers = 1000    // pages that are open
)

// TestServesAYear is no test: it is the server that BenchmarkPages asks, on one core. It
// takes in experiences until it is killed, and tells when it has an answer.
func TestServesAYear(t *testing.T) {
	dir := os.Getenv("HONDERD_YEAR")
	if dir == "" {
		t.Skip("only as a process of its own")
	}
	debug.SetGCPercent(20) // as the program does
	c := crashing(dir)
	c.Moments = []config.Moment{{Name: "evening", Weekly: "daily 19:00-22:00"}, {Name: "opening hours", Weekly: "Mon-Fri 09:00-17:30"}}
	c.Cost.Hour = "20-45"
	s, err := NewServer(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Run(context.Background()) }()
	began := time.Now()
	answer, _ := s.projector.now()
	fmt.Println("\nanswer", answer.People.Active, time.Since(began).Milliseconds(), s.Address())
	v := newVisits(yearPeople, yearJourneys, 0)
	v.journeys = yearNames()
	tick := time.NewTicker(experience.MaxBatch * time.Second / stepsEach)
	for n := 0; ; n++ {
		<-tick.C
		b := v.next(n)
		now := time.Now().UnixMilli()
		for i := range b.Items {
			b.Items[i].At = now - int64(len(b.Items)-i)/100
		}
		if err := s.sink(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
}

// keepYear saves a year in dir as the state of a server.
func keepYear(b *testing.B, dir string) {
	b.Helper()
	state, err := encodeCheckpoint(year(b, time.Now().Add(-time.Hour), yearPeople, yearSteps), ledger.Sequence(0), 0)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "checkpoint"), state, 0o600); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkPages asks a server that knows a year for all kinds of pages, while experiences
// come in and pages are open. The server has one core.
func BenchmarkPages(b *testing.B) {
	dir := b.TempDir()
	keepYear(b, dir)
	for b.Loop() {
		p := askPages(b, dir)
		slices.Sort(p.took)
		at := func(share float64) float64 {
			return p.took[int(share*float64(len(p.took)-1))].Seconds() * 1000
		}
		b.ReportMetric(at(0.5), "p50-ms")
		b.ReportMetric(at(0.99), "p99-ms")
		b.ReportMetric(at(1), "max-ms")
		b.ReportMetric(p.first.Seconds(), "s-first-answer")
		b.ReportMetric(float64(p.alone)/1e6, "MB")
		b.ReportMetric(float64(p.viewed-p.alone)/1e6, "MB-viewers")
		b.ReportMetric(float64(p.bytes)/1000, "kB-home")
	}
}

// asking is what was measured.
type asking struct {
	took          []time.Duration
	first         time.Duration
	alone, viewed int64 // bytes resident
	bytes         int64
}

func askPages(b *testing.B, dir string) (p asking) {
	b.Helper()
	args := []string{os.Args[0], "-test.run=^TestServesAYear$", "-test.timeout=0"}
	if _, err := exec.LookPath("taskset"); err == nil {
		args = append([]string{"taskset", "-c", "0"}, args...)
	}
	c := exec.CommandContext(b.Context(), args[0], args[1:]...)
	c.Env, c.Stderr = append(os.Environ(), "HONDERD_YEAR="+dir, "GOMAXPROCS=1"), os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed
	}()
	var people, took int64
	var address string
	if _, err := fmt.Fscanf(out, "\nanswer %d %d %s\n", &people, &took, &address); err != nil {
		b.Fatal(err)
	}
	p.first = time.Duration(took) * time.Millisecond
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	list := pagesOf(b, client, "http://"+address)
	p.bytes = fetch(b, client, "http://"+address+"/")
	p.took = load(b, client, list)
	p.alone = residentOf(b, c.Process.Pid)
	viewing, stop := context.WithCancel(b.Context())
	defer stop()
	watch(viewing, b, "http://"+address+"/live")
	p.viewed = residentOf(b, c.Process.Pid)
	return p
}

// pagesOf returns the pages that are asked.
func pagesOf(b *testing.B, client *http.Client, base string) (list []string) {
	now := time.Now().UTC()
	for _, path := range []string{"/", "/?fragment=1", "/incidents", "/faults", "/chain", "/probes", "/month", "/status", "/status/history", "/api/v1/coming", "/api/v1/cost"} {
		list = append(list, base+path)
	}
	for i := range 12 {
		list = append(list, base+"/month/"+now.AddDate(0, -i, -now.Day()+1).Format("2006-01"))
		from := now.Truncate(time.Hour).AddDate(0, 0, -20*i-1)
		list = append(list, base+"/between/"+from.Format("20060102T1504Z")+"/"+from.Add(24*time.Hour).Format("20060102T1504Z"))
	}
	for _, one := range list {
		fetch(b, client, one)
	}
	return list
}

func fetch(b *testing.B, client *http.Client, address string) int64 {
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	answer, err := client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	n, err := io.Copy(io.Discard, answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		b.Fatal(address, answer.Status, err)
	}
	return n
}

// load asks pages at a pace, whether those before are answered or not, and returns how
// long each took from when it was due.
func load(b *testing.B, client *http.Client, list []string) (took []time.Duration) {
	var mu sync.Mutex
	var all sync.WaitGroup
	began := time.Now()
	for n := range pagesEach * pagesFor {
		due := began.Add(time.Duration(n) * time.Second / pagesEach)
		pause(b.Context(), time.Until(due))
		all.Go(func() {
			fetch(b, client, list[n%len(list)])
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(due))
		})
	}
	all.Wait()
	return took
}

// watch opens pages that stay open, and returns when each has heard of a change.
func watch(ctx context.Context, b *testing.B, address string) {
	client := &http.Client{Transport: &http.Transport{}}
	var heard sync.WaitGroup
	for range pageViewers {
		heard.Add(1)
		go func() {
			told := sync.OnceFunc(heard.Done)
			defer told()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
			if err != nil {
				b.Error(err)
				return
			}
			answer, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			defer answer.Body.Close()
			buffer := make([]byte, 4096)
			for err == nil {
				var n int
				if n, err = answer.Body.Read(buffer); strings.Contains(string(buffer[:n]), "changed") {
					told()
				}
			}
			if ctx.Err() == nil {
				b.Error("a page that was open lost its connection: ", err)
			}
		}()
	}
	heard.Wait()
}

// residentOf returns how many bytes of memory a process has.
func residentOf(b *testing.B, pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		b.Skip("resident memory is only measured on Linux: ", err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
