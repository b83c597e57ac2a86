package mentions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/feed"
)

// How often each is asked.
const (
	tagEvery  = time.Minute
	feedEvery = 5 * time.Minute
)

// get asks an address, and returns what it answers, with its header, and how long it asks us
// to wait. An answer that is as it was has no body.
func (s *Source) get(ctx context.Context, address string, head http.Header) (body []byte, of http.Header, later time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, nil, 0, err
	}
	r.Header = head
	r.Header.Set("User-Agent", "Honderd/1.0 (mentions)")
	w, err := s.client.Do(r)
	if err != nil {
		return nil, nil, 0, err
	}
	body, err = io.ReadAll(io.LimitReader(w.Body, maxBody+1))
	err = errors.Join(err, w.Body.Close())
	later = wait(w.Header.Get("Retry-After"), time.Now())
	switch {
	case w.StatusCode == http.StatusNotModified:
		return nil, w.Header, later, nil
	case w.StatusCode != http.StatusOK:
		return nil, w.Header, later, fmt.Errorf("it answered %s", w.Status)
	case len(body) > maxBody:
		return nil, w.Header, later, fmt.Errorf("its answer has more than %d bytes", maxBody)
	}
	return body, w.Header, later, err
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

// tagged hears one tag of a server of Mastodon.
type tagged struct {
	source  *Source
	address string // https://server/tags/name
	newest  string // the ID of the newest that was kept
}

// maxPages is how many pages of a tag are read at once: what is further back comes next time.
const maxPages = 5

// ask reads what came since the last time, the oldest first.
//
// Source: Mastodon, "timelines API methods": GET /api/v1/timelines/tag/:hashtag.
func (t *tagged) ask(ctx context.Context) (later time.Duration, err error) {
	server, tag, _ := strings.Cut(t.address, "/tags/")
	for range maxPages {
		q := url.Values{"limit": {"40"}}
		if t.newest != "" {
			q.Set("min_id", t.newest)
		}
		body, _, later, err := t.source.get(ctx, server+"/api/v1/timelines/tag/"+url.PathEscape(tag)+"?"+q.Encode(), http.Header{"Accept": {"application/json"}})
		if err != nil {
			return later, err
		}
		var list []struct {
			ID        string    `json:"id"`
			CreatedAt time.Time `json:"created_at"`
			Content   string    `json:"content"`
			URI       string    `json:"uri"` // the same on every server
			ReplyTo   string    `json:"in_reply_to_id"`
			Account   struct {
				Acct string `json:"acct"`
			} `json:"account"`
		}
		if err := json.Unmarshal(body, &list); err != nil {
			return later, fmt.Errorf("it is no timeline of Mastodon: %.100s", err.Error())
		}
		begun := t.newest == ""
		for _, one := range slices.Backward(list) { // the newest is the first of a page
			if !begun || time.Since(one.CreatedAt) < recent {
				m := Mention{ID: one.URI, Text: plain(one.Content), Author: one.Account.Acct, At: one.CreatedAt, ReplyTo: one.ReplyTo, Source: "mastodon"}
				if err := t.source.keep(ctx, m); err != nil {
					return later, err
				}
			}
			t.newest = one.ID
		}
		if begun || len(list) == 0 {
			return later, nil
		}
	}
	return later, nil
}

// fed hears one feed.
type fed struct {
	source     *Source
	address    string
	tag, since string
}

// ask reads the feed, unless it is as it was.
func (f *fed) ask(ctx context.Context) (later time.Duration, err error) {
	head := http.Header{"Accept": {"application/atom+xml, application/rss+xml, text/xml"}}
	if f.tag != "" {
		head.Set("If-None-Match", f.tag)
	}
	if f.since != "" {
		head.Set("If-Modified-Since", f.since)
	}
	body, of, later, err := f.source.get(ctx, f.address, head)
	if err != nil || body == nil {
		return later, err
	}
	list, err := feed.Parse(body, 200)
	if err != nil {
		return later, err
	}
	for _, e := range slices.Backward(list) {
		if !e.At.IsZero() && time.Since(e.At) > recent {
			continue
		}
		m := Mention{ID: e.ID, Text: plain(e.Title + ". " + e.Text), At: e.At, Source: "feed"}
		if m.ID == "" {
			m.ID = e.URL + " " + e.Title
		}
		if err := f.source.keep(ctx, m); err != nil {
			return later, err
		}
	}
	f.tag, f.since = of.Get("ETag"), of.Get("Last-Modified")
	return later, nil
}

// plain returns what HTML says, roughly: what is kept is stripped again.
func plain(text string) string {
	var b strings.Builder
	inside := false
	for _, c := range text {
		switch {
		case c == '<':
			inside = true
			b.WriteByte(' ')
		case c == '>':
			inside = false
		case !inside:
			b.WriteRune(c)
		}
	}
	return strings.Join(strings.Fields(html.UnescapeString(b.String())), " ")
}
