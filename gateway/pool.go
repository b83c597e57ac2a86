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
	names  []*name
	paces  paces
	shapes shapes
	budget budget

	backends atomic.Pointer[[]*backend]

	mu        sync.Mutex
	back      chan struct{} // closed when a backend answers after faults
	probe     time.Time     // when one of them may ask again
	siteShare float64       // of site 0: how much of the traffic it gets
	siteAt    time.Time     // when it was so
}

// all returns the backends there are now.
func (p *pool) all() []*backend { return *p.backends.Load() }

// want says what a backend is looked for.
type want struct {
	tried map[*backend]int // how often each was asked for this request
	once  bool             // it may not be asked twice
	fresh bool             // only one that was not asked yet
}

// pick returns the backend that a person is best served by; nil: none is left.
func (p *pool) pick(now time.Time, w want) *backend {
	list := p.all()
	var best *backend
	var least float64
	var rank int
	site := p.site(now, list)
	offset := 0
	if len(list) > 1 {
		offset = rand.IntN(len(list))
	}
	for i := range list {
		b := list[(i+offset)%len(list)]
		n := w.tried[b]
		if w.fresh && n > 0 {
			continue
		}
		c, score := b.score(now)
		r := n*64 + int(c)*8 // first those that were not asked, then the well
		if b.site != site {
			r += 4
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
			if b.stateAt(now) != well {
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

// hold waits for a backend to come back. The channel is closed then; may reports whether
// this request is the one that asks meanwhile.
func (p *pool) hold() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.back == nil {
		p.back = make(chan struct{})
	}
	return p.back
}

// mayProbe reports whether a request that is held may ask again now, in the name of all.
func (p *pool) mayProbe(now time.Time, pause time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.probe) {
		return false
	}
	p.probe = now.Add(pause)
	return true
}

// recovered wakes all that are held.
func (p *pool) recovered() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.back != nil {
		close(p.back)
		p.back = nil
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
