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
	r.pause = min(max(r.pause*3/2, 20*time.Millisecond), 100*time.Millisecond)
	r.again.Reset(r.pause)
}

// ask asks again, in the name of all that are held.
func (r *race) ask() {
	now := time.Now()
	if len(r.open) > 0 || !r.holding {
		return
	}
	urgent := r.x.deadline.Sub(now) < 2*r.x.hedgeAfter() && r.x.pool.backSince(r.since)
	if urgent || r.x.pool.mayProbe(now, 20*time.Millisecond) {
		r.launchHeld()
		return
	}
	r.hold()
}

// launchHeld ends holding.
func (r *race) launchHeld() {
	r.holding = false
	b := r.x.pool.pick(time.Now(), want{tried: r.tried, once: !r.x.repeatable})
	if b == nil {
		r.hold()
		return
	}
	r.x.held = true
	r.launch(b, experience.Hold)
	r.armHedge()
}
