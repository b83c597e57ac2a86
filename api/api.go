// Package api answers programs: all that the pages know, as JSON under /api/v1, in the
// shape that Prometheus has for graphs and gates, and as tools for assistants.
package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/internal/reply"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/view"
)

// Desk is where programs read of incidents and say what they know.
type Desk interface {
	// Stories returns what is known of each incident, the newest first.
	Stories() []view.Story
	// AddWord keeps a word about an incident.
	AddWord(ctx context.Context, id, who string, w incident.Word) error
	// SetAbout keeps what an incident is, when nobody has said it since version.
	SetAbout(ctx context.Context, id, who string, version uint64, a incident.About) error
	// SetLesson keeps a lesson, when nobody has changed it since version; key "" is a
	// new one.
	SetLesson(ctx context.Context, id, key, who string, version uint64, l incident.Lesson) error
}

// Options says what programs can ask. Answers is required.
type Options struct {
	// Answers returns how it was, and the time until which facts had come in.
	Answers func() (view.Answer, time.Time)
	Desk    Desk // nil: nothing is known of incidents
	// Who returns who asks, "" for somebody who may only read. nil: everybody may only
	// read.
	Who func(r *http.Request) string
	// Dropped returns what was not counted, by who let it fall and why. nil: nobody knows.
	Dropped func() []Drop
	// Crew returns what who asks has to do with teams. nil: there are none.
	Crew    func(r *http.Request) view.Crew
	Missing error        // what Desk returns when there is no such incident
	Version string       // of the program
	Others  []Route      // that somebody else answers, to be described too
	Log     *slog.Logger // nil: nothing is said
}

// Drop is how often something was let fall.
type Drop struct {
	Where, What, Reason string
	Count               int64
}

// Route is one thing that can be asked.
type Route struct {
	Method  string
	Path    string // as http.ServeMux has it
	Summary string // one sentence
	Params  []Param
	Body    any // an example of what is sent; nil: nothing
	Answer  any // an example of what comes back; nil: not JSON
	Status  int // of a good answer; 0: 200

	handle func(r *http.Request) (any, error)
	serve  http.HandlerFunc // in place of handle, where the answer is not simply JSON
}

// Param is a parameter of a query.
type Param struct {
	Name, Says string
	Required   bool
}

// server answers programs.
type server struct {
	Options
	routes []Route
}

// New returns what answers below /api/v1, /metrics and /mcp. It relies on who mounts it to
// refuse other sites and strange names, as package web does.
func New(o Options) http.Handler {
	if o.Who == nil {
		o.Who = func(*http.Request) string { return "" }
	}
	if o.Crew == nil {
		o.Crew = func(*http.Request) view.Crew { return view.Crew{Whole: true} }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Missing == nil {
		o.Missing = errNone
	}
	s := &server{Options: o}
	s.routes = s.table()
	mux := http.NewServeMux()
	for _, route := range s.routes {
		h := route.serve
		if h == nil {
			h = s.json(route)
		}
		mux.HandleFunc(route.Method+" "+route.Path, h)
	}
	mux.Handle("/mcp", s.assistants())
	mux.HandleFunc("/api/", s.lost)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		w.Header().Set("Cache-Control", "no-cache")
		mux.ServeHTTP(w, r)
	})
}

// problem is an error with the status that says what kind it is.
type problem struct {
	status int
	err    error
}

// Error returns what is wrong.
func (p problem) Error() string { return p.err.Error() }

// Unwrap returns what is wrong.
func (p problem) Unwrap() error { return p.err }

func wrong(text string) error { return problem{http.StatusBadRequest, errors.New(text)} }

// errNone is the answer to a question about nothing there is.
var errNone = errors.New("there is no such thing")

// maxBody is how many bytes may be sent.
const maxBody = 64 << 10

// json answers with what a route returns, or with nothing when the asker has it.
func (s *server) json(route Route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		}
		answer, err := route.handle(r)
		if err != nil {
			s.refuse(w, err)
			return
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(answer); err != nil {
			s.Log.Error("answer not made", "path", route.Path, "error", err)
			s.refuse(w, err)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		if route.Method == http.MethodGet {
			sum := sha256.Sum256(b.Bytes())
			tag := `"` + hex.EncodeToString(sum[:12]) + `"`
			h.Set("ETag", tag)
			if known(r.Header.Get("If-None-Match"), tag) {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		if route.Status != 0 {
			w.WriteHeader(route.Status)
		}
		_, _ = w.Write(b.Bytes()) // who asked has gone: nobody is left to tell
	}
}

// known reports whether tag is in an If-None-Match header.
func known(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" {
			return true
		}
	}
	return false
}

// refuse says what is wrong.
func (s *server) refuse(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	var p problem
	switch {
	case errors.As(err, &p):
		status = p.status
	case errors.Is(err, view.ErrNotYours):
		status = http.StatusForbidden
	case errors.Is(err, s.Missing):
		status = http.StatusNotFound
	case errors.Is(err, ledger.ErrConflict):
		status = http.StatusConflict
	case errors.Is(err, ledger.ErrFull), errors.Is(err, ledger.ErrAway), errors.Is(err, context.DeadlineExceeded):
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "5")
	}
	detail := err.Error()
	if status == http.StatusInternalServerError {
		s.Log.Error("a question is not answered", "error", err)
		detail = "this could not be answered; the log of honderd says why"
	}
	reply.Wrong(w, status, detail)
}

// lost answers what there is not.
func (s *server) lost(w http.ResponseWriter, r *http.Request) {
	status, detail := http.StatusNotFound, "there is nothing at this address (fix: /api/v1/openapi.json lists what there is)"
	var allowed []string
	for _, one := range s.routes {
		if one.Path == r.URL.Path && one.Method != r.Method {
			allowed = append(allowed, one.Method)
		}
	}
	if len(allowed) > 0 {
		status, detail = http.StatusMethodNotAllowed, "this cannot be done here (fix: "+strings.Join(allowed, " or ")+")"
		w.Header().Set("Allow", strings.Join(allowed, ", "))
	}
	s.refuse(w, problem{status, errors.New(detail)})
}
