package vantage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/source/probe"
)

// What holds when AgentOptions does not say otherwise.
const (
	DefaultRoom  = 64 << 20
	DefaultFetch = time.Minute
	DefaultSend  = 2 * time.Second
	firstFetch   = 5 * time.Second // while nothing is known of what is probed
	longestWait  = time.Minute     // between two tries to reach the first machine
)

// AgentOptions says where an Agent belongs to. URL, Key and Folder are required.
type AgentOptions struct {
	URL    string // of the first machine: https://status.example.org
	Key    string // of this vantage point
	Folder string // where results wait while the first machine is away
	Room   int64  // how many bytes may wait; 0: DefaultRoom

	Fetch time.Duration // how often targets are fetched; 0: DefaultFetch
	Send  time.Duration // how often results are sent; 0: DefaultSend
	Plain bool          // http:// to another machine is allowed: anybody between reads key and targets

	Probe  probe.Options // how it probes; Seen and Vantage are its own
	Client *http.Client  // nil: one with usual timeouts
	Log    *slog.Logger  // nil: silent
}

// Agent probes from this machine for the first one.
type Agent struct {
	o     AgentOptions
	spool *spool

	mu   sync.Mutex
	name string
	tag  string
}

// AgentStats is what an agent did so far.
type AgentStats struct {
	Vantage string // as which the first machine knows it
	Waiting int64  // results that were not sent yet
	Lost    int64  // results that there was no room for, or that were refused
}

// errRefused is the answer to a batch that is never taken.
var errRefused = errors.New("the first machine does not take it")

// NewAgent returns an Agent, or every mistake in o.
func NewAgent(o AgentOptions) (*Agent, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Room == 0 {
		o.Room = DefaultRoom
	}
	if o.Fetch == 0 {
		o.Fetch = DefaultFetch
	}
	if o.Send == 0 {
		o.Send = DefaultSend
	}
	client := &http.Client{Timeout: time.Minute}
	if o.Client != nil {
		*client = *o.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the key is for nobody else
	o.Client = client
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.URL = strings.TrimRight(o.URL, "/")
	s, err := openSpool(o.Folder, o.Room)
	if err != nil {
		return nil, err
	}
	return &Agent{o: o, spool: s}, nil
}

func (o *AgentOptions) check() error {
	var errs []error
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil:
		errs = append(errs, errors.New("the address of the first machine is none (fix: write one like https://status.example.org)"))
	case u.Scheme == "http" && !o.Plain && !isHere(u.Hostname()):
		errs = append(errs, fmt.Errorf("http://%s is not secure: anybody between reads the key (fix: use https)", u.Host))
	}
	if len(o.Key) < 16 || strings.ContainsAny(o.Key, " \r\n\t") {
		errs = append(errs, errors.New("the key of this vantage point is missing or short (fix: give the one that the first machine has for it)"))
	}
	if o.Folder == "" {
		errs = append(errs, errors.New("there is no folder for results that wait (fix: name one)"))
	}
	if o.Room < 0 || o.Fetch < 0 || o.Send < 0 {
		errs = append(errs, errors.New("room and times must not be negative (fix: write 0 for what is usual)"))
	}
	return errors.Join(errs...)
}

// isHere reports whether host is this machine.
func isHere(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// Stats returns what was done so far. It may be called at any time.
func (a *Agent) Stats() AgentStats {
	a.mu.Lock()
	name := a.name
	a.mu.Unlock()
	waiting, lost := a.spool.counts()
	return AgentStats{name, waiting, lost}
}

// Run probes and sends until ctx is done, then returns nil; or until results cannot be
// kept. What was not sent stays in the folder for the next time.
func (a *Agent) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	defer func() {
		group.Wait()
		if err := a.spool.end(); err != nil {
			a.o.Log.Error("what was found last may be lost", "error", err)
		}
	}()
	group.Go(func() { a.sendAll(ctx) })
	targets := a.remembered()
	for {
		err := a.probe(ctx, targets, &targets)
		if ctx.Err() != nil {
			cancel()
			return nil
		}
		if err != nil {
			cancel()
			return err
		}
	}
}

// probe probes targets until others are fetched, which go to next.
func (a *Agent) probe(ctx context.Context, targets []probe.Target, next *[]probe.Target) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	if p := a.prober(targets); p != nil {
		go func() { ended <- p.Run(ctx) }()
	} else {
		context.AfterFunc(ctx, func() { ended <- nil })
	}
	for wait, again := time.Duration(0), a.o.Fetch; ; wait, again = again, a.o.Fetch {
		select {
		case err := <-ended: // it could not keep a result, or ctx is done
			return err
		case <-time.After(wait):
		}
		fresh, changed, err := a.fetch(ctx)
		if err != nil && ctx.Err() == nil {
			a.o.Log.Warn("the first machine does not say what is probed: it stays as it is", "error", err)
		}
		if err != nil && len(targets) == 0 {
			again = min(a.o.Fetch, firstFetch)
		}
		if changed {
			*next = fresh
			stop()
			return <-ended
		}
	}
}

// prober returns who probes, nil when there is nothing to probe. A target that this
// program does not understand costs no other: the first machine may be newer.
func (a *Agent) prober(targets []probe.Target) *probe.Prober {
	var good []probe.Target
	for _, t := range targets {
		if err := t.Validate(); err != nil {
			a.o.Log.Error("a target is not probed from here", "target", t.Name, "error", err)
			continue
		}
		good = append(good, t)
	}
	if len(good) == 0 {
		return nil
	}
	o := a.o.Probe
	o.Vantage = a.Stats().Vantage
	o.Seen = func(_ context.Context, r probe.Result) error { return a.spool.add(r) }
	p, err := probe.New(good, o)
	if err != nil {
		a.o.Log.Error("nothing is probed from here", "error", err)
		return nil
	}
	a.o.Log.Info("probing", "targets", len(good), "vantage", o.Vantage)
	return p
}

// heard is what the first machine answered.
type heard struct {
	code        int
	status, tag string
	text        []byte
}

// call asks the first machine.
func (a *Agent) call(ctx context.Context, method, path, tag string, body []byte) (heard, error) {
	r, err := http.NewRequestWithContext(ctx, method, a.o.URL+path, bytes.NewReader(body))
	if err != nil {
		return heard{}, err
	}
	r.Header.Set("Authorization", "Bearer "+a.o.Key)
	r.Header.Set("User-Agent", probe.Agent)
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	w, err := a.o.Client.Do(r)
	if err != nil {
		return heard{}, err
	}
	defer w.Body.Close()
	text, err := io.ReadAll(io.LimitReader(w.Body, maxTargets+1))
	if err == nil && len(text) > maxTargets {
		err = errors.New("its answer is too long")
	}
	return heard{w.StatusCode, w.Status, w.Header.Get("ETag"), text}, err
}

// fetch asks what is probed.
func (a *Agent) fetch(ctx context.Context) (targets []probe.Target, changed bool, err error) {
	w, err := a.call(ctx, http.MethodGet, TargetsPath, a.tag, nil)
	switch {
	case err != nil:
		return nil, false, err
	case w.code == http.StatusNotModified:
		return nil, false, nil
	case w.code != http.StatusOK:
		return nil, false, fmt.Errorf("it answered %s%s", w.status, detail(w.text))
	}
	var h handout
	if err := json.Unmarshal(w.text, &h); err != nil {
		return nil, false, fmt.Errorf("its targets cannot be read: %w", err)
	}
	if err := replace(filepath.Join(a.o.Folder, "targets.json"), w.text); err != nil {
		a.o.Log.Warn("what is probed is not known after a restart", "error", err)
	}
	a.mu.Lock()
	a.name = h.Vantage
	a.mu.Unlock()
	a.tag = w.tag
	return h.Targets, true, nil
}

// remembered returns what was probed before a restart: the first machine may be away.
func (a *Agent) remembered() []probe.Target {
	text, err := os.ReadFile(filepath.Join(a.o.Folder, "targets.json"))
	var h handout
	if err != nil || json.Unmarshal(text, &h) != nil {
		return nil
	}
	a.mu.Lock()
	a.name = h.Vantage
	a.mu.Unlock()
	return h.Targets
}

// detail returns what a refusal says.
func detail(text []byte) string {
	var problem struct{ Detail string }
	if json.Unmarshal(text, &problem) != nil || problem.Detail == "" {
		return ""
	}
	return fmt.Sprintf(": %.200s", problem.Detail)
}

// sendAll sends what waits, the oldest first, until ctx is done.
func (a *Agent) sendAll(ctx context.Context) {
	wait, away := a.o.Send, false
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		more, err := a.sendOldest(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if !away {
				a.o.Log.Warn("the first machine takes nothing: results wait on disk", "error", err)
			}
			away = true
			wait = min(max(2*wait, time.Second), longestWait)
		default:
			if away {
				a.o.Log.Info("the first machine is back")
			}
			away, wait = false, a.o.Send
			if more {
				wait = 0
			}
		}
	}
}

// sendOldest sends the oldest batch; more: another one is full.
func (a *Agent) sendOldest(ctx context.Context) (more bool, err error) {
	b, number, ok, err := a.spool.oldest()
	if err != nil || !ok {
		return false, err
	}
	if len(b.Results) > 0 {
		b.Sent = time.Now()
		err = a.send(ctx, b)
	}
	lost := int64(0)
	if errors.Is(err, errRefused) {
		lost = int64(len(b.Results))
		a.o.Log.Error("results are refused, and lost", "results", lost, "error", err)
		err = nil
	}
	if err != nil {
		return false, err
	}
	return a.spool.done(number, lost), nil
}

func (a *Agent) send(ctx context.Context, b batch) error {
	body, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	w, err := a.call(ctx, http.MethodPost, ResultsPath, "", body)
	if err != nil {
		if slow, isNet := errors.AsType[net.Error](err); isNet && slow.Timeout() {
			return errors.New("it does not answer in time")
		}
		return err
	}
	switch w.code {
	case http.StatusOK:
		return nil
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return fmt.Errorf("%w: %s%s", errRefused, w.status, detail(w.text))
	}
	return fmt.Errorf("it answered %s%s", w.status, detail(w.text))
}
