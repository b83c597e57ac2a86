package otlp

import (
	"cmp"
	"slices"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/robots"
	"github.com/honderd/honderd/service"
)

// tree is one trace, or what there is of it, on its way to be settled.
type tree struct {
	spans   []span
	parents []int             // of each span, as an index; -1: not here
	matched []bool            // clients of whom a server is here
	masks   []experience.Mask // of each span at the edge
	hidden  []bool            // clients that failed and were not noticed by whoever called their service

	byID    map[spanID]int
	callers map[spanID]int // clients that share the id of a server (Zipkin)
}

// plant puts spans of one trace in relation. It may be used again.
func (t *tree) plant(spans []span) {
	slices.SortStableFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.id, b.id), cmp.Compare(a.role, b.role))
	})
	n := len(spans)
	t.spans = spans
	t.parents, t.matched, t.masks, t.hidden = fresh(t.parents, n), fresh(t.matched, n), fresh(t.masks, n), fresh(t.hidden, n)
	if t.byID == nil {
		t.byID, t.callers = map[spanID]int{}, map[spanID]int{}
	}
	clear(t.byID)
	clear(t.callers)
	for i := range spans {
		s := &spans[i]
		other, taken := t.byID[s.id]
		switch {
		case !taken:
			t.byID[s.id] = i
		case s.role == client && spans[other].role == server:
			t.callers[s.id] = i
		case s.role == server && spans[other].role == client:
			t.byID[s.id], t.callers[s.id] = i, other
		}
	}
	for i := range spans {
		t.parents[i] = t.parent(i)
		if p := t.parents[i]; p >= 0 && spans[i].role == server && spans[i].failed() && spans[p].role == client && !spans[p].failed() {
			spans[p].cause = spans[i].cause // who called does not say that it failed, and who answered does
		}
	}
}

func fresh[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

func (t *tree) parent(i int) int {
	s := &t.spans[i]
	if s.role == server {
		if c, ok := t.callers[s.id]; ok && c != i {
			return c
		}
	}
	if s.parent == 0 {
		return -1
	}
	if p, ok := t.byID[s.parent]; ok && p != i {
		return p
	}
	return -1
}

// calls counts who called whom.
func (t *tree) calls(out *builder) {
	for i := range t.spans {
		s := &t.spans[i]
		p := t.parents[i]
		if p < 0 || s.role != server && s.role != consumer {
			continue
		}
		from := &t.spans[p]
		if from.role != client && from.role != producer && from.res.service == s.res.service {
			continue // a server in a server: one program
		}
		t.matched[p] = true
		kind := from.peerKind
		switch {
		case s.role == consumer:
			kind = service.Messaging
		case kind == "" || kind == service.External || kind == service.DB:
			kind = service.HTTP
		}
		whole := *from
		if from.role != client && from.role != producer {
			whole = *s
		}
		out.call(service.Dependency{From: from.res.service, To: s.res.service, Kind: kind}, &whole, t.hidden[p])
	}
	for i := range t.spans {
		s := &t.spans[i]
		if t.matched[i] || s.peer == "" || s.role != client && s.role != producer || s.peer == s.res.service {
			continue
		}
		out.call(service.Dependency{From: s.res.service, To: s.peer, Kind: s.peerKind}, s, t.hidden[i])
	}
}

// hide finds the calls that failed without being noticed, and the steps of people that
// were good all the same. What a consumer of messages does, nobody waits for.
func (t *tree) hide() {
	for i := range t.spans {
		s := &t.spans[i]
		if s.role != client || !s.failed() && !s.is(resent) {
			continue
		}
		mask := t.how(i)
		first := true
		for at, steps := t.parents[i], 0; at >= 0 && steps <= len(t.spans); at, steps = t.parents[at], steps+1 {
			above := &t.spans[at]
			if above.role != server && above.role != consumer && !above.edgy() {
				continue
			}
			if first {
				t.hidden[i], first = !above.failed() && s.failed(), false
			}
			if t.masks[at] == experience.Unmasked || mask == experience.Retry {
				t.masks[at] = mask
			}
			if above.role == consumer {
				break
			}
		}
		if s.is(resent) && !s.failed() && s.edgy() && t.masks[i] == experience.Unmasked {
			t.masks[i] = experience.Retry // a browser that tried again
		}
	}
}

// how tells by which technique the failure of a client was hidden, if it was: a second
// try that went well, or something else in its place.
func (t *tree) how(i int) experience.Mask {
	s := &t.spans[i]
	if s.is(resent) && !s.failed() {
		return experience.Retry
	}
	for k := i + 1; k < len(t.spans); k++ {
		o := &t.spans[k]
		if o.role == client && !o.failed() && t.parents[k] == t.parents[i] && o.parent == s.parent && o.res.service == s.res.service && t.whom(k) == t.whom(i) {
			return experience.Retry
		}
	}
	return experience.Fallback
}

// whom returns what tells whom a client called, and for what.
func (t *tree) whom(i int) string { return t.spans[i].peer + "\x00" + string(t.spans[i].peerKind) }

// edges returns the spans that are steps of people. decided says that the step of this
// trace was counted before.
func (t *tree) edges(decided bool) (list []int) {
	root := false
	for i := range t.spans {
		s := &t.spans[i]
		root = root || s.parent == 0 && t.parents[i] < 0
		if s.mark == atEdge {
			list = append(list, i)
		}
	}
	if decided || len(list) > 0 {
		return list
	}
	for i := range t.spans {
		s := &t.spans[i]
		if t.parents[i] >= 0 || !s.edgy() || root && s.parent != 0 {
			continue
		}
		within := slices.ContainsFunc(list, func(k int) bool { return t.spans[k].begin <= s.begin && s.end <= t.spans[k].end })
		if s.parent != 0 && within {
			continue // what lies between is lost
		}
		list = append(list, i)
	}
	return list
}

// settle turns the spans of one trace into what they mean. It reports whether a step of
// a person was among them.
func (t *tree) settle(spans []span, decided bool, out *builder) (step bool) {
	for len(spans) > maxTrace { // nobody's trace is so long: its parts stand for themselves
		step = t.settle(spans[:maxTrace], decided || step, out) || step
		spans = spans[maxTrace:]
	}
	t.plant(spans)
	t.hide()
	t.calls(out)
	for i := range spans {
		out.see(&spans[i])
	}
	for _, i := range t.edges(decided) {
		t.step(i, out)
		step = true
	}
	return step
}

// step counts one step of a person.
func (t *tree) step(i int, out *builder) {
	s := &t.spans[i]
	out.batch.Tally.Lines++
	out.batch.Tally.Parsed++
	switch {
	case s.robot == robots.Robot:
		out.batch.Tally.Robots++
		return
	case s.robot == robots.Probe:
		out.batch.Tally.Probes++
		return
	case s.person == 0:
		out.batch.Tally.Parsed--
		out.reject(nobody, s)
		return
	case !experience.Possible(s.end):
		out.batch.Tally.Parsed--
		out.reject("a time that cannot be", s)
		return
	}
	e := experience.Experience{Person: s.person, At: s.end, Wait: s.wait, Cause: s.cause, Part: s.is(part), Critical: s.is(critical)}
	switch {
	case e.Cause == experience.Fine && s.is(impatient):
		e.Cause = experience.TooSlow
	case e.Cause == experience.Fine:
		e.Mask = t.masks[i]
	}
	out.step(e, s)
}

// nobody is why a step is not counted of which it is not known whose it was.
const nobody = "no person: no attribute says whose step it was"
