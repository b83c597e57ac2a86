package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// usage is what one run of a command took.
type usage struct {
	wall, cpu time.Duration
	peak      int64 // bytes
}

// repeat runs a command several times and returns the median of each figure.
func repeat(runs int, name string, args ...string) (usage, error) {
	var all []usage
	for range runs {
		cmd := exec.Command(name, args...)
		var stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = io.Discard, &stderr
		start := time.Now()
		if err := cmd.Run(); err != nil {
			return usage{}, fmt.Errorf("%s: %w: %s", name, err, stderr.Bytes())
		}
		u := usage{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
		if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			u.peak = r.Maxrss * 1024
		}
		all = append(all, u)
	}
	return usage{
		wall: median(all, func(u usage) int64 { return int64(u.wall) }).wall,
		cpu:  median(all, func(u usage) int64 { return int64(u.cpu) }).cpu,
		peak: median(all, func(u usage) int64 { return u.peak }).peak,
	}, nil
}

func median[T any](all []T, by func(T) int64) T {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b T) int { return int(by(a) - by(b)) })
	return sorted[len(sorted)/2]
}

// serving is what a server without any work takes.
type serving struct {
	firstPage time.Duration // from start to the first page
	idle      int64         // bytes resident after some seconds
}

// settle is how long a server may calm down before its memory is looked at.
const settle = 8 * time.Second

func serve(binary, dir string, runs int) (serving, error) {
	log := filepath.Join(dir, "quiet.log")
	if err := os.WriteFile(log, nil, 0o644); err != nil {
		return serving{}, err
	}
	var all []serving
	for i := range runs {
		one, err := serveOnce(binary, filepath.Join(dir, "data"+strconv.Itoa(i)), log)
		if err != nil {
			return serving{}, err
		}
		all = append(all, one)
	}
	return serving{
		firstPage: median(all, func(s serving) int64 { return int64(s.firstPage) }).firstPage,
		idle:      median(all, func(s serving) int64 { return s.idle }).idle,
	}, nil
}

func serveOnce(binary, data, log string) (one serving, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return serving{}, err
	}
	address := l.Addr().String()
	l.Close()
	cmd := exec.Command(binary, "serve", "--data", data, "--listen", address, log)
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return serving{}, err
	}
	defer func() { err = errors.Join(err, cmd.Process.Signal(os.Interrupt), cmd.Wait()) }()
	for time.Since(start) < 20*time.Second {
		r, err := http.Get("http://" + address + "/")
		if err != nil {
			time.Sleep(2 * time.Millisecond)
			continue
		}
		_, err = io.Copy(io.Discard, r.Body)
		r.Body.Close()
		if err != nil {
			return serving{}, err
		}
		one = serving{firstPage: time.Since(start)}
		time.Sleep(settle)
		one.idle, err = resident(cmd.Process.Pid)
		return one, err
	}
	return serving{}, fmt.Errorf("no page from serve after 20 s")
}

// resident returns how many bytes of memory a process has.
func resident(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, fmt.Errorf("resident memory is only measured on Linux: %w", err)
	}
	fields := bytes.Fields(status)
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize()), err
}
