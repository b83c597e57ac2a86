// Package backstage reads catalog-info.yaml, by which teams tell Backstage which services
// there are, whose they are and what they need.
package backstage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/outward"
	"github.com/honderd/honderd/service"
)

// Options says what is read, and who is told.
type Options struct {
	From string // a path, or an address

	// Documents reads the documents of a file of YAML.
	Documents func(text []byte) ([]map[string]any, error)
	// Service makes what is said of a service durable before it returns nil. The same may
	// come again.
	Service func(ctx context.Context, e service.Entry) error
	// Known returns the services that this source told of before the start.
	Known func() []service.Entry

	Log *slog.Logger
}

// How often a catalog is read, and how large it may be.
const (
	every   = 5 * time.Minute
	longest = time.Hour
	maxBody = 4 << 20
)

// Source reads one catalog again and again.
type Source struct {
	o      Options
	client *http.Client
	tag    string // ETag of the last answer
	since  string // Last-Modified of it
}

// New returns a Source.
func New(o Options) *Source {
	return &Source{o: o, client: outward.Client(outward.Options{Inside: true})}
}

// Run reads until ctx is done, later after each failure.
func (s *Source) Run(ctx context.Context) {
	failed := 0
	for {
		wait := every
		switch err := s.read(ctx); {
		case ctx.Err() != nil:
			return
		case err != nil:
			failed++
			wait = min(every<<min(failed, 4), longest)
			if failed == 1 {
				s.o.Log.Warn("a catalog is not read: it is tried again", "catalog", s.o.From, "error", err)
			}
		default:
			failed = 0
		}
		timer := time.NewTimer(wait + rand.N(wait/10))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// errSame is the answer when nothing has changed.
var errSame = errors.New("nothing has changed")

// read reads once.
func (s *Source) read(ctx context.Context) error {
	text, keep, err := s.fetch(ctx)
	if errors.Is(err, errSame) {
		return nil
	}
	if err != nil {
		return err
	}
	documents, err := s.o.Documents(text)
	if err != nil {
		return err
	}
	entries := entriesOf(documents, s.o.From)
	here := map[string]bool{}
	for _, e := range entries {
		here[e.Name] = true
	}
	for _, e := range s.o.Known() {
		if e.Where == service.Name(s.o.From) && !here[e.Name] && !e.Gone {
			e.Gone = true
			entries = append(entries, e)
		}
	}
	for _, e := range entries {
		if err := s.o.Service(ctx, e); err != nil {
			return err
		}
	}
	keep()
	return nil
}

// fetch returns the text of the catalog. keep remembers that it was taken.
func (s *Source) fetch(ctx context.Context) (text []byte, keep func(), err error) {
	if !strings.Contains(s.o.From, "://") {
		return s.open()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.o.From, http.NoBody)
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("User-Agent", "Honderd/1.0 (catalog; every 5 minutes)")
	if s.tag != "" {
		r.Header.Set("If-None-Match", s.tag)
	}
	if s.since != "" {
		r.Header.Set("If-Modified-Since", s.since)
	}
	w, err := s.client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer w.Body.Close()
	switch {
	case w.StatusCode == http.StatusNotModified:
		return nil, nil, errSame
	case w.StatusCode != http.StatusOK:
		return nil, nil, fmt.Errorf("it answered %s", w.Status)
	}
	text, err = limited(w.Body)
	tag, since := w.Header.Get("ETag"), w.Header.Get("Last-Modified")
	return text, func() { s.tag, s.since = tag, since }, err
}

// open reads a file.
func (s *Source) open() ([]byte, func(), error) {
	f, err := os.Open(s.o.From)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	text, err := limited(f)
	return text, func() {}, err
}

func limited(from io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxBody+1))
	if err == nil && len(text) > maxBody {
		err = fmt.Errorf("it has more than %d bytes", maxBody)
	}
	return text, err
}
