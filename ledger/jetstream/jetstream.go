// Package jetstream is the ledger on disk: one NATS JetStream stream, run inside
// this process without an open port, that syncs every record before it is accepted.
package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/honderd/honderd/ledger"
)

const (
	// patience is how long Append waits for the disk. A disk that needs longer for
	// one record is broken; the limit is a guess.
	patience = 30 * time.Second

	// defaultRemember is longer than a sender tries again. At 20 blocks a second it
	// is 12,000 ids and 2 MB. Open reads that time back.
	defaultRemember = 10 * time.Minute

	// defaultRetry is how often a full disk is tried: often enough for a person who
	// just made room, seldom enough to cost nothing.
	defaultRetry = time.Second
)

// Options says where and how the ledger is kept. Only Dir has no useful zero.
type Options struct {
	Dir      string        // folder of the ledger; made when it is not there
	Log      *slog.Logger  // nil: silent
	Remember time.Duration // for how long an id is known; 0: 10 minutes; costs 125 bytes an id
	Retry    time.Duration // shortest time between two attempts to write to a full disk; 0: 1 second
}

// Ledger is a ledger in a folder. Only one process has it open.
type Ledger struct {
	options Options
	folder  *folder
	mark    *mark
	done    chan struct{} // closed by Close; ends Read and Follow

	appends sync.WaitGroup // Appends on their way; Close waits for them

	mu      sync.Mutex
	closed  bool
	engine  *engine
	retried time.Time     // when the failed engine was last replaced or tried to be
	grown   chan struct{} // closed and replaced when there is more to read
}

var _ ledger.Ledger = (*Ledger)(nil)

// Open opens the ledger in o.Dir, and makes it when it is not there. It returns
// ledger.ErrBusy when another process has it open, and a ledger.Missing when the
// newest records are gone: appending after them would give their places away twice.
// Records missing further back are logged here and returned by Read.
func Open(ctx context.Context, o Options) (*Ledger, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Remember <= 0 {
		o.Remember = defaultRemember
	}
	if o.Retry <= 0 {
		o.Retry = defaultRetry
	}
	folder, err := openFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	mark, err := openMark(folder.path(markFile), o.Log)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open ledger %s: %w", folder.dir, err), folder.release())
	}
	l := &Ledger{options: o, folder: folder, mark: mark, done: make(chan struct{}), grown: make(chan struct{})}
	if l.engine, err = l.start(ctx); err != nil {
		return nil, errors.Join(err, mark.close(), folder.release())
	}
	return l, nil
}

// Append keeps data under subject, a word without blanks, and returns its place
// once it is on the disk. When there is no room it returns ledger.ErrFull; as soon
// as there is room a later Append succeeds.
func (l *Ledger) Append(ctx context.Context, subject, id string, data []byte) (ledger.Sequence, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := checkRecord(subject, id, data); err != nil {
		return 0, fmt.Errorf("append to ledger %s: %w", l.folder.dir, err)
	}
	if err := l.enter(); err != nil {
		return 0, err
	}
	defer l.appends.Done()
	e, err := l.working(ctx, len(data))
	if err != nil {
		return 0, err
	}
	floor := l.mark.value()
	place, twice, err := e.publish(ctx, subject, id, data)
	if err != nil {
		return 0, l.refused(err)
	}
	if twice {
		return place, ledger.ErrTwice
	}
	if place <= floor {
		return 0, l.cutOff(ledger.Missing{From: place, To: floor})
	}
	if err := l.mark.raise(place); err != nil {
		l.options.Log.Warn("ledger mark not written", "folder", l.folder.dir, "err", err)
	}
	l.wake()
	return place, nil
}

// Last returns the place of the newest record, 0 when there is none.
func (l *Ledger) Last(ctx context.Context) (ledger.Sequence, error) {
	var last ledger.Sequence
	err := l.withEngine(ctx, func(e *engine) (err error) {
		last, err = l.lastOf(ctx, e)
		return err
	})
	return last, err
}

// Close waits for the Appends on their way, ends Read and Follow, and gives the
// folder free. Closing twice is harmless.
func (l *Ledger) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	close(l.done)
	l.appends.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.engine.stop()
	return errors.Join(l.mark.close(), l.folder.release())
}

// enter counts an Append in, so that Close waits for it.
func (l *Ledger) enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ledger.ErrClosed
	}
	l.appends.Add(1)
	return nil
}

// lastOf returns the place of the newest record, or a ledger.Missing when the
// newest were accepted and are gone.
func (l *Ledger) lastOf(ctx context.Context, e *engine) (ledger.Sequence, error) {
	floor := l.mark.value()
	s, err := e.state(ctx)
	if err != nil {
		return 0, err
	}
	if s.last < floor {
		return 0, l.cutOff(ledger.Missing{From: s.last + 1, To: floor})
	}
	return s.last, nil
}

// wake tells every Follow that there is more to read.
func (l *Ledger) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.grown)
	l.grown = make(chan struct{})
}

// growing returns what is closed when there is more to read.
func (l *Ledger) growing() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.grown
}

// cutOff says that the newest records are gone.
func (l *Ledger) cutOff(m ledger.Missing) error {
	return fmt.Errorf("ledger %s: %w (fix: put back a backup of the folder; to go on without them remove %s and run honderd rebuild)",
		l.folder.dir, m, l.folder.path(markFile))
}
