// Package felt folds experiences into what people felt: user-uptime, flawless people,
// worst windows, in all and per journey.
//
// Every number is a sum of integers over steps, and what one step adds depends only on
// the steps of the same person around it. So the order in which facts arrive does not
// matter, as long as none is later than the lateness.
package felt

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/honderd/honderd/experience"
)

// Options say how the fold counts. The zero value learns the cut-off.
type Options struct {
	Cutoff   time.Duration // a longer gap ends a visit; 0: learn it
	Lateness time.Duration // how late a fact may come and still be placed exactly; 0: DefaultLateness
	Paper    bool          // felt uptime is user-uptime as in the paper: nothing is charged for waiting or leaving
	By       []string      // what is counted apart beside the journey: ByStep, names of labels; nil: every label
	Replicas bool          // draw people anew, 64 times, to know how sure the worst windows are; that costs many times what the counting does, and is not saved
	Shards   int           // into how many parts the people are divided, so that each can be counted by a core of its own; 0: one
}

// maxLateness bounds the memory for what is not settled yet.
const maxLateness = 24 * time.Hour

// DefaultLateness is longer than any server writes its log behind.
const DefaultLateness = 5 * time.Minute

// Limits of a learned cut-off; Hauer et al. used 30 minutes for Gmail.
const (
	minCutoff = time.Minute
	maxCutoff = 30 * time.Minute
)

// Validate reports every mistake in o at once, joined, each with its fix.
func (o Options) Validate() error {
	var errs []error
	if o.Cutoff < 0 || o.Cutoff > 24*time.Hour || o.Cutoff%time.Millisecond != 0 {
		errs = append(errs, fmt.Errorf("cut-off %v: must be whole milliseconds up to 24h (fix: write 30m, or leave it out to have it learned)", o.Cutoff))
	}
	if o.Lateness < 0 || o.Lateness > maxLateness {
		errs = append(errs, fmt.Errorf("lateness %v: must be up to %v (fix: write 5m)", o.Lateness, maxLateness))
	}
	if o.Shards < 0 || o.Shards > 64 {
		errs = append(errs, fmt.Errorf("%d shards: must be up to 64 (fix: leave it out for one)", o.Shards))
	}
	return errors.Join(errs...)
}

// Fold is the felt fold. The zero value is not ready: use New.
type Fold struct {
	options  Options
	cutoffs  cutoffs
	segments segments
	shards   []*shard
	lesson   lesson
	kept     kept // for the next answer
}

// New returns a fold that has seen nothing.
func New(o Options) *Fold {
	if o.Lateness == 0 {
		o.Lateness = DefaultLateness
	}
	f := &Fold{options: o, segments: newSegments(o.By)}
	lateness := o.Lateness.Milliseconds()
	for i := range max(1, o.Shards) {
		s := newShard(i, max(1, o.Shards), lateness)
		if o.Replicas {
			s.replicas = newReplicas()
		}
		f.shards = append(f.shards, s)
	}
	f.lesson.buffer = newBuffer(lateness)
	if o.Cutoff != 0 {
		f.cutoffs.choose(o.Cutoff.Milliseconds())
	}
	f.widen()
	return f
}

// Name returns "felt".
func (f *Fold) Name() string { return "felt" }

// Late returns how many experiences came too late to be placed; they are counted
// nowhere else, until Recount has been called.
func (f *Fold) Late() int64 {
	var n int64
	for _, s := range f.shards {
		n += int64(len(s.late))
	}
	return n
}

// Counts reports whether f counts as o says.
func (f *Fold) Counts(o Options) bool {
	if o.Lateness == 0 {
		o.Lateness = DefaultLateness
	}
	return f.options.Cutoff == o.Cutoff && f.options.Lateness == o.Lateness && f.options.Paper == o.Paper && slices.Equal(f.options.By, o.By)
}

// Apply takes in b.
func (f *Fold) Apply(b *experience.Batch) {
	f.ApplyWith(b, func(work ...func()) {
		for _, one := range work {
			one()
		}
	})
}

// ApplyWith takes in b, a function a shard at a time, which together must call and wait
// for. They do not touch the same things, so they may run at the same time.
func (f *Fold) ApplyWith(b *experience.Batch, together func(work ...func())) {
	f.segments.read(b)
	f.widen()
	from := 0
	if !f.cutoffs.known() {
		from = f.learn(b)
	}
	for from < len(b.Items) {
		to, turn := f.untilTurn(b, from)
		work := make([]func(), len(f.shards))
		for i, s := range f.shards {
			work[i] = func() {
				s.hear(b, from, to, &f.segments, &f.options)
				s.thin()
			}
		}
		together(work...)
		if turn != 0 {
			f.turn(turn)
		}
		from = to
	}
}

// widen gives every shard a scope for all, and for each segment.
func (f *Fold) widen() {
	for _, s := range f.shards {
		for n := len(s.scopes); n <= len(f.segments.list); n++ {
			s.scopes = append(s.scopes, &scope{cut: f.cutoffs.of(n - 1)})
		}
	}
}

// Oldest returns the time of the first experience that is counted, in Unix milliseconds;
// 0 when there is none. One that came too late is not, until Recount has been called.
func (f *Fold) Oldest() int64 {
	var oldest int64
	for _, s := range f.shards {
		if s.oldest != 0 && (oldest == 0 || s.oldest < oldest) {
			oldest = s.oldest
		}
	}
	return oldest
}

// newest returns the time of the last experience, in Unix milliseconds; 0 when there was
// none.
func (f *Fold) newest() int64 {
	var newest int64
	for _, s := range f.shards {
		newest = max(newest, s.newest)
	}
	return newest
}
