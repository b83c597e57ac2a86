package otlp

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/logfile"
	"github.com/honderd/honderd/internal/robots"
	"github.com/honderd/honderd/service"
	"github.com/honderd/honderd/source"
)

// Whole are files of traces to be read once, from beginning to end.
type Whole struct {
	Options Options
	Paths   []string  // "-" is Stdin
	Stdin   io.Reader // only used for "-"

	// Calls takes who called whom.
	Calls func(s service.Summary) error

	// Progress, when not nil, is told how much of all files was read; total is 0 when it
	// is not known.
	Progress func(read, total int64)
}

// wholeName is the source of files that are read once.
const wholeName = "traces"

// Name returns "traces".
func (w *Whole) Name() string { return wholeName }

// told is a step with its names, so that all steps can be put in order.
type told struct {
	experience.Experience
	journey, step string
	labels        []experience.Label
}

// gathered is all that is in the files.
type gathered struct {
	steps []told
	tally experience.Tally
	calls func(s service.Summary) error
	known *memory // traces of which a step is counted
	tree  tree
}

// Run gives the experiences in all files to sink, in the order of their times, and the
// calls to Calls. A position is of no use here: reading starts at the beginning.
func (w *Whole) Run(ctx context.Context, _ string, sink source.Sink) error {
	r := newReader(w.Options, robots.New(w.Options.Rules.Robots, w.Options.Rules.Probes))
	j := newJoiner()
	g := &gathered{calls: w.Calls, known: newMemory(maxDecided)}
	for _, path := range w.Paths {
		if err := w.file(ctx, path, r, j, g); err != nil {
			return err
		}
	}
	if err := g.settle(j.due(0, true, j.spans+1)); err != nil {
		return err
	}
	return g.give(ctx, sink)
}

// file reads one file.
func (w *Whole) file(ctx context.Context, path string, r *reader, j *joiner, g *gathered) error {
	f, err := logfile.Open(path, w.Stdin)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	before := g.tally.Bytes
	err = documents(f, func(p []byte) error {
		var in intake
		r.document(&in, p, 0)
		if err := g.take(&in, j, int64(len(p))); err != nil {
			return err
		}
		if w.Progress != nil {
			w.Progress(f.Progress())
		}
		return ctx.Err()
	})
	switch {
	case err == nil || ctx.Err() != nil:
		return nil
	case g.tally.Bytes == before: // nothing of it could be read
		return fmt.Errorf("read traces %s: %w (fix: give traces as JSON of OpenTelemetry, Zipkin or Jaeger, one after the other or in a list)", f.Name(), err)
	}
	g.tally.Lines++
	g.tally.Reject("the rest of a file cannot be read", clip(err.Error()))
	return nil
}

// take takes in what was read of one document.
func (g *gathered) take(in *intake, j *joiner, size int64) error {
	g.tally.Bytes += size
	in.tally(&g.tally)
	j.add(in.spans, 0, 0)
	if len(in.heard)+len(in.links) > 0 {
		b := newBuilder(wholeName)
		in.tell(b, time.Now().UnixMilli())
		if err := g.calls(b.summary()); err != nil {
			return err
		}
	}
	if j.spans > j.most {
		return g.settle(j.due(0, false, j.spans/2))
	}
	return nil
}

// tally counts what could not be read.
func (in *intake) tally(t *experience.Tally) {
	for format, n := range in.formats {
		if t.Formats == nil {
			t.Formats = map[string]int64{}
		}
		t.Formats[format] += n
	}
	for _, why := range slices.Sorted(keys(in.wrong)) {
		w := in.wrong[why]
		t.Reject(why, w.example)
		r := t.Rejects[why]
		r.Count += w.n - 1
		t.Rejects[why] = r
		t.Lines += w.n
	}
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// tell counts in b what was heard beside spans.
func (in *intake) tell(b *builder, now int64) {
	for _, h := range in.heard {
		if h.at == 0 {
			h.at = now
		}
		b.hear(h.res, h.at, h.what, h.name, h.n)
	}
	for _, l := range in.links {
		key := callKey{now / stretch.Milliseconds(), l.Dependency}
		c := b.calls[key]
		if c == nil {
			c = b.sums(key)
		}
		c.Count += l.count
	}
}

// settle takes the steps and the calls from whole traces.
func (g *gathered) settle(ready []*pending) error {
	b := newBuilder(wholeName)
	for _, p := range ready {
		if g.tree.settle(p.spans, g.known.has(p.key), b) {
			g.known.add(p.key)
		}
		if b.full() {
			if err := g.flush(b); err != nil {
				return err
			}
			b = newBuilder(wholeName)
		}
	}
	return g.flush(b)
}

// flush keeps the steps of b apart and gives on its calls.
func (g *gathered) flush(b *builder) error {
	g.tally.Add(&b.batch.Tally)
	for _, e := range b.batch.Items {
		g.steps = append(g.steps, told{e, b.batch.Journeys[e.Journey], b.batch.Steps[e.Step], b.batch.Labels[e.Labels]})
	}
	if s := b.summary(); !s.Empty() {
		return g.calls(s)
	}
	return nil
}

// give gives all steps on in the order of their times.
func (g *gathered) give(ctx context.Context, sink source.Sink) error {
	slices.SortStableFunc(g.steps, func(a, b told) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Person, b.Person)) })
	b := newBuilder(wholeName)
	b.batch.Tally = g.tally
	anonymous := &resource{}
	for i := range g.steps {
		one := &g.steps[i]
		b.step(one.Experience, &span{res: anonymous, journey: one.journey, step: one.step, labels: one.labels})
		if len(b.batch.Items) == experience.MaxBatch {
			if err := sink(ctx, &b.batch); err != nil {
				return err
			}
			b = newBuilder(wholeName)
		}
	}
	return sink(ctx, &b.batch)
}
