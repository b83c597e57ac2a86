package gateway

import (
	"math"
	"slices"
	"sync"
	"time"
)

// pace is what is known of how long the answers of one route take.
type pace struct {
	ring  [64]float64 // milliseconds
	n     int
	fresh int // since the quantiles were taken
	half  float64
	most  float64
	calm  float64 // half, in calm times: it falls at once, and doubles in a minute at most
	at    time.Time
}

// calmDoubles is how long a route must be slow to be thought slow in calm times too.
const calmDoubles = time.Minute

// add learns from one answer.
func (p *pace) add(now time.Time, ms float64) {
	p.ring[p.n%len(p.ring)] = ms
	p.n++
	if p.fresh++; p.fresh >= 8 || p.n <= 8 {
		p.fresh = 0
		sorted := slices.Clone(p.ring[:min(p.n, len(p.ring))])
		slices.Sort(sorted)
		p.half, p.most = sorted[len(sorted)/2], sorted[len(sorted)*4/5]
		if p.at.IsZero() {
			p.calm = p.half
		}
		p.calm, p.at = min(p.half, (p.calm+0.1)*math.Exp2(float64(now.Sub(p.at))/float64(calmDoubles))), now
	}
}

// maxPaces is how many routes are known apart; the others share one pace.
const maxPaces = 2048

// paces are those of a pool.
type paces struct {
	mu     sync.Mutex
	routes map[string]*pace
	all    pace
}

// learn learns that route was answered after d.
func (p *paces) learn(now time.Time, route string, d time.Duration) {
	ms := float64(d) / float64(time.Millisecond)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all.add(now, ms)
	one := p.routes[route]
	if one == nil {
		if len(p.routes) >= maxPaces {
			return
		}
		one = &pace{}
		p.routes[route] = one
	}
	one.add(now, ms)
}

// of returns how long route usually takes: half of the answers, four of five, and half
// of them in calm times. 0: nobody knows.
func (p *paces) of(route string) (half, most, calm time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.routes[route]
	if one == nil || one.n < 4 {
		one = &p.all
	}
	ms := func(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }
	return ms(one.half), ms(one.most), ms(one.calm)
}

// fadeTau is how long a backend's past counts.
const fadeTau = 3 * time.Second

// fading is an average that forgets with time.
type fading struct {
	value float64
	at    time.Time
}

// now returns the average as it has faded towards rest.
func (f *fading) now(t time.Time, rest float64) float64 {
	if f.at.IsZero() {
		return rest
	}
	d := t.Sub(f.at)
	if d <= 0 {
		return f.value
	}
	return rest + (f.value-rest)*math.Exp(-float64(d)/float64(fadeTau))
}

// add takes a value with this weight.
func (f *fading) add(t time.Time, x, weight, rest float64) {
	v := f.now(t, rest)
	f.value, f.at = v+(x-v)*weight, t
}
