package app

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/honderd/honderd/fold/checks"
	"github.com/honderd/honderd/fold/foresight"
	"github.com/honderd/honderd/fold/intake"
	"github.com/honderd/honderd/view"
)

// answerAge is how old an answer may be when something has changed since.
const answerAge = time.Second

// answerRest is how many times as long as an answer took nothing is asked again, so
// that a large one leaves time for counting.
const answerRest = 10

// quick is how long an answer may take and still be waited for. A larger one is made beside
// those who ask: they get the one before, with the time that it is of.
const quick = 25 * time.Millisecond

// composed is the answer that was made last. Who asks for it waits for no fold.
type composed struct {
	mu      sync.Mutex
	answer  view.Answer
	told    view.Public
	asOf    time.Time     // when it was made; zero: none is yet
	took    time.Duration // how long that took
	knows   int64         // of the changes
	old     bool          // it is to be made anew though nothing changed
	running chan struct{} // closed when the next is made; nil: nobody makes one
	next    chan struct{} // closed when there is another answer
	times   int64         // how often one was made

	changes atomic.Int64 // of the folds
	said    atomic.Int64 // facts that are no experiences
}

// now returns the answer, and when it was made: at most answerAge ago, or answerRest times
// as long as it takes to make.
func (p *projector) now() (view.Answer, time.Time) {
	c := &p.composed
	c.mu.Lock()
	defer c.mu.Unlock()
	fresh := c.knows == c.changes.Load() && !c.old
	if !c.asOf.IsZero() && (fresh || time.Since(c.asOf) < max(answerAge, answerRest*c.took)) {
		return c.answer, c.asOf
	}
	if c.running == nil {
		c.running = make(chan struct{})
		go p.compose(c.running) // ends by itself
	}
	if done := c.running; c.asOf.IsZero() || c.took < quick {
		c.mu.Unlock()
		<-done
		c.mu.Lock()
	}
	return c.answer, c.asOf
}

// compose makes the next answer.
func (p *projector) compose(done chan struct{}) {
	c := &p.composed
	p.mu.Lock()
	began, knows := time.Now(), c.changes.Load()
	people := p.folds.felt.Answer()
	answer := p.folds.compose(people, p.calendars)
	p.glanced(began)
	p.mu.Unlock()
	told := view.PublicOf(people, began, p.calendars.zone)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer, c.told, c.asOf, c.took, c.knows, c.old = answer, told, began, time.Since(began), knows, false
	c.times++
	c.running = nil
	close(done)
	close(c.next)
	c.next = make(chan struct{})
}

// version returns a number that changes with each answer, and with each fact that somebody
// said.
func (p *projector) version() int64 {
	p.composed.mu.Lock()
	defer p.composed.mu.Unlock()
	return p.composed.times<<32 + p.composed.said.Load()
}

// newest is version, after having looked whether an answer is to be made.
func (p *projector) newest() int64 {
	p.now()
	return p.version()
}

// made returns a channel that is closed when there is another answer.
func (p *projector) made() <-chan struct{} {
	p.composed.mu.Lock()
	defer p.composed.mu.Unlock()
	return p.composed.next
}

// publicAge is how old what the public is told may be: who was there a moment ago changes
// with the clock too, also when nobody comes any more.
const publicAge = 15 * time.Second

// public returns the answer, and what of it the public may be told.
func (p *projector) public() (view.Answer, view.Public) {
	c := &p.composed
	c.mu.Lock()
	if time.Since(c.told.AsOf) > max(publicAge, answerRest*c.took) {
		c.old = true
	}
	c.mu.Unlock()
	p.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answer, c.told
}

// glances are small things that pages show beside the answer, as they were a moment ago.
type glances struct {
	mu      sync.Mutex
	asOf    time.Time
	probed  checks.Answer
	intake  intake.Answer
	late    int64
	missing string
	ahead   foresight.Answer

	chain     *view.Chain // nil: nobody asked yet
	chainAsOf time.Time
}

// glanceAge is how old a glance may be, and glanceOld how old while an answer is made: who
// asks does not wait for that.
const (
	glanceAge = time.Second
	glanceOld = 10 * time.Second
)

// glance returns what pages show beside the answer.
func (p *projector) glance() (checks.Answer, intake.Answer, int64, string) {
	g := &p.glances
	g.mu.Lock()
	age := time.Since(g.asOf)
	g.mu.Unlock()
	if age >= glanceAge {
		if age >= glanceOld {
			p.mu.Lock()
			p.glanced(time.Now())
			p.mu.Unlock()
		} else if p.mu.TryLock() {
			p.glanced(time.Now())
			p.mu.Unlock()
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.probed, g.intake, g.late, g.missing
}

// foreseen returns what runs out, as a glance.
func (p *projector) foreseen() foresight.Answer {
	p.glance()
	p.glances.mu.Lock()
	defer p.glances.mu.Unlock()
	return p.glances.ahead
}

// glanced notes what there is to see; the folds are held.
func (p *projector) glanced(now time.Time) {
	g := &p.glances
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asOf, g.probed, g.intake, g.late, g.missing = now, p.folds.checks.Answer(), p.folds.intake.Answer(), p.folds.felt.Late(), p.missing
	g.ahead = p.folds.foresight.Answer()
}
