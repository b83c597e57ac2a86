package status

import (
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/kept"
	"github.com/honderd/honderd/look"
)

// Options says what the public sees. Board is required.
type Options struct {
	Board func() Board
	// Subscribers keeps who wants to be told. nil: nobody can ask for that.
	Subscribers Subscribers
	URL         string // where the public finds the page, such as https://status.shop.example; no / at its end
	Pages       []Page // the first is the one at /status; none: one that shows the most used journeys
	Root        bool   // nothing else is asked here: the first page is at / too
	Zone        *time.Location
	Tongue      look.Tongue // for who does not say
	// Refuse hears of each form that is not taken, and why. nil: nobody does.
	Refuse func(why string)
	Log    *slog.Logger
}

// Page is a page for one audience.
type Page struct {
	Name       string   // in its address: /status/NAME
	Hosts      []string // names of its own, at which it is at /
	Title      string   // what it is about; "": Honderd says so itself
	Logo       []byte   // SVG, PNG, JPEG or WebP; nil: the title
	Components []Shown  // nil: the most used journeys
	Tongues    []look.Tongue
}

// Shown is a journey under the name that the public knows.
type Shown struct {
	Name    string
	Journey string
}

// site answers requests.
type site struct {
	Options
	kept kept.Cache
	calm calm
}

// New returns the public pages. Everything they show is safe to show to everybody.
func New(o Options) http.Handler { return newSite(o) }

func newSite(o Options) *site {
	if o.Refuse == nil {
		o.Refuse = func(string) {}
	}
	if len(o.Pages) == 0 {
		o.Pages = []Page{{}}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	o.URL = strings.TrimSuffix(o.URL, "/")
	return &site{Options: o, calm: newCalm()}
}

// Paths returns the patterns of all that New answers, for a mux.
func Paths() []string {
	return []string{"/status", "/status/", "/status.atom", "/status.rss", "/status.json", "/status.ics", "/api/v2/", "/badge/"}
}

// Routes returns what people look at, below a page; the rest is for programs.
func Routes() []string { return append(append(lookedAt(), "incidents/{id}"), asking()...) }

func lookedAt() []string { return []string{"", "history"} }
func asking() []string   { return []string{"subscribe", "confirm", "unsubscribe"} } // by forms

// policy lets a page use what is ours, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; " +
	"manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// ServeHTTP answers one request.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	a := s.resolve(r)
	if s.forms(w, r, a) {
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		s.lost(w, r, a, http.StatusMethodNotAllowed)
		return
	}
	s.read(w, r, a)
}

// asked is what a request is about.
type asked struct {
	page   *Page
	base   string // what the links of the page begin with: "/status", or "" at a name of its own
	rest   string // what is asked of the page: "", "history", "api/v2/summary.json"
	tongue look.Tongue

	components []string // the IDs of those that a feed is of; none: all
}

// resolve finds the page that r is about: by the name it was asked by, or by its path.
func (s *site) resolve(r *http.Request) asked {
	a := asked{page: &s.Pages[0], base: "/status", components: r.URL.Query()["component"]}
	path := strings.Trim(r.URL.Path, "/")
	host := hostOf(r.Host)
	for i := range s.Pages {
		for _, name := range s.Pages[i].Hosts {
			if hostOf(name) == host {
				a.page, a.base = &s.Pages[i], ""
			}
		}
	}
	if s.Root {
		a.base = ""
	}
	switch first, rest, _ := strings.Cut(path, "/"); {
	case first == "status":
		a.rest = rest
		if a.base != "" {
			s.named(&a)
		}
	case strings.HasPrefix(path, "status."):
		a.rest = path
	case first == "api", first == "badge", a.base == "":
		a.rest = path
	default:
		a.rest = "nothing"
	}
	if s.Root && len(a.page.Hosts) == 0 {
		s.named(&a)
	}
	return a
}

// named reads the name of a page at the beginning of what is asked.
func (s *site) named(a *asked) {
	name, rest, _ := strings.Cut(a.rest, "/")
	for i := range s.Pages {
		if one := &s.Pages[i]; one.Name == name && name != "" {
			a.page, a.base, a.rest = one, a.base+"/"+name, rest
			return
		}
	}
}

// Host reports whether one of pages has this name, as it stands in a request.
func Host(pages []Page, host string) bool {
	for _, p := range pages {
		for _, name := range p.Hosts {
			if hostOf(name) == hostOf(host) {
				return true
			}
		}
	}
	return false
}

// hostOf returns a host in small letters, without port, brackets and final dot.
func hostOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
}

// read answers what can be read.
func (s *site) read(w http.ResponseWriter, r *http.Request, a asked) {
	if name, ok := strings.CutPrefix(a.rest, "assets/"); ok {
		s.asset(w, r, name)
		return
	}
	b := s.board()
	a.tongue = s.tongue(w, r, a.page)
	if a.components = s.chosen(a, a.components); len(a.components) == 0 && r.URL.Query().Has("component") {
		s.lost(w, r, a, http.StatusNotFound) // everything would be more than was asked for
		return
	}
	if id, one := strings.CutPrefix(a.rest, "incidents/"); one && !shows(b, id) {
		if i := slices.IndexFunc(b.Incidents, func(i Incident) bool { return slices.Contains(i.Parts, id) }); i >= 0 {
			w.Header().Set("Cache-Control", fresh) // people may say that it stands by itself again
			http.Redirect(w, r, a.base+"/incidents/"+b.Incidents[i].ID, http.StatusFound)
			return
		}
	}
	media, write := s.maker(a, b)
	if write == nil {
		s.lost(w, r, a, http.StatusNotFound)
		return
	}
	if !strings.HasPrefix(media, "text/html") {
		w.Header().Set("Access-Control-Allow-Origin", "*") // it is public, and nobody is logged in here
	}
	body, err := s.kept.Get(kept.Version{b.Made.UnixNano()}, a.page.Name+"\x00"+a.base+"\x00"+a.rest+"\x00"+a.tongue.String()+"\x00"+strings.Join(a.components, ","), write)
	if err != nil {
		s.Log.Error("status page not made", "asked", a.rest, "error", err)
		s.lost(w, r, a, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", fresh)
	body.Send(w, r)
}

// maker returns what makes the answer to a, and its media type; nil when there is none.
func (s *site) maker(a asked, b Board) (media string, write func() ([]byte, error)) {
	kind, rest, _ := strings.Cut(a.rest, "/")
	if id, one := strings.CutPrefix(a.rest, "incidents/"); slices.Contains(lookedAt(), a.rest) || one && shows(b, id) {
		return "text/html; charset=utf-8", func() ([]byte, error) { return s.page(a, b) }
	}
	switch kind {
	case "api":
		return s.statuspage(a, b, strings.TrimPrefix(rest, "v2/"))
	case "badge":
		return s.badge(a, b, rest)
	}
	if rest != "" {
		return "", nil
	}
	return s.feed(a, b, kind)
}

// shows reports whether there is an incident with that ID.
func shows(b Board, id string) bool {
	for _, one := range b.Incidents {
		if one.ID == id && !one.Gone {
			return true
		}
	}
	return false
}

// address returns where the public finds a path of a page, for what is read elsewhere.
func (s *site) address(p *Page, path string) string {
	switch {
	case len(p.Hosts) > 0:
		return "https://" + hostOf(p.Hosts[0]) + "/" + path
	case s.Root && p.Name != "" && p != &s.Pages[0]:
		return s.URL + "/" + p.Name + "/" + path
	case s.Root:
		return s.URL + "/" + path
	case p.Name != "" && p != &s.Pages[0]:
		return strings.TrimSuffix(s.URL+"/status/"+p.Name+"/"+path, "/")
	}
	return strings.TrimSuffix(s.URL+"/status/"+path, "/")
}
