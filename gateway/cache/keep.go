package cache

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Keep stores the answer to r, if it may be. body is copied.
func (s *Store) Keep(r *http.Request, key string, status int, h http.Header, body []byte, asked, came time.Time) {
	says, alone := parseAnswer(h)
	if !mayKeep(r, status, h, says, alone) {
		if r.Method == http.MethodGet && status < 500 && status != http.StatusNotModified && status != http.StatusPartialContent {
			s.forgetVariant(r, key) // what was stored no longer holds
		}
		return
	}
	e := newEntry(key, status, h, asked, came)
	e.Body = append([]byte(nil), body...)
	if !e.setVary(r) {
		return
	}
	s.add(e)
}

func newEntry(key string, status int, h http.Header, asked, came time.Time) *Entry {
	says, alone := parseAnswer(h)
	e := &Entry{Status: status, Header: maps.Clone(h), key: key, came: came, says: says}
	e.age = ageOf(h, asked, came)
	e.fresh, _ = lifetime(h, says, alone)
	e.validate = says.has("no-cache")
	delete(e.Header, "Age")
	return e
}

// setVary notes what of r the answer depends on. It reports false when it depends on
// what nobody knows.
func (e *Entry) setVary(r *http.Request) bool {
	e.vary = map[string]string{}
	for _, line := range e.Header["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			name = http.CanonicalHeaderKey(strings.TrimSpace(name))
			if name == "*" {
				return false
			}
			if name != "" {
				e.vary[name] = joined(r.Header, name)
			}
		}
	}
	return true
}

func (s *Store) forgetVariant(r *http.Request, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, el := range append(s.byKey[key][:0:0], s.byKey[key]...) {
		if e, _ := el.Value.(*Entry); e.fits(r) {
			s.remove(el)
		}
	}
}

// mayKeep reports whether an answer may be stored by a shared cache: RFC 9111, 3. What
// says nothing about it is not stored: nobody asked for that.
func mayKeep(r *http.Request, status int, h http.Header, says directives, alone bool) bool {
	if r.Method != http.MethodGet || status < 200 || status == http.StatusPartialContent || status == http.StatusNotModified {
		return false
	}
	if says.has("must-understand") {
		if !understood(status) {
			return false
		}
	} else if says.has("no-store") {
		return false
	}
	if says.has("private") || parse(r.Header).has("no-store") || len(h["Set-Cookie"]) > 0 {
		return false
	}
	if len(r.Header["Authorization"]) > 0 && !says.has("public", "s-maxage", "must-revalidate") {
		return false
	}
	if len(r.Header["Cookie"]) > 0 && !says.has("public", "s-maxage") {
		return false
	}
	if len(h["Content-Range"]) > 0 {
		return false
	}
	life, explicit := lifetime(h, says, alone)
	if !explicit {
		return false
	}
	_, later := says.seconds("stale-if-error")
	_, behind := says.seconds("stale-while-revalidate")
	return life > 0 || later || behind || hasValidator(h)
}

// understood are the status codes whose meaning is known here.
func understood(status int) bool {
	switch status {
	case 200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501:
		return true
	}
	return false
}

func hasValidator(h http.Header) bool { return len(h["Etag"]) > 0 || len(h["Last-Modified"]) > 0 }

// Condition returns the fields of r that ask whether e still holds, in place of the
// client's own.
func (e *Entry) Condition(h http.Header) http.Header {
	h = maps.Clone(h)
	for _, name := range []string{"If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range", "Range"} {
		delete(h, name)
	}
	if tag := e.Header["Etag"]; len(tag) > 0 {
		h["If-None-Match"] = tag[:1]
	}
	if at := e.Header["Last-Modified"]; len(at) > 0 {
		h["If-Modified-Since"] = at[:1]
	}
	return h
}

// Renew returns e with the fields of a 304, stored in its place.
func (s *Store) Renew(e *Entry, r *http.Request, h http.Header, asked, came time.Time) *Entry {
	merged := maps.Clone(e.Header)
	for name, values := range h {
		switch name {
		case "Content-Length", "Content-Encoding", "Content-Type", "Content-Range", "Transfer-Encoding", "Age":
			continue
		}
		merged[name] = values
	}
	if v, has := h["Age"]; has {
		merged["Age"] = v
	}
	n := newEntry(e.key, e.Status, merged, asked, came)
	n.Body, n.vary = e.Body, e.vary
	if n.says.has("no-store", "private") {
		s.Forget(e.key)
		return n
	}
	n.setVary(r)
	s.add(n)
	return n
}

// Matches reports whether a 304 is about e: its validators are not others.
func (e *Entry) Matches(h http.Header) bool {
	if tag := h.Get("Etag"); tag != "" && e.Header.Get("Etag") != "" {
		return strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(e.Header.Get("Etag"), "W/")
	}
	return true
}

// Changed forgets what an unsafe request may have changed: RFC 9111, 4.4.
func (s *Store) Changed(r *http.Request, key, scheme string, status int, h http.Header) {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, "PROPFIND", "REPORT", "SEARCH", "QUERY":
		return
	}
	if status < 200 || status >= 400 {
		return
	}
	s.Forget(key)
	for _, name := range []string{"Location", "Content-Location"} {
		for _, text := range h[name] {
			base := &url.URL{Scheme: scheme, Host: r.Host, Path: r.URL.Path}
			u, err := base.Parse(text)
			if err == nil && strings.EqualFold(u.Host, r.Host) && u.Scheme == scheme {
				s.Forget(scheme + "://" + strings.ToLower(r.Host) + u.RequestURI())
			}
		}
	}
}
