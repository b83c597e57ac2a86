package probe

import (
	"container/heap"
	"context"
	"fmt"
	"hash/fnv"
	"sync"
	"sync/atomic"
	"time"
)

// slowRun is from where a run was slow. Slow targets share half of the places, so that
// they never crowd out the others.
const slowRun = 2 * time.Second

// rhythm is how often something runs. Its name decides when within the interval.
type rhythm struct {
	name     string
	interval time.Duration
}

// offset returns where in its interval r runs. It depends on the name alone: a restart
// or a neighbour more does not move it.
func (r rhythm) offset() time.Duration {
	h := fnv.New64a()
	h.Write([]byte(r.name))
	n := h.Sum64() // the end of a name must reach the high bits: finalizer of MurmurHash3
	n ^= n >> 33
	n *= 0xff51afd7ed558ccd
	n ^= n >> 33
	n *= 0xc4ceb9fe1a85ec53
	n ^= n >> 33
	return time.Duration(n % uint64(r.interval))
}

// first returns the first time from start on that r is due, less than one interval later.
func (r rhythm) first(start time.Time) time.Time {
	wait := (int64(r.offset()) - start.UnixNano()) % int64(r.interval)
	if wait < 0 {
		wait += int64(r.interval)
	}
	return start.Add(time.Duration(wait))
}

// schedule runs each of its entries at first + k * interval. An entry that is still busy
// when it is due is skipped that time.
type schedule struct {
	limit   int
	run     func(ctx context.Context, i int, skipped int64) error
	entries []*entry
	heap    dues

	prompt, slow queue // who is due and waits for a place
	running      int
	slowRunning  int

	runs, late, skipped atomic.Int64
}

// entry is one that runs by the clock.
type entry struct {
	rhythm
	i       int
	first   time.Time
	k       int64 // the next run is at first + k * interval
	due     time.Time
	wanted  time.Time // when the run that waits or runs was due
	busy    bool      // it waits or runs
	slow    bool      // its last run was slow
	asSlow  bool      // it has one of the places for slow ones
	skipped int64     // since its last run
}

func newSchedule(rhythms []rhythm, limit int, run func(ctx context.Context, i int, skipped int64) error) *schedule {
	s := &schedule{limit: limit, run: run}
	for i, r := range rhythms {
		s.entries = append(s.entries, &entry{rhythm: r, i: i})
	}
	return s
}

// ended is a run that is over.
type ended struct {
	e    *entry
	took time.Duration
	err  error
}

// loop runs until ctx is done or a run fails, and waits for all runs that it began.
func (s *schedule) loop(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	done := make(chan ended, s.limit) // so that nobody waits who has ended
	start := time.Now()
	for _, e := range s.entries {
		e.first = e.rhythm.first(start)
		e.due = e.first
		s.heap = append(s.heap, e)
	}
	heap.Init(&s.heap)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		s.collect(now)
		for e := s.next(); e != nil; e = s.next() {
			s.begin(ctx, &group, e, done)
		}
		if len(s.heap) > 0 {
			timer.Reset(time.Until(s.heap[0].due))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case end := <-done:
			if end.err != nil && ctx.Err() == nil {
				return fmt.Errorf("probe %q: %w", end.e.name, end.err)
			}
			s.end(end)
		}
	}
}

// collect lets all that are due at now wait for a place.
func (s *schedule) collect(now time.Time) {
	for len(s.heap) > 0 && !s.heap[0].due.After(now) {
		e := s.heap[0]
		missed := int64(now.Sub(e.due) / e.interval) // the machine stood still
		if e.busy {
			missed++
		} else {
			e.busy, e.wanted = true, e.due.Add(time.Duration(missed)*e.interval)
			if e.slow {
				s.slow.push(e)
			} else {
				s.prompt.push(e)
			}
		}
		e.k += max(1, int64(now.Sub(e.due)/e.interval)+1)
		e.skipped += missed
		s.skipped.Add(missed)
		e.due = e.first.Add(time.Duration(e.k) * e.interval)
		heap.Fix(&s.heap, 0)
	}
}

// next takes who waits longest and may have a place, nil if nobody does.
func (s *schedule) next() *entry {
	if s.running >= s.limit {
		return nil
	}
	p, q := s.prompt.head(), s.slow.head()
	if q != nil && s.slowRunning < max(1, s.limit/2) && (p == nil || q.wanted.Before(p.wanted)) {
		q.asSlow = true
		s.slowRunning++
		return s.slow.pop()
	}
	if p == nil {
		return nil
	}
	return s.prompt.pop()
}

func (s *schedule) begin(ctx context.Context, group *sync.WaitGroup, e *entry, done chan<- ended) {
	began := time.Now()
	s.running++
	s.runs.Add(1)
	if began.Sub(e.wanted) > e.interval/10 {
		s.late.Add(1)
	}
	skipped := e.skipped
	e.skipped = 0
	group.Go(func() {
		err := s.run(ctx, e.i, skipped)
		done <- ended{e, time.Since(began), err}
	})
}

func (s *schedule) end(end ended) {
	s.running--
	if end.e.asSlow {
		s.slowRunning--
	}
	end.e.busy, end.e.asSlow, end.e.slow = false, false, end.took >= slowRun
}

// dues is a heap of entries, the next one first.
type dues []*entry

func (d dues) Len() int           { return len(d) }
func (d dues) Less(i, j int) bool { return d[i].due.Before(d[j].due) }
func (d dues) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }

// Push adds an entry, for package heap.
func (d *dues) Push(x any) { *d = append(*d, x.(*entry)) }

// Pop takes the last entry, for package heap.
func (d *dues) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}

// queue holds entries in the order in which they came. Each is in it once at most.
type queue struct {
	list []*entry
	from int
}

func (q *queue) push(e *entry) {
	if q.from > len(q.list)/2 {
		n := copy(q.list, q.list[q.from:])
		clear(q.list[n:])
		q.list, q.from = q.list[:n], 0
	}
	q.list = append(q.list, e)
}

func (q *queue) head() *entry {
	if q.from == len(q.list) {
		return nil
	}
	return q.list[q.from]
}

func (q *queue) pop() *entry {
	e := q.head()
	q.list[q.from] = nil
	q.from++
	return e
}
