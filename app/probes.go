package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/fold/checks"
	"github.com/honderd/honderd/internal/route"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/source/probe"
	"github.com/honderd/honderd/source/probe/recorder"
	"github.com/honderd/honderd/source/probe/vantage"
	"github.com/honderd/honderd/view"
)

// probesName is what the probes are called among the sources.
const probesName = "probes"

// How checks wait for the ledger: it is not written for each of them alone.
const (
	checksEvery   = time.Second
	checksAtOnce  = 500
	checksWaiting = 50_000 // more are lost, which is counted
)

// probing is what probes, and keeps what it finds.
type probing struct {
	targets  []probe.Target
	every    map[string]time.Duration
	vantages []string
	prober   *probe.Prober // nil: nothing is probed from here
	door     *vantage.Door // nil: there are no vantage points
	pictures string        // the folder
	ledger   ledger.Ledger
	troubles *troubles
	log      *slog.Logger
	boot     string // of this start: no two blocks share an id

	mu      sync.Mutex
	waiting []checks.Check
	blocks  int
	lost    int64 // no room was left for
	full    chan struct{}
}

// openProbes makes ready all that c wants probed.
func (s *Server) openProbes() error {
	targets, err := s.probeTargets()
	if err != nil {
		return err
	}
	o := s.config.Probes
	p := &probing{
		targets: targets, every: map[string]time.Duration{}, pictures: filepath.Join(s.config.Data, "pictures"),
		ledger: s.ledger, troubles: &s.troubles, log: s.log, full: make(chan struct{}, 1),
	}
	var boot [8]byte
	_, _ = rand.Read(boot[:])
	p.boot = hex.EncodeToString(boot[:])
	recordings := false
	for _, t := range targets {
		p.every[t.Name] = t.Interval
		recordings = recordings || t.Kind == probe.Browser
	}
	options := probe.Options{Seen: p.seen, Limit: o.Limit, Anchors: o.Anchors, Browsers: o.Browsers}
	if recordings {
		player, err := recorder.New(recorder.Options{Browser: o.Browser, Shots: p.pictures, Most: o.Pictures})
		if err != nil {
			s.log.Warn("recordings are not played: their targets are unknown", "error", err)
		} else {
			options.Player = player
		}
	}
	if len(targets) > 0 {
		if p.prober, err = probe.New(targets, options); err != nil {
			return err
		}
	}
	keys := make([]vantage.Key, 0, len(o.Vantages))
	for _, v := range o.Vantages {
		keys = append(keys, vantage.Key{Vantage: v.Name, Key: v.Key})
		p.vantages = append(p.vantages, v.Name)
	}
	if len(keys) > 0 {
		p.door, err = vantage.NewDoor(vantage.DoorOptions{
			Keys: keys, Targets: func(string) []probe.Target { return targets }, Keep: p.keepSent, Busy: isBusy, Patience: s.patience,
			Refuse: func(why string) { s.drops.add(probesName, inRequests, why, 1, true) },
		})
	}
	s.probing = p
	return err
}

// probeTargets returns what is probed: what the configuration names, and what it imports.
// What cannot be imported is said, and costs no other.
func (s *Server) probeTargets() ([]probe.Target, error) {
	o := s.config.Probes
	targets, err := o.All(config.ReadFile)
	if err != nil {
		return nil, err
	}
	if len(o.Import) > 0 {
		more, problems, err := ReadTargets(o.Import, o.Lookup)
		if err != nil {
			return nil, fmt.Errorf("import probes: %w", err)
		}
		for _, p := range problems {
			s.log.Warn("a probe is not taken over as it was", "problem", p.Error())
		}
		targets = append(targets, more...)
	}
	for i := range targets {
		targets[i].Name = string(route.Printable([]byte(targets[i].Name))) // as somebody wrote it, here or for another program
		if targets[i].Interval == 0 {
			targets[i].Interval = probe.DefaultInterval
		}
	}
	return targets, nil
}

// CheckProbes returns what is wrong with the files that the probes of c name.
func CheckProbes(c config.Config) error {
	s := Server{config: c, log: slog.New(slog.DiscardHandler)}
	targets, err := s.probeTargets()
	if err != nil || len(targets) == 0 {
		return err
	}
	_, err = probe.New(targets, probe.Options{Seen: func(context.Context, probe.Result) error { return nil }})
	return err
}

// runProbes probes until ctx is done, and keeps what was found until then.
func (s *Server) runProbes(ctx context.Context) {
	p := s.probing
	if p.prober == nil {
		return
	}
	var probes sync.WaitGroup
	probes.Go(func() {
		if err := p.prober.Run(ctx); err != nil {
			p.log.Error("nothing is probed any more", "error", err)
		}
	})
	p.keep(ctx)
	probes.Wait()
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer stop()
	for p.flush(last) {
	}
}

// seen lets a result wait for the ledger. It never waits itself: a target is asked in its
// time whatever the ledger does.
func (p *probing) seen(_ context.Context, r probe.Result) error {
	c := p.check(&r)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) >= checksWaiting {
		p.lost++
		return nil
	}
	p.waiting = append(p.waiting, c)
	if len(p.waiting) >= checksAtOnce {
		select {
		case p.full <- struct{}{}:
		default: // told already
		}
	}
	return nil
}

// check returns what a result is in the ledger.
func (p *probing) check(r *probe.Result) checks.Check {
	c := checks.Check{
		Target: r.Target, From: r.Vantage, Kind: r.Kind, At: r.At.UnixMilli(), Wait: r.Wait.Microseconds(), Every: p.every[r.Target].Milliseconds(),
		Cause: r.Cause, Why: r.Why, Confirmed: r.Confirmed, Unknown: r.Unknown, Skipped: r.Skipped, Failed: r.Failed, Shot: r.Shot,
	}
	if !r.CertEnds.IsZero() {
		c.CertEnds = r.CertEnds.Unix()
	}
	if r.Vantage != "" {
		c.Shot = "" // it is on that machine
	}
	for _, s := range r.Steps {
		c.Steps = append(c.Steps, checks.Step{Name: s.Name, Status: s.Status, Wait: s.Wait.Microseconds()})
	}
	return c
}

// keep gives the ledger what waits, each second or when there is much.
func (p *probing) keep(ctx context.Context) {
	tick := time.NewTicker(checksEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-p.full:
		case <-ctx.Done():
			return
		}
		for p.flush(ctx) {
		}
	}
}

// flush gives the ledger one block of what waits, and reports whether more waits.
func (p *probing) flush(ctx context.Context) bool {
	p.mu.Lock()
	n := min(len(p.waiting), checksAtOnce)
	block := p.waiting[:n:n]
	id := fmt.Sprintf("checks %s %d", p.boot, p.blocks)
	p.mu.Unlock()
	if n == 0 {
		return false
	}
	err := p.append(ctx, id, block)
	if p.troubles.set(probesName, err) && err != nil && ctx.Err() == nil {
		p.log.Error("the ledger cannot take what probes found: it waits", "error", err)
	}
	if err != nil {
		return false // the same block again in a moment, under the same id
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocks++
	if p.waiting = p.waiting[n:]; len(p.waiting) == 0 {
		p.waiting = nil
	}
	return len(p.waiting) >= checksAtOnce || len(p.waiting) > 0 && ctx.Err() == nil && n == checksAtOnce
}

// append keeps checks as one record. The same id twice keeps them once.
func (p *probing) append(ctx context.Context, id string, list []checks.Check) error {
	data, err := checks.Encode(list)
	if err != nil {
		return err
	}
	if _, err = p.ledger.Append(ctx, checks.Subject, id, data); errors.Is(err, ledger.ErrTwice) {
		return nil
	}
	return err
}

// keepSent keeps what a vantage point sent.
func (p *probing) keepSent(ctx context.Context, _, id string, results []probe.Result) error {
	list := make([]checks.Check, 0, len(results))
	for i := range results {
		list = append(list, p.check(&results[i]))
	}
	return p.append(ctx, "checks from "+id, list)
}

// picture returns a picture of a step that failed.
func (p *probing) picture(name string) ([]byte, bool) {
	if !regexp.MustCompile(`^[0-9]{8}-[0-9]{6}\.[0-9]{6}-[A-Za-z0-9_]*-[0-9]+\.png$`).MatchString(name) {
		return nil, false
	}
	root, err := os.OpenRoot(p.pictures)
	if err != nil {
		return nil, false
	}
	body, err := root.ReadFile(name)
	return body, errors.Join(err, root.Close()) == nil
}

// probePages lets vantage points in.
func (s *Server) probePages(mux *http.ServeMux) {
	if s.probing.door != nil {
		mux.Handle(vantage.TargetsPath, s.probing.door)
		mux.Handle(vantage.ResultsPath, s.probing.door)
	}
}

// probes returns how the targets are, for pages.
func (s *Server) probes() view.Probes {
	p := s.probing
	o := view.ProbeOptions{Now: time.Now(), Vantages: map[string]view.Vantage{}}
	for _, t := range p.targets {
		o.Targets = append(o.Targets, view.ProbeTarget{Name: t.Name, Kind: t.Kind, Every: t.Interval})
	}
	for _, name := range p.vantages {
		o.Vantages[name] = view.Vantage{}
	}
	if p.door != nil {
		for name, v := range p.door.Visits() {
			o.Vantages[name] = view.Vantage{Last: v.Last, Lost: v.Lost, Clock: v.Clock}
		}
		o.Refused = p.door.Refused()
	}
	if p.prober != nil {
		stats := p.prober.Stats()
		o.Runs, o.Late, o.Skipped = stats.Runs, stats.Late, stats.Skipped
	}
	p.mu.Lock()
	o.Lost = p.lost
	p.mu.Unlock()
	return view.NewProbes(s.projector.checks(), o)
}
