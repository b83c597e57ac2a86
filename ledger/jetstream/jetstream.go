// Package jetstream is the ledger on disk: one NATS JetStream stream that syncs every
// record before it is accepted. Its server runs inside this process without an open
// port, or in a few such processes that form a cluster, or elsewhere.
package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/honderd/honderd/ledger"
)

// patience is how long Append waits for the disk. A disk that needs longer for one
// record is broken; the limit is a guess. It is more than twice what a cluster needs
// for a new leader, 4 to 9 seconds.
const patience = 30 * time.Second

// Ledger is a ledger in a folder, which only one process has open, or on servers.
type Ledger struct {
	options Options
	where   string  // for sentences: the folder, or the addresses
	folder  *folder // nil: on servers elsewhere
	mark    *mark
	done    chan struct{} // closed by Close; ends Read, Follow and retain

	appends    sync.WaitGroup // Appends on their way; Close waits for them
	background sync.WaitGroup // retain; Close waits for it
	trimming   sync.Mutex     // one Trim at a time
	trimmed    atomic.Uint64  // up to where records were removed, as far as is known here

	mu      sync.Mutex
	closed  bool
	engine  *engine
	retried time.Time     // when the failed engine was last replaced or tried to be
	grown   chan struct{} // closed and replaced when there is more to read
}

var (
	_ ledger.Ledger  = (*Ledger)(nil)
	_ ledger.Trimmer = (*Ledger)(nil)
	_ ledger.Facts   = (*Ledger)(nil)
	_ ledger.Healer  = (*Ledger)(nil)
)

// Open opens the ledger that o names, and makes it when it is not there. It returns
// ledger.ErrBusy when another process has the folder open, and a ledger.Missing when the
// newest records are gone: appending after them would give their places away twice.
// Records missing further back are logged here and returned by Read. In a cluster it
// waits for up to a minute for the other nodes.
func Open(ctx context.Context, o Options) (*Ledger, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.filled()
	l := &Ledger{options: o, where: o.where(), mark: &mark{}, done: make(chan struct{}), grown: make(chan struct{})}
	if err := l.open(ctx); err != nil {
		return nil, errors.Join(err, l.mark.close(), l.folder.release())
	}
	if o.Retain.Age > 0 || o.Retain.Bytes > 0 {
		l.background.Go(l.retain)
	}
	return l, nil
}

// open opens the folder and starts the engine.
func (l *Ledger) open(ctx context.Context) (err error) {
	if l.options.external() {
		l.engine, err = l.start(ctx)
		return err
	}
	if l.folder, err = openFolder(l.options.Dir); err != nil {
		return err
	}
	number, err := l.folder.readFormat(l.options)
	if err != nil {
		return err
	}
	m, err := openMark(l.folder.path(markFile), l.options.Log)
	if err != nil {
		return fmt.Errorf("open ledger %s: %w (fix: %s)", l.where, err, folderFix(err))
	}
	l.mark = m
	if err := l.folder.migrate(number, l.probe); err != nil {
		if !isFull(err) {
			return err
		}
		l.options.Log.Warn("ledger keeps its old format: there is no room", "folder", l.where)
		l.engine, err = l.start(ctx)
		return err
	}
	if err := l.mend(); err != nil {
		return err
	}
	if l.engine, err = l.start(ctx); err != nil {
		return err
	}
	if err := l.folder.writeFormat(l.options); err != nil && !isFull(err) {
		l.engine.stop()
		return fmt.Errorf("open ledger %s: %w (fix: %s)", l.where, err, folderFix(err))
	}
	return nil
}

// Append keeps data under subject, a word without blanks, and returns its place
// once it is on the disk. When there is no room it returns ledger.ErrFull, and while no
// server can be reached ledger.ErrAway; later it succeeds by itself.
func (l *Ledger) Append(ctx context.Context, subject, id string, data []byte) (ledger.Sequence, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := ledger.CheckRecord(subject, id, data); err != nil {
		return 0, fmt.Errorf("append to ledger %s: %w", l.where, err)
	}
	place, twice, err := l.keep(ctx, message(subjectPrefix+subject, id, data))
	if err == nil && twice {
		err = ledger.ErrTwice
	}
	return place, err
}

// keep writes one record and raises the mark.
func (l *Ledger) keep(ctx context.Context, m *nats.Msg) (place ledger.Sequence, twice bool, err error) {
	if err := l.enter(); err != nil {
		return 0, false, err
	}
	defer l.appends.Done()
	e, err := l.working(ctx, len(m.Data))
	if err != nil {
		return 0, false, err
	}
	floor := l.mark.value()
	place, twice, err = e.publish(ctx, m)
	if err != nil {
		return 0, false, l.refused(err)
	}
	if twice {
		return place, true, nil
	}
	if place <= floor && !l.options.shared() {
		return 0, false, l.cutOff(ledger.Missing{From: place, To: floor})
	}
	if err := l.mark.raise(place); err != nil {
		l.options.Log.Warn("ledger mark not written", "folder", l.where, "err", err)
	}
	l.wake()
	return place, false, nil
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
	l.background.Wait()
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
		err := l.cutOff(ledger.Missing{From: s.last + 1, To: floor})
		if e.shared { // a new leader may not have caught up: it is asked again
			err = fmt.Errorf("%w: %w", errSilent, err)
		}
		return 0, err
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
	if l.folder == nil {
		return fmt.Errorf("ledger %s: %w (fix: put back a backup of the stream, or run honderd rebuild)", l.where, m)
	}
	return fmt.Errorf("ledger %s: %w (fix: put back a backup of the folder; to go on without them remove %s and run honderd rebuild)",
		l.where, m, l.folder.path(markFile))
}
