package gateway

import (
	"hash/maphash"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
)

// crowd is how a backend copes with how much it is asked at once. A backend with more to
// do than it can has a queue, and in a queue the delay grows with how many are before
// one: from both, the delay of whoever comes next is foretold.
type crowd struct {
	delay float64   // milliseconds beyond the calm pace of their routes, of the latest answers
	alone float64   // the same of those that were begun while few others were there: not for a crowd
	began float64   // how many others were being answered when those were begun
	calm  float64   // the same in calm times
	open  float64   // how many others are being answered when one is begun, of late
	n     int       // answers without a pause
	last  time.Time // the latest answer
	pace  pacing
}

// pacing is how many good answers a second come while there is something to answer.
type pacing struct {
	rate float64
	at   time.Time // it was so
}

// pacingFor is how long an answer counts.
const pacingFor = time.Second / 2

// now returns the pace as it is when nothing has come since.
func (p *pacing) now(t time.Time) float64 {
	return p.rate * math.Exp(-max(0, t.Sub(p.at).Seconds())/pacingFor.Seconds())
}

// rest says that there was nothing to answer until t.
func (p *pacing) rest(t time.Time) { p.at = t }

func (p *pacing) answer(t time.Time) {
	p.rate, p.at = p.now(t)+1/pacingFor.Seconds(), t
}

// wait returns how long the answer takes of whoever comes next, when so many are open: as long
// as it takes until so many more were answered.
//
// Source: Little, A Proof for the Queuing Formula L = λW, 1961.
func (p *pacing) wait(t time.Time, open int) time.Duration {
	rate := p.now(t)
	if rate <= 0 || t.Sub(p.at) > 2*pacingFor {
		return 0
	}
	return time.Duration(min(float64(open+1)/rate, 3600) * float64(time.Second))
}

// Choices of how fast a crowd is seen.
const (
	crowdWeight = 0.1
	crowdCalm   = 10               // milliseconds of delay in calm times
	crowdStep   = 120              // milliseconds beyond twice the delay of late that one answer can tell of
	crowdEnough = 8                // answers, before anything is foretold
	crowdFor    = time.Second      // how long it is reason enough to turn somebody away
	crowdFades  = time.Second / 2  // in which what is known counts half
	crowdPast   = 10 * time.Second // how long it is reason enough to choose another backend
)

// begin notes that one is begun while others are open.
func (c *crowd) begin(now time.Time, others int) {
	if others == 0 {
		c.pace.rest(now)
	}
	c.open += (float64(others) - c.open) * crowdWeight
}

// answer notes an answer that came so much later than is calm.
func (c *crowd) answer(now time.Time, delay time.Duration, others int) {
	if now.Sub(c.last) > crowdPast {
		c.n = 0
	}
	if c.n == 0 {
		c.delay, c.began = 0, float64(others)
	}
	c.n++
	c.last = now
	c.pace.answer(now)
	ms := max(float64(delay)/float64(time.Millisecond), 0)
	c.delay += (min(ms, 2*c.delay+crowdStep) - c.delay) * crowdWeight // a few that take long are no crowd
	c.began += (float64(others) - c.began) * crowdWeight
	if float64(others) <= 2+1.5*c.calm {
		c.alone += (ms - c.alone) / 2
	}
	if ms < c.alone+crowdCalm {
		c.calm += (float64(others) - c.calm) / 50
	}
}

// foretold returns how much later than is calm the next answer will come when so many are
// open; ok says that this is sure enough to turn somebody away.
func (c *crowd) foretold(now time.Time, open float64) (delay time.Duration, ok bool) {
	since := now.Sub(c.last)
	if since > crowdPast {
		return 0, false
	}
	own := min(c.alone, c.delay) // however few there are
	ms := own + (c.delay-own)*(open+1)/(c.began+1)
	ms *= math.Exp2(-float64(max(0, since-crowdFades)) / float64(crowdFades)) // so that one that nobody asks is tried again
	return time.Duration(ms * float64(time.Millisecond)), c.n >= crowdEnough && since < crowdFor
}

// delay returns how much later than is calm the next answer of b will come, as far as can
// be foretold; more when its answers are faults.
func (b *backend) delay(now time.Time) float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	more, _ := b.crowd.foretold(now, float64(b.open))
	if a := b.first; a != nil { // whoever comes next comes after it
		more = max(more, now.Sub(a.started)-a.calm)
		if b.open >= crowdOpen && b.crowd.n >= crowdEnough {
			more = max(more, b.crowd.pace.wait(now, b.open)-a.calm)
		}
	}
	d := more + grace + time.Duration(b.open)*time.Millisecond/8 // where nobody knows: fewest first
	return float64(d) * (1 + 20*b.fails.now(now, 0))
}

// press is how crowded a pool is.
type press struct {
	mu   sync.Mutex
	late time.Time // when a backend was last seen to be late
	vain time.Time // until then nobody is turned away: it did not help
}

// relief is whether it helps a backend that people are turned away.
type relief struct {
	shed   time.Time // when one was last turned away
	looked time.Time
	open   float64 // when turning away began: how many were being answered,
	delay  float64 // and the delay
}

// Choices of who is turned away.
const (
	crowdLate = 5                // one part in so many of patience: below it nobody is turned away
	crowdOpen = 4                // a backend with fewer open requests has no crowd
	vainFor   = 30 * time.Second // how long what did not help is not tried again
)

// crowded reports whether a backend of p was late lately.
func (p *pool) crowded(now time.Time) bool {
	p.press.mu.Lock()
	defer p.press.mu.Unlock()
	return now.Sub(p.press.late) < crowdFor
}

// lateBy notes that a backend of p is late.
func (p *pool) lateBy(now time.Time, delay time.Duration) {
	if delay < p.Patience/crowdLate {
		return
	}
	p.press.mu.Lock()
	p.press.late = now
	p.press.mu.Unlock()
}

// tooMany reports whether x would be answered too late by every backend: then it is turned
// away at once, so that the others are answered in time. Those who matter less go first,
// and of equals the same people again and again: better few people who are hurt than all
// of them a little.
func (x *exchange) tooMany(now time.Time) bool {
	p := x.pool
	if !p.crowded(now) {
		return false
	}
	_, _, calm := p.paces.of(x.route)
	limit := time.Duration(float64(p.Patience-min(p.Patience/20, lastMoment)) * x.staying(now))
	b := p.pick(now, want{once: !x.repeatable})
	if b == nil {
		return false
	}
	b.mu.Lock()
	delay, known := b.crowd.foretold(now, min(b.crowd.open, float64(b.open)))
	known = known && b.open >= crowdOpen && b.crowd.delay-b.crowd.alone > float64(p.Patience/crowdLate/time.Millisecond)
	vain := known && calm+delay > limit && b.relief.isVain(now, b.crowd.open, b.crowd.delay)
	b.mu.Unlock()
	return known && calm+delay > limit && p.press.turnAway(now, vain)
}

// isVain notes that somebody would be turned away, and reports whether that does not help:
// when fewer are being answered and it still takes as long, it is not for their number.
func (r *relief) isVain(now time.Time, open, delay float64) bool {
	if now.Sub(r.shed) > 2*crowdFor {
		r.open, r.delay, r.looked = open, delay, now
	}
	r.shed = now
	if open >= 0.6*r.open || now.Sub(r.looked) <= crowdFor/4 {
		return false
	}
	vain := delay > 0.8*r.delay
	r.open, r.delay, r.looked = open, delay, now
	return vain
}

// turnAway reports whether anybody may be turned away: not for a while after it was in vain.
func (s *press) turnAway(now time.Time, vain bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if vain && now.After(s.vain) {
		s.vain = now.Add(vainFor)
	}
	return !now.Before(s.vain)
}

// staying is how much of a person's patience may be foretold before they are turned
// away.
func (x *exchange) staying(now time.Time) float64 {
	if x.g.options.Rank != nil {
		switch n := x.g.options.Rank(x.r); {
		case n > 0:
			return 1.6 // better late than never
		case n < 0:
			return 0.8
		}
	}
	var h maphash.Hash
	h.SetSeed(x.g.seed)
	ip := x.client.As16()
	_, _ = h.Write(ip[:])
	_, _ = h.WriteString(x.r.UserAgent())
	_, _ = h.WriteString(strconv.FormatInt(now.Unix()/60, 36)) // not the same people for ever
	return 0.88 + 0.1*float64(h.Sum64()>>11)/(1<<53)
}

// turnAway tells a person honestly that there are too many, or gives what is stored.
func (x *exchange) turnAway() {
	x.record.Shed = true
	if x.stored.canStale {
		x.record.Mask = experience.Stale
		x.giveEntry(x.stored.entry, "stale")
		x.finish(nil)
		return
	}
	x.crowd = true
	x.giveUp()
}

// crowdStatus is what people are answered who are turned away.
const crowdStatus = http.StatusServiceUnavailable
