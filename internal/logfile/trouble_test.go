package logfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestTroubleIsToldOncePerChangeAndFollowingGoesOn(t *testing.T) {
	s := newScene(t)
	s.add(s.path, "a\n")
	s.start()
	var refuse error
	s.f.open = func(name string) (*os.File, error) {
		if refuse != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: refuse}
		}
		return os.Open(name)
	}
	s.look("a\n")
	old := s.add(s.path, "b\n")
	s.move("", ".1")
	s.add(s.path, "d\n")
	refuse = syscall.EACCES
	s.look("b\n")
	s.into(old, "c\n")
	s.look("c\n")
	refuse = syscall.ESTALE
	s.look("")
	s.look("")
	refuse = nil
	s.look("d\n")
	s.look("")
	want := []string{"may not be read by us (fix: run as a user who may read it", "stale", ""}
	if len(s.moans) != len(want) {
		t.Fatalf("troubles %q, want %q", s.moans, want)
	}
	for i, part := range want {
		if !strings.Contains(strings.ToLower(s.moans[i]), part) || (part == "") != (s.moans[i] == "") {
			t.Errorf("trouble %d is %q, want %q", i, s.moans[i], part)
		}
	}
}

func TestAFileHandleThatGoesBadIsOpenedAgain(t *testing.T) {
	s := newScene(t)
	s.add(s.path, "a\nb")
	s.start()
	s.look("a\n")
	s.must(s.f.gens[0].file.Close()) // as an NFS server that was restarted does
	s.add(s.path, "\nc\n")
	s.look("")
	s.look("b\nc\n")
	s.add(s.path, "d\n")
	s.look("d\n")
	if len(s.gaps) > 0 || len(s.moans) != 2 || s.moans[1] != "" {
		t.Errorf("gaps %q, troubles %q", s.gaps, s.moans)
	}
}

func TestALinkThatPointsElsewhereIsFollowed(t *testing.T) {
	s := newScene(t)
	day := func(n string) string { return filepath.Join(s.dir, "2026-11-"+n+".log") }
	point := func(n string) {
		s.must(os.Symlink(day(n), s.name(".new")))
		s.must(os.Rename(s.name(".new"), s.path))
	}
	old := s.add(day("22"), "a\n")
	point("22")
	s.start()
	s.look("a\n")
	s.add(day("23"), "c\n")
	point("23")
	s.into(old, "b\n")
	s.look("b\nc\n")
	s.stop()
	s.add(day("23"), "d\n")
	s.add(day("24"), "e\n")
	s.add(day("25"), "f\n")
	point("25")
	s.start()
	s.look("d\ne\nf\n")
	s.silent()
}

func TestAFileThatVanishesAndComesBackGoesOn(t *testing.T) {
	long := strings.Repeat("a long line so that its head is sure\n", 50)
	ways := map[string]func(s *scene, p []byte){
		"renamed back": func(s *scene, _ []byte) { s.move(".away", "") },
		"copied back":  func(s *scene, p []byte) { put(s.t, s.path, p) },
	}
	for name, back := range ways {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.o.Quiet = time.Nanosecond
			s.add(s.path, long)
			s.start()
			s.look(long)
			p := s.read("")
			if name == "renamed back" {
				s.move("", ".away")
			} else {
				s.must(os.Remove(s.path))
			}
			s.look("")
			s.look("")
			if n := len(s.f.gens); name == "copied back" && n != 0 {
				t.Errorf("%d deleted files are held open", n)
			}
			back(s, p)
			s.look("")
			s.add(s.path, "b\n")
			s.look("b\n")
			s.silent()
		})
	}
}

func TestAFileThatIsReplacedByItsCopyGoesOn(t *testing.T) {
	s := newScene(t)
	s.add(s.path, "a\n")
	s.start()
	s.look("a\n")
	put(t, s.name(".tmp"), []byte("a\nb\n")) // as rsync does
	s.move(".tmp", "")
	s.look("b\n")
	s.stop()
	put(t, s.name(".tmp"), []byte("a\nb\nc\n"))
	s.move(".tmp", "")
	s.start()
	s.look("c\n")
	s.silent()
}

func TestHowOftenALogWasCutOffIsTold(t *testing.T) {
	s := newScene(t)
	cuts := 0
	s.o.Cut = func() { cuts++ }
	s.add(s.path, "a\n")
	s.start()
	s.look("a\n")
	for i, line := range []string{"b\n", "c\n"} {
		s.copyTruncate(fmt.Sprintf(".%d", 2-i))
		s.add(s.path, line)
		s.look(line)
	}
	s.move("", ".0")
	s.add(s.path, "d\n")
	s.look("d\n")
	if cuts != 2 {
		t.Errorf("told of %d times, want 2", cuts)
	}
	s.silent()
}

// TestAnInodeIsUsedAgain starts after the file that was followed was compressed and removed,
// and the new log got its inode.
func TestAnInodeIsUsedAgain(t *testing.T) {
	s := newScene(t)
	s.add(s.path, "a\n")
	s.start()
	s.look("a\n")
	s.stop()
	s.add(s.path, "b\n")
	s.move("", ".1")
	s.gzip(".1")
	s.add(s.path, "c\n")
	info, err := os.Stat(s.path)
	s.must(err)
	p := s.last()
	p.Open[0].Device, p.Open[0].Inode = identity(info)
	s.startFrom(p.String())
	s.look("b\nc\n")
	s.silent()
}

func TestLogsThatBeginWithTheSameGreeting(t *testing.T) {
	s := newScene(t)
	s.o.Quiet = time.Nanosecond
	s.add(s.path, "hello\n")
	s.start()
	s.look("hello\n")
	s.add(s.path, "a\n")
	s.move("", ".1")
	s.add(s.path, "hello\n")
	s.look("a\nhello\n")
	s.stop()
	s.add(s.path, "b\n")
	s.move("", ".0")
	s.gzip(".0")
	s.add(s.path, "hello\nc\n")
	s.start()
	s.look("b\nhello\nc\n")
	s.silent()
}

func TestACompressedLogIsReadOnceAndWaitedOn(t *testing.T) {
	for name, packer := range map[string]func(*testing.T, []byte) []byte{"gzip": pack, "zstd": packZstd} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.o.Chunk = 5
			put(t, s.path, packer(t, []byte("a\nb\nc\n")))
			s.start()
			s.look("a\nb\nc\n")
			s.look("")
			s.start()
			s.look("")
			s.startFrom(s.chunks[0].next)
			s.look("c\n")
			s.add(s.path, string(packer(t, []byte("d\n")))) // another member
			s.look("d\n")
			put(t, s.path, packer(t, []byte("e\n")))
			s.look("e\n")
			s.silent()
		})
	}
}

func TestACompressedLogThatIsStillBeingCopiedIsReadOn(t *testing.T) {
	s := newScene(t)
	text := string(manyLines(20_000))
	packed := string(pack(t, []byte(text)))
	s.add(s.path, packed[:5])
	s.start()
	s.look("")
	s.add(s.path, packed[5:len(packed)/2])
	s.got.Reset()
	s.must(s.f.look(t.Context()))
	first := s.got.String()
	s.look("")
	s.add(s.path, packed[len(packed)/2:])
	s.look(strings.TrimPrefix(text, first))
	told := slices.DeleteFunc(s.moans, func(m string) bool { return strings.Contains(m, ErrDamaged.Error()) })
	if len(first) < len(text)/4 || len(told) != 1 || told[0] != "" || len(s.gaps) > 0 {
		t.Errorf("first part %d of %d bytes, troubles %q, gaps %q", len(first), len(text), s.moans, s.gaps)
	}
}

func TestALineOfTenMegabytesNeedsLittleMemory(t *testing.T) {
	s := newScene(t)
	s.o.Chunk, s.o.MaxLine = 32<<10, 4<<10
	s.add(s.path, "a\n"+strings.Repeat("x", 5<<20))
	s.start()
	s.look("a\n")
	s.add(s.path, strings.Repeat("x", 5<<20))
	s.look("")
	if most := cap(s.f.buf) + cap(s.f.gens[0].lines.rest); most > 100<<10 {
		t.Errorf("it took %d bytes of memory", most)
	}
	s.add(s.path, "\nb\n")
	s.look(strings.Repeat("x", 4<<10+1) + "\nb\n")
	s.startFrom(s.chunks[0].next) // in front of the long line
	s.look(strings.Repeat("x", 4<<10+1) + "\nb\n")
	s.silent()
}

func TestALastLineWithoutNewline(t *testing.T) {
	t.Run("is never taken unasked", func(t *testing.T) {
		s := newScene(t)
		s.o.TailAfter, s.o.Quiet = time.Nanosecond, time.Nanosecond
		s.add(s.path, "a\nhalf")
		s.start()
		s.look("a\n")
		s.look("")
		s.move("", ".1")
		s.add(s.path, "b\n")
		s.look("b\n")
		s.wantGap("ended in the middle of a line: its last 4 bytes are dropped")
	})
	t.Run("is taken when it is a line", func(t *testing.T) {
		s := newScene(t)
		asked := 0
		s.o.TailAfter = time.Nanosecond
		s.o.Tail = func(rest []byte) bool { asked++; return string(rest) == "whole" }
		s.add(s.path, "a\nwho")
		s.start()
		s.look("a\n")
		s.look("")
		if asked != 1 {
			t.Errorf("asked %d times, want once", asked)
		}
		s.add(s.path, "le")
		s.look("whole")
		s.start()
		s.look("")
		s.add(s.path, "\nb\n")
		s.look("\nb\n")
		s.silent()
	})
	t.Run("of a compressed log", func(t *testing.T) {
		s := newScene(t)
		s.o.TailAfter = time.Nanosecond
		s.o.Tail = func([]byte) bool { return true }
		put(t, s.path, pack(t, []byte("a\nb")))
		s.start()
		s.look("a\nb")
		s.start()
		s.look("")
	})
}

func TestWhereverAChunkEndsTheLinesAreWhole(t *testing.T) {
	text := "a\nbb\nccc\n\ndddd\neeeee\n"
	for chunk := 1; chunk < len(text)+3; chunk++ {
		s := newScene(t)
		s.o.Chunk = chunk
		s.add(s.path, text)
		s.start()
		s.look(text)
		for _, c := range s.chunks {
			if !strings.HasSuffix(c.chunk, "\n") {
				t.Errorf("chunk size %d: %q", chunk, c.chunk)
			}
		}
	}
}

func TestFollowWaitsAsLongAsItSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "access.log")
		put(t, path, []byte("a\n"))
		var mu sync.Mutex
		var got []string
		var last Position
		state := func() (string, int) {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return strings.Join(got, "|"), len(last.Open)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error)
		over := errors.New("over")
		go func() {
			o := Options{Tail: func([]byte) bool { return true }}
			ended <- Follow(ctx, path, Position{}, o, func(_ context.Context, chunk []byte, next Position) error {
				mu.Lock()
				defer mu.Unlock()
				got, last = append(got, string(chunk)), next
				return nil
			})
		}()
		synctest.Wait()
		if err := os.Rename(path, path+".1"); err != nil {
			t.Error(err)
		}
		put(t, path, []byte("b\nc"))
		time.Sleep(249 * time.Millisecond)
		if s, _ := state(); s != "a\n" {
			t.Errorf("before the poll: %q", s)
		}
		time.Sleep(time.Millisecond)
		if s, open := state(); s != "a\n|b\n" || open != 2 {
			t.Errorf("after the poll: %q with %d open", s, open)
		}
		time.Sleep(10*time.Second + 250*time.Millisecond)
		if f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0); err == nil {
			_, err = f.WriteString("\nd\n")
			if err := errors.Join(err, f.Close()); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Second)
		if s, open := state(); s != "a\n|b\n|c|\nd\n" || open != 1 {
			t.Errorf("at the end: %q with %d open", s, open)
		}
		cancel(over)
		if err := <-ended; !errors.Is(err, over) {
			t.Errorf("Follow() = %v, want the cause of the cancelling", err)
		}
	})
}

func TestFollowReturnsWhatItsReceiverReturns(t *testing.T) {
	path := put(t, filepath.Join(t.TempDir(), "access.log"), []byte("a\nb\n"))
	full := errors.New("full")
	calls := 0
	err := Follow(t.Context(), path, Position{}, Options{Chunk: 2}, func(context.Context, []byte, Position) error {
		calls++
		return full
	})
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("Follow() = %v after %d chunks", err, calls)
	}
}
