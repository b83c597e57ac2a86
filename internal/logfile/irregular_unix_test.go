//go:build unix

package logfile

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestWhatIsNotAFileIsToldAndTheLogGoesOnAfterIt(t *testing.T) {
	pipe := func(s *scene) { s.must(syscall.Mkfifo(s.path, 0o644)) }
	folder := func(s *scene) { s.must(os.Mkdir(s.path, 0o755)) }
	loop := func(s *scene) { s.must(os.Symlink(s.path, s.path)) }
	tests := []struct {
		name string
		make func(*scene)
		want string
	}{
		{"folder", folder, "is a folder without files in it"},
		{"pipe", pipe, "is not a regular file but a pipe (fix: let the server write its log to a file)"},
		{"device", func(s *scene) { s.must(os.Symlink("/dev/null", s.path)) }, "but a device"},
		{"link to itself", loop, "too many levels of symbolic links"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			old := s.add(s.path, "a\n")
			s.start()
			s.look("a\n")
			s.move("", ".1")
			tt.make(s)
			s.into(old, "b\n")
			s.look("b\n")
			s.must(os.Remove(s.path))
			s.add(s.path, "c\n")
			s.look("c\n")
			if len(s.moans) != 2 || !strings.Contains(s.moans[0], tt.want) || s.moans[1] != "" || len(s.gaps) > 0 {
				t.Errorf("troubles %q, gaps %q; want %q", s.moans, s.gaps, tt.want)
			}
		})
	}
}
