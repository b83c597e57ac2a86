package app

import (
	"context"
	"time"

	"github.com/honderd/honderd/web"
)

// releaseHeld gives what was held when its time has come, until ctx is done, and notices
// when somebody sets the clock.
func (s *Server) releaseHeld(ctx context.Context) {
	clock := newClock(time.Now())
	for ctx.Err() == nil {
		for _, name := range s.held.due(time.Now()) {
			if err := s.held.release(ctx, name, s.position(ctx, heldName), s.sink); err != nil && ctx.Err() == nil {
				s.log.Warn("what was held is not counted yet: it is tried again", "error", err)
			}
		}
		pause(ctx, heldEvery)
		if step := clock.step(time.Now()); step != 0 {
			s.log.Warn("the clock of this machine was set", "by", step)
			why := "set forward"
			if step < 0 {
				why = "set back"
			}
			s.drops.add("clock", inSteps, why, 1, true)
		}
	}
}

// leastStep is the least that counts as setting the clock: NTP moves it by less.
const leastStep = 5 * time.Second

// clock notices when the clock of the machine is set: the other clock of the process, that
// nobody can set, does not go along.
type clock struct{ last time.Time }

func newClock(now time.Time) *clock { return &clock{last: now} }

// step returns by how much the clock was set since it was asked last, 0 when it was not.
// A machine that slept looks as if its clock was set forward.
func (c *clock) step(now time.Time) time.Duration {
	ran, shown := now.Sub(c.last), now.Round(0).Sub(c.last.Round(0)) // Round(0) takes the other clock away
	c.last = now
	if step := shown - ran; step.Abs() >= leastStep {
		return step
	}
	return 0
}

// dropped returns all that was dropped, whoever counted it.
func (s *Server) dropped() []web.Drop {
	_, in, late, _ := s.projector.glance()
	return withFolds(s.drops.list(), in, late)
}
