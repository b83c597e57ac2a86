package gateway

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
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
	refused  map[string]int64
}

type maskKey struct {
	backend, what string
	how           experience.Mask
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
	State   string           `json:"state"` // well, trying, ill
	Open    int              `json:"open"`
	Slow    float64          `json:"slow"`  // 1: as usual
	Fails   float64          `json:"fails"` // share of the latest answers
	Answers int64            `json:"answers"`
	Faults  map[string]int64 `json:"faults"`
	Latest  string           `json:"latest_fault,omitempty"`
	At      *time.Time       `json:"latest_fault_at,omitempty"`
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
			s.Backends = append(s.Backends, b.state(p.Name, now))
		}
	}
	return s
}

func (b *backend) state(pool string, now time.Time) BackendState {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := BackendState{
		Pool: pool, Name: b.name, Site: b.site, State: "well", Open: b.open, Slow: b.slow.now(now, 1),
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

// WriteMetrics writes what a scraper of Prometheus reads.
func (g *Gateway) WriteMetrics(w io.Writer) error {
	s := g.State()
	var b strings.Builder
	metric := func(name, kind, help string) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	}
	one := func(name, kind, help string, v float64) {
		metric(name, kind, help)
		fmt.Fprintf(&b, "%s %s\n", name, strconv.FormatFloat(v, 'g', -1, 64))
	}
	one("honderd_gateway_requests_total", "counter", "Requests of people.", float64(s.Requests))
	one("honderd_gateway_felt_total", "counter", "Requests whose answer people felt to be bad.", float64(s.Felt))
	one("honderd_gateway_attempts_total", "counter", "Requests to backends.", float64(s.Attempts))
	one("honderd_gateway_cached_total", "counter", "Requests answered from what was stored.", float64(s.Cached))
	one("honderd_gateway_shed_total", "counter", "Requests that were turned away because there were too many.", float64(s.Shed))
	one("honderd_gateway_masked_cost_seconds_total", "counter", "Time that faults cost people who did not see them.", float64(s.CostMs)/1000)
	one("honderd_gateway_sockets", "gauge", "Open WebSockets.", float64(s.Sockets))
	metric("honderd_gateway_masked_total", "counter", "Faults that people did not feel.")
	for _, m := range s.Masks {
		fmt.Fprintf(&b, "honderd_gateway_masked_total{backend=%q,fault=%q,how=%q} %d\n", m.Backend, m.What, m.How, m.Count)
	}
	metric("honderd_gateway_refused_total", "counter", "Requests that were refused.")
	for _, why := range slices.Sorted(maps.Keys(s.Refused)) {
		fmt.Fprintf(&b, "honderd_gateway_refused_total{reason=%q} %d\n", why, s.Refused[why])
	}
	metric("honderd_gateway_backend_faults_total", "counter", "Faults of a backend.")
	for _, back := range s.Backends {
		for _, what := range slices.Sorted(maps.Keys(back.Faults)) {
			fmt.Fprintf(&b, "honderd_gateway_backend_faults_total{pool=%q,backend=%q,fault=%q} %d\n", back.Pool, back.Name, what, back.Faults[what])
		}
	}
	metric("honderd_gateway_backend_open", "gauge", "Requests that a backend is answering.")
	for _, back := range s.Backends {
		fmt.Fprintf(&b, "honderd_gateway_backend_open{pool=%q,backend=%q} %d\n", back.Pool, back.Name, back.Open)
	}
	_, err := io.WriteString(w, b.String())
	return err
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
