package gateway

import (
	"sync"
	"sync/atomic"
	"time"
)

// backend is one address that answers, and what people got from it.
type backend struct {
	name   string // as people call it: host:port
	addr   string // where it is
	scheme string
	host   string // its name for TLS
	site   int
	engine engine
	second atomic.Bool            // it speaks HTTP/2 only
	broken atomic.Pointer[broken] // on purpose; nil: it is not

	mu        sync.Mutex
	first     *attempt // the oldest that is open
	last      *attempt
	open      int
	slow      fading // how much longer it takes than usual; 1 is usual
	fails     fading // share of answers that were faults
	crowd     crowd
	relief    relief
	streak    int // faults one after another
	lastFault time.Time
	lastGood  time.Time
	canary    bool // one is on its way to see whether it is well again
	better    bool // the last that looked found it well: one after the other looks again
	answers   int64
	faults    map[string]int64
	latest    string
	recent    recent
	took      histogram // good answers
}

// slowMost is how much slower than usual one answer can tell that a backend is: one in ten
// may honestly take long.
const slowMost = 8

// illFrom is how many faults one after another make a backend ill.
const illFrom = 2

// proven is the share of faults, as it is remembered, from which on a backend that was ill is
// well again: after some twenty good answers.
const proven = 0.1

const grace = 5 * time.Millisecond // nobody feels it: answers are not called slow for less

// class says how much a backend is preferred: the lower the better. None is ever banned.
type class int

const (
	well   class = iota
	untold       // it was ill: one may see whether it is well
	ill
)

// start notes that a is open.
func (b *backend) start(a *attempt) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.prev = b.last; b.last != nil {
		b.last.next = a
	} else {
		b.first = a
	}
	b.last = a
	a.others = b.open
	delay, _ := b.crowd.foretold(a.started, float64(b.open))
	a.due = a.calm + delay
	b.crowd.begin(a.started, b.open)
	b.open++
	if b.stateAt(a.started) != well {
		a.canary, b.canary = true, true
	}
}

// end notes that a is no longer open, or nobody waits for it.
func (b *backend) end(a *attempt) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.ended {
		return
	}
	a.ended = true
	if a.prev != nil {
		a.prev.next = a.next
	} else {
		b.first = a.next
	}
	if a.next != nil {
		a.next.prev = a.prev
	} else {
		b.last = a.prev
	}
	a.prev, a.next = nil, nil
	b.open--
	if a.canary {
		b.canary = false
	}
}

// ratio returns how much longer d is than usual.
func ratio(d, usual time.Duration) float64 {
	return float64(d+grace) / float64(usual+grace)
}

// good notes a good answer of a after d. It returns how much later than in calm times
// answers come.
func (b *backend) good(now time.Time, a *attempt, d time.Duration) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answers++
	b.took.add(d)
	b.lastGood = now
	b.slow.add(now, min(ratio(d, a.usual), slowMost), 0.25, 1)
	b.fails.add(now, 0, 0.1, 0)
	if b.better = b.streak >= illFrom && b.fails.now(now, 0) > proven; !b.better {
		b.streak = 0
	}
	b.crowd.answer(now, d-a.calm, a.others)
	return time.Duration(b.crowd.delay * float64(time.Millisecond))
}

// fault notes that something was wrong.
func (b *backend) fault(now time.Time, what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.streak++
	b.better = false
	b.lastFault = now
	b.latest = what
	b.recent.add(now, what)
	b.fails.add(now, 1, 0.3, 0)
	b.tally(what)
}

// count counts a fault that says nothing new of b.
func (b *backend) count(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tally(what)
}

// tally is called with the lock.
func (b *backend) tally(what string) {
	if b.faults == nil {
		b.faults = map[string]int64{}
	}
	b.faults[what]++
}

// forgive takes back a fault that was none: every backend says the same.
func (b *backend) forgive(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.streak = max(b.streak-1, 0)
	b.fails.value /= 2
	if b.faults[what] > 0 {
		b.faults[what]--
	}
}

// silent notes that an attempt was given up after d because another had answered. A fault
// of it is no reason to leave b, which may only have been slow once, but what may not be
// asked twice goes elsewhere for a while. Counted: it is not heard what becomes of it.
func (b *backend) silent(now time.Time, a *attempt, longer, counted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if longer {
		b.lastFault, b.latest = now, Silent
		b.recent.add(now, Silent)
	}
	if longer && counted {
		b.tally(Silent)
	}
	if a.canary && !b.better { // it is not well yet
		b.streak++
		b.lastFault = now
	}
	b.slow.add(now, ratio(now.Sub(a.started), a.usual), 0.25, 1)
}

// stateAt is called with the lock.
func (b *backend) stateAt(now time.Time) class {
	switch {
	case b.streak < illFrom:
		return well
	case b.better:
		return untold
	}
	rest := min(250*time.Millisecond<<min(b.streak-illFrom, 5), 4*time.Second)
	if now.Sub(b.lastFault) < rest || b.canary {
		return ill
	}
	return untold
}

// score returns how much b is preferred: the class first, then the lower number.
func (b *backend) score(now time.Time) (class, float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	slow := b.slow.now(now, 1)
	if a := b.first; a != nil {
		if age := now.Sub(a.started); age > a.usual {
			slow = max(slow, ratio(age, a.usual))
		}
	}
	return b.stateAt(now), slow * float64(b.open+1) * (1 + 20*b.fails.now(now, 0))
}

// muteAt reports, with the lock, whether b owes answers, and has given no good one for
// longer than within.
func (b *backend) muteAt(now time.Time, within time.Duration) bool {
	a := b.first
	if a == nil {
		return false
	}
	since := a.started
	if b.lastGood.After(since) {
		since = b.lastGood
	}
	return now.Sub(since) > max(2*a.usual, within)
}

// perhapsBack lets b be asked at once, as others of its kind are back that were gone: if it
// is not there it refuses, which burdens nobody.
func (b *backend) perhapsBack() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.latest == Refused {
		b.streak = min(b.streak, 1)
	}
}

// roomy reports whether b could answer soon if it were asked now.
func (b *backend) roomy(now time.Time, within time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stateAt(now) == ill {
		return false
	}
	if a := b.first; a != nil && now.Sub(a.started) > max(2*a.usual, within) && b.lastGood.Before(a.started) {
		return false // nothing good has come since
	}
	return b.slow.now(now, 1) < 3
}

// prompt reports whether b would answer within a time in spite of those that are before,
// beyond what the answer takes in calm times.
func (b *backend) prompt(now time.Time, within time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stateAt(now) == ill {
		return false
	}
	if a := b.first; a != nil && now.Sub(a.started) > max(2*a.due, within/4) && b.lastGood.Before(a.started) {
		return false // nothing good has come since
	}
	delay, _ := b.crowd.foretold(now, float64(b.open))
	return delay < within
}

// mayTry reports whether nobody looks whether b is well again.
func (b *backend) mayTry() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.canary
}

// goodSince reports whether b has answered well since t.
func (b *backend) goodSince(t time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lastGood.After(t)
}

// absent reports whether b was not there when it was asked last: to ask again burdens nobody.
func (b *backend) absent() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.latest == Refused
}

// calm reports whether what may not be asked twice is safe with b: its last answer was
// good, and nothing went wrong lately.
func (b *backend) calm(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lastFault.IsZero() {
		return true
	}
	rest := min(2*time.Second<<min(b.streak, 3), 10*time.Second)
	return b.lastGood.After(b.lastFault) && now.Sub(b.lastFault) > rest
}

// quiet reports whether nothing of b has been open much longer than usual.
func (b *backend) quiet(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.first
	return a == nil || now.Sub(a.started) < 3*a.usual+20*time.Millisecond
}
