package logfile

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// stormLasts is the longest a server is rotated in one test.
const stormLasts = 1200 * time.Millisecond

// server writes numbered lines into a log that is rotated under it.
type server struct {
	t       *testing.T
	dice    *rand.Rand
	path    string
	file    *os.File
	written int
	turns   int  // rotated files there are
	fast    bool // hardly a pause between rotations

	rotations int
}

func newServer(t *testing.T, path string, seed uint64) *server {
	s := &server{t: t, dice: rand.New(rand.NewPCG(seed, 1)), path: path}
	s.reopen()
	return s
}

func (s *server) must(err error) {
	if err != nil {
		s.t.Error(err)
	}
}

func (s *server) reopen() {
	if s.file != nil {
		s.must(s.file.Close())
	}
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	s.must(err)
	s.file = f
}

// write appends up to n lines, some of them in two pieces.
func (s *server) write(n int) {
	for range s.dice.IntN(n + 1) {
		s.written++
		line := fmt.Appendf(nil, "line %d %s\n", s.written, bytes.Repeat([]byte{'x'}, s.dice.IntN(60)))
		cut := len(line)
		if s.dice.IntN(10) == 0 {
			cut = s.dice.IntN(len(line))
		}
		for _, part := range [][]byte{line[:cut], line[cut:]} {
			_, err := s.file.Write(part)
			s.must(err)
		}
	}
}

func (s *server) pause() {
	most := 4000
	if s.fast {
		most = 300
	}
	time.Sleep(time.Duration(s.dice.IntN(most)) * time.Microsecond)
}

// shift makes room for a new .1
func (s *server) shift() {
	for i := s.turns; i >= 1; i-- {
		for _, end := range []string{"", ".gz"} {
			err := os.Rename(s.path+"."+strconv.Itoa(i)+end, s.path+"."+strconv.Itoa(i+1)+end)
			if !errors.Is(err, os.ErrNotExist) {
				s.must(err)
			}
		}
	}
	s.turns++
}

func (s *server) rename() {
	s.shift()
	s.must(os.Rename(s.path, s.path+".1"))
	s.write(5) // into the old one, by its open file
	if s.dice.IntN(2) == 0 {
		s.must(os.WriteFile(s.path, nil, 0o644)) // logrotate "create"
		s.write(5)
		s.pause()
	}
	s.reopen()
}

func (s *server) copyTruncate() {
	s.shift()
	all, err := os.ReadFile(s.path)
	s.must(err)
	half := s.dice.IntN(len(all) + 1)
	to, err := os.Create(s.path + ".1")
	s.must(err)
	_, err = to.Write(all[:half])
	s.must(err)
	s.pause()
	_, err = to.Write(all[half:])
	s.must(errors.Join(err, to.Close()))
	s.must(s.file.Truncate(0))
}

func (s *server) compress(name string, keepTime bool) {
	all, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	s.must(err)
	info, err := os.Stat(name)
	s.must(err)
	packed := pack(s.t, all)
	half := s.dice.IntN(len(packed))
	to, err := os.Create(name + ".gz")
	s.must(err)
	_, err = to.Write(packed[:half])
	s.must(err)
	s.pause()
	_, err = to.Write(packed[half:])
	s.must(errors.Join(err, to.Close()))
	if keepTime {
		s.must(os.Chtimes(name+".gz", info.ModTime(), info.ModTime()))
	}
	s.must(os.Remove(name))
}

func pack(t *testing.T, p []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(p); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	return b.Bytes()
}

// tally counts the numbered lines that arrived.
type tally struct {
	mu    sync.Mutex
	seen  map[int]int
	wrong []string
	gaps  []string
	moans []string
}

func (c *tally) add(chunk []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for line := range bytes.Lines(chunk) {
		var n int
		if _, err := fmt.Sscanf(string(line), "line %d ", &n); err != nil || line[len(line)-1] != '\n' {
			c.wrong = append(c.wrong, string(line))
			continue
		}
		c.seen[n]++
	}
}

func (c *tally) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.seen)
}

func (c *tally) check(t *testing.T, written int) {
	t.Helper()
	lost, twice := []int{}, []int{}
	for n := 1; n <= written; n++ {
		switch c.seen[n] {
		case 0:
			lost = append(lost, n)
		case 1:
		default:
			twice = append(twice, n)
		}
	}
	if len(lost)+len(twice)+len(c.wrong)+len(c.gaps) > 0 {
		t.Errorf("of %d lines %d lost %v, %d twice %v, wrong %q, gaps %q, troubles %q",
			written, len(lost), some(lost), len(twice), some(twice), some(c.wrong), some(c.gaps), some(c.moans))
	}
}

// restless follows path, and is stopped and started again at random, until done says so.
func restless(t *testing.T, path string, seed uint64, c *tally, done *atomic.Bool, want *atomic.Int64, first chan<- struct{}) (starts int) {
	dice := rand.New(rand.NewPCG(seed, 2))
	position, began := "", false
	o := Options{Poll: 2 * time.Millisecond, Quiet: 150 * time.Millisecond, Chunk: 512,
		Gap: func(s string) { c.gaps = append(c.gaps, s) },
		Trouble: func(err error) {
			if err != nil {
				c.moans = append(c.moans, err.Error())
			}
		}}
	crash := errors.New("crash")
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); starts++ {
		from, err := ParsePosition(position)
		if err != nil {
			t.Error(err)
			return starts
		}
		most := 40
		if done.Load() {
			most = 400
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(dice.IntN(most)+1)*time.Millisecond)
		left := dice.IntN(400) // chunks until it crashes
		err = Follow(ctx, path, from, o, func(_ context.Context, chunk []byte, next Position) error {
			if left--; left < 0 {
				return crash // what was not stored comes again
			}
			c.add(chunk)
			position = next.String()
			if !began {
				began = true
				close(first)
			}
			return nil
		})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, crash) {
			t.Error(err)
		}
		if done.Load() && int64(c.count()) >= want.Load() && dice.IntN(4) == 0 {
			return starts
		}
		if dice.IntN(3) == 0 && !done.Load() {
			time.Sleep(time.Duration(dice.IntN(30)) * time.Millisecond) // away while it is rotated
		}
	}
	t.Error("not all lines came in 30 s")
	return starts
}

// way is one way to rotate a log.
type way struct {
	name      string
	fast      bool
	rotations int
	rotate    func(*server)
}

func ways() []way {
	return []way{
		{"rename", false, 150, (*server).rename},
		{"copytruncate", false, 150, (*server).copyTruncate},
		{"fast rename", true, 100, (*server).rename},
		{"fast copytruncate", true, 100, (*server).copyTruncate},
		{"rename and gzip", false, 120, func(s *server) { s.rename(); s.compress(s.path+".1", true) }},
		{"rename and gzip later", false, 120, func(s *server) { s.rename(); s.compress(s.path+".2", true) }},
		{"rename and gzip that gives new times", false, 120, func(s *server) { s.rename(); s.compress(s.path+".2", false) }},
		{"copytruncate and gzip", false, 120, func(s *server) { s.copyTruncate(); s.compress(s.path+".1", true) }},
		{"rename to a date", false, 200, func(s *server) {
			s.turns++
			s.must(os.Rename(s.path, fmt.Sprintf("%s-20261123-%06d", s.path, s.turns)))
			s.write(5)
			s.reopen()
		}},
		{"rename to name-date.ext and gzip", false, 120, func(s *server) {
			s.turns++
			name := fmt.Sprintf("%s-2026-11-23T%06d.log", s.path[:len(s.path)-len(".log")], s.turns)
			s.must(os.Rename(s.path, name))
			s.reopen()
			s.compress(name, true)
		}},
	}
}

// TestNoLineIsLostOrTwice rotates a log in every way under a follower that crashes all the time.
func TestNoLineIsLostOrTwice(t *testing.T) {
	for i, way := range ways() {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			seed := stormSeed(uint64(i + 1))
			s := newServer(t, filepath.Join(t.TempDir(), "access.log"), seed)
			s.fast = way.fast
			var done atomic.Bool
			var want atomic.Int64
			first := make(chan struct{})
			var writing sync.WaitGroup
			writing.Go(func() {
				for s.written == 0 {
					s.write(20)
				}
				<-first // rotated before that, it would not be ours to read
				for end := time.Now().Add(stormLasts); s.rotations < way.rotations && time.Now().Before(end); s.rotations++ {
					s.write(40)
					s.pause()
					s.write(20)
					way.rotate(s)
				}
				s.write(40)
				want.Store(int64(s.written))
				done.Store(true)
			})
			c := &tally{seen: map[int]int{}}
			starts := restless(t, s.path, seed, c, &done, &want, first)
			writing.Wait()
			c.check(t, s.written)
			t.Logf("%d lines, %d rotations, %d starts", s.written, s.rotations, starts)
		})
	}
}

func some[T any](list []T) []T { return list[:min(len(list), 10)] }

// stormSeed lets LOGFILE_SEED=7 go test try another storm.
func stormSeed(n uint64) uint64 {
	more, _ := strconv.ParseUint(os.Getenv("LOGFILE_SEED"), 10, 32)
	return n + 1000*more
}
