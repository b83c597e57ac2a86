package accesslog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/logfile"
	"github.com/honderd/honderd/source"
)

const (
	chunkSize = 512 << 10 // bytes that are parsed at once
	maxLine   = 64 << 10  // bytes of the longest line that is read
	inFlight  = 3         // chunks that wait for each other, for each worker
)

// ErrEmpty is the answer to logs without a single line.
var ErrEmpty = errors.New("the log is empty")

// Whole are logs to be read once, from beginning to end.
type Whole struct {
	Parser  *Parser
	Paths   []string  // "-" is Stdin
	Stdin   io.Reader // only used for "-"
	Workers int       // how many goroutines parse

	// Progress, when not nil, is told how much of all logs was read, in bytes as they
	// are on disk; total is 0 when it is not known.
	Progress func(read, total int64)

	gauge gauge
}

// Name returns "accesslog".
func (w *Whole) Name() string { return "accesslog" }

// Run gives the experiences of all logs to sink in the order of their times, whatever
// the order of the paths: logs of several servers are merged, rotated ones follow each
// other. A position is of no use here: reading starts at the beginning.
func (w *Whole) Run(ctx context.Context, _ string, sink source.Sink) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	w.size()
	if len(w.Paths) == 1 {
		r, err := w.start(ctx, w.Paths[0])
		if err != nil {
			return err
		}
		return r.each(ctx, sink)
	}
	m, err := w.newMerge()
	if err != nil {
		return err
	}
	return m.run(ctx, sink)
}

// A reading is one log on its way through the parser: one goroutine reads, several
// parse, and batches come out in the order of the log. All end with the context that
// it was started with, or at the end of the log.
type reading struct {
	name    string
	ordered chan *job
	jobs    chan *job
	spare   chan []byte            // memory of chunks
	used    chan *experience.Batch // memory of batches
	err     error                  // why reading ended; to be read once ordered is closed
}

// A job is one chunk.
type job struct {
	chunk   []byte
	head    string // the directives that hold at its beginning
	batches chan []*experience.Batch
}

// start opens the log at path and starts to read it.
func (w *Whole) start(ctx context.Context, path string) (*reading, error) {
	f, err := logfile.Open(path, w.Stdin)
	if err != nil {
		return nil, err
	}
	chunks := logfile.NewChunks(f, chunkSize, maxLine)
	first, err := chunks.Next(nil)
	if err != nil && !errors.Is(err, logfile.ErrDamaged) {
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("read log %s: %w (fix: wait until somebody came, or name another log)", f.Name(), ErrEmpty)
		}
		return nil, errors.Join(err, f.Close())
	}
	g, err := w.Parser.Detect(first)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read log %s: %w", f.Name(), err), f.Close())
	}
	n := max(1, w.Workers)
	if g.has[slotClock] && !g.has[slotDate] || hasNotes(firstLines(first)) {
		n = 1 // midnight is only seen line after line; and what failed is told before the request
	}
	r := &reading{
		name: f.Name(), ordered: make(chan *job, inFlight*n), jobs: make(chan *job),
		spare: make(chan []byte, inFlight*n), used: make(chan *experience.Batch, inFlight*n),
	}
	for range n {
		go r.parse(w.Parser.NewWorker(g))
	}
	go func() {
		r.err = r.read(ctx, chunks, first, w.beginning(g), func() { w.tell(f) })
		r.err = errors.Join(r.err, f.Close())
		close(r.jobs)
		close(r.ordered)
	}()
	return r, nil
}

// A gauge sums up how far the reading of several logs is.
type gauge struct {
	mu    sync.Mutex
	read  map[*logfile.File]int64
	total int64 // 0: not known
}

// size sums up how long the logs are.
func (w *Whole) size() {
	w.gauge.read = map[*logfile.File]int64{}
	for _, path := range w.Paths {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			w.gauge.total = 0
			return
		}
		w.gauge.total += info.Size()
	}
}

// tell tells how far the reading is, f included.
func (w *Whole) tell(f *logfile.File) {
	if w.Progress == nil {
		return
	}
	g := &w.gauge
	g.mu.Lock()
	defer g.mu.Unlock()
	var sum int64
	g.read[f], _ = f.Progress()
	for _, n := range g.read {
		sum += n
	}
	w.Progress(sum, g.total)
}

// beginning returns what looks for the first line, from whose day salts are counted: several
// workers would quarrel about it.
func (w *Whole) beginning(g *Grammar) func(chunk []byte) {
	salts := w.Parser.o.Salts
	worker := (*Worker)(nil)
	return func(chunk []byte) {
		if salts.Begun() {
			return
		}
		if worker == nil {
			worker = w.Parser.aside().NewWorker(g)
		}
		for rest := chunk; len(rest) > 0 && worker.first == 0; {
			var b experience.Batch
			b.Reset()
			rest = worker.Parse(rest, &b)
		}
		if worker.first != 0 {
			salts.Begin(worker.first)
		}
	}
}

// read hands out chunks until the log or ctx ends.
func (r *reading) read(ctx context.Context, chunks *logfile.Chunks, chunk []byte, look func([]byte), tell func()) error {
	var heads heads
	for {
		look(chunk)
		j := &job{chunk: chunk, head: heads.text, batches: make(chan []*experience.Batch, 1)}
		heads.read(chunk)
		select {
		case r.ordered <- j:
		case <-ctx.Done():
			return nil
		}
		r.jobs <- j // a worker takes it, whatever happens
		tell()
		var buf []byte
		select {
		case buf = <-r.spare:
		default:
		}
		var err error
		if chunk, err = chunks.Next(buf); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// parse works on jobs until there are no more.
func (r *reading) parse(w *Worker) {
	for j := range r.jobs {
		var batches []*experience.Batch
		w.holds(j.head)
		for rest := j.chunk; ; {
			var b *experience.Batch
			select {
			case b = <-r.used:
			default:
				b = &experience.Batch{}
			}
			b.Reset()
			b.Source = r.name
			rest = w.Parse(rest, b)
			batches = append(batches, b)
			if len(rest) == 0 {
				break
			}
		}
		j.batches <- batches
		select {
		case r.spare <- j.chunk[:0]:
		default:
		}
	}
}

// each gives all batches to sink, in order.
func (r *reading) each(ctx context.Context, sink source.Sink) error {
	for {
		batches, err := r.next()
		if err != nil || batches == nil {
			return err
		}
		for _, b := range batches {
			if err := sink(ctx, b); err != nil {
				return err
			}
			r.release(b)
		}
	}
}

// next returns the next batches, nil at the end. What is damaged ends a log but not
// the reading: it is counted as something that could not be read.
func (r *reading) next() ([]*experience.Batch, error) {
	if j, more := <-r.ordered; more {
		return <-j.batches, nil
	}
	if !errors.Is(r.err, logfile.ErrDamaged) {
		return nil, r.err
	}
	b := &experience.Batch{}
	b.Reset()
	b.Source = r.name
	b.Tally.Lines = 1
	b.Tally.Reject("the rest of a file, which is damaged", r.err.Error())
	r.err = nil
	return []*experience.Batch{b}, nil
}

// release gives a batch back for reuse.
func (r *reading) release(b *experience.Batch) {
	select {
	case r.used <- b:
	default:
	}
}

// peek returns when the log at path begins, in Unix milliseconds.
func (w *Whole) peek(path string) (int64, error) {
	if path == "-" {
		return 0, nil // cannot be read twice: it is opened first
	}
	f, err := logfile.Open(path, nil)
	if err != nil {
		return 0, err
	}
	chunk, err := logfile.NewChunks(f, maxLine, maxLine).Next(nil)
	err = errors.Join(err, f.Close())
	if len(chunk) == 0 {
		if errors.Is(err, io.EOF) || errors.Is(err, logfile.ErrDamaged) {
			return 0, nil
		}
		return 0, err
	}
	g, err := w.Parser.Detect(chunk)
	if err != nil {
		return 0, fmt.Errorf("read log %s: %w", path, err)
	}
	var b experience.Batch
	b.Reset()
	w.Parser.aside().NewWorker(g).Parse(chunk, &b)
	if len(b.Items) == 0 {
		return 0, nil
	}
	return slices.MinFunc(b.Items, func(x, y experience.Experience) int { return int(x.At - y.At) }).At, nil
}
