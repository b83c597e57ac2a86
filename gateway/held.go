package gateway

import (
	"time"

	"github.com/honderd/honderd/experience"
)

// hold waits with the person until a backend is back.
func (r *race) hold() {
	now := time.Now()
	if !now.Before(r.x.deadline) {
		r.holding = false
		return
	}
	r.holding = true
	if r.wait == nil {
		r.wait, r.since = r.x.pool.hold(), now
		r.backs = r.wait.on
	}
	most := 100 * time.Millisecond
	if r.seen > 0 { // each time burdens a backend
		most = max(most, r.x.pool.Patience/8)
	}
	r.pause = min(max(r.pause*3/2, 20*time.Millisecond), most)
	r.bells.again = now.Add(r.pause)
}

// ask asks again, in the name of all that are held.
func (r *race) ask() {
	now := time.Now()
	if len(r.open) > 0 || !r.holding {
		return
	}
	urgent := r.x.deadline.Sub(now) < 2*r.x.hedgeAfter() && r.x.pool.backSince(r.since)
	after := time.Duration(0)
	if r.seen > 0 { // better one of whom no backend has heard yet
		after = 100 * time.Millisecond
	}
	if urgent || r.x.pool.mayProbe(now, after) {
		r.launchHeld()
		return
	}
	r.hold()
}

// launchHeld ends holding.
func (r *race) launchHeld() {
	r.holding = false
	now := time.Now()
	b := r.x.pool.pick(now, want{tried: r.tried, once: !r.x.repeatable})
	if b == nil || !r.pay(now, sure) {
		r.hold()
		return
	}
	r.x.held = true
	r.launch(b, experience.Hold)
	r.armHedge(now)
}
