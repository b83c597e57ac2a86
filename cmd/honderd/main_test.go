package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"honderd": main})
}

// The scripts in testdata/script run the program as a person would.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("TZ", "UTC")
			return nil
		},
	})
}

// town writes lines of a combined log: visits with parts, some disorder, an outage.
func town(seed uint64, lines int) []string {
	r := rand.New(rand.NewPCG(seed, 9))
	at := time.Date(2026, 3, 28, 22, 0, 0, 0, time.UTC)
	all := make([]string, lines)
	for i := range all {
		at = at.Add(time.Duration(r.IntN(3000)) * time.Millisecond)
		status := 200
		if i > lines/3 && i < lines/2 && r.IntN(3) > 0 {
			status = 502
		}
		target := []string{"/", "/shop/7?q=1", "/search", "/app.css", "/img/a.png"}[r.IntN(5)]
		seen := at.Add(-time.Duration(r.IntN(50)) * time.Second)
		all[i] = fmt.Sprintf("10.1.%d.%d - - [%s] \"GET %s HTTP/1.1\" %d 12 \"-\" \"Mozilla/5.0 (X11; Linux x86_64) Firefox/13%d.0\"\n",
			r.IntN(3), r.IntN(200), seen.Format("02/Jan/2006:15:04:05 -0700"), target, status, r.IntN(4))
	}
	return all
}

// program starts honderd as a process of its own.
func program(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := exec.LookPath("honderd") // made by testscript.Main
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	return cmd, &stderr
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// linesRead asks a server how many lines it has read; -1 when it does not answer.
func linesRead(ctx context.Context, address string) (lines int64, answer []byte) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/api/v1/report", nil)
	if err != nil {
		return -1, nil
	}
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		return -1, nil
	}
	defer r.Body.Close()
	var a struct {
		Source struct{ Lines int64 }
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &a) != nil {
		return -1, nil
	}
	return a.Source.Lines, body
}

// await waits until a server has read so many lines, and returns what it says then.
func await(t *testing.T, address string, lines int64, stderr *bytes.Buffer) []byte {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); {
		n, answer := linesRead(t.Context(), address)
		if n >= lines {
			return answer
		}
		<-time.After(20 * time.Millisecond) // another process: nothing else tells us
	}
	t.Fatalf("not %d lines after a minute: %s", lines, stderr)
	return nil
}

func write(t *testing.T, path string, lines []string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, l := range lines {
		if _, err := f.WriteString(l); err != nil {
			t.Fatal(err)
		}
	}
}

// A server that is killed at any instant goes on where it was: in the end it says, to
// the last byte, what a report of the whole log says.
func TestKilledHalfWayServeSaysWhatReportSays(t *testing.T) {
	rounds := 3
	if os.Getenv("HONDERD_SOAK") != "" {
		rounds = 40
	}
	for round := range rounds {
		seed := uint64(round + 1)
		r := rand.New(rand.NewPCG(seed, 3))
		dir := t.TempDir()
		log, data := filepath.Join(dir, "access.log"), filepath.Join(dir, "data")
		lines := town(seed, 40_000)
		half := len(lines)/4 + r.IntN(len(lines)/2)
		write(t, log, lines[:half])
		for range 3 {
			address := freeAddress(t)
			cmd, stderr := program(t, "serve", "--data", data, "--listen", address, log)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if r.IntN(2) == 0 {
				await(t, address, int64(r.IntN(half)), stderr)
			} else {
				<-time.After(time.Duration(r.IntN(400)) * time.Millisecond) // any instant will do
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			cmd.Wait() // killed
		}
		write(t, log, lines[half:])
		address := freeAddress(t)
		cmd, stderr := program(t, "serve", "--data", data, "--listen", address, log)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		served := await(t, address, int64(len(lines)), stderr)
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("round %d: serve ended with %v: %s", round, err, stderr)
		}
		report, stderr := program(t, "report", "--json", "--recognise", "14d", log)
		reported, err := report.Output()
		if err != nil {
			t.Fatalf("report: %v: %s", err, stderr)
		}
		if !bytes.Equal(served, reported) {
			t.Fatalf("round %d: serve and report differ:\n%s\n%s", round, served, reported)
		}
	}
}

func TestASecondServerOnTheSameFolderIsRefused(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "access.log")
	write(t, log, town(1, 100))
	address := freeAddress(t)
	first, stderr := program(t, "serve", "--data", filepath.Join(dir, "data"), "--listen", address, log)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, address, 100, stderr)
	second, said := program(t, "serve", "--data", filepath.Join(dir, "data"), "--listen", freeAddress(t), log)
	err := second.Run()
	if second.ProcessState.ExitCode() != exitUsage || !bytes.Contains(said.Bytes(), []byte("--data")) || bytes.Count(said.Bytes(), []byte("\n")) != 1 {
		t.Errorf("the second said %q (%v)", said, err)
	}
	if err := first.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err != nil {
		t.Errorf("the first ended with %v", err)
	}
}
