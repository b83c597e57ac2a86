package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/source/accesslog"
)

const (
	busyRate  = 450_000                // lines a second that a busy server writes
	busyBlock = 3_000                  // lines it writes at once
	busyFor   = 5 * time.Second        // how long it is watched
	busyTurn  = 500 * time.Millisecond // how long until its log is rotated
	busyWidth = 12                     // bytes of the number of a line, as seconds: 12345678.901
	patience  = 2 * time.Minute        // until what did not come is called lost

	busyFormat = `$remote_addr - - [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time`
)

// A busyServer writes numbered lines as fast as it is told to, and rotates its log.
type busyServer struct {
	path   string
	file   *os.File
	block  []byte
	ends   []int // where the number of each line ends
	next   int
	turns  int
	rotate func(*busyServer) error
}

func newBusyServer(path string, rotate func(*busyServer) error) (*busyServer, error) {
	s := &busyServer{path: path, rotate: rotate}
	for i := range busyBlock {
		s.block = fmt.Appendf(s.block, `203.0.%d.%d - - [23/Nov/2026:20:01:09 +0000] "GET /shop/%d HTTP/1.1" 200 512 "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" 00000000.000`,
			i%200, i/200, i%1000)
		s.ends = append(s.ends, len(s.block))
		s.block = append(s.block, '\n')
	}
	return s, s.reopen()
}

func (s *busyServer) reopen() (err error) {
	if s.file != nil {
		err = s.file.Close()
	}
	f, err2 := os.OpenFile(s.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	s.file = f
	return errors.Join(err, err2)
}

// write writes one block of lines that are not yet there.
func (s *busyServer) write() error {
	for _, end := range s.ends {
		n := s.next
		for i := end - 1; i >= end-busyWidth; i-- {
			if s.block[i] != '.' {
				s.block[i] = byte('0' + n%10)
				n /= 10
			}
		}
		s.next++
	}
	_, err := s.file.Write(s.block)
	return err
}

func (s *busyServer) rotated() string { return s.path + "." + strconv.Itoa(20_261_123+s.turns) }

func (s *busyServer) rename() error {
	s.turns++
	if err := os.Rename(s.path, s.rotated()); err != nil {
		return err
	}
	return errors.Join(s.write(), s.reopen()) // into the old one, until it is told
}

func (s *busyServer) renameAndPack() error {
	packed := s.rotated()
	if err := s.rename(); err != nil || s.turns == 1 {
		return err
	}
	return packFile(packed)
}

func (s *busyServer) copyTruncate() error {
	s.turns++
	all, err := os.ReadFile(s.path)
	return errors.Join(err, os.WriteFile(s.rotated(), all, 0o644), s.file.Truncate(0))
}

// packFile does what gzip does.
func packFile(name string) error {
	all, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return err
	}
	_, err = z.Write(all)
	return errors.Join(err, z.Close(), os.WriteFile(name+".gz", b.Bytes(), 0o644), os.Remove(name))
}

// run writes for busyFor at busyRate, or as near to it as the machine lets it come.
func (s *busyServer) run() error {
	begun, turned := time.Now(), time.Now()
	for time.Since(begun) < busyFor {
		if err := s.write(); err != nil {
			return err
		}
		if time.Since(turned) > busyTurn {
			turned = time.Now()
			if err := s.rotate(s); err != nil {
				return err
			}
		}
		time.Sleep(time.Until(begun.Add(time.Duration(s.next) * time.Second / busyRate)))
	}
	return s.file.Close()
}

// follow follows and parses the log of a busy server through rotations, and wants each of
// its lines once. It returns what it measured as Markdown.
func follow() (string, error) {
	var b strings.Builder
	b.WriteString("## Following\n| a log rotated every 500 ms by | lines/s written | lines/s followed and parsed | the last line came after | lost | twice |\n|---|---|---|---|---|---|\n")
	for _, way := range []struct {
		name   string
		rotate func(*busyServer) error
	}{
		{"renaming", (*busyServer).rename},
		{"renaming, and `gzip` at once", (*busyServer).renameAndPack},
		{"`copytruncate`", (*busyServer).copyTruncate},
	} {
		f, err := followBusy(way.rotate)
		if err != nil {
			return "", fmt.Errorf("follow a log that is rotated by %s: %w", way.name, err)
		}
		fmt.Printf("follow, %s: %.0f lines/s written, %.0f followed, the last after %v, %d lost, %d twice\n", way.name, f.written, f.followed, f.behind.Round(time.Millisecond), f.lost, f.twice)
		fmt.Fprintf(&b, "| %s | %.0f | %.0f | %v | %d | %d |\n", way.name, f.written, f.followed, f.behind.Round(time.Millisecond), f.lost, f.twice)
	}
	return b.String() + "\nWanted: 300,000 lines/s, none lost. The server is in the same process and on the same cores.\n", nil
}

// following is what was measured of one log.
type following struct {
	written, followed float64       // lines a second
	behind            time.Duration // from the last line written until all had come
	lost, twice       int
}

// arrivals are the numbers of the lines that came, in the waits of their experiences.
type arrivals struct {
	mu         sync.Mutex
	seen       []uint64
	got, twice int
	want       int // 0: not known yet
	all        func()
}

func (n *arrivals) add(items []experience.Experience) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range items {
		at, bit := int(items[i].Wait)/64, uint64(1)<<(items[i].Wait%64)
		for len(n.seen) <= at {
			n.seen = append(n.seen, 0)
		}
		if n.seen[at]&bit != 0 {
			n.twice++
		}
		n.seen[at] |= bit
	}
	n.got += len(items)
	n.check()
}

func (n *arrivals) expect(want int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.want = want
	n.check()
}

func (n *arrivals) check() {
	if n.want > 0 && n.got >= n.want {
		n.all()
	}
}

// followBusy follows a busy server until all of its lines are there.
func followBusy(rotate func(*busyServer) error) (f following, err error) {
	dir, err := os.MkdirTemp("", "honderd-follow-")
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := newBusyServer(filepath.Join(dir, "access.log"), rotate)
	if err == nil {
		err = s.write()
	}
	if err != nil {
		return f, err
	}
	p, err := accesslog.NewParser(accesslog.Options{Salts: who.Fixed([]byte("s")), Format: busyFormat})
	if err != nil {
		return f, err
	}
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	n := arrivals{all: stop}
	var writing sync.WaitGroup
	var once sync.Once
	var begun time.Time
	var wrote time.Duration
	var failed error
	log := accesslog.NewLog(p, s.path, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	err = log.Run(ctx, "", func(_ context.Context, batch *experience.Batch) error {
		once.Do(func() { // rotated before that, it would not be ours to read
			begun = time.Now()
			writing.Go(func() {
				failed = s.run()
				wrote = time.Since(begun)
				n.expect(s.next)
			})
		})
		n.add(batch.Items)
		return nil
	})
	took := time.Since(begun)
	writing.Wait()
	f.written, f.followed = float64(s.next)/wrote.Seconds(), float64(n.got)/took.Seconds()
	f.behind, f.lost, f.twice = took-wrote, s.next-(n.got-n.twice), n.twice
	return f, errors.Join(err, failed)
}
