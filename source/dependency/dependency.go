// Package dependency asks those on whom we depend how they say they are: their status page
// (Atlassian's JSON) or their feed (RSS, Atom). What they say is theirs: it is shown, and
// believed by nobody.
package dependency

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Every is how often each is asked, when nothing is wrong.
const Every = 5 * time.Minute

// Limits of what is read, and how long is waited after failures.
const (
	maxBody  = 4 << 20
	longest  = 6 * time.Hour
	patience = 20 * time.Second
	most     = 20  // incidents or entries of one
	maxText  = 300 // bytes of a text
	agent    = "Honderd/1.0 (status of dependencies; every 5 minutes)"
)

// Options says who is asked. Exactly one of Statuspage and Feed is given.
type Options struct {
	Name       string
	Statuspage string // the address of the page: https://status.vendor.example
	Feed       string // the address of a feed
}

// Status is how one says that it is.
type Status struct {
	Name      string     `json:"name"`
	State     string     `json:"state"` // none, minor, major, critical, maintenance; "" when it is not known
	Says      string     `json:"says"`
	At        time.Time  `json:"at"` // when it began to say so, as far as we heard
	URL       string     `json:"url"`
	Incidents []Incident `json:"incidents"`
}

// Incident is one thing that it tells of.
type Incident struct {
	Name   string    `json:"name"`
	Impact string    `json:"impact"`
	Status string    `json:"status"`
	From   time.Time `json:"from"`
	URL    string    `json:"url"`
}

// Source asks one of them again and again.
type Source struct {
	o      Options
	client *http.Client
	keep   func(context.Context, Status) error
	log    *slog.Logger
	tag    string // ETag of the last answer
	since  string // Last-Modified of it
}

// New returns a Source. keep makes what is said durable; the same may come again.
func New(o Options, keep func(context.Context, Status) error, log *slog.Logger) *Source {
	return &Source{o: o, client: &http.Client{Timeout: patience}, keep: keep, log: log}
}

// Run asks until ctx is done: spread over the interval, later after each failure, and never
// sooner than it is told.
func (s *Source) Run(ctx context.Context) {
	wait, failed := rand.N(Every/10), 0
	for {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		later, err := s.ask(ctx)
		switch {
		case err == nil:
			wait, failed = Every, 0
		case ctx.Err() != nil:
			return
		default:
			failed++
			wait = min(Every<<min(failed, 6), longest)
			if failed == 1 {
				s.log.Warn("a dependency does not tell how it is", "name", s.o.Name, "error", err)
			}
			if failed == 3 { // what was said before is old by now
				_ = s.keep(ctx, Status{Name: s.o.Name, Says: "its status page cannot be read", At: time.Now().UTC(), URL: s.page(), Incidents: []Incident{}})
			}
		}
		wait = max(wait, min(later, longest))
		wait += rand.N(wait / 10)
	}
}

// page returns where people look.
func (s *Source) page() string {
	if s.o.Feed != "" {
		return s.o.Feed
	}
	return s.o.Statuspage
}

// address returns what is asked.
func (s *Source) address() string {
	if s.o.Feed != "" {
		return s.o.Feed
	}
	return strings.TrimRight(strings.TrimSuffix(s.o.Statuspage, "/api/v2/summary.json"), "/") + "/api/v2/summary.json"
}

// ask asks once. later is how long it asks us to wait.
func (s *Source) ask(ctx context.Context) (later time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address(), nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Accept", "application/json, application/atom+xml, application/rss+xml, text/xml")
	if s.tag != "" {
		r.Header.Set("If-None-Match", s.tag)
	}
	if s.since != "" {
		r.Header.Set("If-Modified-Since", s.since)
	}
	w, err := s.client.Do(r)
	if err != nil {
		return 0, err
	}
	body, err := io.ReadAll(io.LimitReader(w.Body, maxBody+1))
	err = errors.Join(err, w.Body.Close())
	later = wait(w.Header.Get("Retry-After"), time.Now())
	switch {
	case w.StatusCode == http.StatusNotModified:
		return later, nil
	case w.StatusCode != http.StatusOK:
		return later, fmt.Errorf("it answered %s", w.Status)
	case err != nil:
		return later, err
	case len(body) > maxBody:
		return later, fmt.Errorf("its answer has more than %d bytes", maxBody)
	}
	status, err := s.read(body)
	if err != nil {
		return later, err
	}
	if err := s.keep(ctx, status); err != nil {
		return later, err
	}
	s.tag, s.since = w.Header.Get("ETag"), w.Header.Get("Last-Modified")
	return later, nil
}

// wait reads a Retry-After, in seconds or as a date.
func wait(text string, now time.Time) time.Duration {
	if d, err := time.ParseDuration(text + "s"); err == nil && d > 0 {
		return min(d, longest)
	}
	if t, err := http.ParseTime(text); err == nil && t.After(now) {
		return min(t.Sub(now), longest)
	}
	return 0
}

// read reads an answer.
func (s *Source) read(body []byte) (Status, error) {
	status, err := readStatuspage(body)
	if s.o.Feed != "" {
		status, err = readFeed(body)
	}
	status.Name, status.URL = s.o.Name, s.page()
	if status.Incidents == nil {
		status.Incidents = []Incident{}
	}
	for i := range status.Incidents {
		one := &status.Incidents[i]
		one.Name, one.Impact, one.Status, one.From = line(one.Name), line(one.Impact), line(one.Status), one.From.UTC()
		if u, err := url.Parse(one.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || len(one.URL) > 512 {
			one.URL = ""
		}
	}
	status.Says = line(status.Says)
	return status, err
}
