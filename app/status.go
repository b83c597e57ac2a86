package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/status"
	"github.com/honderd/honderd/view"
)

// boardEvery is how often it is looked what the public is to be told: incidents are opened
// every incidentsEvery, so that the page says so within seconds.
const boardEvery = 3 * time.Second

// maxLogo is how large the logo of a page may be, in bytes.
const maxLogo = 256 << 10

// publisher keeps what the public is told.
type publisher struct {
	server  *Server
	options status.Options

	copied time.Time

	mu       sync.Mutex
	board    status.Board
	journeys map[string][]string           // of each incident: where people were hurt, as was known last
	versions map[string][]incidentWordSaid // of the words that were said anew, all versions
}

// incidentWordSaid is one version of a word.
type incidentWordSaid struct {
	version uint64
	word    incident.Word
}

func newPublisher(s *Server) (*publisher, error) {
	p := &publisher{server: s, journeys: map[string][]string{}, versions: map[string][]incidentWordSaid{}}
	zone, err := s.config.Location()
	if err != nil {
		return nil, err
	}
	if p.options, err = statusOptions(s.config, zone, s.log); err != nil {
		return nil, err
	}
	p.options.Board = p.now
	p.options.Refuse = func(why string) { s.drops.add("status", inRequests, why, 1, true) }
	p.board = status.Board{Made: time.Now(), Public: view.Public{AsOf: time.Now()}} // nothing is known yet
	return p, nil
}

// now returns what the public is told.
func (p *publisher) now() status.Board {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.board
}

// run keeps the board up to date until ctx ends.
func (p *publisher) run(ctx context.Context) {
	tick := time.NewTicker(boardEvery)
	defer tick.Stop()
	for {
		p.update(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// update makes the board anew from what the folds know. It reads nothing of the ledger
// but words that were said anew, and does without those while the ledger is away.
func (p *publisher) update(ctx context.Context) {
	s := p.server
	answer, public := s.projector.public()
	board := status.Board{Made: time.Now(), Public: public, Full: s.troubles.full()}
	words := p.words(ctx)
	of := map[string]incident.Record{}
	for _, r := range s.incidents() {
		of[r.ID] = r
	}
	for _, w := range incident.Merge(s.incidents(), s.aboutIncidents()) {
		one := status.Incident{Record: w.Record, Words: words[w.ID], Journeys: slices.Clone(p.where(of[w.ID], answer))}
		one.People = view.WholePeople(answer, w)
		for _, r := range w.Parts {
			one.Parts, one.Words = append(one.Parts, r.ID), append(slices.Clone(one.Words), words[r.ID]...)
			for _, journey := range p.where(r, answer) {
				if !slices.Contains(one.Journeys, journey) {
					one.Journeys = append(one.Journeys, journey)
				}
			}
		}
		board.Incidents = append(board.Incidents, one)
	}
	board.Planned = saidOf[incident.Planned](s, incident.KindPlanned)
	p.mu.Lock()
	p.board = board
	p.mu.Unlock()
	if to := s.config.Status.Copy; to != "" && time.Since(p.copied) >= copyEvery {
		p.copied = time.Now()
		s.troubles.set(copyName, status.WriteCopy(p.options, to))
	}
}

// copyEvery is how often a copy of the public page is written.
const copyEvery = 30 * time.Second

// copyName is what troubles with it are kept under.
const copyName = "copy of the public page"

// where returns in which journeys an incident hurt people, most first. What the folds do
// not look into any more is as it was known last.
func (p *publisher) where(r incident.Record, a view.Answer) []string {
	for _, one := range a.Incidents {
		if !one.From.Before(r.To) || !r.From.Before(one.To) || len(one.Journeys) == 0 {
			continue
		}
		var names []string
		for _, j := range one.Journeys {
			names = append(names, j.Name)
		}
		p.journeys[r.ID] = names
	}
	return p.journeys[r.ID]
}

// words returns what was said of each incident, every version of it, by incident.
func (p *publisher) words(ctx context.Context) map[string][]status.Word {
	by := map[string][]status.Word{}
	for _, one := range p.server.projector.said(incident.KindWord) {
		var w incident.Word
		if json.Unmarshal(one.Body, &w) != nil {
			continue
		}
		if w.At.IsZero() {
			w.At = one.First
		}
		if one.Version > 1 {
			for _, v := range p.earlier(ctx, one.Key, one.Version) {
				by[w.Incident] = append(by[w.Incident], status.Word{Word: v.word, Key: one.Key, Version: v.version})
			}
		}
		by[w.Incident] = append(by[w.Incident], status.Word{Word: w, Key: one.Key, Version: one.Version})
	}
	return by
}

// earlier returns the versions of a word before its newest: history is not edited away.
func (p *publisher) earlier(ctx context.Context, key string, newest uint64) []incidentWordSaid {
	if known := p.versions[key]; len(known) > 0 && known[len(known)-1].version == newest-1 {
		return known
	}
	facts, ok := p.server.ledger.(ledger.Facts)
	if !ok {
		return p.versions[key]
	}
	all, err := facts.Versions(ctx, incident.KindWord, key)
	if err != nil {
		return p.versions[key]
	}
	var list []incidentWordSaid
	for _, f := range all {
		var w incident.Word
		if f.Version < newest && json.Unmarshal(f.Body, &w) == nil {
			if w.At.IsZero() {
				w.At = f.Time
			}
			list = append(list, incidentWordSaid{f.Version, w})
		}
	}
	p.versions[key] = list
	return list
}

// statusOptions returns what c says of the public page.
func statusOptions(c config.Config, zone *time.Location, log *slog.Logger) (status.Options, error) {
	tongue, _ := look.ParseTongue(c.Language)
	o := status.Options{URL: publicURL(c), Zone: zone, Tongue: tongue, Log: log}
	for _, p := range c.Status.Pages {
		page := status.Page{Name: p.Name, Hosts: p.Hosts, Title: p.Title}
		for _, code := range p.Languages {
			if t, ok := look.ParseTongue(code); ok {
				page.Tongues = append(page.Tongues, t)
			}
		}
		for _, one := range p.Components {
			page.Components = append(page.Components, status.Shown{Name: one.Name, Journey: one.Journey})
		}
		if p.Logo != "" {
			logo, err := os.ReadFile(p.Logo)
			if err != nil {
				return o, fmt.Errorf("logo of the status page %q: %w (fix: write the path of an image)", p.Name, err)
			}
			if len(logo) > maxLogo {
				return o, fmt.Errorf("logo %s has %d bytes, %d is the most (fix: choose a smaller image)", p.Logo, len(logo), maxLogo)
			}
			page.Logo = logo
		}
		o.Pages = append(o.Pages, page)
	}
	return o, nil
}

// publicURL returns where the public finds the page.
func publicURL(c config.Config) string {
	if c.Status.URL != "" {
		return c.Status.URL
	}
	if c.Accounts.URL != "" && c.Status.Listen == "" {
		return c.Accounts.URL
	}
	address := c.Listen
	if c.Status.Listen != "" {
		address = c.Status.Listen
	}
	if host, port, err := net.SplitHostPort(address); err == nil && host == "" {
		address = "localhost:" + port
	}
	return "http://" + address
}

// withStatus returns pages with the public page among them: at its paths, and alone where
// it has a name of its own.
func withStatus(pages, public http.Handler, of []status.Page) http.Handler {
	mux := http.NewServeMux()
	for _, path := range status.Paths() {
		mux.Handle(path, public)
	}
	mux.Handle("/", pages)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status.Host(of, r.Host) {
			public.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// servePublic serves the public page alone, where status.listen says, until ctx ends.
func (s *Server) servePublic(ctx context.Context, o status.Options) error {
	o.Root = true
	server := &http.Server{
		Handler: status.New(o), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	stop := context.AfterFunc(ctx, func() {
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if server.Shutdown(wait) != nil {
			_ = server.Close() // what is left of it
		}
	})
	defer stop()
	if err := server.Serve(s.publicListener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the public page: %w", err)
	}
	return nil
}

// PublicAddress returns where the public page alone is, "" when it is with the dashboard.
func (s *Server) PublicAddress() string {
	if s.publicListener == nil {
		return ""
	}
	return strings.TrimSpace(s.publicListener.Addr().String())
}
