// Package probe asks services by the clock whether they answer as they should: HTTP and
// journeys over it, TCP, TLS, DNS, ICMP, WebSocket, gRPC and recordings in a browser. Probes
// are robots: what they find stands beside what people felt, never inside it.
package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/honderd/honderd/experience"
)

// Agent is the user agent of probes, by which they are known again in logs.
const Agent = "Honderd-Probe/1.0"

// DefaultLimit is how many probes run at one time when nobody says otherwise. Each has a
// connection, and many systems give a program 1,024 files.
const DefaultLimit = 512

// DefaultBrowsers is how many recordings are played at one time when nobody says otherwise.
// An empty one takes some 370 MB, and a core while it starts.
const DefaultBrowsers = 2

// Options says how probes run. Only Seen is required.
type Options struct {
	// Seen takes each result; many may be given at once. A target is not probed again
	// before it returns. When it fails, Run ends with its error.
	Seen func(context.Context, Result) error

	Vantage string // from where is probed: "amsterdam"
	Limit   int    // how many probes run at one time; 0: DefaultLimit

	// Anchors are addresses, as host:port, that can be reached while this machine has a
	// network. Without any, the other targets tell.
	Anchors []string

	Player   Player // plays recordings; nil: they are Unknown
	Browsers int    // how many recordings are played at one time; 0: DefaultBrowsers

	// Dial reaches an address; nil: the network. Pings do not use it.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Result is what one run found.
type Result struct {
	Target    string           `json:"target"`
	Kind      string           `json:"kind"`
	At        time.Time        `json:"at"`      // when it began
	Wait      time.Duration    `json:"wait_ns"` // how long the first try took
	Phases    Phases           `json:"phases"`  // where that time went
	Cause     experience.Cause `json:"cause"`   // Fine: it was good
	Why       string           `json:"why,omitempty"`
	Confirmed bool             `json:"confirmed,omitempty"` // it was bad, and a second try at once was bad too
	Unknown   bool             `json:"unknown,omitempty"`   // the probe itself could not run: Why says more, and Cause nothing
	CertEnds  time.Time        `json:"cert_ends,omitzero"`  // when its certificate ends; zero: none was seen
	Skipped   int64            `json:"skipped,omitempty"`   // runs that were left out since the result before, as the target was still busy
	Failed    string           `json:"failed_at,omitempty"` // the step of a journey that was bad
	Steps     []StepResult     `json:"steps,omitempty"`     // of a journey, in order, as far as it came
	Shot      string           `json:"shot,omitempty"`      // the picture of the step that failed, of Browser
	Vantage   string           `json:"vantage,omitempty"`   // from where
}

// Bad reports whether the target was found bad, confirmed or not.
func (r *Result) Bad() bool { return r.Cause != experience.Fine }

// StepResult is what one step of a journey took.
type StepResult struct {
	Name   string        `json:"name"`
	Status int           `json:"status,omitempty"` // of HTTP; 0: there was no answer
	Wait   time.Duration `json:"wait_ns"`
	Phases Phases        `json:"phases"`
}

// Stats counts what the schedule did since it began.
type Stats struct {
	Runs    int64 // begun
	Late    int64 // of those: begun later than a tenth of their interval after they were due
	Skipped int64 // left out, as the run before was not over or all places were taken
	Bad     int64 // results that were bad
	Unknown int64 // runs that could not be made
}

// Prober probes targets by the clock. New makes one, Run runs it once.
type Prober struct {
	o       Options
	targets []Target
	checks  []checker
	plans   []*schedule // of all but browsers, and of browsers
	sight   *sight
	bad     atomic.Int64
	unknown atomic.Int64
}

// checker is one target, ready to be asked.
type checker interface {
	// check asks once; fresh: over a new connection. It returns in the time of ctx.
	check(ctx context.Context, fresh bool) outcome
	close()
}

// outcome is what one try found.
type outcome struct {
	wait    time.Duration
	phases  Phases
	cause   experience.Cause
	why     string
	unknown bool
	ends    time.Time
	failed  string
	steps   []StepResult
	shot    string
	silent  bool // nobody said no: it may be our own network
}

func (o *outcome) bad() bool { return o.cause != experience.Fine }

// New prepares targets. It reports every mistake in them at once.
func New(targets []Target, o Options) (*Prober, error) {
	var errs []error
	if o.Seen == nil {
		errs = append(errs, errors.New("nobody takes the results (fix: set Options.Seen)"))
	}
	errs = append(errs, o.defaults()...)
	p := &Prober{o: o, sight: newSight(o.Dial, o.Anchors)}
	known := map[string]bool{}
	var plain, browsers plan
	for _, t := range targets {
		t = t.withDefaults()
		i := len(p.targets)
		c, err := prepare(t, p.sight.follow(i, t.Timeout))
		if b, ok := c.(*browserCheck); ok && err == nil {
			err = b.with(t.Name, o.Player)
		}
		if known[t.Name] && t.Name != "" {
			err = errors.Join(err, fmt.Errorf("probe %q: there are two of this name (fix: rename one)", t.Name))
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		known[t.Name] = true
		p.targets, p.checks = append(p.targets, t), append(p.checks, c)
		if t.Kind == Browser {
			browsers.add(i, t)
		} else {
			plain.add(i, t)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	p.plans = []*schedule{plain.schedule(o.Limit, p.run), browsers.schedule(o.Browsers, p.run)}
	return p, nil
}

// defaults fills in what is not said and returns what is wrong.
func (o *Options) defaults() (errs []error) {
	for _, n := range []struct {
		name  string
		n     *int
		other int
	}{{"limit", &o.Limit, DefaultLimit}, {"browsers", &o.Browsers, DefaultBrowsers}} {
		if *n.n < 0 {
			errs = append(errs, fmt.Errorf("%s %d: must not be negative (fix: write 0 for %d)", n.name, *n.n, n.other))
		}
		if *n.n == 0 {
			*n.n = n.other
		}
	}
	for _, anchor := range o.Anchors {
		if _, err := hostPort(anchor, ""); err != nil {
			errs = append(errs, fmt.Errorf("anchor: %w", err))
		}
	}
	return errs
}

// plan is what one schedule runs: which targets, and how often.
type plan struct {
	targets []int
	rhythms []rhythm
}

func (l *plan) add(i int, t Target) {
	l.targets, l.rhythms = append(l.targets, i), append(l.rhythms, rhythm{t.Name, t.Interval})
}

func (l *plan) schedule(limit int, run func(ctx context.Context, i int, skipped int64) error) *schedule {
	targets := l.targets
	return newSchedule(l.rhythms, limit, func(ctx context.Context, i int, skipped int64) error { return run(ctx, targets[i], skipped) })
}

// Run probes until ctx is done, and then returns nil, or until Seen fails. All that it
// began has ended when it returns.
func (p *Prober) Run(ctx context.Context) error {
	defer func() {
		for _, c := range p.checks {
			c.close()
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ends := make(chan error, len(p.plans))
	for _, s := range p.plans {
		go func() { ends <- s.loop(ctx) }()
	}
	var err error
	for range p.plans {
		if one := <-ends; one != nil && err == nil {
			err = one
			cancel()
		}
	}
	return err
}

// Stats returns what was counted so far. It may be called at any time.
func (p *Prober) Stats() Stats {
	all := Stats{Bad: p.bad.Load(), Unknown: p.unknown.Load()}
	for _, s := range p.plans {
		all.Runs += s.runs.Load()
		all.Late += s.late.Load()
		all.Skipped += s.skipped.Load()
	}
	return all
}

// run makes one run of target i and hands on what it found.
func (p *Prober) run(ctx context.Context, i int, skipped int64) error {
	t := &p.targets[i]
	r, silent, ok := result(ctx, t, p.checks[i])
	if !ok {
		return nil // we are stopping: what was cut off says nothing of the target
	}
	if silent && r.Bad() {
		if why := p.sight.blind(ctx, i, r.At); why != "" {
			r.Unknown, r.Cause, r.Confirmed, r.Failed = true, experience.Fine, false, ""
			r.Why = clean("this machine could not probe: " + why + "; " + r.Why)
		} else {
			p.sight.lost(i)
		}
	}
	r.Skipped, r.Vantage = skipped, p.o.Vantage
	if r.Bad() {
		p.bad.Add(1)
	}
	if r.Unknown {
		p.unknown.Add(1)
	}
	return p.o.Seen(ctx, r)
}

// Once probes t one time, now, with its second try.
func Once(ctx context.Context, t Target) (Result, error) {
	t = t.withDefaults()
	c, err := prepare(t, nil)
	if err != nil {
		return Result{}, err
	}
	defer c.close()
	r, _, ok := result(ctx, &t, c)
	if !ok {
		return r, context.Cause(ctx)
	}
	return r, nil
}

// result asks c, and once more over a new connection if it was bad. ok is false when ctx
// was done before that was over, silent when nobody said no.
func result(ctx context.Context, t *Target, c checker) (r Result, silent, ok bool) {
	at := time.Now()
	first := attempt(ctx, t, c, false)
	if ctx.Err() != nil {
		return Result{}, false, false
	}
	r = Result{
		Target: t.Name, Kind: t.Kind, At: at, Wait: first.wait, Phases: first.phases, Cause: first.cause, Why: clean(first.why),
		Unknown: first.unknown, CertEnds: first.ends, Failed: first.failed, Steps: first.steps, Shot: first.shot,
	}
	if !first.bad() {
		return r, false, true
	}
	second := attempt(ctx, t, c, true)
	if ctx.Err() != nil {
		return r, false, true // bad once is bad
	}
	r.Confirmed = second.bad()
	if r.Shot == "" {
		r.Shot = second.shot
	}
	return r, second.silent, true
}

// attempt asks once, within the timeout of t.
func attempt(ctx context.Context, t *Target, c checker, fresh bool) outcome {
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	o := c.check(ctx, fresh)
	if o.unknown {
		o.cause = experience.Fine
		return o
	}
	if !o.bad() && t.Expect.CertFor > 0 {
		o.judgeEnd(t.Expect.CertFor)
	}
	if !o.bad() && t.Expect.Within > 0 && o.wait > t.Expect.Within {
		o.cause, o.why = experience.TooSlow, fmt.Sprintf("it took %v, longer than %v", round(o.wait), t.Expect.Within)
	}
	return o
}

// judgeEnd holds against the target that its certificate ends too soon.
func (o *outcome) judgeEnd(least time.Duration) {
	left := time.Until(o.ends)
	switch {
	case o.ends.IsZero():
		o.cause, o.why = experience.ServerError, "there was no certificate"
	case left < least:
		o.cause = experience.ServerError
		o.why = fmt.Sprintf("its certificate ends on %s, in less than %s", o.ends.UTC().Format(time.DateOnly), formatSpan(least))
	}
}

// round makes d short enough to read.
func round(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(10 * time.Microsecond)
}
