package cache

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Answer is what a client gets of an Entry.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Answer returns what r gets of e: all of it, a part, or that it has it already.
func (e *Entry) Answer(r *http.Request, now time.Time) Answer {
	h := maps.Clone(e.Header)
	h["Age"] = []string{strconv.FormatInt(int64(e.Age(now)/time.Second), 10)}
	if e.Status == http.StatusOK && e.isKnownTo(r) {
		for _, name := range []string{"Content-Length", "Content-Encoding", "Content-Type", "Content-Range", "Transfer-Encoding"} {
			delete(h, name)
		}
		return Answer{http.StatusNotModified, h, nil}
	}
	if from, to, ok := e.part(r); ok {
		if from < 0 {
			h["Content-Range"] = []string{fmt.Sprintf("bytes */%d", len(e.Body))}
			h["Content-Length"] = []string{"0"}
			return Answer{http.StatusRequestedRangeNotSatisfiable, h, nil}
		}
		h["Content-Range"] = []string{fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(e.Body))}
		h["Content-Length"] = []string{strconv.FormatInt(to-from, 10)}
		return Answer{http.StatusPartialContent, h, e.Body[from:to]}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(e.Body))}
	if e.Status == http.StatusNoContent {
		delete(h, "Content-Length")
	}
	return Answer{e.Status, h, e.Body}
}

// isKnownTo reports whether the client has e already: RFC 9110, 13.2.2.
func (e *Entry) isKnownTo(r *http.Request) bool {
	if list := r.Header["If-None-Match"]; len(list) > 0 {
		mine := strings.TrimPrefix(e.Header.Get("Etag"), "W/")
		for _, line := range list {
			if strings.TrimSpace(line) == "*" {
				return true
			}
			for tag := range strings.SplitSeq(line, ",") {
				if mine != "" && strings.TrimPrefix(strings.TrimSpace(tag), "W/") == mine {
					return true
				}
			}
		}
		return false
	}
	since, ok := date(r.Header, "If-Modified-Since")
	if !ok {
		return false
	}
	changed, ok := date(e.Header, "Last-Modified")
	if !ok {
		changed, ok = date(e.Header, "Date")
	}
	return ok && !changed.After(since)
}

// part returns the one part of e that r asks for; from below 0: there is no such part.
func (e *Entry) part(r *http.Request) (from, to int64, ok bool) {
	text, found := strings.CutPrefix(r.Header.Get("Range"), "bytes=")
	if !found || r.Method != http.MethodGet || e.Status != http.StatusOK || strings.Contains(text, ",") || !e.holdsIf(r) {
		return 0, 0, false
	}
	size := int64(len(e.Body))
	first, last, found := strings.Cut(strings.TrimSpace(text), "-")
	if !found {
		return 0, 0, false
	}
	if first == "" {
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n < 0 {
			return 0, 0, false
		}
		if n == 0 || size == 0 {
			return -1, 0, true
		}
		return max(size-n, 0), size, true
	}
	from, err := strconv.ParseInt(first, 10, 64)
	if err != nil || from < 0 {
		return 0, 0, false
	}
	to = size
	if last != "" {
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n < from {
			return 0, 0, false
		}
		to = min(size, n+1)
	}
	if from >= size {
		return -1, 0, true
	}
	return from, to, true
}

// holdsIf reports whether If-Range lets a part be given.
func (e *Entry) holdsIf(r *http.Request) bool {
	if len(r.Header["If-Range"]) == 0 {
		return true
	}
	text := r.Header.Get("If-Range")
	if strings.HasPrefix(text, `"`) {
		return text == e.Header.Get("Etag")
	}
	return text != "" && text == e.Header.Get("Last-Modified")
}
