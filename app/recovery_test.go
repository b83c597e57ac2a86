package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
)

// crashing is the configuration of a server that is to be killed.
func crashing(dir string) config.Config {
	c := config.Default()
	c.Listen, c.Data, c.Cutoff, c.Archive.Where = "127.0.0.1:0", dir, 30*time.Minute, noArchive
	return c
}

// TestServesUntilKilled is no test: it is the server that BenchmarkRecovery kills. It tells
// how many blocks are durable.
func TestServesUntilKilled(t *testing.T) {
	dir := os.Getenv("HONDERD_KILLED")
	if dir == "" {
		t.Skip("only as a process of its own")
	}
	s, err := NewServer(t.Context(), crashing(dir), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Run(context.Background()) }()
	v := newVisits(1e6, 20, 0)
	v.now = time.Now().Add(-30 * 24 * time.Hour).UnixMilli()
	for n := 0; ; n++ {
		if err := s.sink(t.Context(), v.next(n)); err != nil {
			t.Fatal(err)
		}
		fmt.Println("durable", n+1)
	}
}

// BenchmarkRecovery kills a server in the middle of its work, -9, and measures how long the
// next one takes until its page answers with all that was durable. HONDERD_RECOVERY is how
// many million experiences there are; 10 without it.
func BenchmarkRecovery(b *testing.B) {
	millions, _ := strconv.Atoi(os.Getenv("HONDERD_RECOVERY"))
	if millions == 0 {
		millions = 10
	}
	for b.Loop() {
		dir := b.TempDir()
		began := time.Now()
		durable := killed(b, dir, millions*1_000_000/experience.MaxBatch)
		filled := time.Since(began)
		began = time.Now()
		ctx, cancel := context.WithCancel(b.Context())
		s, err := NewServer(ctx, crashing(dir), slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		opened := time.Since(began)
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		s.projector.now()
		answered := time.Since(began)
		s.projector.mu.Lock()
		got := s.projector.folds.answer(s.projector.calendars).Requests.Total
		s.projector.mu.Unlock()
		cancel()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		if got < int64(durable)*experience.MaxBatch {
			b.Fatalf("%d are counted, %d were durable", got, durable*experience.MaxBatch)
		}
		b.ReportMetric(float64(got)/1e6, "M")
		b.ReportMetric(opened.Seconds(), "s-to-open")
		b.ReportMetric(answered.Seconds(), "s-to-answer")
		b.ReportMetric(float64(got)/1e6/filled.Seconds(), "M/s-filled")
	}
}

// killed runs a server until it has so many blocks, kills it, and returns how many were
// durable.
func killed(b *testing.B, dir string, blocks int) (durable int) {
	b.Helper()
	c := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestServesUntilKilled$", "-test.timeout=0")
	c.Env = append(os.Environ(), "HONDERD_KILLED="+dir)
	out, err := c.StdoutPipe()
	if err = errors.Join(err, c.Start()); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if n, err := fmt.Sscanf(lines.Text(), "durable %d", &durable); n == 1 && err == nil && durable >= blocks {
			break
		}
	}
	if err := c.Process.Kill(); err != nil {
		b.Fatal(err)
	}
	_ = c.Wait() // it was killed
	return durable
}
