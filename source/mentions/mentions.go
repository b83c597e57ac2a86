// Package mentions hears what people say in public of a service: on Mastodon, on Bluesky
// and in feeds, such as the reviews of an app. Only what has a word in it that somebody
// named is heard.
package mentions

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/honderd/honderd/internal/outward"
)

// Mention is what somebody said, before anything of who it was is taken out.
type Mention struct {
	ID      string
	Text    string
	Author  string
	At      time.Time
	ReplyTo string
	Source  string
}

// Options says what is heard, and who is told.
type Options struct {
	Words   []string // of which a text has one, as whole words, in whatever case
	Tags    []string // addresses of tags of Mastodon: https://server/tags/name
	Bluesky string   // the address of a Jetstream; "": it is not heard
	Feeds   []string // addresses of RSS or Atom

	// Keep makes a mention durable before it returns nil. The same may come again.
	Keep func(ctx context.Context, m Mention) error
	// Drop counts a mention that is not kept. nil: nobody counts.
	Drop func(why string)

	Log *slog.Logger
}

// Limits of what is heard.
const (
	maxBody = 4 << 20
	recent  = 24 * time.Hour // what is older is no news when we begin
	hourly  = 600            // mentions of one source that are kept in an hour
)

// TooMany is why a mention is not kept.
const TooMany = "more than 600 an hour of one source"

// Source hears what people say.
type Source struct {
	o      Options
	client *http.Client

	mu   sync.Mutex
	hour map[string]*hour // by source
}

// hour counts what was kept in one.
type hour struct {
	from time.Time
	n    int
}

// New returns a Source.
func New(o Options) *Source {
	if o.Drop == nil {
		o.Drop = func(string) {}
	}
	for i, w := range o.Words {
		o.Words[i] = strings.ToLower(strings.TrimSpace(w))
	}
	return &Source{o: o, client: outward.Client(outward.Options{Inside: true}), hour: map[string]*hour{}}
}

// Run hears until ctx is done.
func (s *Source) Run(ctx context.Context) {
	var hearing sync.WaitGroup
	for _, tag := range s.o.Tags {
		hearing.Go(func() { s.again(ctx, tag, tagEvery, (&tagged{source: s, address: tag}).ask) })
	}
	for _, address := range s.o.Feeds {
		hearing.Go(func() { s.again(ctx, address, feedEvery, (&fed{source: s, address: address}).ask) })
	}
	if s.o.Bluesky != "" {
		hearing.Go(func() { s.again(ctx, s.o.Bluesky, skyEvery, (&sky{source: s}).hear) })
	}
	hearing.Wait()
}

// longest is how long is waited after failures at most.
const longest = time.Hour

// again asks again and again until ctx is done, later after each failure, and never sooner
// than it is told.
func (s *Source) again(ctx context.Context, address string, every time.Duration, ask func(context.Context) (later time.Duration, err error)) {
	failed := 0
	for {
		later, err := ask(ctx)
		wait := every
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			failed = 0
		default:
			failed++
			wait = min(every<<min(failed, 6), longest)
			if failed == 1 {
				s.o.Log.Warn("what people say is not heard: it is tried again", "where", address, "error", err)
			}
		}
		wait = max(wait, min(later, longest))
		timer := time.NewTimer(wait + rand.N(wait/10+1))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// keep keeps a mention, when there is room in this hour.
func (s *Source) keep(ctx context.Context, m Mention) error {
	now := time.Now()
	s.mu.Lock()
	h := s.hour[m.Source]
	if h == nil || now.Sub(h.from) >= time.Hour {
		h = &hour{from: now}
		s.hour[m.Source] = h
	}
	full := h.n >= hourly
	h.n++
	s.mu.Unlock()
	if full {
		s.o.Drop(TooMany)
		return nil
	}
	if m.At.IsZero() || m.At.After(now) {
		m.At = now
	}
	return s.o.Keep(ctx, m)
}

// about reports whether a text has one of the words in it.
func (s *Source) about(text string) bool {
	text = strings.ToLower(text)
	for _, w := range s.o.Words {
		for at := 0; w != ""; {
			i := strings.Index(text[at:], w)
			if i < 0 {
				break
			}
			before, after := text[:at+i], text[at+i+len(w):]
			if !endsInWord(before) && !beginsWithWord(after) {
				return true
			}
			at += i + len(w)
		}
	}
	return false
}

func endsInWord(s string) bool {
	runes := []rune(s[max(0, len(s)-4):])
	return len(runes) > 0 && isWord(runes[len(runes)-1])
}

func beginsWithWord(s string) bool {
	for _, c := range s {
		return isWord(c)
	}
	return false
}

func isWord(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }
