package gateway

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// Drill says how one backend is broken on purpose, to see whether anybody feels it. What
// is broken is what the gateway sees of it: the backend itself knows nothing.
type Drill struct {
	Backend string        `json:"backend"` // its name: host:port
	Fault   string        `json:"fault"`   // Refused, ServerError, Silent
	Share   float64       `json:"share"`   // of what it is asked, 0 to 1
	For     time.Duration `json:"-"`
}

// MaxDrill is how long a drill may last.
const MaxDrill = time.Hour

// DrillFaults are the ways in which a backend can be broken on purpose.
func DrillFaults() []string { return []string{Refused, ServerError, Silent} }

// Validate reports every mistake in d at once, each with its fix.
func (d Drill) Validate() error {
	var errs []error
	if d.Backend == "" {
		errs = append(errs, errors.New("no backend is named (fix: name one as it stands in /api/v1/gateway, such as 10.0.0.1:80)"))
	}
	if !slices.Contains(DrillFaults(), d.Fault) {
		errs = append(errs, fmt.Errorf("fault %q cannot be played (fix: write one of %s)", d.Fault, strings.Join(DrillFaults(), ", ")))
	}
	if d.Share <= 0 || d.Share > 1 {
		errs = append(errs, fmt.Errorf("share %v: must be above 0 and at most 1 (fix: write 1 for all of it)", d.Share))
	}
	if d.For <= 0 || d.For > MaxDrill {
		errs = append(errs, fmt.Errorf("%v is no time for a drill (fix: write 30s; at most %v)", d.For, MaxDrill))
	}
	return errors.Join(errs...)
}

// DrillReport is how a drill was, or is until now.
type DrillReport struct {
	Drill
	From     time.Time        `json:"from"`
	To       time.Time        `json:"to"`       // zero: it goes on
	Broken   int64            `json:"broken"`   // attempts that were made to fail
	Requests int64            `json:"requests"` // of people, of which one or more attempts were
	Masked   int64            `json:"masked"`   // of those: nobody felt it
	Felt     int64            `json:"felt"`     // of those: somebody did
	By       map[string]int64 `json:"by"`       // masked, by how
	CostMS   int64            `json:"cost_ms"`  // that hiding it cost people
	WorstMS  int64            `json:"worst_ms"` // that it cost one of them
	Stopped  string           `json:"stopped"`  // why it ended early; "": it did not
}

// drills is the drill that is on, and what became of the last.
type drills struct {
	mu     sync.Mutex
	on     *backend
	report DrillReport
	timer  *time.Timer
}

// broken is how a backend is being broken.
type broken struct {
	what  string
	share float64
}

// drillMark stands before faults that were made on purpose.
const drillMark = "drill: "

// quietFor is how long nothing may have gone wrong before a drill.
const quietFor = 10 * time.Second

// ErrNotQuiet is the answer to a drill at a bad time.
var ErrNotQuiet = errors.New("this is no quiet time for a drill")

// StartDrill breaks a backend on purpose. It does so only while all others of its pool are
// well and there is one, nothing was felt lately and no other drill is on.
func (g *Gateway) StartDrill(d Drill) error {
	if err := d.Validate(); err != nil {
		return err
	}
	now := time.Now()
	b, err := g.drillable(d.Backend, now)
	if err != nil {
		return err
	}
	g.drills.mu.Lock()
	defer g.drills.mu.Unlock()
	if g.drills.on != nil {
		return fmt.Errorf("%w: another one is on, with %s", ErrNotQuiet, g.drills.report.Backend)
	}
	g.drills.on = b
	g.drills.report = DrillReport{Drill: d, From: now, By: map[string]int64{}}
	b.broken.Store(&broken{d.Fault, d.Share})
	g.drills.timer = time.AfterFunc(d.For, func() { g.endDrill(b, "") })
	g.options.Log.Warn("a drill has begun", "backend", b.name, "fault", d.Fault, "share", d.Share, "for", d.For)
	return nil
}

// drillable returns the backend of this name if it may be broken now.
func (g *Gateway) drillable(name string, now time.Time) (*backend, error) {
	g.counts.mu.Lock()
	felt := g.counts.lastFelt
	g.counts.mu.Unlock()
	if now.Sub(felt) < quietFor {
		return nil, fmt.Errorf("%w: somebody felt a fault %v ago", ErrNotQuiet, now.Sub(felt).Round(time.Second))
	}
	var names []string
	for _, p := range g.pools {
		list := p.all()
		for _, b := range list {
			names = append(names, b.name)
			if b.name != name {
				continue
			}
			if len(list) < 2 {
				return nil, fmt.Errorf("%w: %s is the only backend of its pool", ErrNotQuiet, name)
			}
			for _, other := range list {
				if why := other.unquiet(now); other != b && why != "" {
					return nil, fmt.Errorf("%w: backend %s %s", ErrNotQuiet, other.name, why)
				}
			}
			return b, nil
		}
	}
	return nil, fmt.Errorf("there is no backend %q (fix: name one of %s)", name, strings.Join(names, ", "))
}

// unquiet returns why nothing may rest on b now; "": it may.
func (b *backend) unquiet(now time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.stateAt(now) != well:
		return "is not well"
	case !b.lastFault.IsZero() && now.Sub(b.lastFault) < quietFor:
		return "failed a moment ago: " + b.latest
	}
	return ""
}

// StopDrill ends the drill that is on, if one is.
func (g *Gateway) StopDrill() {
	g.drills.mu.Lock()
	b := g.drills.on
	g.drills.mu.Unlock()
	if b != nil {
		g.endDrill(b, "it was stopped")
	}
}

// DrillReport returns how the last drill was, or the one that is on is; false when there
// was none.
func (g *Gateway) DrillReport() (DrillReport, bool) {
	g.drills.mu.Lock()
	defer g.drills.mu.Unlock()
	r := g.drills.report
	r.By = maps.Clone(r.By)
	return r, !r.From.IsZero()
}

// endDrill mends b. What was asked before may still come to its end.
func (g *Gateway) endDrill(b *backend, why string) {
	g.drills.mu.Lock()
	defer g.drills.mu.Unlock()
	if g.drills.on != b {
		return
	}
	b.broken.Store(nil)
	g.drills.on = nil
	g.drills.timer.Stop()
	g.drills.report.To, g.drills.report.Stopped = time.Now(), why
	g.options.Log.Warn("a drill has ended", "backend", b.name, "felt", g.drills.report.Felt, "masked", g.drills.report.Masked, "why", why)
}

// drill breaks an attempt if its backend is to be broken; nil: it is not. Never so that
// an order could be lost: what may not be asked twice is only refused.
func (x *exchange) drill(a *attempt) *outcome {
	d := a.b.broken.Load()
	if d == nil || rand.Float64() >= d.share || !x.repeatable && d.what != Refused {
		return nil
	}
	x.g.drills.mu.Lock()
	x.g.drills.report.Broken++
	x.g.drills.mu.Unlock()
	a.drilled.Store(true)
	o := &outcome{attempt: a, verdict: failed, what: d.what, unsent: true, err: errors.New("a drill")}
	if d.what == Silent {
		<-a.context().Done()
	}
	return o
}

// drilled notes how an exchange was that a drill concerned. Whoever feels it ends it.
func (g *Gateway) drilled(e *Exchange, bad bool) {
	if !slices.ContainsFunc(e.Faults, func(f Fault) bool { return strings.HasPrefix(f.What, drillMark) }) {
		return
	}
	g.drills.mu.Lock()
	r, b := &g.drills.report, g.drills.on
	r.Requests++
	if bad || e.Wait > g.patienceOf(e.Pool) {
		r.Felt++
	} else {
		r.Masked++
		r.By[e.Mask.String()]++
		r.CostMS += e.Cost.Milliseconds()
		r.WorstMS = max(r.WorstMS, e.Cost.Milliseconds())
		b = nil
	}
	g.drills.mu.Unlock()
	if b != nil {
		g.endDrill(b, "somebody felt it")
	}
}

func (g *Gateway) patienceOf(name string) time.Duration {
	for _, p := range g.pools {
		if p.Name == name {
			return p.Patience
		}
	}
	return g.options.Patience
}
