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
	ctx     context.Context //nolint:containedctx // it lives exactly as long as the race
	stop    context.CancelFunc
	results chan *outcome
	open    map[*attempt]bool
	tried   map[*backend]int
	rounds  int      // how often every backend has failed
	worst   *outcome // the best of what is bad: given when there is nothing else
	doubt   *outcome // an answer that is unlike the others
	late    *time.Timer
	hedge   *time.Timer
	again   *time.Timer // a held exchange asks again
	hints   chan hint   // of the first attempt
	holding bool
	wait    *waiter // while it is held
	backs   <-chan struct{}
	since   time.Time // it is held
	pause   time.Duration
	spared  int // attempts that cost nobody anything: no connection
}

// run returns the outcome that the person is given, nil when there is none.
func (x *exchange) race(ctx context.Context) *outcome {
	r := &race{x: x, results: make(chan *outcome, 8), hints: make(chan hint, 4), open: map[*attempt]bool{}, tried: map[*backend]int{}}
	r.ctx, r.stop = context.WithCancel(ctx)
	r.late = time.NewTimer(time.Until(x.deadline))
	r.hedge, r.again = time.NewTimer(time.Hour), time.NewTimer(time.Hour)
	defer func() { r.late.Stop(); r.hedge.Stop(); r.again.Stop() }()
	x.pool.budget.earn()
	r.launch(x.pool.pick(x.started, want{once: !x.repeatable}), experience.Unmasked)
	r.armHedge()
	o := r.decide()
	x.pool.leave(r.wait)
	r.leave(o)
	return o
}

// unfelt is how much longer nobody feels.
const unfelt = 20 * time.Millisecond

// leave ends all attempts but the winner.
func (r *race) leave(winner *outcome) {
	now := time.Now()
	for a := range r.open {
		fault := ""
		if winner != nil && winner.verdict <= flowing {
			age := now.Sub(a.started)
			longer := winner.why == experience.Hedge && age > 2*now.Sub(winner.started)+unfelt // it was not the page that is slow
			if a.b.silent(now, age, a.usual, longer); longer || a.drilled.Load() {
				r.x.fault(a, Silent)
				fault = Silent
			}
		}
		r.x.record.Trace.leave(a, fault)
		a.cancel()
	}
	if n := len(r.open); n > 0 { // their answers are thrown away as they come
		go func() {
			for range n {
				r.drop(<-r.results)
			}
		}()
	}
	if winner == nil || winner.rest == nil {
		r.stop()
	} else {
		r.x.stopRace = r.stop
	}
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

// launch asks b.
func (r *race) launch(b *backend, why experience.Mask) {
	if b == nil {
		return
	}
	x := r.x
	ctx, cancel := context.WithCancel(r.ctx)
	half, _, calm := x.pool.paces.of(x.route)
	a := &attempt{b: b, started: time.Now(), usual: half, calm: calm, why: why, cancel: cancel}
	c := x.call(r.tried[b] > 0 || !x.repeatable)
	if x.attempts == 0 && x.r.ProtoAtLeast(1, 1) {
		c.Early = func(status int, h http.Header) {
			select {
			case r.hints <- hint{status, h}:
			default: // nobody needs that many
			}
		}
	}
	x.record.Trace.try(a, c)
	r.open[a] = true
	r.tried[b]++
	x.attempts++
	b.start(a)
	go func() {
		o := x.run(ctx, a, c)
		b.end(a)
		if o.rest == nil {
			cancel()
		}
		r.results <- o
	}()
}

// armHedge sets when another backend is asked beside those that are silent.
func (r *race) armHedge() {
	if r.x.repeatable && !r.x.stream {
		r.hedge.Reset(r.x.hedgeAfter())
	}
}

// decide waits until there is an answer to give, or nothing more to wait for.
func (r *race) decide() *outcome {
	x := r.x
	gone := time.NewTicker(max(x.pool.Patience/10, 20*time.Millisecond))
	defer gone.Stop()
	var stale <-chan time.Time
	if x.stored.canStale {
		t := time.NewTimer(x.pool.Patience / 3)
		defer t.Stop()
		stale = t.C
	}
	if len(r.open) == 0 {
		r.hold()
	}
	for {
		select {
		case h := <-r.hints:
			h.pass(x.w)
		case o := <-r.results:
			for len(r.hints) > 0 && x.attempts == 1 {
				(<-r.hints).pass(x.w)
			}
			delete(r.open, o.attempt)
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
		case <-r.hedge.C:
			r.race()
		case <-r.again.C:
			r.ask()
		case <-r.backs:
			r.wait, r.backs = nil, nil
			r.tried = map[*backend]int{}
			r.launchHeld()
		case <-stale:
			return nil
		case <-r.late.C:
			if done, over := r.tooLate(); over {
				return done
			}
		case <-gone.C:
			if x.left() {
				x.gone = true
				return nil
			}
		case <-r.ctx.Done():
			x.gone = true
			return nil
		}
	}
}

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
	if o.again && (o.unsent || x.repeatable) { // nobody's fault: the same again
		r.tried[o.b]--
		if x.attempts < 40 {
			r.launch(o.b, o.why)
		}
		return nil
	}
	o.b.fault(now, o.what)
	x.fault(o.attempt, o.what)
	x.g.options.Log.Debug("a backend failed", "backend", o.b.name, "fault", o.what, "method", x.method, "unsent", o.unsent, "status", o.status, "error", o.err)
	if o.what == Refused {
		r.spared++
		go x.g.look(context.WithoutCancel(r.ctx), x.pool, askAtMost)
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
	if b == nil || !r.x.pool.budget.spend(now) || now.After(r.x.deadline) {
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
	x.pool.recovered(now)
}

// next asks another backend after o failed. When all have failed it holds.
func (r *race) next(o *outcome) *outcome {
	x, now := r.x, time.Now()
	if len(r.open) > 0 && r.x.attempts > 2*len(x.pool.all()) {
		return nil // another is still being asked
	}
	free := o.what == Refused // nobody was burdened
	if b := x.pool.pick(now, want{tried: r.tried, fresh: true, once: !x.repeatable}); b != nil {
		if free || x.pool.budget.spend(now) || x.attempts < 2 {
			r.launch(b, experience.Retry)
			r.armHedge()
		} else {
			r.hold()
		}
		return nil
	}
	if len(r.open) > 0 {
		return nil
	}
	r.rounds++
	if r.rounds >= 2 && r.worst != nil && r.spared == 0 && o.verdict == faulty && o.what == ServerError {
		r.truth()
		return r.worst
	}
	r.hold()
	return nil
}

// truth takes back the faults of backends that all say the same, twice.
func (r *race) truth() {
	for b, n := range r.tried {
		for range n {
			b.forgive(ServerError)
		}
	}
	r.x.faults = r.x.faults[:0]
}

// race asks one more backend beside those that are silent, if one has room: on credit when
// half of the patience is over, and seldom when it has ended, but nobody waits for ever.
func (r *race) race() {
	x, now := r.x, time.Now()
	if len(r.open) == 0 || len(r.open) > 2 {
		return
	}
	after, w, spend := x.hedgeAfter(), want{tried: r.tried, fresh: true}, x.pool.budget.spend
	left, crowded := x.deadline.Sub(now), x.pool.crowded(now)
	if !crowded { // in a crowd nobody gains by it
		if w.room = after; left > 0 && left < x.pool.Patience/2 {
			spend = x.pool.budget.owe
		}
	}
	if b := x.pool.pick(now, w); b != nil && (left > 0 || !crowded) && b.roomy(now, after) && spend(now) {
		r.launch(b, experience.Hedge)
	}
	r.hedge.Reset(max(after, min(-left, x.pool.Patience/4))) // once it is too late, seldom
}

// tooLate is when patience ends: what is still being answered is waited for, as it is
// better late than never; with nothing on its way there is nothing to wait for.
func (r *race) tooLate() (*outcome, bool) {
	x := r.x
	if len(r.open) == 0 {
		return r.end(), true
	}
	for a := range r.open {
		a.let.Store(true)
	}
	if time.Since(x.started) >= x.g.options.Timeout {
		for a := range r.open {
			a.b.fault(time.Now(), Silent)
			x.fault(a, Silent)
		}
		x.expired = true
		return r.worst, true
	}
	r.late.Reset(min(x.g.options.Timeout-time.Since(x.started), time.Second))
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
