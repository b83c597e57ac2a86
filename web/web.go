// Package web is the dashboard: how it is now and how it was, in a browser, up to date
// by itself.
package web

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/honderd/honderd/internal/kept"
	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/money"
	"github.com/honderd/honderd/service"
	"github.com/honderd/honderd/view"
)

// Options says what the dashboard shows. Answers is required.
type Options struct {
	// Answers returns how it was, and the time until which facts had come in.
	Answers func() (view.Answer, time.Time)
	// State returns what is being read. nil: nothing is.
	State func() State
	// Notify returns a channel that gets a value after a change, until ctx ends. It is
	// called once for every page that is open, and must not wait for a slow one. nil:
	// pages stay as they are until they are loaded again.
	Notify func(ctx context.Context) <-chan struct{}
	// Version returns a number that changes whenever Answers or Desk say something new:
	// until then a page is made once for all who look. nil: pages are made each time.
	Version func() int64
	// Said returns a number that changes whenever somebody has said something that a page
	// shows, as Desk does. As long as it stays, who loads a page that takes long to make may
	// get one that is some seconds old. nil: nobody gets an old one.
	Said   func() int64
	Zone   *time.Location // of the times; nil: UTC
	Tongue look.Tongue    // for who does not say
	Desk   Desk           // nil: nothing is known of incidents
	// Chain returns which service calls which. nil: there is no such page.
	Chain func() view.Chain
	// Coming returns what lies ahead. nil: nobody can tell.
	Coming func() view.Coming
	// Meter returns what bad time cost. nil: nobody counts.
	Meter func() view.Meter
	Rate  money.Rate // what an hour of lost time is worth; zero: not known
	// Gateway returns how the gateway is now. nil: there is none.
	Gateway func() view.Gateway
	// Found returns what could be read on this machine; nil: nothing is looked for.
	Found func(ctx context.Context) []Found
	// Follow begins to follow a log that was found.
	Follow func(ctx context.Context, name, who string) error
	// Who returns who asks, "" for somebody who may only read. nil: everybody may only
	// read.
	Who func(r *http.Request) string
	// Crew returns what who asks has to do with teams. nil: there are none.
	Crew   func(r *http.Request) view.Crew
	API    http.Handler // answers programs at /api/, /metrics and /mcp; nil: nobody does
	Door   Door         // where people from elsewhere log in; nil: nobody does
	Keys   Keys         // their passkeys; with Door, as what follows
	SignOn SignOn       // those whose word is taken for who they are
	Office Office       // where accounts are looked after
	Guests Guests       // who is invited
	// Tenants returns how it is at each tenant. nil: there are none.
	Tenants func() []Tenant
	// Services returns what is known of services, and whose they are. nil: nothing is.
	Services func() []service.Known
	// Ways returns how it comes in what is known, and from whom. nil: nobody knows.
	Ways func() []Way
	// Refuse hears of each request of people that a door did not let in, and why.
	Refuse func(door, why string)
	Hosts  []string     // names that the dashboard may be asked by, beside those of this machine
	Log    *slog.Logger // nil: nothing is said
	// Probes returns how the targets of the probes are. nil: there are none.
	Probes func() view.Probes
	// Picture returns the picture of a failed step of that name. nil: there are none.
	Picture func(name string) ([]byte, bool)
}

// State is what is being read, and whether more can be taken.
type State struct {
	Sources []SourceState
	Full    bool   // nothing more can be kept; what comes now is not counted
	Message string // for people, "" for none
	Drops   []Drop // what was not counted, what was lost without a word first

	Held      int64  // experiences from the future, which wait until their time comes
	HeldUntil string // the first day for which some wait, as 2006-01-02
}

// Drop is how often something was let fall, by whom and why.
type Drop struct {
	Where  string    `json:"where"` // push, gateway, held, archive, ledger, sources, folds, clock
	What   string    `json:"what"`  // what is counted: requests, experiences, lines, records, bytes
	Reason string    `json:"reason"`
	Count  int64     `json:"count"`
	Told   bool      `json:"told"`          // whoever gave it knows: they were refused, with the reason
	Last   time.Time `json:"last,omitzero"` // zero: not known
}

// SourceState is how one source is.
type SourceState struct {
	Name     string    // as somebody wrote it: a path or an address
	Detail   string    // what it is doing, "" for nothing to say
	LastLine time.Time // when the newest fact came from it; zero: none yet
	Trouble  string    // what is wrong with it, "" for nothing
}

//go:embed *.html
var sources embed.FS

var pages = template.Must(look.Parts().New("web").Funcs(template.FuncMap{
	"hundred": func(share *float64) float64 { return 100 * *share },
	"plainly": func(n *float64) float64 { return *n },
	"addr":    func(l view.Lost) *view.Lost { return &l },
	"sure":    func(r look.Reader, ends [2]*float64) string { return r.Between(ends[0], ends[1]) },
}).ParseFS(sources, "*.html"))

// dashboard answers requests.
type dashboard struct {
	Options
	kept *kept.Cache
}

// fill puts something harmless where nothing is said.
func (o *Options) fill() {
	if o.State == nil {
		o.State = func() State { return State{} }
	}
	if o.Notify == nil {
		o.Notify = func(context.Context) <-chan struct{} { return nil }
	}
	if o.Probes == nil {
		o.Probes = func() view.Probes { return view.Probes{} }
	}
	if o.Picture == nil {
		o.Picture = func(string) ([]byte, bool) { return nil, false }
	}
	if o.Refuse == nil {
		o.Refuse = func(string, string) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Crew == nil {
		o.Crew = func(*http.Request) view.Crew { return view.Crew{Whole: true} }
	}
	if o.Who == nil {
		o.Who = func(*http.Request) string { return "" }
	}
}

// New returns the dashboard. Requests to /live last until their context ends, so a
// server that stops has to end the contexts of its connections.
func New(o Options) http.Handler {
	o.fill()
	d := dashboard{Options: o, kept: &kept.Cache{}}
	return d.guard(d.routes())
}

// Routes returns the patterns of all that New answers with o.
func Routes(o Options) []string {
	o.fill()
	return dashboard{Options: o, kept: &kept.Cache{}}.routes().patterns
}

// routes is what is asked of whom, and can be read.
type routes struct {
	http.ServeMux
	patterns []string
}

// Handle lets a handler answer a pattern.
func (m *routes) Handle(pattern string, h http.Handler) {
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.Handle(pattern, h)
}

// HandleFunc lets a function answer a pattern.
func (m *routes) HandleFunc(pattern string, h http.HandlerFunc) { m.Handle(pattern, h) }

func (d dashboard) routes() *routes {
	o, mux := d.Options, &routes{}
	mux.HandleFunc("GET /{$}", d.once(d.home))
	mux.HandleFunc("GET /live", d.live)
	if o.Found != nil {
		mux.HandleFunc("GET /start", d.start)
		mux.HandleFunc("POST /start", d.begin)
	}
	d.doorPages(mux)
	if o.Tenants != nil {
		mux.HandleFunc("GET /tenants", d.tenants)
	}
	mux.HandleFunc("GET /wall", d.once(d.wall))
	mux.HandleFunc("GET /team", d.once(d.team))
	mux.HandleFunc("GET /faults", d.once(d.faults))
	mux.HandleFunc("GET /between/{from}/{to}", d.once(d.between))
	mux.HandleFunc("GET /api/v1/coming", d.comingJSON)
	mux.HandleFunc("GET /api/v1/cost", d.costJSON)
	mux.HandleFunc("GET /month", d.once(d.month))
	mux.HandleFunc("GET /month/{month}", d.once(d.month))
	if o.API != nil {
		for _, path := range []string{"/api/", "/metrics", "/mcp"} {
			mux.Handle(path, o.API)
		}
	}
	if o.Desk != nil {
		mux.HandleFunc("GET /incidents", d.once(d.incidents))
		mux.HandleFunc("GET /incidents/{id}", d.once(d.incident))
		mux.HandleFunc("POST /incidents/{id}/words", d.wrote(d.keepWord))
		mux.HandleFunc("POST /incidents/{id}/about", d.wrote(d.keepAbout))
		mux.HandleFunc("POST /incidents/{id}/lessons", d.wrote(d.keepLesson))
	}
	if o.Gateway != nil {
		mux.HandleFunc("GET /gateway", d.gatewayPage)
	}
	if o.Chain != nil {
		mux.HandleFunc("GET /chain", d.once(d.chain))
		mux.HandleFunc("GET /api/v1/chain", d.chainJSON)
	}
	if o.Ways != nil {
		mux.HandleFunc("GET /sources", d.once(d.sources))
	}
	mux.HandleFunc("GET /probes", d.once(d.probes))
	mux.HandleFunc("GET /probes/pictures/{name}", d.picture)
	mux.HandleFunc("GET /api/v1/probes", d.probesJSON)
	mux.HandleFunc("GET /api/v1/report", d.report)
	mux.HandleFunc("GET /api/v1/drops", d.drops)
	mux.HandleFunc("GET /-/healthy", d.healthy)
	mux.HandleFunc("GET /-/ready", d.ready)
	mux.HandleFunc("GET /assets/{version}/{name}", d.asset)
	mux.HandleFunc("GET /favicon.ico", d.favicon)
	mux.HandleFunc("/", d.lost)
	return mux
}

// home shows the dashboard, or with ?fragment=1 only what changes of it.
func (d dashboard) home(w http.ResponseWriter, r *http.Request) {
	s := d.sheet(w, r)
	if d.Desk != nil {
		s.Known = d.stories(r)
	}
	s.Own = d.teamParts(s)
	if d.Coming != nil {
		s.Coming = new(d.Coming())
	}
	if d.Meter != nil {
		s.Meter = new(d.Meter())
	}
	d.show(w, r, "home", s)
}

// show sends the page of a name, or with ?fragment=1 only what changes of it, which the
// template "main NAME" makes.
func (d dashboard) show(w http.ResponseWriter, r *http.Request, name string, data any) {
	if r.URL.Query().Get("fragment") != "" {
		name = "main " + name
	}
	d.page(w, r, http.StatusOK, name, data)
}

// page sends a page of ours.
func (d dashboard) page(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		d.Log.Error("page not made", "page", name, "err", err)
		d.trouble(w, r, http.StatusInternalServerError, "")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	send(w, r, status, "text/html; charset=utf-8", b.Bytes())
}

// report sends the answer for programs.
func (d dashboard) report(w http.ResponseWriter, r *http.Request) {
	answer, _ := d.Answers()
	var b bytes.Buffer
	if err := answer.WriteJSON(&b); err != nil {
		d.Log.Error("report not made", "err", err)
		http.Error(w, "This report could not be made. The log of honderd says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	send(w, r, http.StatusOK, "application/json", b.Bytes())
}

// healthy says that the program runs.
func (d dashboard) healthy(w http.ResponseWriter, r *http.Request) {
	send(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte("healthy\n"))
}

// ready says whether what comes now is counted.
func (d dashboard) ready(w http.ResponseWriter, r *http.Request) {
	if d.State().Full {
		send(w, r, http.StatusServiceUnavailable, "text/plain; charset=utf-8", []byte("full: what comes now is not counted\n"))
		return
	}
	send(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte("ready\n"))
}

// asset sends an embedded file, which may be kept for ever under its version.
func (d dashboard) asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	body, media, ok := look.Asset(name)
	if !ok || r.PathValue("version") != look.AssetVersion(name) {
		d.lost(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	send(w, r, http.StatusOK, media, body)
}

// favicon sends who asks without looking to our picture.
func (d dashboard) favicon(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, link("favicon.svg"), http.StatusFound)
}

// lost answers what we do not have, and methods that we do not do.
func (d dashboard) lost(w http.ResponseWriter, r *http.Request) {
	status := http.StatusNotFound
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		status = http.StatusMethodNotAllowed
		w.Header().Set("Allow", "GET, HEAD")
	}
	d.trouble(w, r, status, "")
}

// link returns where an asset is.
func link(name string) string { return "/assets/" + look.AssetVersion(name) + "/" + name }
