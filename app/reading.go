package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync"
	"syscall"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/source"
)

// subject is the kind of the facts that batches of experiences are.
const subject = "experience"

// retryEvery is how long a source waits before it offers a batch again that the ledger
// could not take.
const retryEvery = time.Second

// read runs one source until ctx is done. A source that fails is started again from
// where it was: the rest of the server goes on.
func (s *Server) read(ctx context.Context, one source.Source) {
	for ctx.Err() == nil {
		err := one.Run(ctx, s.position(ctx, one.Name()), s.sink)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			s.troubles.set(one.Name(), nil)
			return
		}
		s.log.Warn("source failed: it is tried again", "source", one.Name(), "error", err)
		s.troubles.set(one.Name(), err)
		pause(ctx, 5*retryEvery)
	}
}

// position returns where a source goes on, once the folds know all that it gave.
func (s *Server) position(ctx context.Context, name string) string {
	last, err := s.ledger.Last(ctx)
	for err == nil && !s.projector.knows(last) && ctx.Err() == nil {
		pause(ctx, 10*time.Millisecond)
	}
	return s.projector.position(name)
}

// sink keeps b in the ledger. While the ledger cannot take it, or the folds are far behind,
// the source waits: the log on disk keeps what comes meanwhile.
func (s *Server) sink(ctx context.Context, b *experience.Batch) error {
	s.crossings.settle(b)
	var block []byte
	id := blockID(b)
	for {
		err := s.held.take(b, time.Now())
		if err == nil && block == nil {
			if block, err = b.AppendBinary(nil); err != nil {
				return err
			}
		}
		var place ledger.Sequence
		if err == nil {
			place, err = s.ledger.Append(ctx, subject, id, block)
		}
		if err == nil || errors.Is(err, ledger.ErrTwice) {
			s.troubles.set(b.Source, nil)
			s.projector.near(ctx, place)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if s.troubles.set(b.Source, err) {
			s.log.Error("the ledger cannot take more: the source waits", "source", b.Source, "error", err)
		}
		pause(ctx, retryEvery)
	}
}

// keepNamed keeps b in the ledger, once: whatever its source and position name is never
// kept twice.
func (s *Server) keepNamed(ctx context.Context, b *experience.Batch) error {
	block, err := b.AppendBinary(nil)
	if err == nil {
		_, err = s.ledger.Append(ctx, subject, blockID(b), block)
	}
	if errors.Is(err, ledger.ErrTwice) {
		return nil
	}
	return err
}

// blockID names a batch by where its source is after it: the same part of the same log
// is never kept twice.
func blockID(b *experience.Batch) string {
	sum := sha256.Sum256([]byte(b.Source + "\x00" + b.Position))
	return hex.EncodeToString(sum[:16])
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// troubles are what is wrong with sources at present.
type troubles struct {
	mu     sync.Mutex
	byName map[string]error
}

// set notes what is wrong with a source, nil for nothing, and reports whether that is
// new.
func (t *troubles) set(name string, err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byName == nil {
		t.byName = map[string]error{}
	}
	old := t.byName[name]
	t.byName[name] = err
	return (old == nil) != (err == nil) || err != nil && old.Error() != err.Error()
}

// of returns in words what is wrong with a source.
func (t *troubles) of(name string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.byName[name]; err != nil {
		return err.Error()
	}
	return ""
}

// full reports whether any source waits for room in the ledger.
func (t *troubles) full() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, err := range t.byName {
		if errors.Is(err, ledger.ErrFull) || errors.Is(err, syscall.ENOSPC) {
			return true
		}
	}
	return false
}
