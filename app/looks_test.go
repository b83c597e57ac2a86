package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/report"
	"github.com/honderd/honderd/source"
	"github.com/honderd/honderd/status"
	"github.com/honderd/honderd/view"
	"github.com/honderd/honderd/web"
)

// allPages is a server that has every page there is, with something on each.
type allPages struct {
	t        *testing.T
	s        *Server
	base     string
	incident string
	invite   string // what is in a link that invites somebody
}

// allPagesFile is the configuration: a gateway before a backend that is ill and one that
// is well, tenants of which one is out of order, and two pages for the public.
const allPagesFile = `listen: 127.0.0.1:0
data: %[1]s/data
zone: UTC
cost: {hour: 20-45}
receive: {otlp: {grpc: off, http: off}}
moments:
  - {name: evening shopping, weekly: "daily 19:00-22:00"}
  - {name: always, weekly: "daily 00:00-24:00"}
gateway:
  listen: ["127.0.0.1:0"]
  pools:
    - {name: shop, to: ["%[2]s", "%[3]s"]}
probes:
  targets:
    - {name: till, tcp: "127.0.0.1:1", every: 1s}
services:
  - {name: shop, owner: Team Shop, needs: [bank]}
teams:
  - {name: Team Pay, people: [ann], journeys: [/pay, /checkout], services: [bank]}
mail: {server: "127.0.0.1:1", from: "Shop <status@shop.example>", tls: none}
status:
  url: http://status.example
  pages:
    - {name: shop, title: Shop}
    - name: partners
      components:
        - {journey: /pay, name: Paying}
        - {journey: /search, name: Looking for something}
tenants:
  - {name: bakery, hosts: [honderd.bakery.example, status.bakery.example], config: bakery.yaml}
  - {name: harbour, hosts: [harbour.example], config: harbour.yaml}
`

func newAllPages(t *testing.T, more ...source.Source) *allPages {
	t.Helper()
	ill := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusServiceUnavailable) }))
	t.Cleanup(ill.Close)
	well := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "good") }))
	t.Cleanup(well.Close)
	dir := t.TempDir()
	for name, body := range map[string]string{
		"honderd.yaml": fmt.Sprintf(allPagesFile, dir, ill.URL, well.URL),
		"bakery.yaml":  fmt.Sprintf("data: %s/bakery\n", dir),
		"harbour.yaml": fmt.Sprintf("data: %s/harbour\n", dir),
		"harbour":      "no folder: this tenant is out of order",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Options{ReadFile: config.ReadFile, Label: CheckLabel}.Load(filepath.Join(dir, "honderd.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s, err := NewServer(ctx, c, slog.New(slog.DiscardHandler), more...)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	h := &allPages{t: t, s: s, base: "http://" + s.Address()}
	h.fill()
	return h
}

// fill lets people have a bad time, and others say something of it.
func (h *allPages) fill() {
	h.t.Helper()
	somebody(h.t, h.base, 40)
	hurt(h.t, h.base, 30)
	for i := range 30 {
		r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, "http://"+h.s.gateway.Addresses()[0]+"/basket", nil)
		if err != nil {
			h.t.Fatal(err)
		}
		r.Header.Set("User-Agent", fmt.Sprintf("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.%d", i))
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			h.t.Fatal(err)
		}
		_ = answer.Body.Close()
	}
	d := desk{h.s}
	eventually(h.t, "an incident", func() bool { return len(d.Stories()) > 0 && d.Stories()[0].Open })
	h.incident = d.Stories()[0].ID
	ctx, store := h.t.Context(), h.s.entry.store
	must := func(err error) {
		h.t.Helper()
		if err != nil {
			h.t.Fatal(err)
		}
	}
	must(d.SetAbout(ctx, h.incident, "ann", 0, incident.About{Title: "The bank does not answer", Owner: "Team Pay", Cause: "A certificate ran out."}))
	must(d.AddWord(ctx, h.incident, "ann", incident.Word{State: incident.Investigating, Text: "We are looking into it.", Public: true}))
	must(d.AddWord(ctx, h.incident, "ben", incident.Word{State: incident.Identified, Text: "The bank renewed its certificate too late."}))
	must(d.SetLesson(ctx, h.incident, "", "ann", 0, incident.Lesson{Cause: "One bank only", Change: "Ask two banks", Owner: "Team Pay", Due: time.Now().AddDate(0, 0, 14)}))
	_, err := h.s.say(ctx, 0, incident.KindPlanned, "work", "ann", incident.Planned{ID: "work", Title: "A new bank", Text: "Paying may wait a minute.", From: time.Now().Add(time.Hour), To: time.Now().Add(2 * time.Hour)})
	must(err)
	for _, name := range []string{"ann", "ben", "cleo"} {
		must(store.Add(name, goodPassword, account.Admin))
	}
	must(store.SetRole("ben", account.Editor, false))
	must(store.SetDisabled("cleo", true))
	_, err = store.AddToken("", "grafana", account.Viewer, time.Now().Add(90*24*time.Hour))
	must(err)
	h.invite, err = store.Invite("dirk", account.Viewer, false)
	must(err)
}

// enter lets a browser log in as an admin.
func (h *allPages) enter(b *chromium) {
	b.t.Helper()
	a, _ := h.s.entry.store.Find(account.Named("ann"))
	cookie, err := h.s.entry.sessions.Begin(a, account.Way{How: account.ByPassword, Browser: "Firefox, Linux"}, time.Now())
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Navigate(h.base + "/-/healthy"))
	says[bool](b, fmt.Sprintf(`document.cookie = "honderd_session=%s; path=/"; true`, cookie))
}

// looks returns where each route is looked at; nothing: a program asks for it, not a person.
func (h *allPages) looks() map[string][]string {
	now := time.Now().UTC()
	day := "/between/" + now.Add(-24*time.Hour).Format("20060102T1504Z") + "/" + now.Add(time.Hour).Format("20060102T1504Z")
	list := map[string][]string{
		"GET /{$}": {"/"}, "GET /incidents": {"/incidents"}, "GET /incidents/{id}": {"/incidents/" + h.incident},
		"GET /faults": {"/faults"}, "GET /chain": {"/chain"}, "GET /gateway": {"/gateway"}, "GET /probes": {"/probes"}, "GET /sources": {"/sources"},
		"GET /month": {"/month"}, "GET /month/{month}": {"/month/" + now.Format("2006-01")}, "GET /start": {"/start"},
		"GET /between/{from}/{to}": {day, day + "?by=journey&of=/pay"}, "GET /tenants": {"/tenants"}, "GET /team": {"/team"}, "GET /wall": {"/wall", "/wall?light=1"},
		"GET /login": {"/login", "/login?to=/faults"}, "GET /account": {"/account"}, "GET /people": {"/people"}, "GET /people/audit": {"/people/audit"},
		"GET /invited": {"/invited?by=" + h.invite, "/invited?by=old"}, "GET /login/back/{issuer}": {"/login/back/nobody"}, "/": {"/nothing"},
		"GET /status/": {"/status", "/status/partners"}, "GET /status/history": {"/status/history"}, "GET /status/subscribe": {"/status/subscribe"},
		"GET /status/confirm": {"/status/confirm?t=x"}, "GET /status/unsubscribe": {"/status/unsubscribe?t=x"},
		"GET /status/incidents/{id}": {"/status/incidents/" + h.incident, "/status/nothing"},
	}
	for _, route := range []string{
		"GET /live", "GET /login/with/{issuer}", "GET /probes/pictures/{name}", "GET /-/healthy", "GET /-/ready", "GET /assets/{version}/{name}", "GET /favicon.ico",
		"GET /api/v1/coming", "GET /api/v1/cost", "GET /api/v1/chain", "GET /api/v1/probes", "GET /api/v1/report", "GET /api/v1/drops", "/api/", "/metrics", "/mcp",
	} {
		list[route] = nil
	}
	return list
}

// routesOf returns every route that can be read.
func routesOf(s *Server) []string {
	o := s.webOptions(time.UTC, look.EN)
	o.Gateway, o.Tenants = func() view.Gateway { return view.Gateway{} }, func() []web.Tenant { return nil }
	list := slices.DeleteFunc(web.Routes(o), func(route string) bool { return strings.HasPrefix(route, "POST ") })
	for _, route := range status.Routes() {
		list = append(list, "GET /status/"+route)
	}
	return list
}

// pages returns the path of every page; a route that is not looked at fails the test.
func (h *allPages) pages() []string {
	h.t.Helper()
	looks := h.looks()
	var pages []string
	for _, route := range routesOf(h.s) {
		list, known := looks[route]
		if !known {
			h.t.Errorf("nobody looks at %s (fix: say in looks where it is looked at)", route)
		}
		pages = append(pages, list...)
		delete(looks, route)
	}
	for route := range looks {
		h.t.Errorf("%s is looked at, and is not there", route)
	}
	return pages
}

// report writes the page of honderd report, and returns its address.
func (h *allPages) report(language look.Tongue) string {
	h.t.Helper()
	answer, _ := h.s.projector.now()
	var page strings.Builder
	if err := report.HTML(&page, answer, report.Options{Tongue: language}); err != nil {
		h.t.Fatal(err)
	}
	path := filepath.Join(h.t.TempDir(), "report-"+language.String()+".html")
	if err := os.WriteFile(path, []byte(page.String()), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return "file://" + path
}

// fileOf returns the name of a file for the picture of a page.
func fileOf(page string) string {
	u, err := url.Parse(page)
	if err != nil {
		return "-strange"
	}
	name := strings.ReplaceAll(u.Path, "/", "-")
	if u.RawQuery != "" {
		name += "-with-" + strings.NewReplacer("=", "-", "/", "-", "&", "-").Replace(u.RawQuery[:min(len(u.RawQuery), 8)])
	}
	return name
}

// A page that nobody looks at is one that a stranger will find ugly.
func TestEachPageIsLookedAt(t *testing.T) {
	h := &allPages{t: t, s: served(t).s}
	if n := len(h.pages()); n < 25 {
		t.Errorf("%d pages are looked at", n)
	}
}

// TestPagesCanBeReadByEverybody asks axe-core, which HONDERD_AXE names, of each page in
// both themes and languages, wide and on a phone. make axe fetches it.
func TestPagesCanBeReadByEverybody(t *testing.T) {
	file := os.Getenv("HONDERD_AXE")
	if file == "" {
		t.Skip("axe-core is not there (fix: make axe)")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	town, err := NewDemo(DemoOptions{Seed: 1, People: 300, Now: time.Now(), Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t)
	h := newAllPages(t, town)
	c := config.Default()
	c.Listen, c.Data = "127.0.0.1:0", t.TempDir()
	c.Receive.OTLP.GRPC, c.Receive.OTLP.HTTP = config.Off, config.Off
	empty, stopEmpty := running(t, c)
	defer stopEmpty()
	h.enter(b)
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 360} {
			b.do(chromedp.EmulateViewport(width, 800), command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
			}))
			for _, language := range []look.Tongue{look.EN, look.NL} {
				in := func(address, page string) {
					t.Helper()
					b.do(chromedp.Navigate(address), chromedp.WaitReady(chromedp.CSS("body")))
					says[bool](b, string(axe)+"\n;true")
					name := fmt.Sprintf("%s %s %d %s", page, theme, width, language)
					for _, one := range says[[]string](b, `axe.run().then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.target.join(" ") + " " + (n.any[0]?.message ?? n.all[0]?.message ?? v.help))))`) {
						t.Errorf("%s: %s", name, one)
					}
					b.keep(fmt.Sprintf("%s-%s-%d-%s", strings.Trim(fileOf(page), "-"), theme, width, language))
				}
				in(h.report(language), "report")
				for _, page := range h.pages() {
					and := "?"
					if strings.Contains(page, "?") {
						and = "&"
					}
					in(h.base+page+and+"lang="+language.String(), "/all"+page)
				}
				for _, page := range []string{"/", "/incidents", "/faults", "/chain", "/probes", "/month", "/account", "/people", "/status", "/status/history"} {
					in(empty+page+"?lang="+language.String(), "/empty"+page)
				}
			}
		}
	}
}
