package jetstream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/honderd/honderd/ledger"
)

// A stream that could not write once never writes again: since 2.12 the server
// keeps the first write error, and does not even answer the publisher. So the
// engine that met one is thrown away, and a new one is started on the same folder
// as soon as a file of the size of the record can be written there.

const (
	// probeFile is written and removed to see whether there is room again.
	probeFile = "honderd.room"

	// probeMore is the room that must be there beside the record itself: the stream
	// writes an index, and starting it writes a few small files.
	probeMore = 256 << 10
)

// start returns a running engine that has all that was accepted.
func (l *Ledger) start(ctx context.Context) (*engine, error) {
	e, err := startEngine(ctx, l.options)
	if err != nil {
		return nil, l.refused(errors.Join(err, l.probe(probeMore))) // the server often does not say why
	}
	if err := e.insist(ctx, func() error { return l.settle(ctx, e) }); err != nil {
		e.stop()
		return nil, err
	}
	return e, nil
}

// mend mends what of the folder can be mended before a server starts on it.
func (l *Ledger) mend() error {
	if l.folder == nil {
		return nil
	}
	err := mendBlocks(l.folder.dir, l.options.Cluster.Name != "", l.options.Log)
	if err != nil && !isFull(err) {
		return fmt.Errorf("open ledger %s: %w", l.where, err)
	}
	return nil
}

// settle inspects an engine. A cluster whose nodes are just coming up may take a stream
// back that it has made a moment ago: it is made again.
func (l *Ledger) settle(ctx context.Context, e *engine) error {
	err := l.inspect(ctx, e)
	if !e.shared || !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	if err := e.open(ctx, l.options); err != nil {
		return err
	}
	return fmt.Errorf("%w: %w", errSilent, err)
}

// inspect looks at whether an engine has all that was accepted.
func (l *Ledger) inspect(ctx context.Context, e *engine) error {
	if _, err := l.lastOf(ctx, e); err != nil {
		return l.refused(err)
	}
	s, err := e.state(ctx)
	if err != nil {
		return l.refused(err)
	}
	trimmed, err := e.trimmed(ctx)
	if err != nil {
		return l.refused(err)
	}
	l.trimmed.Store(uint64(trimmed))
	lost, err := e.lost(ctx, s, trimmed)
	if err != nil {
		return l.refused(err)
	}
	if lost > 0 {
		l.options.Log.Warn("ledger has lost records", "ledger", l.where, "records", lost, "last", s.last)
	}
	return nil
}

// insist runs f until a server answered, or none did for as long as a start may take: of
// several, a new leader needs a moment.
func (e *engine) insist(ctx context.Context, f func() error) error {
	for deadline := time.Now().Add(startPatience); ; {
		err := f()
		if err == nil || !e.shared || !isAway(err) || time.Now().After(deadline) {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// working returns an engine that can write a record of size bytes, as far as is
// known. It replaces one that met a write error when there is room again.
func (l *Ledger) working(ctx context.Context, size int) (*engine, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	failure := l.engine.failure()
	if failure == nil {
		return l.engine, nil
	}
	if time.Since(l.retried) < l.options.Retry {
		return nil, l.refused(failure)
	}
	defer func() { l.retried = time.Now() }()
	if err := l.probe(size + probeMore); err != nil {
		return nil, l.refused(err)
	}
	l.engine.stop()
	if err := l.mend(); err != nil {
		return nil, err
	}
	e, err := l.start(ctx)
	if err != nil {
		return nil, err
	}
	l.options.Log.Info("ledger writes again", "folder", l.where)
	l.engine = e
	return e, nil
}

// withEngine runs f with the engine, and once more with its successor when it was
// replaced meanwhile. Of several servers any may be gone: f runs again until one
// answers, or nobody did for as long as patience.
func (l *Ledger) withEngine(ctx context.Context, f func(*engine) error) error {
	for deadline := time.Now().Add(patience); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, err := l.current()
		if err != nil {
			return err
		}
		err = f(e)
		if err == nil || ctx.Err() != nil {
			return err
		}
		next, gone := l.current()
		if gone != nil {
			return gone
		}
		switch {
		case next != e && e.isStopped():
			continue
		case !e.shared || !isAway(err):
			return err
		case time.Now().After(deadline):
			return fmt.Errorf("ledger %s: %w: %w", l.where, ledger.ErrAway, err)
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// current returns the engine of now, which may have met a write error: it can
// still be read.
func (l *Ledger) current() (*engine, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ledger.ErrClosed
	}
	return l.engine, nil
}

// probe writes size bytes beside the stream and removes them.
func (l *Ledger) probe(size int) error {
	if l.folder == nil {
		return nil
	}
	name := l.folder.path(probeFile)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, size))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close(), os.Remove(name))
}

// refused says why a record was not kept, and what to do.
func (l *Ledger) refused(err error) error {
	switch {
	case isFull(err):
		return fmt.Errorf("ledger %s: %w: %w (fix: make room there; it goes on by itself)", l.where, ledger.ErrFull, err)
	case isCrowded(err):
		return fmt.Errorf("ledger %s: %w (fix: let honderd open more files, with ulimit -n or LimitNOFILE; it goes on by itself)", l.where, err)
	case errors.Is(err, errWrite):
		return fmt.Errorf("ledger %s: %w (fix: check the disk and who may write there; it goes on by itself)", l.where, err)
	case errors.Is(err, nats.ErrMaxPayload):
		return fmt.Errorf("ledger %s: %w (fix: raise max_payload of the server to 8MB)", l.where, err)
	case errors.Is(err, nats.ErrNoServers):
		return fmt.Errorf("ledger %s: %w: %w (fix: start the server, and check address and firewall)", l.where, ledger.ErrAway, err)
	}
	return fmt.Errorf("ledger %s: %w", l.where, err)
}

// isCrowded reports whether err says that too many files are open.
func isCrowded(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// isFull reports whether err says that there is no room: no space, or no quota.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
