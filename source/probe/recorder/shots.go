package recorder

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxShot is the largest picture in bytes that is kept.
const maxShot = 8 << 20

// shots keeps pictures in a folder. When there are too many, the oldest go.
type shots struct {
	folder string
	most   int

	mu   sync.Mutex
	last time.Time
}

// keep keeps a picture and returns its name in the folder, "" when it is not kept.
func (s *shots) keep(target string, step int, picture []byte) (string, error) {
	if s.folder == "" || len(picture) == 0 || len(picture) > maxShot {
		return "", nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return "", fmt.Errorf("keep a picture: %w", err)
	}
	now := time.Now().UTC()
	if !now.After(s.last) {
		now = s.last.Add(time.Microsecond)
	}
	s.last = now
	name := fmt.Sprintf("%s-%s-%d.png", now.Format("20060102-150405.000000"), plain(target), step)
	if err := os.WriteFile(filepath.Join(s.folder, name), picture, 0o600); err != nil {
		return "", fmt.Errorf("keep a picture: %w", err)
	}
	return name, s.prune()
}

// prune lets the oldest go. Their names begin with their time.
func (s *shots) prune() error {
	names, err := filepath.Glob(filepath.Join(s.folder, "*.png"))
	if err != nil {
		return err
	}
	slices.Sort(names)
	for len(names) > s.most {
		if err := os.Remove(names[0]); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("let an old picture go: %w", err)
		}
		names = names[1:]
	}
	return nil
}

// plain makes a name that is one in any file system.
func plain(name string) string {
	name = strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			return c
		}
		return '_'
	}, name)
	return name[:min(len(name), 60)]
}
