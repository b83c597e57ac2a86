package status

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

//go:embed page.html
var source string

var pages = template.Must(template.New("status").Parse(source))

// Limits of what one page shows.
const (
	topComponents = 8                   // when nobody says which
	recent        = 90 * 24 * time.Hour // of incidents on the first page; the rest is in the history
	ahead         = 90 * 24 * time.Hour // of planned work
	maxEpisodes   = 500
)

// component is a journey as it is shown.
type component struct {
	ID    string // of letters and digits, the same for ever
	Name  string
	Known bool // people were there in the year
	view.Component
}

// sheet is what a page shows.
type sheet struct {
	R          look.Reader
	B          Board
	Page       Page
	Kind       string // "", "history", "incidents" or "lost"
	One        string // the ID of the incident
	Code       int    // of a page that is not there
	Health     view.Health
	Components []component
	Zone       *time.Location
	Copy       bool // it is a copy that stands elsewhere
	Subscribe  bool
	Only       []string // the IDs of the components that it is of; none: all
	Form       form
	base       string
	second     bool // of a copy: it is in its second language
	depth      int  // of a copy: how many folders below its first page
	address    func(path string) string
}

// sheet returns what a page shows.
func (s *site) sheet(a asked, b Board) sheet {
	kind, one, _ := strings.Cut(a.rest, "/")
	sh := sheet{
		R: look.For(a.tongue, s.Zone), B: b, Page: *a.page, Kind: kind, One: one, base: a.base, Zone: s.Zone,
		Components: components(look.For(a.tongue, s.Zone), *a.page, b.Public), Subscribe: s.Subscribers != nil,
		address: func(path string) string { return s.address(a.page, path) },
	}
	sh.B.Incidents = slices.DeleteFunc(slices.Clone(b.Incidents), func(i Incident) bool { return i.Gone || !touches(*a.page, i.Journeys) })
	sh.B.Planned = slices.DeleteFunc(slices.Clone(b.Planned), func(p incident.Planned) bool { return !touches(*a.page, p.Journeys) })
	sh.only(a.components)
	sh.Health = overall(sh.now(), sh.Components, len(sh.Open()) > 0)
	if b.Full {
		sh.Health = view.Worse(view.Unmeasured, sh.Health)
	}
	return sh
}

// only leaves on a sheet what is of some components; none: all of it.
func (s *sheet) only(ids []string) {
	if len(ids) == 0 {
		return
	}
	of := func(journeys []string) bool {
		return len(journeys) == 0 || slices.ContainsFunc(journeys, func(j string) bool { return slices.Contains(ids, shortID(j)) })
	}
	s.Only = ids
	s.Components = slices.DeleteFunc(s.Components, func(c component) bool { return !slices.Contains(ids, c.ID) })
	s.B.Incidents = slices.DeleteFunc(s.B.Incidents, func(i Incident) bool { return !of(i.Journeys) })
	s.B.Planned = slices.DeleteFunc(s.B.Planned, func(p incident.Planned) bool { return !of(p.Journeys) })
}

// touches reports whether something that happened in journeys is for the readers of a page.
// What is not known to be elsewhere is.
func touches(p Page, journeys []string) bool {
	if len(p.Components) == 0 || len(journeys) == 0 {
		return true
	}
	return slices.ContainsFunc(p.Components, func(s Shown) bool { return slices.Contains(journeys, s.Journey) })
}

// components returns what a page shows of public.
func components(r look.Reader, p Page, public view.Public) []component {
	var list []component
	if len(p.Components) == 0 {
		for _, c := range public.Journeys[:min(len(public.Journeys), topComponents)] {
			list = append(list, component{ID: shortID(c.Journey), Name: plainName(r, c.Journey), Known: true, Component: c})
		}
		return list
	}
	for _, s := range p.Components {
		one := component{ID: shortID(s.Journey), Name: s.Name, Component: view.Component{Journey: s.Journey, Now: view.Present{Health: view.Unmeasured, Minutes: 60}}}
		if one.Name == "" {
			one.Name = plainName(r, s.Journey)
		}
		for _, c := range public.Journeys {
			if c.Journey == s.Journey {
				one.Known, one.Component = true, c
			}
		}
		for _, d := range public.Days {
			if !one.Known {
				one.Days = append(one.Days, view.Day{From: d.From})
			}
		}
		list = append(list, one)
	}
	return list
}

// plainName returns the name of a journey for people who did not write the service:
// "/check-out" is "Check out".
func plainName(r look.Reader, journey string) string {
	name := strings.Map(func(c rune) rune {
		if strings.ContainsRune("/_-.", c) {
			return ' '
		}
		return c
	}, r.Plain(journey))
	runes := []rune(strings.Join(strings.Fields(name), " "))
	if len(runes) == 0 {
		return r.T("Front page")
	}
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes[:min(len(runes), 60)])
}

// now returns how it is for those that the page is about.
func (s sheet) now() view.Present {
	if len(s.Page.Components) == 0 {
		return s.B.Public.Now
	}
	worst := view.Present{Health: view.Unmeasured, Minutes: 60}
	for i, c := range s.Components {
		if i == 0 || worst.Health == view.Unmeasured && c.Now.Health != view.Unmeasured || c.Now.Health != view.Unmeasured && view.Worse(worst.Health, c.Now.Health) != worst.Health {
			worst = c.Now
		}
	}
	return worst
}

// page makes a page.
func (s *site) page(a asked, b Board) ([]byte, error) { return s.sheet(a, b).write() }

func (s sheet) write() ([]byte, error) {
	var out bytes.Buffer
	err := pages.ExecuteTemplate(&out, "page", s)
	return out.Bytes(), err
}

// To returns the address of a path of the page.
func (s sheet) To(path string) string {
	if s.Copy {
		return s.toCopy(path)
	}
	if path == "" && s.base != "" {
		return s.base
	}
	return s.base + "/" + path
}

// Asset returns where an embedded file is.
func (s sheet) Asset(name string) string {
	if s.Copy {
		return s.toCopy("assets/" + name)
	}
	return s.base + "/assets/" + look.AssetVersion(name) + "/" + name
}

// Logo returns where the logo is, "" when there is none.
func (s sheet) Logo() string {
	if len(s.Page.Logo) == 0 {
		return ""
	}
	if s.Copy {
		return s.toCopy("assets/" + logoFile(s.Page.Logo))
	}
	return s.base + "/assets/logo/" + logoVersion(s.Page)
}

// Base returns what addresses of the page begin with.
func (s sheet) Base() string { return s.base }

// Live reports whether the page tells how it is, and so gets old.
func (s sheet) Live() bool { return s.Kind != "lost" && s.Kind != "form" }

// Title returns what the page is about.
func (s sheet) Title() string {
	if s.Page.Title != "" {
		return s.Page.Title
	}
	return s.R.T("Status")
}

// Open returns the incidents that go on, the newest first.
func (s sheet) Open() []Incident {
	return slices.DeleteFunc(slices.Clone(s.B.Incidents), func(i Incident) bool { return !i.Open })
}

// Past returns the incidents that are over: of the last weeks, or all in the history.
func (s sheet) Past() []Incident {
	from := s.B.Public.AsOf.Add(-recent)
	list := slices.DeleteFunc(slices.Clone(s.B.Incidents), func(i Incident) bool {
		return i.Open || s.Kind == "" && i.To.Before(from)
	})
	return list[:min(len(list), maxEpisodes)]
}

// Ahead returns the planned work that is to come or goes on, the nearest first.
func (s sheet) Ahead() []incident.Planned {
	return s.planned(func(p incident.Planned) bool { return s.B.Public.AsOf.Before(p.To) })
}

// Done returns the planned work that is over, the newest first.
func (s sheet) Done() []incident.Planned {
	list := s.planned(func(p incident.Planned) bool { return !s.B.Public.AsOf.Before(p.To) })
	slices.Reverse(list)
	return list
}

func (s sheet) planned(which func(incident.Planned) bool) []incident.Planned {
	list := slices.DeleteFunc(slices.Clone(s.B.Planned), func(p incident.Planned) bool { return !which(p) })
	slices.SortStableFunc(list, func(a, b incident.Planned) int { return a.From.Compare(b.From) })
	return list[:min(len(list), maxEpisodes)]
}

// Episode returns the incident that the page is about.
func (s sheet) Episode() *Incident {
	for _, one := range s.B.Incidents {
		if one.ID == s.One {
			return &one
		}
	}
	return nil
}

// Grade grades the page.
func (s sheet) Grade() Grade { return GradeOf(s.B.Incidents, s.B.Public.AsOf) }

// lost says that there is nothing.
func (s *site) lost(w http.ResponseWriter, r *http.Request, a asked, code int) {
	a.tongue, a.rest = s.tongue(w, r, a.page), "lost"
	sh := s.sheet(a, Board{})
	sh.Code = code
	body, err := sh.write()
	if err != nil {
		s.Log.Error("status page not made", "asked", "lost", "error", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(body) // the reader has gone
}
