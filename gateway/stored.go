package gateway

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/gateway/cache"
)

// stored is what the cache knows of an exchange.
type stored struct {
	key      string // "": it is not asked
	scheme   string
	entry    *cache.Entry
	asked    bool // with conditions of ours
	canStale bool // the origin allows entry in place of an error
}

// fromStore answers from what is stored, if that may be.
func (x *exchange) fromStore() bool {
	if x.g.store == nil || x.stream {
		return false
	}
	s := &x.stored
	s.scheme = "http"
	if values := x.header["X-Forwarded-Proto"]; len(values) > 0 {
		s.scheme = values[0]
	}
	s.key = cache.Key(x.r, s.scheme) + x.steered()
	if !cache.May(x.r) {
		return false
	}
	now := time.Now()
	plan := x.g.store.Plan(x.r, s.key, now)
	s.entry, s.canStale = plan.Entry, plan.Error && plan.Entry != nil
	switch plan.Use {
	case cache.Fresh:
		x.giveEntry(plan.Entry, "hit")
		return true
	case cache.Old:
		x.giveEntry(plan.Entry, "stale")
		x.renewBehind(plan.Entry)
		return true
	case cache.Refused:
		x.record.Cache = "none"
		x.g.refuse(x.w, x.r, http.StatusGatewayTimeout, "nothing is stored")
		x.record.Status = http.StatusGatewayTimeout
		return true
	case cache.Ask:
		x.record.Cache = "miss"
		if x.method == http.MethodGet {
			s.asked = true
			x.header = plan.Entry.Condition(x.header)
		}
	default:
		x.record.Cache = "miss"
	}
	return false
}

// giveEntry gives what is stored.
func (x *exchange) giveEntry(e *cache.Entry, how string) {
	a := e.Answer(x.r, time.Now())
	copyFields(x.w.Header(), a.Header)
	a.Body = x.inject(a.Status, x.w.Header(), a.Body)
	x.record.Cache, x.record.Status = how, a.Status
	x.explain(nil)
	x.w.WriteHeader(a.Status)
	if x.method != http.MethodHead {
		n, err := x.w.Write(a.Body)
		x.record.Bytes, x.record.Cut = int64(n), err != nil
	}
}

// giveStale gives what is stored in place of an error, with the origin's leave.
func (x *exchange) giveStale() bool {
	if !x.stored.canStale {
		return false
	}
	x.record.Mask = experience.Stale
	x.giveEntry(x.stored.entry, "stale")
	return true
}

// renewed gives what is stored when the backend said that it still holds.
func (x *exchange) renewed(o *outcome, asked time.Time) bool {
	s := &x.stored
	if !s.asked || o.status != http.StatusNotModified || !s.entry.Matches(o.header) {
		return false
	}
	stripHops(o.header)
	e := x.g.store.Renew(s.entry, x.r, o.header, asked, time.Now())
	x.g.buffers.give(o.body)
	x.giveEntry(e, "revalidated")
	return true
}

// keep stores a good answer if it may be, and forgets what a change made wrong.
func (x *exchange) keep(o *outcome, asked time.Time) {
	if x.g.store == nil || x.stored.key == "" {
		return
	}
	if !isFault(o.status) {
		x.g.store.Changed(x.r, x.stored.key, x.stored.scheme, o.status, o.header)
	}
	if o.verdict != good || o.trailer != nil || !cache.May(x.r) {
		return
	}
	stripHops(o.header)
	x.g.store.Keep(x.r, x.stored.key, o.status, o.header, o.body, asked, time.Now())
}

// renewBehind asks for a new answer while the person has the old one.
func (x *exchange) renewBehind(e *cache.Entry) {
	g, key := x.g, x.stored.key
	if _, busy := g.renews.LoadOrStore(key, true); busy || g.over.Load() {
		return
	}
	r := x.r.Clone(context.WithoutCancel(x.r.Context()))
	r.Method = http.MethodGet
	g.behind.Go(func() {
		defer g.renews.Delete(key)
		b := g.newExchange(nobody{h: http.Header{}}, r, x.pool)
		b.header, b.stored = e.Condition(b.header), stored{key: key, scheme: x.stored.scheme, entry: e, asked: true}
		b.unasked = true
		asked := time.Now()
		o := b.race()
		if o == nil || o.verdict > flowing {
			return
		}
		if o.status == http.StatusNotModified && e.Matches(o.header) {
			stripHops(o.header)
			g.store.Renew(e, r, o.header, asked, time.Now())
		} else {
			b.keep(o, asked)
		}
		g.drop(o)
	})
}

// nobody gets what is asked for behind people's backs.
type nobody struct{ h http.Header }

// Header returns fields that nobody reads.
func (n nobody) Header() http.Header { return n.h }

// Write takes what nobody reads.
func (nobody) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader takes a status.
func (nobody) WriteHeader(int) {}

// copyFields copies fields, but those that belong to a connection.
func copyFields(to, from http.Header) {
	maps.Copy(to, from)
	stripHops(to)
}

// strongTag returns the strong validator of an answer, "" if it has none.
func strongTag(h http.Header) string {
	tag := h.Get("Etag")
	if len(tag) < 2 || strings.HasPrefix(tag, "W/") {
		return ""
	}
	return tag
}
