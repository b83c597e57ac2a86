package gateway

import (
	"context"
	"net/http"
	"time"

	"github.com/honderd/honderd/experience"
)

// race is the attempts of one exchange, and what came of them.
type race struct {
	x       *exchange
	results chan *outcome
	open    []*attempt
	tried   tries
	seen    int      // attempts that a backend may have seen
	paid    int      // of which the budget paid for
	rounds  int      // how often every backend has failed
	worst   *outcome // the best of what is bad: given when there is nothing else
	doubt   *outcome // an answer that is unlike the others
	timer   *time.Timer
	timerAt time.Time
	bells   bells
	holding bool
	wait    *waiter // while it is held
	backs   <-chan struct{}
	since   time.Time // it is held
	pause   time.Duration
	spared  int // attempts that cost nobody anything: no connection
}

// bells is when something is to be done. Zero is never.
type bells struct {
	hedge time.Time // another backend is asked beside those that are silent
	again time.Time // a held exchange asks again
	stale time.Time // what is stored is given
	late  time.Time // patience ends
	gone  time.Time // it is seen whether the person is still there
}

// first returns the earliest.
func (b *bells) first() time.Time {
	first := b.late
	for _, t := range [...]time.Time{b.hedge, b.again, b.stale, b.gone} {
		if !t.IsZero() && t.Before(first) {
			first = t
		}
	}
	return first
}

// rang reports whether a bell rings, and stops it.
func rang(bell *time.Time, now time.Time) bool {
	if bell.IsZero() || now.Before(*bell) {
		return false
	}
	*bell = time.Time{}
	return true
}

// tries is how often each backend was asked.
type tries []try

type try struct {
	b *backend
	n int
}

func (t tries) of(b *backend) int {
	for i := range t {
		if t[i].b == b {
			return t[i].n
		}
	}
	return 0
}

// add returns t with so many more of b.
func (t tries) add(b *backend, n int) tries {
	for i := range t {
		if t[i].b == b {
			t[i].n += n
			return t
		}
	}
	return append(t, try{b, n})
}

// run returns the outcome that the person is given, nil when there is none.
func (x *exchange) race() *outcome {
	r := &race{x: x, results: make(chan *outcome, 8), open: make([]*attempt, 0, 2), tried: make(tries, 0, 2)}
	now := time.Now()
	r.bells.late, r.bells.gone = x.deadline, now.Add(r.goneEvery())
	if x.stored.canStale {
		r.bells.stale = now.Add(x.pool.Patience / 3)
	}
	x.pool.budget.earn(now)
	if r.mayAsk(now) {
		r.launch(x.pool.pick(now, want{once: !x.repeatable, canary: x.repeatable && !x.stream}), experience.Unmasked)
		r.armHedge(now)
	}
	r.timerAt = r.bells.first()
	r.timer = time.NewTimer(r.timerAt.Sub(now))
	o := r.decide()
	r.timer.Stop()
	x.pool.leave(r.wait)
	r.leave(o)
	return o
}

// goneEvery is how often it is seen whether the person is still there.
func (r *race) goneEvery() time.Duration { return max(r.x.pool.Patience/10, 20*time.Millisecond) }

// mayAsk reports whether there is any sense in asking at once: when every backend of the
// pool fails, who comes is held, and one asks for all.
func (r *race) mayAsk(now time.Time) bool {
	p := r.x.pool
	return !r.x.repeatable || r.x.stream || !p.allIll(now) || p.mayProbe(now, 0)
}

// launch asks b.
func (r *race) launch(b *backend, why experience.Mask) {
	if b == nil {
		return
	}
	x := r.x
	half, _, calm := x.pool.paces.of(x.route)
	a := &attempt{b: b, started: time.Now(), usual: half, calm: calm, why: why}
	c := x.call(r.tried.of(b) > 0 || !x.repeatable)
	if x.body != nil {
		a.sends, _ = c.Body.(*spoolReader)
	}
	if x.attempts == 0 && x.r.ProtoAtLeast(1, 1) {
		c.Early = func(status int, h http.Header) {
			select {
			case r.results <- &outcome{attempt: a, verdict: hinted, status: status, header: h}:
			default: // nobody needs that many
			}
		}
	}
	x.record.Trace.try(a, c)
	r.open = append(r.open, a)
	r.tried = r.tried.add(b, 1)
	x.attempts++
	r.seen++
	b.start(a)
	go func() {
		o := x.run(a, c)
		b.end(a)
		r.results <- o
	}()
}

// pay reports whether one more attempt may be made. The first that a backend sees is free.
func (r *race) pay(now time.Time, n need) bool {
	if r.seen == 0 {
		return true
	}
	if !r.x.pool.budget.spend(now, n) {
		return false
	}
	r.paid++
	return true
}

// unseen takes back an attempt that no backend saw.
func (r *race) unseen() {
	r.seen--
	if r.paid > max(r.seen-1, 0) {
		r.paid--
		r.x.pool.budget.back()
	}
}

// armHedge sets when another backend is asked beside those that are silent.
func (r *race) armHedge(now time.Time) {
	if r.x.repeatable && !r.x.stream {
		r.bells.hedge = now.Add(r.x.hedgeAfter())
	}
}

// decide waits until there is an answer to give, or nothing more to wait for.
func (r *race) decide() *outcome {
	x := r.x
	left := x.r.Context().Done()
	if len(r.open) == 0 {
		r.hold()
	}
	for {
		if next := r.bells.first(); !next.Equal(r.timerAt) {
			r.timerAt = next
			r.timer.Reset(time.Until(next))
		}
		select {
		case o := <-r.results:
			if o.verdict == hinted {
				if x.attempts == 1 {
					hint{o.status, o.header}.pass(x.w)
				}
				continue
			}
			r.close(o.attempt)
			if done := r.take(o); done != nil {
				return done
			}
			switch {
			case len(r.open) > 0:
			case !r.holding:
				return r.end()
			case x.stored.canStale: // every backend has failed: the person need not wait
				return nil
			}
		case <-r.backs:
			r.wait, r.backs = nil, nil
			r.tried = r.tried[:0]
			r.launchHeld()
		case <-r.timer.C:
			r.timerAt = time.Time{}
			if done, over := r.ring(time.Now()); over {
				return done
			}
		case <-left:
			x.gone = true
			return nil
		}
	}
}

// close takes a from those that are open.
func (r *race) close(a *attempt) {
	for i := range r.open {
		if r.open[i] == a {
			r.open = append(r.open[:i], r.open[i+1:]...)
			return
		}
	}
}

// ring does what it is time for. Over: the outcome is the one to give.
func (r *race) ring(now time.Time) (done *outcome, over bool) {
	b := &r.bells
	if rang(&b.hedge, now) {
		r.hedge(now)
	}
	if rang(&b.again, now) {
		r.ask()
	}
	if rang(&b.stale, now) {
		return nil, true
	}
	if rang(&b.gone, now) {
		if r.x.left() {
			r.x.gone = true
			return nil, true
		}
		b.gone = now.Add(r.goneEvery())
	}
	if !now.Before(b.late) {
		return r.tooLate(now)
	}
	return nil, false
}

// tooLate is when patience ends: what is still being answered is waited for, as it is
// better late than never; with nothing on its way there is nothing to wait for.
func (r *race) tooLate(now time.Time) (*outcome, bool) {
	x := r.x
	if len(r.open) == 0 {
		return r.end(), true
	}
	for _, a := range r.open {
		a.let.Store(true)
	}
	if now.Sub(x.started) >= x.g.options.Timeout {
		for _, a := range r.open {
			a.b.fault(now, Silent)
			x.fault(a, Silent)
		}
		x.expired = true
		return r.worst, true
	}
	r.bells.late = now.Add(min(x.g.options.Timeout-now.Sub(x.started), time.Second))
	return nil, false
}

// end returns what there is when nothing good is.
func (r *race) end() *outcome {
	if r.doubt != nil {
		o := r.doubt
		o.verdict = good
		return o
	}
	return r.worst
}

// drop frees what an outcome holds.
func (r *race) drop(o *outcome) { r.x.g.drop(o) }

func (g *Gateway) drop(o *outcome) {
	if o.rest != nil {
		o.rest.release(false)
	}
	g.buffers.give(o.body)
	o.body = nil
}

// look asks for the names of the pool again, while people are served.
func (r *race) look() {
	x := r.x
	go x.g.look(context.WithoutCancel(x.r.Context()), x.pool, askAtMost)
}
