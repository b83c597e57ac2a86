package vantage

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/honderd/honderd/source/probe"
)

// spool keeps results on disk until they are sent: files of JSON lines, each a batch. When
// there is no more room, the oldest go, and are counted.
type spool struct {
	folder string
	room   int64
	id     string // of this folder; a batch is its id and a number

	mu      sync.Mutex
	file    *os.File // the batch that grows; nil: none
	size    int64
	results int
	next    uint64
	closed  []segment
	total   int64 // bytes of closed
	lost    int64
}

// segment is a batch that grows no more.
type segment struct {
	number  uint64
	bytes   int64
	results int64
}

const ending = ".results"

// openSpool opens what is in folder, and makes it if it is not there. Only this user may
// read it.
func openSpool(folder string, room int64) (*spool, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("open the folder of the vantage point: %w", err)
	}
	s := &spool{folder: folder, room: room, next: 1}
	if err := s.identify(); err != nil {
		return nil, err
	}
	names, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("open the folder of the vantage point: %w", err)
	}
	for _, entry := range names {
		number, ok := strings.CutSuffix(entry.Name(), ending)
		n, err := strconv.ParseUint(number, 10, 64)
		if !ok || err != nil {
			continue
		}
		text, err := os.ReadFile(s.path(n))
		if err != nil {
			return nil, fmt.Errorf("open the folder of the vantage point: %w", err)
		}
		s.closed = append(s.closed, segment{n, int64(len(text)), int64(bytes.Count(text, []byte("\n")))})
		s.total += int64(len(text))
		s.next = max(s.next, n+1)
	}
	slices.SortFunc(s.closed, func(a, b segment) int { return int(int64(a.number) - int64(b.number)) })
	return s, nil
}

// identify reads the id of the folder, or gives it one.
func (s *spool) identify() error {
	path := filepath.Join(s.folder, "id")
	text, err := os.ReadFile(path)
	if id := string(bytes.TrimSpace(text)); err == nil && len(id) == 32 && strings.Trim(id, "0123456789abcdef") == "" {
		s.id = id
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("open the folder of the vantage point: %w", err)
	}
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	s.id = hex.EncodeToString(random[:])
	return replace(path, []byte(s.id+"\n"))
}

// replace writes a file whole, or not at all.
func replace(path string, text []byte) error {
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func (s *spool) path(number uint64) string {
	return filepath.Join(s.folder, fmt.Sprintf("%020d%s", number, ending))
}

// add keeps a result.
func (s *spool) add(r probe.Result) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil && (s.results >= MaxResults || s.size+int64(len(line)) > MaxBody/2) {
		if err := s.close(); err != nil {
			return err
		}
	}
	if s.file == nil {
		if s.file, err = os.OpenFile(s.path(s.next), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
			return fmt.Errorf("keep a result: %w", err)
		}
	}
	if _, err := s.file.Write(line); err != nil {
		return fmt.Errorf("keep a result: %w", err)
	}
	s.size += int64(len(line))
	s.results++
	s.makeRoom()
	return nil
}

// close ends the batch that grows.
func (s *spool) close() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Sync(), s.file.Close())
	s.closed = append(s.closed, segment{s.next, s.size, int64(s.results)})
	s.total += s.size
	s.next++
	s.file, s.size, s.results = nil, 0, 0
	return err
}

// makeRoom lets the oldest go.
func (s *spool) makeRoom() {
	for s.total+s.size > s.room && len(s.closed) > 0 {
		s.lost += s.closed[0].results
		s.drop()
	}
}

// drop removes the oldest batch.
func (s *spool) drop() {
	_ = os.Remove(s.path(s.closed[0].number)) // what stays is sent again, and counts once
	s.total -= s.closed[0].bytes
	s.closed = s.closed[1:]
}

// oldest returns the oldest batch, false when there is none. What grows ends here.
func (s *spool) oldest() (b batch, number uint64, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.closed) == 0 {
		if err := s.close(); err != nil {
			return b, 0, false, err
		}
	}
	if len(s.closed) == 0 {
		return b, 0, false, nil
	}
	number = s.closed[0].number
	text, err := os.ReadFile(s.path(number))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return b, 0, false, fmt.Errorf("read what was kept: %w", err)
	}
	b = batch{ID: s.id + "-" + strconv.FormatUint(number, 10), Lost: s.lost}
	for line := range bytes.Lines(text) {
		var r probe.Result
		if len(b.Results) == MaxResults || json.Unmarshal(line, &r) != nil || r.Validate() != nil { // torn by a crash
			b.Lost++
			continue
		}
		b.Results = append(b.Results, r)
	}
	return b, number, true, nil
}

// done removes a batch that was sent; lost are those of its results that nobody kept. It
// reports whether there is another that grows no more.
func (s *spool) done(number uint64, lost int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost += lost
	if len(s.closed) > 0 && s.closed[0].number == number {
		s.drop()
	}
	return len(s.closed) > 0
}

// counts returns how many results wait, and how many were lost.
func (s *spool) counts() (waiting, lost int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting = int64(s.results)
	for _, one := range s.closed {
		waiting += one.results
	}
	return waiting, s.lost
}

// end closes what is open.
func (s *spool) end() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.close()
}
