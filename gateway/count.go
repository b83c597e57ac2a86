package gateway

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
)

// counts is what has happened since the start.
type counts struct {
	mu       sync.Mutex
	requests int64
	felt     int64 // answers from 500 up, broken off, or given up on
	attempts int64
	cached   int64
	lastFelt time.Time
	shed     int64 // turned away because there were too many
	waited   time.Duration
	cost     time.Duration // of what was masked
	masked   map[maskKey]int64
	took     map[tookKey]*histogram
	refused  map[string]int64
}

type maskKey struct {
	backend, what string
	how           experience.Mask
}

// tookKey tells apart how long requests took.
type tookKey struct {
	pool  string
	class int // of the status: 2 is 2xx
}

func newCounts() *counts {
	return &counts{refused: map[string]int64{}, masked: map[maskKey]int64{}, took: map[tookKey]*histogram{}}
}

func (c *counts) refuse(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused[why]++
}

// count counts an exchange.
func (g *Gateway) count(e *Exchange) {
	c := g.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests++
	c.attempts += int64(e.Attempts)
	c.waited += e.Wait
	if e.Status != http.StatusSwitchingProtocols {
		key := tookKey{e.Pool, e.Status / 100}
		if c.took[key] == nil {
			c.took[key] = &histogram{}
		}
		c.took[key].add(e.Wait)
	}
	if e.Shed {
		c.shed++
	}
	if e.Cache != "" && e.Cache != "miss" {
		c.cached++
	}
	if e.bad() {
		c.felt++
		c.lastFelt = time.Now()
		return
	}
	if e.Mask != experience.Unmasked {
		c.cost += e.Cost
		for _, f := range e.Faults {
			c.masked[maskKey{f.Backend, f.What, e.Mask}]++
		}
		if len(e.Faults) == 0 {
			c.masked[maskKey{how: e.Mask}]++
		}
	}
}

// State is how a Gateway is now.
type State struct {
	Requests int64            `json:"requests"`
	Felt     int64            `json:"felt"` // answers that were felt to be bad
	Masked   int64            `json:"masked"`
	CostMs   int64            `json:"cost_ms"` // that what was masked cost people
	Attempts int64            `json:"attempts"`
	Cached   int64            `json:"cached"`
	Shed     int64            `json:"shed"` // turned away because there were too many
	Sockets  int              `json:"sockets"`
	Masks    []Masked         `json:"masks"`
	Refused  map[string]int64 `json:"refused"`
	Backends []BackendState   `json:"backends"`
}

// Masked is how often one thing was hidden.
type Masked struct {
	Backend string `json:"backend"`
	What    string `json:"what"`
	How     string `json:"how"`
	Count   int64  `json:"count"`
}

// BackendState is how one backend is now.
type BackendState struct {
	Pool    string           `json:"pool"`
	Name    string           `json:"name"`
	Site    int              `json:"site"`
	Owner   string           `json:"owner,omitempty"`
	State   string           `json:"state"` // well, trying, ill
	Score   float64          `json:"score"` // of those in the same state the lowest is asked first
	Room    *int             `json:"room"`  // how many more requests it can take now; null: it was never full
	Open    int              `json:"open"`
	Slow    float64          `json:"slow"`  // 1: as usual
	Fails   float64          `json:"fails"` // share of the latest answers
	Answers int64            `json:"answers"`
	Faults  map[string]int64 `json:"faults"`
	Latest  string           `json:"latest_fault,omitempty"`
	At      *time.Time       `json:"latest_fault_at,omitempty"`
	Recent  []Recent         `json:"recent_faults"` // the newest first

	took histogram
}

// State returns how g is now.
func (g *Gateway) State() State {
	c := g.counts
	c.mu.Lock()
	s := State{Requests: c.requests, Felt: c.felt, CostMs: c.cost.Milliseconds(), Attempts: c.attempts, Cached: c.cached, Shed: c.shed, Refused: maps.Clone(c.refused)}
	for k, n := range c.masked {
		s.Masked += n
		s.Masks = append(s.Masks, Masked{k.backend, k.what, k.how.String(), n})
	}
	c.mu.Unlock()
	slices.SortFunc(s.Masks, func(a, b Masked) int {
		if a.Count != b.Count {
			return int(b.Count - a.Count)
		}
		return strings.Compare(a.Backend+a.What+a.How, b.Backend+b.What+b.How)
	})
	g.mu.Lock()
	s.Sockets = len(g.sockets)
	g.mu.Unlock()
	now := time.Now()
	for _, p := range g.pools {
		for _, b := range p.all() {
			s.Backends = append(s.Backends, b.state(p, now))
		}
	}
	return s
}

func (b *backend) state(p *pool, now time.Time) BackendState {
	_, score := b.score(now)
	_, _, calm := p.paces.of("")
	b.mu.Lock()
	defer b.mu.Unlock()
	s := BackendState{
		Pool: p.Name, Name: b.name, Site: b.site, Owner: p.Owner, State: "well", Score: score, Room: b.room(now, p.Patience, calm), Recent: b.recent.newestFirst(), took: b.took, Open: b.open, Slow: b.slow.now(now, 1),
		Fails: b.fails.now(now, 0), Answers: b.answers, Faults: maps.Clone(b.faults), Latest: b.latest,
	}
	switch b.stateAt(now) {
	case untold:
		s.State = "trying"
	case ill:
		s.State = "ill"
	}
	if !b.lastFault.IsZero() {
		at := b.lastFault
		s.At = &at
	}
	return s
}

// explain says beside the answer where else people may ask, and to those who may know it
// what was done for it.
func (x *exchange) explain(o *outcome) {
	if x.g.options.Announce != nil && x.r.TLS != nil {
		if at := x.g.options.Announce(); at != "" { // and not where a backend itself would be asked
			x.w.Header()["Alt-Svc"] = []string{at}
		}
	}
	if _, asked := x.r.Header["Honderd-Trace"]; !asked || !x.g.trusted(x.r) {
		return
	}
	var b strings.Builder
	backend := "none"
	if o != nil {
		backend = o.b.name
	}
	fmt.Fprintf(&b, "backend=%q; attempts=%d; ms=%.1f", backend, x.attempts, float64(time.Since(x.started))/1e6)
	if x.record.Cache != "" {
		fmt.Fprintf(&b, "; cache=%s", x.record.Cache)
	}
	for _, f := range x.faults {
		fmt.Fprintf(&b, "; fault=%q", fmt.Sprintf("%s %s after %.1f ms", f.Backend, f.What, float64(f.After)/1e6))
	}
	x.w.Header()[http.CanonicalHeaderKey("Honderd-Trace")] = []string{b.String()}
}
