package logfile

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// scene is a log in a folder and somebody who follows it, one look at a time.
type scene struct {
	t    *testing.T
	dir  string
	path string
	o    Options
	f    *follower

	got    strings.Builder
	gaps   []string
	moans  []string // "" for the end of a trouble
	chunks []step
}

// step is what was delivered at once.
type step struct {
	chunk string
	next  string
}

func newScene(t *testing.T) *scene {
	s := &scene{t: t, dir: t.TempDir()}
	s.path = filepath.Join(s.dir, "access.log")
	s.o = Options{
		Gap: func(reason string) { s.gaps = append(s.gaps, reason) },
		Trouble: func(err error) {
			text := ""
			if err != nil {
				text = err.Error()
			}
			s.moans = append(s.moans, text)
		}}
	t.Cleanup(s.stop)
	return s
}

// start follows from where the last one that was followed stopped.
func (s *scene) start() {
	s.t.Helper()
	from := ""
	if n := len(s.chunks); n > 0 {
		from = s.chunks[n-1].next
	}
	s.startFrom(from)
}

func (s *scene) startFrom(from string) {
	s.t.Helper()
	s.stop()
	p, err := ParsePosition(from)
	if err != nil {
		s.t.Fatal(err)
	}
	s.f = newFollower(s.path, p, s.o, func(_ context.Context, chunk []byte, next Position) error {
		s.got.Write(chunk)
		s.chunks = append(s.chunks, step{string(chunk), next.String()})
		return nil
	})
}

// last is the position after what was delivered last.
func (s *scene) last() Position {
	s.t.Helper()
	p, err := ParsePosition(s.chunks[len(s.chunks)-1].next)
	s.must(err)
	return p
}

func (s *scene) stop() {
	if s.f != nil {
		s.f.close()
		s.f = nil
	}
}

// look looks once and wants to get the lines.
func (s *scene) look(want string) {
	s.t.Helper()
	s.got.Reset()
	if err := s.f.look(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	if got := s.got.String(); got != want {
		s.t.Errorf("got %.300q, want %.300q", got, want)
	}
}

func (s *scene) silent() {
	s.t.Helper()
	if len(s.gaps)+len(s.moans) > 0 {
		s.t.Errorf("gaps %q, troubles %q; want none", s.gaps, s.moans)
	}
}

func (s *scene) wantGap(part string) {
	s.t.Helper()
	if len(s.gaps) != 1 || !strings.Contains(s.gaps[0], part) {
		s.t.Errorf("gaps %q, want one with %q", s.gaps, part)
	}
	s.gaps = nil
}

// name is the path with end behind it.
func (s *scene) name(end string) string { return s.path + end }

// add appends text to a file and returns it open.
func (s *scene) add(name, text string) *os.File {
	s.t.Helper()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = f.Close() }) // a test may have closed it
	s.into(f, text)
	return f
}

func (s *scene) into(f *os.File, text string) {
	s.t.Helper()
	if _, err := f.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) move(from, to string) { s.t.Helper(); s.must(os.Rename(s.name(from), s.name(to))) }

// copyTruncate rotates without a new file.
func (s *scene) copyTruncate(to string) {
	s.t.Helper()
	put(s.t, s.name(to), s.read(""))
	s.must(os.Truncate(s.path, 0))
}

func (s *scene) read(end string) []byte {
	s.t.Helper()
	p, err := os.ReadFile(s.name(end))
	s.must(err)
	return p
}

// gzip compresses a rotated file, as logrotate does: the time stays.
func (s *scene) gzip(end string) {
	s.t.Helper()
	info, err := os.Stat(s.name(end))
	s.must(err)
	put(s.t, s.name(end+".gz"), pack(s.t, s.read(end)))
	s.must(os.Chtimes(s.name(end+".gz"), info.ModTime(), info.ModTime()))
	s.must(os.Remove(s.name(end)))
}

// age makes a file look as if it was written so long ago.
func (s *scene) age(end string, ago time.Duration) {
	s.t.Helper()
	then := time.Now().Add(-ago)
	s.must(os.Chtimes(s.name(end), then, then))
}
