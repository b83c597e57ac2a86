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
func (c *crowd) begin(others int) {
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
	}
	d := more + grace + time.Duration(b.open)*time.Millisecond/8 // where nobody knows: fewest first
	return float64(d) * (1 + 20*b.fails.now(now, 0))
}

// press is how crowded a pool is.
type press struct {
	mu     sync.Mutex
	late   time.Time // when a backend was last seen to be late
	shed   time.Time // when a request was last turned away
	looked time.Time
	open   float64   // when turning away began: how many were being answered,
	delay  float64   // and the least delay
	vain   time.Time // until then nobody is turned away: it did not help
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
	least := b.crowd.delay
	b.mu.Unlock()
	if !known || calm+delay <= limit {
		return false
	}
	open := 0
	for _, b := range p.all() {
		open += b.pending()
	}
	return p.press.turnAway(now, float64(open), least)
}

// pending returns how many requests b is answering.
func (b *backend) pending() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}

// turnAway notes that somebody would be turned away. It reports whether that helps: when
// fewer are being answered and it still takes as long, it is not for their number.
func (s *press) turnAway(now time.Time, open, delay float64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.vain) {
		return false
	}
	if now.Sub(s.shed) > 2*crowdFor {
		s.open, s.delay, s.looked = open, delay, now
	}
	s.shed = now
	if open < 0.6*s.open && now.Sub(s.looked) > crowdFor/4 {
		if delay > 0.8*s.delay {
			s.vain = now.Add(vainFor)
			return false
		}
		s.open, s.delay, s.looked = open, delay, now
	}
	return true
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
	return 0.82 + 0.13*float64(h.Sum64()>>11)/(1<<53)
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
