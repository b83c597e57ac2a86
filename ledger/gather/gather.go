// Package gather lets many small writers share one record of a ledger: it collects
// their experiences into blocks, so that the disk is waited for once for thousands of
// them, and tells each writer when its own are durable. The field's term is group
// commit.
//
// A gathered block has a source and no position: a writer from the network cannot be
// asked to go on from somewhere, it has to send again. A source that can go on after a
// batch keeps its batches as they are, each as a record of its own, so that the position
// and what came before it are durable together; Add refuses them.
//
// Writers of different sources never share a block, so what is counted for a source
// stays true. Each writer's experiences stay in its order when it waits for one batch
// before it sends the next; what different writers send at the same time has no order.
package gather

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
)

// Options says when a block is full, and how much may wait.
type Options struct {
	Subject  string        // of the records; "": experience
	Events   int           // a block is kept when it has so many; 0: 10,000
	Wait     time.Duration // or when its first has waited for so long; 0: 20 ms
	Queue    int           // most experiences that wait or are on their way; 0: 20 blocks
	InFlight int           // most blocks on their way at once; 0: 4
	Patience time.Duration // how long a block is tried again that the ledger did not take; 0: 10 s
}

// Defaults of Options.
const (
	defaultSubject  = "experience"
	defaultEvents   = 10_000
	defaultWait     = 20 * time.Millisecond
	defaultBlocks   = 20
	defaultInFlight = 4
	defaultPatience = 10 * time.Second // well within the time for which a ledger knows an id
)

// Validate reports every mistake in o at once, joined, each with its fix.
func (o Options) Validate() error {
	var errs []error
	if o.Events < 0 || o.Events > experience.MaxBatch {
		errs = append(errs, fmt.Errorf("gather %d events: must be at most %d (fix: write 10000)", o.Events, experience.MaxBatch))
	}
	if o.Wait < 0 || o.Patience < 0 {
		errs = append(errs, errors.New("gather with a negative time (fix: write 20ms)"))
	}
	if o.Queue < 0 || o.InFlight < 0 {
		errs = append(errs, errors.New("gather with a negative queue (fix: write 0 for the default)"))
	}
	return errors.Join(errs...)
}

// filled returns o with the defaults in it.
func (o Options) filled() Options {
	if o.Subject == "" {
		o.Subject = defaultSubject
	}
	if o.Events == 0 {
		o.Events = defaultEvents
	}
	if o.Wait == 0 {
		o.Wait = defaultWait
	}
	if o.Queue == 0 {
		o.Queue = defaultBlocks * o.Events
	}
	if o.InFlight == 0 {
		o.InFlight = defaultInFlight
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	return o
}

// ErrBacklog is the answer when too much waits already. It comes at once, and is
// counted: whoever gets it has to send again later, or tell its own sender so.
var ErrBacklog = errors.New("too much waits to be kept: send it again later")

// Stats counts what a Gatherer did since its start.
type Stats struct {
	Kept    uint64 // experiences that are durable
	Blocks  uint64 // records they are in
	Failed  uint64 // experiences of blocks that the ledger did not take
	Refused uint64 // batches that got ErrBacklog
	Waiting int    // experiences that wait or are on their way now
}

// Gatherer collects experiences in front of a ledger. It is safe for concurrent use.
type Gatherer struct {
	ledger  ledger.Ledger
	options Options
	prefix  string        // of the ids of its blocks: no other Gatherer has it
	flight  chan struct{} // holds one for each block on its way
	sending sync.WaitGroup
	scratch sync.Pool // *scratch

	mu      sync.Mutex
	forming map[string]*block // by source
	waiting int
	room    chan struct{} // closed and replaced when there is room again
	closed  bool
	blocks  uint64 // that were begun

	kept, done, failed, refused atomic.Uint64
}

// New returns a Gatherer in front of l, which it does not close.
func New(l ledger.Ledger, o Options) (*Gatherer, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.filled()
	g := &Gatherer{
		ledger: l, options: o, prefix: rand.Text(),
		flight:  make(chan struct{}, o.InFlight),
		forming: make(map[string]*block), room: make(chan struct{}),
	}
	g.scratch.New = func() any { return new(scratch) }
	return g, nil
}

// Pending is a batch on its way.
type Pending struct{ block *block }

// Wait returns when the batch is durable, with nil, or cannot be kept, with the reason.
// When ctx ends before, it is unknown whether the batch will be kept.
func (p Pending) Wait(ctx context.Context) error {
	if p.block == nil {
		return nil // of nothing
	}
	select {
	case <-p.block.done:
		return p.block.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Add keeps what is in b, and returns when it is durable. When too much waits it
// returns ErrBacklog at once. After any error but that it is unknown whether b was kept.
// b is the caller's again when Add returns.
func (g *Gatherer) Add(ctx context.Context, b *experience.Batch) error {
	p, err := g.Start(b)
	if err != nil {
		return err
	}
	return p.Wait(ctx)
}

// AddPatiently is Add that waits for room instead of returning ErrBacklog.
func (g *Gatherer) AddPatiently(ctx context.Context, b *experience.Batch) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		g.mu.Lock()
		room := g.room
		g.mu.Unlock()
		p, err := g.start(b)
		if !errors.Is(err, ErrBacklog) {
			if err != nil {
				return err
			}
			return p.Wait(ctx)
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Start is Add that does not wait: a writer may have many batches on their way. b is
// the caller's again when Start returns.
func (g *Gatherer) Start(b *experience.Batch) (Pending, error) {
	p, err := g.start(b)
	if errors.Is(err, ErrBacklog) {
		g.refused.Add(1)
	}
	return p, err
}

// start puts b into the block of its source.
func (g *Gatherer) start(b *experience.Batch) (Pending, error) {
	s, _ := g.scratch.Get().(*scratch)
	defer g.scratch.Put(s)
	mine, err := s.copy(b)
	if err != nil {
		return Pending{}, err
	}
	n := max(1, len(mine.Items)) // a batch that only counts takes room too
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return Pending{}, ledger.ErrClosed
	case g.waiting > 0 && g.waiting+n > g.options.Queue:
		return Pending{}, ErrBacklog
	}
	f := g.forming[mine.Source]
	size := sizeOf(mine, len(s.bytes))
	if f != nil && !f.fits(mine, size) {
		g.send(f)
		f = nil
	}
	if f == nil {
		f = g.begin(mine.Source)
	}
	f.merge(mine)
	f.weight, f.bytes = f.weight+n, f.bytes+size
	g.waiting += n
	if f.weight >= g.options.Events {
		g.send(f)
	}
	return Pending{f}, nil
}

// begin begins a block, under the lock. Its timer ends when it is sent.
func (g *Gatherer) begin(source string) *block {
	g.blocks++
	f := newBlock(source, fmt.Sprintf("%s-%d", g.prefix, g.blocks))
	g.forming[source] = f
	f.timer = time.AfterFunc(g.options.Wait, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.forming[source] == f {
			g.send(f)
		}
	})
	return f
}

// send takes a block out of what is forming, under the lock, and keeps it in a
// goroutine, which ends when the ledger answered or patience is over.
func (g *Gatherer) send(f *block) {
	delete(g.forming, f.batch.Source)
	f.timer.Stop()
	g.sending.Go(func() {
		g.flight <- struct{}{}
		err := g.keep(f)
		<-g.flight
		if err == nil {
			g.kept.Add(uint64(len(f.batch.Items)))
			g.done.Add(1)
		} else {
			g.failed.Add(uint64(len(f.batch.Items)))
		}
		f.err = err
		close(f.done)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.waiting -= f.weight
		close(g.room)
		g.room = make(chan struct{})
	})
}

// keep appends a block, and again with the same id while the ledger may yet take it.
func (g *Gatherer) keep(f *block) error {
	data, err := f.batch.AppendBinary(nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), g.options.Patience)
	defer cancel()
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		_, failed := g.ledger.Append(ctx, g.options.Subject, f.id, data)
		if failed == nil || errors.Is(failed, ledger.ErrTwice) {
			return nil // twice: our own first try, as nobody else has the id
		}
		if ctx.Err() == nil {
			err = failed // the last thing the ledger said, not that time is over
		}
		if errors.Is(failed, ledger.ErrFull) || errors.Is(failed, ledger.ErrClosed) {
			return failed
		}
		pause := time.NewTimer(wait)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			if err == nil {
				err = failed
			}
			return err
		}
	}
}

// Stats returns what was done since the start.
func (g *Gatherer) Stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Stats{Kept: g.kept.Load(), Blocks: g.done.Load(), Failed: g.failed.Load(), Refused: g.refused.Load(), Waiting: g.waiting}
}

// Close sends what waits and returns when it is durable, or was refused. Add after it
// returns ledger.ErrClosed.
func (g *Gatherer) Close() error {
	g.mu.Lock()
	g.closed = true
	for _, f := range g.forming {
		g.send(f)
	}
	g.mu.Unlock()
	g.sending.Wait()
	return nil
}
