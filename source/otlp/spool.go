package otlp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of the spool.
const (
	maxSegment = 32 << 20        // bytes of one file of it
	maxSpool   = 1 << 30         // bytes of all; then senders are told to come again
	remembered = 5 * time.Minute // how long what is settled stays, so that what is sent again is known
)

// The kinds of records in the spool.
const (
	recordPacket  = 'p' // what was sent
	recordSettled = 's' // what became of it
)

// spool keeps on this disk what senders were told is safe and is not in the ledger yet,
// in files of one record after the other: length and CRC-32C of the rest (4 bytes each,
// little endian), kind, content. Many who write at once wait for the disk once.
type spool struct {
	dir string
	log *slog.Logger

	mu       sync.Mutex
	buf      []byte  // what is to be written
	next     *commit // of those who wait for buf
	writing  bool
	closed   bool
	segment  uint64 // of the file that is written to
	size     int64
	segments []segment // older ones, the oldest first
	total    int64
	done     sync.WaitGroup

	file *os.File // only of whoever writes
}

type segment struct {
	number uint64
	bytes  int64
	last   time.Time
}

// commit is one writing to the disk.
type commit struct {
	done chan struct{}
	err  error
}

func newCommit() *commit { return &commit{done: make(chan struct{})} }

// errSpoolFull is the answer when too much waits on this disk.
var errSpoolFull = errors.New("too much waits on this disk for the ledger")

// openSpool opens the spool in dir and gives each record in it to replay, the oldest
// first. What was cut by a crash at the end of a file is passed over: nobody was told
// that it is safe.
func openSpool(dir string, log *slog.Logger, replay func(segment uint64, kind byte, body []byte) error) (*spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &spool{dir: dir, log: log, next: newCommit()}
	names, err := filepath.Glob(filepath.Join(dir, "*.spool"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		number, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(name), ".spool"), 10, 64)
		if err != nil {
			continue
		}
		one, err := s.replay(name, number, replay)
		if err != nil {
			return nil, fmt.Errorf("read the spool %s: %w", name, err)
		}
		s.segments = append(s.segments, one)
		s.total += one.bytes
		s.segment = max(s.segment, number)
	}
	slices.SortFunc(s.segments, func(a, b segment) int { return int(a.number) - int(b.number) })
	s.segment++
	return s, s.create()
}

// path returns where a segment is. Their names are in the order of their numbers.
func (s *spool) path(number uint64) string {
	return filepath.Join(s.dir, fmt.Sprintf("%016d.spool", number))
}

func (s *spool) create() (err error) {
	s.file, err = os.OpenFile(s.path(s.segment), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make a file of the spool: %w", err)
	}
	dir, err := os.Open(s.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (s *spool) replay(name string, number uint64, f func(uint64, byte, []byte) error) (segment, error) {
	body, err := os.ReadFile(name)
	if err != nil {
		return segment{}, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return segment{}, err
	}
	for rest := body; len(rest) > 0; {
		kind, record, after, ok := cutRecord(rest)
		if !ok {
			s.log.Warn("the end of a file of the spool is not whole: nobody was told that it is safe", "file", name, "bytes", len(rest))
			break
		}
		if err := f(number, kind, record); err != nil {
			return segment{}, err
		}
		rest = after
	}
	return segment{number, int64(len(body)), info.ModTime()}, nil
}

// cutRecord cuts the first record from p.
func cutRecord(p []byte) (kind byte, body, rest []byte, ok bool) {
	if len(p) < 9 {
		return 0, nil, nil, false
	}
	n := int(binary.LittleEndian.Uint32(p))
	if n < 1 || n > len(p)-8 || crc32.Checksum(p[8:8+n], crc32.MakeTable(crc32.Castagnoli)) != binary.LittleEndian.Uint32(p[4:]) {
		return 0, nil, nil, false
	}
	return p[8], p[9 : 8+n], p[8+n:], true
}

func appendRecord(dst []byte, kind byte, body []byte) []byte {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0, kind)
	dst = append(dst, body...)
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(body)+1))
	binary.LittleEndian.PutUint32(dst[at+4:], crc32.Checksum(dst[at+8:], crc32.MakeTable(crc32.Castagnoli)))
	return dst
}

// add puts a record behind the others, in the order of the calls, and returns the commit
// that makes it durable and the segment it is in.
func (s *spool) add(kind byte, body []byte) (c *commit, in uint64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, 0, errors.New("the spool is closed")
	case kind == recordPacket && s.total+s.size+int64(len(s.buf)+len(body)) > maxSpool:
		return nil, 0, errSpoolFull
	}
	s.buf = appendRecord(s.buf, kind, body)
	if !s.writing {
		s.writing = true
		s.done.Go(s.write)
	}
	return s.next, s.segment, nil
}

// wait returns when c is durable.
func (c *commit) wait(ctx context.Context) error {
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write writes all that waits, and ends when nothing does.
func (s *spool) write() {
	var spare []byte
	for {
		s.mu.Lock()
		if len(s.buf) == 0 {
			s.writing = false
			s.mu.Unlock()
			return
		}
		buf, c := s.buf, s.next
		s.buf, s.next = spare[:0], newCommit()
		s.mu.Unlock()
		c.err = s.append(buf)
		close(c.done)
		if spare = buf; cap(spare) > 16<<20 {
			spare = nil
		}
	}
}

// append writes p and waits for the disk. After a failure it goes on in a new file.
func (s *spool) append(p []byte) error {
	_, err := s.file.Write(p)
	if err == nil {
		err = s.file.Sync()
	}
	s.mu.Lock()
	s.size += int64(len(p))
	roll := err != nil || s.size >= maxSegment
	s.mu.Unlock()
	if roll {
		err = errors.Join(err, s.roll())
	}
	if err != nil {
		return fmt.Errorf("write the spool: %w", err)
	}
	return nil
}

// roll begins a new file.
func (s *spool) roll() error {
	_ = s.file.Close() // what is in it is on the disk, or was not promised
	s.mu.Lock()
	s.segments = append(s.segments, segment{s.segment, s.size, time.Now()})
	s.total += s.size
	s.size = 0
	s.segment++
	s.mu.Unlock()
	return s.create()
}

// free removes the files that are older than needed, once they need not be remembered
// any more or there is too little room.
func (s *spool) free(needed uint64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.segments) > 0 {
		old := s.segments[0]
		if old.number >= needed || now.Sub(old.last) < remembered && s.total < maxSpool/4 {
			return
		}
		if err := os.Remove(s.path(old.number)); err != nil && !errors.Is(err, os.ErrNotExist) {
			s.log.Warn("a file of the spool cannot be removed", "error", err)
			return
		}
		s.segments, s.total = s.segments[1:], s.total-old.bytes
	}
}

// current returns the segment that is written to.
func (s *spool) current() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.segment
}

// close waits for what is being written.
func (s *spool) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.done.Wait()
	return s.file.Close()
}
