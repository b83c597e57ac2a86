package gateway

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/honderd/honderd/gateway/h1"
)

// announced returns the fields that r says come behind its body.
func announced(r *http.Request) []string {
	names := http.Header{}
	for name := range r.Trailer {
		names[name] = nil
	}
	for _, list := range r.Header["Trailer"] {
		for name := range strings.SplitSeq(list, ",") {
			names[http.CanonicalHeaderKey(strings.TrimSpace(name))] = nil
		}
	}
	return slices.Sorted(maps.Keys(mayTrail(names)))
}

// mayTrail returns those fields that may come behind a body: none that belongs to a connection,
// and none by which a backend would be told who asks, and for what.
func mayTrail(h http.Header) http.Header {
	h = maps.Clone(h)
	h1.StripTrailer(h) // Connection first: it names nothing here
	stripHops(h)
	dropForged(h, false)
	delete(h, "")
	delete(h, "Via")
	return h
}

// trailer returns what came behind the body of the request. It is asked behind its end.
func (x *exchange) trailer() http.Header {
	if len(x.r.Trailer) == 0 {
		return nil
	}
	return mayTrail(x.r.Trailer)
}

// trailing is a body whose end fills the trailer of a request in HTTP/2.
type trailing struct {
	io.Reader
	from func() http.Header
	to   http.Header // with the names that were announced
}

// Read reads on.
func (t *trailing) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	if err == io.EOF {
		for name, values := range t.from() {
			if _, ok := t.to[name]; ok {
				t.to[name] = values
			}
		}
	}
	return n, err
}

// Close ends reading.
func (t *trailing) Close() error { return nil }
