package felt

import (
	"slices"
	"time"

	"github.com/honderd/honderd/experience"
)

// lessonLength is how many experiences the first cut-off is learned from: enough for a
// p99 that stands still, few enough to keep (a guess).
const lessonLength = 100_000

// lessonGaps is how many gaps a journey needs for a cut-off of its own: ten lie above
// the 99th percentile.
const lessonGaps = 1000

// longestGap is the gap from which somebody has certainly been away.
const longestGap = 4 * msHour

// A lesson is what has come before the cut-off is known.
type lesson struct {
	buffer  buffer
	settled []event
	newest  int64
}

// learn takes in b up to where the cut-off is known, and returns where that is.
func (f *Fold) learn(b *experience.Batch) int {
	l, lateness := &f.lesson, f.options.Lateness.Milliseconds()
	for i := range b.Items {
		x := &b.Items[i]
		if x.At > l.newest {
			l.newest = x.At
			l.buffer.take(l.buffer.settled(x.At, lateness), func(e []event) { l.settled = append(l.settled, e...) })
			if len(l.settled) >= lessonLength {
				f.graduate(lateness)
				return i
			}
		}
		e := newEvent(x, personKey(uint64(x.Person)), f.segments.of(i, x), &f.segments)
		if f.options.Paper {
			e.wait = 0
		}
		if x.At < l.buffer.settled(l.newest, lateness) {
			l.settled = append(l.settled, e) // not too late: it is all there
			continue
		}
		l.buffer.add(&e)
	}
	return len(b.Items)
}

// graduate learns the cut-offs from what has settled, and counts all that came.
func (f *Fold) graduate(lateness int64) {
	l := &f.lesson
	slices.SortStableFunc(l.settled, compare)
	f.cutoffs.learn(l.settled, &f.segments, l.newest-lateness)
	f.recut()
	bound := l.buffer.settled(l.newest, lateness)
	for _, s := range f.shards {
		s.newest, s.bound = l.newest, bound
		s.start(l.settled, &f.segments)
		l.buffer.each(func(events []event) {
			for i := range events {
				if s.has(events[i].person) {
					s.buffer.add(&events[i])
				}
			}
		})
		s.thin()
	}
	f.lesson = lesson{buffer: newBuffer(lateness)}
}

// start counts the shard's own of some events, which are in order.
func (s *shard) start(events []event, in *segments) {
	for i := range events {
		if s.has(events[i].person) {
			s.count(&events[i], in)
		}
	}
}

// taught returns a fold that learned the cut-off from what f has heard so far.
func (f *Fold) taught() *Fold {
	o := f.options
	g := New(o)
	g.segments = f.segments
	g.widen()
	g.lesson.newest = f.lesson.newest
	g.lesson.settled = slices.Clone(f.lesson.settled)
	f.lesson.buffer.each(func(e []event) { g.lesson.settled = append(g.lesson.settled, e...) })
	g.graduate(o.Lateness.Milliseconds())
	return g
}

// untilTurn returns up to which experience of b, from one on, no quarter of a year
// turns, and the quarter that begins there, 0 for none.
func (f *Fold) untilTurn(b *experience.Batch, from int) (to int, turn int64) {
	next := f.cutoffs.next()
	if next == 0 {
		return len(b.Items), 0
	}
	for i := from; i < len(b.Items); i++ {
		if b.Items[i].At-f.options.Lateness.Milliseconds() >= next {
			return i, quarter(b.Items[i].At - f.options.Lateness.Milliseconds())
		}
	}
	return len(b.Items), 0
}

// turn starts a quarter: what came before it is counted, and the cut-offs are learned
// from the last one.
func (f *Fold) turn(start int64) {
	learned := make([]gaps, len(f.segments.list)+1)
	for _, s := range f.shards {
		s.settle(start, &f.segments)
		for n, c := range s.scopes {
			for i, count := range c.gaps {
				learned[n][i] += count
			}
			c.gaps = gaps{}
		}
	}
	f.cutoffs.turn(start, learned, &f.segments)
	f.recut()
}

// recut tells every scope its cut-off of now.
func (f *Fold) recut() {
	for _, s := range f.shards {
		s.era = f.cutoffs.since()
		s.waits.spoil()
		for n, c := range s.scopes {
			c.cut = f.cutoffs.of(n - 1)
		}
	}
}

// quarter returns when the quarter of a year began that ms is in: Unix milliseconds,
// UTC.
func quarter(ms int64) int64 {
	t := time.UnixMilli(ms).UTC()
	return time.Date(t.Year(), (t.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
}
