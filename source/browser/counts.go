package browser

import (
	"maps"
	"sync"
)

// counts is what a Door counts beside experiences, since its start.
type counts struct {
	mu      sync.Mutex
	refused map[string]uint64
	reports map[string]uint64
	vitals  map[string]*Rating

	messages, experiences, items, private, again, offline, dropped uint64
}

// Counts is what a Door took and refused since its start.
type Counts struct {
	Messages    uint64            `json:"messages"`    // that were kept
	Items       uint64            `json:"items"`       // in them
	Experiences uint64            `json:"experiences"` // that these gave
	Private     uint64            `json:"private"`     // not looked at: the browser asks for privacy
	Again       uint64            `json:"again"`       // told before
	Offline     uint64            `json:"offline"`     // items of browsers without a network
	Dropped     uint64            `json:"dropped"`     // items for which a browser had no room
	Refused     map[string]uint64 `json:"refused"`     // messages, by reason
	Reports     map[string]uint64 `json:"reports"`     // of browsers themselves, by type
	Vitals      map[string]Rating `json:"vitals"`      // lcp, inp, cls, ttfb
}

// Rating counts pages by what one of their vitals was.
type Rating struct {
	Good  uint64 `json:"good"`
	Fair  uint64 `json:"fair"` // needs improvement
	Poor  uint64 `json:"poor"`
	upTo  float64
	above float64
}

// newRatings returns the vitals and their bounds: web.dev/articles/vitals.
func newRatings() map[string]*Rating {
	return map[string]*Rating{
		"lcp": {upTo: 2500, above: 4000}, "inp": {upTo: 200, above: 500}, "cls": {upTo: 0.1, above: 0.25}, "ttfb": {upTo: 800, above: 1800},
	}
}

// Counts returns what d counted since its start.
func (d *Door) Counts() Counts {
	c := &d.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	a := Counts{
		Messages: c.messages, Items: c.items, Experiences: c.experiences, Private: c.private, Again: c.again, Offline: c.offline, Dropped: c.dropped,
		Refused: maps.Clone(c.refused), Reports: maps.Clone(c.reports), Vitals: map[string]Rating{},
	}
	for name, r := range c.vitals {
		a.Vitals[name] = *r
	}
	return a
}

// add counts one more of n, a field of c.
func (c *counts) add(n *uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n++
}

func (c *counts) drop(n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dropped += n
}

func (c *counts) refuse(why string) { c.up(&c.refused, why) }

func (c *counts) report(kind string) { c.up(&c.reports, kind) }

func (c *counts) up(m *map[string]uint64, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if *m == nil {
		*m = map[string]uint64{}
	}
	(*m)[name]++
}

func (c *counts) keep(b *batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages++
	c.items += uint64(b.Tally.Lines)
	c.experiences += uint64(len(b.Items))
}

// measure counts the vitals of a page.
func (c *counts) measure(v *vitals) {
	if v == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.vitals == nil {
		c.vitals = newRatings()
	}
	for name, value := range map[string]*float64{"lcp": v.LCP, "inp": v.INP, "cls": v.CLS, "ttfb": v.TTFB} {
		if r := c.vitals[name]; value != nil && *value >= 0 {
			r.rate(*value)
		}
	}
}

func (r *Rating) rate(value float64) {
	switch {
	case value <= r.upTo:
		r.Good++
	case value <= r.above:
		r.Fair++
	default:
		r.Poor++
	}
}
