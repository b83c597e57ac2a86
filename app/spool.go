package app

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/source"
)

// spool is batches that wait on disk because the ledger does not take them, in order. Each
// has a name, the position of its source: after a crash they are given from the one on that
// the folds do not know.
type spool struct {
	log   *slog.Logger
	drops *drops

	mu      sync.Mutex
	file    *os.File
	from    int64 // where the first that waits begins
	end     int64
	dropped int64
}

// maxSpool is how many bytes may wait. What comes then is counted and dropped.
const maxSpool = 1 << 30

// spoolFull is why experiences of the gateway are dropped.
const spoolFull = "neither the ledger nor the disk takes them"

func openSpool(path string, log *slog.Logger, d *drops) (*spool, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	end, err := f.Seek(0, io.SeekEnd)
	return &spool{log: log, drops: d, file: f, end: end}, err
}

// waits reports whether anything waits.
func (s *spool) waits() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.from < s.end }

// add puts b behind what waits. Its position is its name.
func (s *spool) add(b *experience.Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := b.AppendBinary(make([]byte, 4, 4<<10))
	if err == nil && s.end+int64(len(p)) > maxSpool {
		err = errors.New("the spool is full")
	}
	if err == nil {
		binary.LittleEndian.PutUint32(p, uint32(len(p)-4))
		_, err = s.file.WriteAt(p, s.end)
	}
	if err != nil {
		s.dropped += int64(len(b.Items))
		s.drops.add(gatewayName, inExperiences, spoolFull, int64(len(b.Items)), false)
		s.log.Error("experiences of the gateway are lost: neither the ledger nor the disk takes them", "lost", s.dropped, "error", err)
		return
	}
	s.end += int64(len(p))
}

// resume passes over what was given before a crash: up to the batch of that name. Where it
// is not there, all of it still waits.
func (s *spool) resume(name string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	start := s.from
	for s.from < s.end && name != "" {
		b, size, err := s.read()
		if err != nil {
			break
		}
		if s.from += size; b.Position == name {
			return
		}
	}
	s.from = start
}

// drain gives what waits to keep, in order, until it no longer takes it.
func (s *spool) drain(ctx context.Context, keep source.Sink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.from < s.end {
		b, size, err := s.read()
		if err != nil { // what was cut by a crash
			s.drops.add(gatewayName, "bytes", "damaged on the disk", s.end-s.from, false)
			s.log.Error("the spool of the gateway is damaged: what follows in it is lost", "bytes", s.end-s.from, "error", err)
			break
		}
		if keep(ctx, b) != nil {
			return
		}
		s.from += size
	}
	if err := s.file.Truncate(0); err == nil {
		s.from, s.end = 0, 0
	}
}

func (s *spool) read() (*experience.Batch, int64, error) {
	var head [4]byte
	if _, err := s.file.ReadAt(head[:], s.from); err != nil {
		return nil, 0, err
	}
	n := int64(binary.LittleEndian.Uint32(head[:]))
	if n > s.end-s.from-4 {
		return nil, 0, io.ErrUnexpectedEOF
	}
	p := make([]byte, n)
	if _, err := s.file.ReadAt(p, s.from+4); err != nil {
		return nil, 0, err
	}
	var b experience.Batch
	return &b, n + 4, b.UnmarshalBinary(p)
}

func (s *spool) close() error {
	if s == nil {
		return nil
	}
	return s.file.Close()
}
