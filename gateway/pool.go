package gateway

import (
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// pool is the backends of a Pool at work.
type pool struct {
	Pool
	names []*name
	*known

	backends atomic.Pointer[[]*backend]

	mu        sync.Mutex
	waiting   []*waiter // who is held, in the order in which they came
	probe     time.Time // when one of them may ask again
	backAt    time.Time // when a backend last answered while people were held
	siteShare float64   // of site 0: how much of the traffic it gets
	siteAt    time.Time // when it was so
}

// known is what a pool has learned. A pool that comes in the place of another of the same
// name takes it over.
type known struct {
	paces  paces
	shapes shapes
	truths truths
	budget budget
	press  press
}

func newKnown() *known {
	k := &known{}
	k.paces.routes, k.shapes.routes, k.truths.routes = map[string]*pace{}, map[string]*shape{}, map[string]truth{}
	return k
}

// all returns the backends there are now.
func (p *pool) all() []*backend { return *p.backends.Load() }

// want says what a backend is looked for.
type want struct {
	tried  tries         // how often each was asked for this request
	once   bool          // it may not be asked twice
	fresh  bool          // only one that was not asked yet
	room   time.Duration // only one that could answer within it; 0: any
	within time.Duration // only one that would, in spite of those before; 0: any
	canary bool          // one that was ill may be tried: there is time to ask another
}

// pick returns the backend that a person is best served by; nil: none is left.
func (p *pool) pick(now time.Time, w want) *backend {
	list := p.all()
	var best *backend
	var least float64
	var rank int
	site := p.site(now, list)
	crowded := p.crowded(now)
	offset := 0
	if len(list) > 1 {
		offset = rand.IntN(len(list))
	}
	for i := range list {
		b := list[(i+offset)%len(list)]
		n := w.tried.of(b)
		if w.fresh && n > 0 || w.room > 0 && !b.roomy(now, w.room) || w.within > 0 && !b.prompt(now, w.within) {
			continue
		}
		c, score := b.score(now)
		if crowded {
			score = b.delay(now)
		}
		r := n*64 + int(c)*8 // first those that were not asked, then the well
		if b.site != site {
			r += 4
		} else if c == untold && w.canary && b.mayTry() && (b.absent() || p.budget.rich(now)) {
			r -= 16 // or it would never be known that it is back
		}
		if w.once {
			switch {
			case !b.calm(now):
				r += 32
			case !b.quiet(now):
				r += 16
			case c == untold:
				r += 8
			}
		}
		if best == nil || r < rank || r == rank && score < least {
			best, least, rank = b, score, r
		}
	}
	return best
}

// allIll reports whether every backend of p answers, and fails: to ask more often would
// only burden them.
func (p *pool) allIll(now time.Time) bool {
	for _, b := range p.all() {
		b.mu.Lock()
		fails := b.streak > 0 && b.stateAt(now) != well && !b.better && b.latest != Refused
		b.mu.Unlock()
		if !fails {
			return false
		}
	}
	return len(p.all()) > 0
}

// comeBack is how long people take to come back to a site that is well again.
const comeBack = 10 * time.Second

// site returns the site that is preferred now. A site of which people would feel the
// faults is left at once, and gets its people back gently.
func (p *pool) site(now time.Time, list []*backend) int {
	sites, worst := 0, 1.0
	for _, b := range list {
		sites = max(sites, b.site)
		if b.site == 0 {
			b.mu.Lock()
			fails := b.fails.now(now, 0)
			if b.stateAt(now) != well && !b.better || b.muteAt(now, p.Patience/4) {
				fails = 1
			}
			b.mu.Unlock()
			worst = min(worst, fails)
		}
	}
	if sites == 0 {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if worst > 0.3 { // the best of them fails
		p.siteShare, p.siteAt = 0.02, now
	}
	share := 1.0
	if !p.siteAt.IsZero() {
		share = p.siteShare + float64(now.Sub(p.siteAt))/float64(comeBack)
	}
	if share < 1 && rand.Float64() > share {
		for s := 1; s <= sites; s++ {
			for _, b := range list {
				if c, _ := b.score(now); b.site == s && c == well {
					return s
				}
			}
		}
	}
	return 0
}

// waiter is one exchange that is held.
type waiter struct {
	on   chan struct{} // closed when it may go on
	left bool          // with the pool's lock: nobody waits any more
}

// hold waits for a backend to come back.
func (p *pool) hold() *waiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := &waiter{on: make(chan struct{})}
	p.waiting = append(p.waiting, w)
	return w
}

// leave ends the wait of w; nil: there is none.
func (p *pool) leave(w *waiter) {
	if w == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w.left = true
}

// backSince reports whether a backend has answered since t.
func (p *pool) backSince(t time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.backAt.After(t)
}

// wakeMost is how many go on with each good answer.
const wakeMost = 4

// probeEvery is how often one of those who are held asks for all.
const probeEvery = 20 * time.Millisecond

// mayProbe reports whether a request that is held may ask again now, in the name of all,
// when nobody has for so much longer than is usual.
func (p *pool) mayProbe(now time.Time, longer time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.probe.Add(longer)) {
		return false
	}
	p.probe = now.Add(probeEvery)
	return true
}

// recovered lets some of those go on who are held: with each good answer more, so that a
// backend that is back is not at once thrown down again by all who waited for it.
func (p *pool) recovered(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		return
	}
	p.backAt = now
	for _, b := range p.all() { // or all would wait for the one that was asked first
		b.perhapsBack()
	}
	n, i := wakeMost, 0
	for ; i < len(p.waiting) && n > 0; i++ {
		if w := p.waiting[i]; !w.left {
			close(w.on)
			n--
		}
		p.waiting[i] = nil
	}
	p.waiting = p.waiting[i:]
	if len(p.waiting) == 0 {
		p.waiting = nil
	}
}

// serves reports whether a request for this host and path is for p, and how well it fits.
func (p *pool) serves(host, path string) (fit int) {
	if p.Path != "" && p.Path != "/" {
		rest, found := strings.CutPrefix(path, strings.TrimSuffix(p.Path, "/"))
		if !found || rest != "" && rest[0] != '/' {
			return -1
		}
		fit = len(p.Path)
	}
	if len(p.Hosts) == 0 {
		return fit
	}
	for _, h := range p.Hosts {
		h = strings.ToLower(h)
		if h == host {
			return fit + 1<<20
		}
		if tail, wild := strings.CutPrefix(h, "*"); wild && strings.HasSuffix(host, tail) {
			return fit + 1<<16 + len(tail)
		}
	}
	return -1
}
