package logfile

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestALogThatDoesNotExistYetIsWaitedFor(t *testing.T) {
	s := newScene(t)
	s.start()
	s.look("")
	s.add(s.path, "")
	s.look("")
	s.add(s.path, "one\n")
	s.look("one\n")
	s.add(s.path, "two\nthr")
	s.look("two\n")
	s.add(s.path, "ee\n")
	s.look("three\n")
	s.silent()
}

func TestTheFirstImportIsTheCurrentFileAlone(t *testing.T) {
	s := newScene(t)
	s.add(s.name(".1"), "yesterday\n")
	s.add(s.name(".2"), "before\n")
	s.gzip(".2")
	s.add(s.path, "today\n")
	s.start()
	s.look("today\n")
	s.move(".2.gz", ".3.gz")
	s.move(".1", ".2")
	put(t, s.name(".2.gz"), pack(t, s.read(".2"))) // with a new time
	s.must(os.Remove(s.name(".2")))
	s.move("", ".1")
	s.add(s.path, "tomorrow\n")
	s.look("tomorrow\n")
	s.silent()
}

func TestARenamedLogIsReadBeforeTheNewOne(t *testing.T) {
	s := newScene(t)
	old := s.add(s.path, "a\n")
	s.start()
	s.look("a\n")
	s.move("", ".1")
	s.into(old, "b\n")
	s.look("b\n") // there is no new one yet
	now := s.add(s.path, "d\n")
	s.into(old, "c\n")
	s.look("c\nd\n")
	s.into(now, "f\n")
	s.into(old, "e\n")
	s.look("e\nf\n")
	s.silent()
}

func TestASilentGenerationIsClosedAndReadOnWhenItWasNotSilent(t *testing.T) {
	s := newScene(t)
	s.o.Quiet = time.Nanosecond
	old := s.add(s.path, "a\n")
	s.start()
	s.look("a\n")
	s.move("", ".1")
	now := s.add(s.path, "c\n")
	s.look("c\n")
	if len(s.f.gens) != 1 || len(s.f.done) != 1 {
		t.Fatalf("%d generations are open and %d done, want 1 and 1", len(s.f.gens), len(s.f.done))
	}
	s.into(old, "b\n") // a worker that had a long connection
	s.into(now, "d\n")
	s.look("d\n")
	s.move("", ".0") // the next rotation brings it to light
	s.add(s.path, "e\n")
	s.look("b\ne\n")
	s.silent()
}

func TestLateLinesOfAShortLogAreReadAfterItWasCompressed(t *testing.T) {
	s := newScene(t)
	s.o.Quiet = time.Nanosecond
	old := s.add(s.path, "a\n")
	s.start()
	s.look("a\n")
	s.move("", ".2")
	s.add(s.path, "c\n")
	s.look("c\n")
	s.into(old, "b\n")
	s.gzip(".2")
	now := time.Now()
	s.must(os.Chtimes(s.name(".2.gz"), now, now))
	s.move("", ".1")
	s.add(s.path, "d\n")
	s.look("b\nd\n")
	s.silent()
}

func TestCopyTruncateGoesOnInTheCopy(t *testing.T) {
	ways := map[string]func(s *scene){
		"a copy":                func(s *scene) { s.copyTruncate(".1") },
		"a compressed copy":     func(s *scene) { s.copyTruncate(".1"); s.gzip(".1") },
		"a copy with a date":    func(s *scene) { s.copyTruncate("-20261123") },
		"a copy called oddly":   func(s *scene) { s.copyTruncate(".copy") },
		"a half compressed one": func(s *scene) { s.copyTruncate(".1"); put(s.t, s.name(".1.gz"), pack(s.t, s.read(".1"))[:15]) },
		"a copy zstd made": func(s *scene) {
			s.copyTruncate(".1")
			put(s.t, s.name(".1.zst"), packZstd(s.t, s.read(".1")))
			s.must(os.Remove(s.name(".1")))
		},
		"the name before the ending": func(s *scene) {
			put(s.t, filepath.Join(s.dir, "access-20261123.log"), s.read(""))
			s.must(os.Truncate(s.path, 0))
		},
	}
	for name, rotate := range ways {
		for what, text := range map[string]string{"shorter": "z\n", "as long": "3\n4\n5\n", "longer": "some more lines\nthan before\n", "nothing": ""} {
			t.Run(name+", then "+what, func(t *testing.T) {
				s := newScene(t)
				s.add(s.path, "1\n2")
				s.start()
				s.look("1\n")
				s.add(s.path, "\n3\n")
				rotate(s)
				s.add(s.path, text)
				s.look("2\n3\n" + text)
				s.add(s.path, "last\n")
				s.look("last\n")
				s.silent()
			})
		}
	}
}

func TestWhatWasCutOffWithoutACopyIsSaid(t *testing.T) {
	s := newScene(t)
	s.add(s.path, "a\nb\n")
	s.start()
	s.look("a\nb\n")
	s.must(os.Truncate(s.path, 0))
	s.add(s.path, "c\n")
	s.look("c\n")
	s.wantGap("access.log: it was cut off and there is no readable copy of it: lines after its byte 4 may be lost")
}

func TestACopyFromBeforeTheLastLinesIsNoGap(t *testing.T) {
	s := newScene(t)
	s.add(s.path, "a\n")
	s.start()
	s.look("a\n")
	put(t, s.name(".1"), s.read(""))
	s.add(s.path, "b\n") // logrotate itself loses this one, but we saw it
	s.look("b\n")
	s.must(os.Truncate(s.path, 0))
	s.add(s.path, "c\n")
	s.look("c\n")
	s.silent()
}

func TestAServerThatDoesNotAppendLeavesAHole(t *testing.T) {
	s := newScene(t)
	f, err := os.Create(s.path)
	s.must(err)
	defer f.Close()
	first := strings.Repeat("first\n", 100_000)
	s.into(f, first)
	s.start()
	s.look(first)
	s.copyTruncate(".1")
	s.into(f, "second\n") // behind 600 000 NULs
	s.look("second\n")
	s.into(f, "third\n")
	s.look("third\n")
	s.silent()
}

// rotations are what can happen to a log while nobody follows it.
func rotations() map[string]func(s *scene) {
	return map[string]func(s *scene){
		"not rotated": func(s *scene) { s.add(s.path, "b\nc\nd\n") },
		"renamed":     func(s *scene) { s.add(s.path, "b\n"); s.move("", ".1"); s.add(s.path, "c\nd\n") },
		"renamed, nothing new yet": func(s *scene) {
			s.add(s.path, "b\nc\nd\n")
			s.move("", ".1")
		},
		"renamed three times, two compressed": func(s *scene) {
			s.add(s.path, "b\n")
			s.age("", time.Minute)
			s.move("", ".3")
			s.gzip(".3")
			s.add(s.path, "c\n")
			s.move("", ".2")
			s.gzip(".2")
			s.add(s.path, "d\n")
			s.move("", ".1")
			s.add(s.path, "")
		},
		"in one moment": func(s *scene) { // all have one time: their names tell
			s.add(s.path, "b\n")
			s.move("", ".10")
			s.add(s.name(".9"), "c\n")
			s.add(s.path, "d\n")
			now := time.Now()
			for _, end := range []string{".10", ".9", ""} {
				s.must(os.Chtimes(s.name(end), now, now))
			}
		},
		"copied and cut off twice": func(s *scene) {
			s.add(s.path, "b\n")
			s.copyTruncate(".2")
			s.gzip(".2")
			s.add(s.path, "c\n")
			s.copyTruncate(".1")
			s.add(s.path, "d\n")
		},
		"dates": func(s *scene) {
			s.add(s.path, "b\n")
			s.move("", "-20261122")
			s.gzip("-20261122")
			s.add(s.path, "c\n")
			s.move("", "-20261123")
			s.add(s.path, "d\n")
		},
	}
}

// confusions are rotations with files beside the log that are not what they seem.
func confusions() map[string]func(s *scene) {
	return map[string]func(s *scene){
		"with other logs beside it": func(s *scene) {
			s.add(s.path, "b\nc\nd\n")
			s.move("", ".1")
			s.add(s.path, "")
			s.add(s.name(".api"), "not ours\n")
			s.add(s.name("-api.1"), "not ours\n")
			s.add(filepath.Join(s.dir, "access-api.log"), "not ours\n")
			s.add(filepath.Join(s.dir, "access_log"), "not ours\n")
			s.must(os.Mkdir(s.name(".3"), 0o755))
		},
		"with a backup somebody made": func(s *scene) {
			s.add(s.path, "b\n")
			put(s.t, s.name(".2"), s.read(""))
			s.add(s.path, "c\nd\n")
			s.move("", ".1")
			s.add(s.path, "")
		},
	}
}

func TestAFollowerThatWasAwayReadsAllGenerationsInOrder(t *testing.T) {
	away := rotations()
	maps.Copy(away, confusions())
	for name, change := range away {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.add(s.name(".5"), "long before\n")
			s.age(".5", time.Hour)
			s.add(s.path, "a\n")
			s.start()
			s.look("a\n")
			s.stop()
			change(s)
			s.start()
			s.look("b\nc\nd\n")
			s.add(s.path, "e\n")
			s.look("e\n")
			s.start()
			s.add(s.path, "f\n")
			s.look("f\n")
			s.silent()
		})
	}
}

func TestAGenerationThatCannotBeFoundIsSaid(t *testing.T) {
	s := newScene(t)
	s.add(s.path, "a\n")
	s.start()
	s.look("a\n")
	s.stop()
	s.must(os.Remove(s.path))
	s.start()
	s.look("") // it may still come back
	s.silent()
	s.add(s.path, "other\n")
	s.look("other\n")
	s.wantGap("access.log: its rotated file cannot be found")
}

func TestAGenerationWeCannotUnpackIsSaid(t *testing.T) {
	s := newScene(t)
	s.add(s.path, "a\n")
	s.start()
	s.look("a\n")
	s.move("", ".2")
	put(t, s.name(".1.xz"), []byte("\xfd7zXZ\x00 b c d"))
	s.add(s.path, "e\n")
	s.look("e\n")
	s.wantGap("access.log.1.xz: is compressed in a way that is not read here: xz")
}

func TestARotatedFileThatIsDamagedIsReadUpToThere(t *testing.T) {
	s := newScene(t)
	s.o.Quiet = time.Nanosecond
	text := string(manyLines(50_000))
	s.add(s.path, text[:22])
	s.start()
	s.look(text[:22])
	s.stop()
	packed := pack(t, []byte(text))
	put(t, s.name(".1.gz"), packed[:len(packed)/2])
	s.must(os.Remove(s.path))
	s.add(s.path, "now\n")
	s.start()
	s.got.Reset()
	s.must(s.f.look(t.Context()))
	got, ok := strings.CutSuffix(s.got.String(), "\nnow\n")
	if !ok || len(got) < len(text)/4 || !strings.HasPrefix(text[22:], got+"\n") {
		t.Errorf("got %d bytes, the end is %.20q", len(got), got[max(0, len(got)-20):])
	}
	s.wantGap("access.log.1.gz: gzip data is damaged after")
}

// TestEveryPositionGoesOnExactly starts again from every position there ever was.
func TestEveryPositionGoesOnExactly(t *testing.T) {
	s := newScene(t)
	s.o.Chunk = 7
	s.o.Quiet = time.Millisecond
	s.add(s.path, "a1\na2\na3\na4\n")
	s.start()
	s.look("a1\na2\na3\na4\n")
	s.add(s.path, "a5\na6\n")
	old := s.add(s.path, "a7\n")
	s.move("", ".1")
	s.look("a5\na6\na7\n")
	s.add(s.path, "b1\nb2\nb3\n")
	s.into(old, "a8\na9\n")
	s.look("a8\na9\nb1\nb2\nb3\n")
	s.gzip(".1")
	s.move(".1.gz", ".2.gz")
	s.copyTruncate(".1")
	s.add(s.path, "c1\nc2\n")
	s.look("c1\nc2\n")
	s.move(".2.gz", ".3.gz")
	s.move(".1", ".2")
	s.move("", ".1")
	s.add(s.path, "d1\nd2\nd3\n")
	s.look("d1\nd2\nd3\n")
	s.silent()
	steps := s.chunks
	for i, from := range steps {
		want := ""
		for _, later := range steps[i+1:] {
			want += later.chunk
		}
		s.startFrom(from.next)
		s.look(want)
		s.look("")
		if s.silent(); t.Failed() {
			t.Fatalf("from position %d: %s", i, from.next)
		}
	}
}
