package kube

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// What happened to one thing.
const (
	Added    = "ADDED"
	Modified = "MODIFIED"
	Deleted  = "DELETED"
)

// Watch is what is followed.
type Watch struct {
	Path  string // /apis/apps/v1/deployments
	Query url.Values

	// All is given all there is, at first and whenever it is not known what has changed.
	All func(items []json.RawMessage)
	// One is given each thing that changes after that.
	One func(event string, object json.RawMessage)
	// Trouble is told when nothing is heard, each time another way; nil: it is over.
	Trouble func(err error)
}

// How a watch goes on.
const (
	watchFor  = 5 * time.Minute // then the API ends it, and it goes on from where it was
	firstWait = time.Second
	lastWait  = time.Minute
	seldom    = 30 * time.Minute // between two looks for a kind that the cluster does not have
	maxEvent  = 8 << 20          // bytes of one event
)

// Follow lists and watches until ctx is done. A watch that ends goes on from the version
// that was seen last; when that is too old, all is listed anew. After failures it waits, at
// first a second and at most a minute, never as long as others do.
func (c *Client) Follow(ctx context.Context, w Watch) {
	version, wait, trouble := "", firstWait, ""
	for ctx.Err() == nil {
		var err error
		began := time.Now()
		if version == "" {
			var items []json.RawMessage
			if items, version, err = c.List(ctx, w.Path, w.Query); err == nil {
				w.All(items)
			}
		}
		if err == nil {
			if trouble != "" {
				trouble = ""
				w.Trouble(nil)
			}
			version, err = c.watch(ctx, w, version)
		}
		switch {
		case ctx.Err() != nil:
			return
		case gone(err):
			version = ""
			if time.Since(began) > lastWait {
				wait = firstWait
			}
		case err == nil:
			wait = firstWait
			if time.Since(began) > firstWait { // an API that ends each watch at once is not asked on and on
				continue
			}
		case err.Error() != trouble:
			trouble = err.Error()
			w.Trouble(err)
		}
		if Missing(err) {
			wait = seldom
		}
		rest(ctx, wait/2+rand.N(wait/2+1))
		wait = min(2*wait, max(lastWait, wait))
	}
}

// rest waits, unless ctx ends.
func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// event is one line of a watch.
type event struct {
	Type   string          `json:"type"`
	Object json.RawMessage `json:"object"`
}

// watch hears what changes after version, and returns up to which it knows. It returns nil
// when the API ended it in good order.
func (c *Client) watch(ctx context.Context, w Watch, version string) (string, error) {
	ctx, stop := context.WithTimeout(ctx, watchFor+patience)
	defer stop()
	q := clone(w.Query)
	q.Set("watch", "1")
	q.Set("allowWatchBookmarks", "true")
	q.Set("resourceVersion", version)
	q.Set("timeoutSeconds", strconv.Itoa(int((watchFor - rand.N(watchFor/5)).Seconds()))) // not all at once
	r, err := c.get(ctx, w.Path, q)
	if err != nil {
		return version, err
	}
	defer r.Body.Close()
	lines := bufio.NewScanner(r.Body)
	lines.Buffer(make([]byte, 0, 64<<10), maxEvent)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return "", fmt.Errorf("the watch of %s cannot be read: %w", w.Path, err)
		}
		if e.Type == "ERROR" {
			var s struct {
				Code int `json:"code"`
			}
			_ = json.Unmarshal(e.Object, &s) // a code of 0 is an error too
			if s.Code == http.StatusGone {
				return "", refused(s.Code, w.Path, e.Object)
			}
			return version, refused(s.Code, w.Path, e.Object)
		}
		var o struct {
			Metadata struct {
				ResourceVersion string `json:"resourceVersion"`
			} `json:"metadata"`
		}
		if err := json.Unmarshal(e.Object, &o); err != nil || o.Metadata.ResourceVersion == "" {
			return "", fmt.Errorf("the watch of %s tells of something without a version", w.Path)
		}
		version = o.Metadata.ResourceVersion
		switch e.Type {
		case Added, Modified, Deleted:
			w.One(e.Type, append(json.RawMessage{}, e.Object...))
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return "", fmt.Errorf("the watch of %s tells of something with more than %d bytes", w.Path, maxEvent)
	case err != nil:
		return version, fmt.Errorf("the watch of %s broke off: %w", w.Path, err)
	}
	return version, nil
}
