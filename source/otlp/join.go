package otlp

import (
	"container/list"
	"slices"
)

// limits of what waits for its trace to be whole.
const (
	defaultQuiet   = 6_000   // ms without a further span until a trace is settled: senders hold spans back for 5 s
	defaultOrphan  = 20_000  // ms until a trace is settled whose beginning is not there
	defaultPending = 400_000 // spans; when there are more, the oldest traces are settled at once
	maxTrace       = 20_000  // spans of one trace that are looked at together
)

// pending is a trace of which more may come.
type pending struct {
	key     uint64
	spans   []span
	first   int64  // when its first span came, in ms
	last    int64  // when its newest came
	segment uint64 // of the spool, in which its first span is
	place   *list.Element
}

// joiner puts the spans of each trace together. It is not safe for concurrent use.
type joiner struct {
	quiet, orphan int64
	most          int

	traces  map[uint64]*pending
	order   *list.List // of *pending, the one that came first first
	spans   int
	known   *memory // spans that came before
	decided *memory // traces of which a step at the edge is counted
}

func newJoiner() *joiner {
	return &joiner{
		quiet: defaultQuiet, orphan: defaultOrphan, most: defaultPending,
		traces: map[uint64]*pending{}, order: list.New(), known: newMemory(maxKnown), decided: newMemory(maxDecided),
	}
}

// add takes in spans that came at now, in ms, and returns how many had come before.
func (j *joiner) add(spans []span, now int64, segment uint64) (twice int) {
	for i := range spans {
		s := &spans[i]
		if !j.known.add(s.key()) {
			twice++
			continue
		}
		key := s.trace.key()
		p := j.traces[key]
		if p == nil {
			p = &pending{key: key, first: now, segment: segment}
			p.place = j.order.PushBack(p)
			j.traces[key] = p
		}
		p.last = max(p.last, now)
		p.spans = append(p.spans, *s)
		j.spans++
	}
	return twice
}

// due returns the traces to be settled at now, and forgets them; all of them when all.
// When more spans wait than there is room for, those of the oldest traces go first.
func (j *joiner) due(now int64, all bool, most int) (ready []*pending) {
	taken := 0
	for e := j.order.Front(); e != nil && taken < most; {
		next := e.Next()
		p, _ := e.Value.(*pending)
		tight := j.spans > j.most
		if !all && !tight && now-p.first < j.quiet {
			break // nor is any that came after
		}
		if all || tight || len(p.spans) >= maxTrace || j.ripe(p, now) {
			j.drop(p)
			taken += len(p.spans)
			ready = append(ready, p)
		}
		e = next
	}
	return ready
}

// ripe reports whether no more spans of p are likely to come.
func (j *joiner) ripe(p *pending, now int64) bool {
	if now-p.first >= j.orphan {
		return true
	}
	return now-p.last >= j.quiet && slices.ContainsFunc(p.spans, func(s span) bool { return s.parent == 0 })
}

func (j *joiner) drop(p *pending) {
	j.order.Remove(p.place)
	delete(j.traces, p.key)
	j.spans -= len(p.spans)
}

// forget drops a trace that is settled already.
func (j *joiner) forget(key uint64) {
	if p := j.traces[key]; p != nil {
		j.drop(p)
	}
}

// oldest returns the segment of the spool that is needed by what waits, false when
// nothing waits.
func (j *joiner) oldest() (segment uint64, waits bool) {
	e := j.order.Front()
	if e == nil {
		return 0, false
	}
	p, _ := e.Value.(*pending)
	return p.segment, true
}
