package gateway

import (
	"net/http"
	"time"

	"github.com/honderd/honderd/experience"
)

// take takes one outcome. It returns what to give, nil to go on.
func (r *race) take(o *outcome) *outcome {
	x, now := r.x, time.Now()
	x.record.Trace.tried(o.attempt, o.status, o.what, o.verdict == flowing)
	switch o.verdict {
	case good, flowing:
		r.praise(o, now)
		if r.doubt != nil { // the second opinion is like the others
			x.fault(r.doubt.attempt, Unlike)
			r.doubt.b.fault(now, Unlike)
		}
		return o
	case odd:
		return r.wonder(o, now)
	}
	if o.unsent || o.again {
		r.unseen()
	}
	if o.again && (o.unsent || x.repeatable) { // nobody's fault: the same again
		r.tried = r.tried.add(o.b, -1)
		if x.attempts < 40 {
			r.launch(o.b, o.why)
		}
		return nil
	}
	if r.isTruth(o, now) {
		return o
	}
	o.b.fault(now, o.what)
	x.fault(o.attempt, o.what)
	x.g.options.Log.Debug("a backend failed", "backend", o.b.name, "fault", o.what, "method", x.method, "unsent", o.unsent, "status", o.status, "error", o.err)
	if o.what == Refused {
		r.spared++
		r.look()
	}
	if o.status != 0 && o.verdict == faulty && (r.worst == nil || o.status <= r.worst.status) {
		if r.worst != nil {
			r.drop(r.worst)
		}
		r.worst = o
	} else {
		r.drop(o)
	}
	if !x.repeatable && !o.unsent {
		return r.worst
	}
	return r.next(o)
}

// wonder asks for a second opinion on an answer that is unlike the others, and believes
// it when another backend says the same.
func (r *race) wonder(o *outcome, now time.Time) *outcome {
	if r.doubt != nil {
		o.verdict = good
		if r.doubt.b != o.b { // two say so: the shape was wrong
			r.praise(o, now)
			r.x.pool.shapes.learn(r.x.route, r.doubt.b, r.doubt.header, int64(len(r.doubt.body)))
		}
		r.drop(r.doubt)
		r.doubt = nil
		return o
	}
	b := r.x.pool.pick(now, want{tried: r.tried, fresh: true})
	if b == nil || now.After(r.x.deadline) || !r.pay(now, likely) {
		o.verdict = good
		return o
	}
	r.doubt = o
	r.launch(b, experience.Retry)
	return nil
}

// praise notes a good answer.
func (r *race) praise(o *outcome, now time.Time) {
	x := r.x
	d := now.Sub(o.started)
	x.pool.lateBy(now, o.b.good(now, o.attempt, d))
	if o.verdict == good {
		x.pool.paces.learn(now, x.route, d)
		if o.status == http.StatusOK && x.method == http.MethodGet {
			x.pool.shapes.learn(x.route, o.b, o.header, int64(len(o.body)))
		}
	}
	x.pool.truths.end(x.route)
	x.pool.recovered(now)
}

// next asks another backend after o failed. When all have failed it holds.
func (r *race) next(o *outcome) *outcome {
	x, now := r.x, time.Now()
	if len(r.open) > 0 && r.x.attempts > 2*len(x.pool.all()) {
		return nil // another is still being asked
	}
	if len(r.open) == 0 && x.repeatable && x.pool.allIll(now) { // those that are left fail as well
		r.hold()
		return nil
	}
	if b := x.pool.pick(now, want{tried: r.tried, fresh: true, once: !x.repeatable}); b != nil {
		n := sure
		if len(r.open) > 0 {
			n = likely
		}
		switch {
		case r.pay(now, n):
			r.launch(b, experience.Retry)
			r.armHedge(now)
		case len(r.open) == 0:
			r.hold()
		}
		return nil
	}
	if len(r.open) > 0 {
		return nil
	}
	r.rounds++
	if r.rounds >= 2 && r.worst != nil && r.spared == 0 && o.verdict == faulty && o.what == ServerError && r.isLasting() {
		r.truth(now)
		return r.worst
	}
	r.hold()
	return nil
}

// isLasting reports whether what every backend says twice is about what was asked. 502,
// 503 and 504 say that it is not now: of those only when they answer others meanwhile.
func (r *race) isLasting() bool {
	switch r.worst.status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		for _, t := range r.tried {
			if !t.b.goodSince(r.x.started) {
				return false
			}
		}
	}
	return true
}

// truth takes back the faults of backends that all say the same, twice, and remembers it.
func (r *race) truth(now time.Time) {
	for _, t := range r.tried {
		for range t.n {
			t.b.forgive(ServerError)
		}
	}
	r.x.faults = r.x.faults[:0]
	r.x.pool.truths.add(r.x.route, r.worst.status, now)
}

// isTruth reports whether o is what every backend said of its route just now: then
// nobody need be asked again.
func (r *race) isTruth(o *outcome, now time.Time) bool {
	return o.verdict == faulty && o.what == ServerError && r.x.pool.truths.holds(r.x.route, o.status, now)
}

// hedge asks one more backend beside those that are silent, if one has room: on credit when
// most of the patience is over, and seldom when it has ended, but nobody waits for ever.
func (r *race) hedge(now time.Time) {
	x := r.x
	after, left := x.hedgeAfter(), x.deadline.Sub(now)
	last := x.pool.Patience * 4 / 10                           // who waits until then would feel it
	next := now.Add(max(after, min(-left, x.pool.Patience/4))) // once it is too late, seldom
	if at := x.deadline.Add(-last); now.Before(at) && at.Before(next) {
		next = at
	}
	r.bells.hedge = next
	if len(r.open) == 0 || len(r.open) > 2 || r.stillSending() || r.stillComing(now) {
		return
	}
	w, n := want{tried: r.tried, fresh: true, room: after}, early
	switch {
	case left <= 0:
		n = likely
	case left <= last:
		w.room, w.within, n = 0, left, sure
	}
	if x.pool.crowded(now) { // somebody has room only who would answer in time in spite of the others
		a := r.open[len(r.open)-1]
		if now.Sub(a.started) < 2*a.due {
			return // it is no longer silent than was to be expected
		}
		w.room, w.within, n = 0, max(left, x.pool.Patience/2), likely
	}
	if b := x.pool.pick(now, w); b != nil && r.pay(now, n) {
		r.launch(b, experience.Hedge)
	}
}

// stillComing reports whether an answer comes so fast that it will be there in time: its
// backend is not silent.
func (r *race) stillComing(now time.Time) bool {
	for _, a := range r.open {
		size, got := a.size.Load(), a.got.Load()
		if size == 0 || got == 0 {
			continue
		}
		all := float64(now.Sub(a.started)) * float64(size) / float64(got)
		if time.Duration(all) < r.x.deadline.Sub(a.started) {
			return true
		}
	}
	return false
}

// stillSending reports whether a backend still takes the body of the request: it is not it
// that is silent.
func (r *race) stillSending() bool {
	moved := false
	for _, a := range r.open {
		if a.sends == nil {
			continue
		}
		if at := a.sends.position(); at != a.sent {
			a.sent, moved = at, true
		}
	}
	return moved
}
