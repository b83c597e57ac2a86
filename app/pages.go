package app

import (
	"cmp"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/honderd/honderd/api"
	"github.com/honderd/honderd/internal/admit"
	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/service"
	"github.com/honderd/honderd/source/browser"
	"github.com/honderd/honderd/source/otlp"
	"github.com/honderd/honderd/source/push"
	"github.com/honderd/honderd/source/remotewrite"
	"github.com/honderd/honderd/status"
	"github.com/honderd/honderd/view"
	"github.com/honderd/honderd/web"
)

// pages returns what the server shows.
func (s *Server) pages() (http.Handler, error) {
	zone, err := s.config.Location()
	if err != nil {
		return nil, err
	}
	tongue, _ := look.ParseTongue(s.config.Language)
	mux := http.NewServeMux()
	s.browserPages(mux)
	s.probePages(mux)
	s.worldPages(mux)
	if s.gateway != nil {
		drillPages(mux, s.gateway.turns.now)
		mux.HandleFunc("GET /api/v1/gateway", func(w http.ResponseWriter, _ *http.Request) { writeState(w, s.gateway.status()) })
	}
	if s.control, err = makeControlKey(s.config.Data); err != nil {
		return nil, err
	}
	if s.publisher, err = newPublisher(s); err != nil {
		return nil, err
	}
	if s.teller, err = newTeller(s, s.publisher.options); err != nil {
		return nil, err
	}
	if s.teller.store != nil {
		s.publisher.options.Subscribers = s.teller
	}
	mux.Handle("GET /api/v1/status/copy.zip", status.CopyHandler(s.publisher.options))
	mux.HandleFunc(plannedPath, s.planned)
	mux.HandleFunc(plannedPath+"/", s.planned)
	mux.HandleFunc("GET /api/v1/notifications", s.teller.state)
	mux.HandleFunc("DELETE /api/v1/subscribers", s.teller.forget)
	mux.HandleFunc("GET "+auditPath, s.entry.trail.answer)
	mux.HandleFunc("GET /api/v1/accounts", s.entry.accounts)
	mux.HandleFunc("GET "+tenantsPath, s.answerTenants)
	public := status.New(s.publisher.options)
	mux.Handle("/", web.New(s.webOptions(zone, tongue)))
	return unguessed(admit.Patient(withStatus(withSenders(s.push, s.entry.guard(mux)), public, s.publisher.options.Pages), cmp.Or(s.patience, pagePatience))), nil
}

// pagePatience is how long who sends a form to a page may take for it.
const pagePatience = 30 * time.Second

// dropsNow returns what was not counted, for programs.
func (s *Server) dropsNow() (list []api.Drop) {
	for _, d := range s.dropped() {
		list = append(list, api.Drop{Where: d.Where, What: d.What, Reason: d.Reason, Count: d.Count})
	}
	return list
}

// webOptions says what the dashboard shows. A tenant is shown nothing of the machine, which
// others share.
func (s *Server) webOptions(zone *time.Location, tongue look.Tongue) web.Options {
	o := web.Options{
		Answers: s.projector.now,
		State:   s.state,
		Notify:  s.viewers.notify,
		Version: s.projector.newest,
		Said:    s.projector.composed.said.Load,
		Desk:    desk{s},
		Chain:   s.chain,
		Coming:  s.coming,
		Meter:   s.meter,
		Rate:    s.config.Cost.Rate(),
		Who:     mayWrite,
		Crew:    s.crew,
		Door:    s.entry,
		Keys:    s.entry,
		SignOn:  s.entry,
		Office:  s.entry,
		Guests:  s.entry,
		Gateway: s.gatewayNow(),
		Found:   s.found,
		Follow:  s.follow,
		API: api.New(api.Options{
			Answers: s.projector.now, Desk: desk{s}, Who: mayWrite, Crew: s.crew, Missing: ErrNoIncident, Version: version(), Others: elsewhere(), Log: s.log, Dropped: s.dropsNow,
		}),
		Refuse:   func(door, why string) { s.drops.add(door, inRequests, why, 1, true) },
		Ways:     s.ways,
		Services: s.services,
		Probes:   s.probes,
		Picture:  s.probing.picture,
		Zone:     zone,
		Tongue:   tongue,
		Log:      s.log,
	}
	if s.tenant {
		o.Found, o.Follow, o.Ways = nil, nil, nil
	}
	if len(s.config.Tenants) > 0 {
		o.Tenants = s.tenantStates
	}
	return o
}

// withSenders puts the door for programs before all that asks who somebody is: it does so
// itself, and thousands of times a second.
func withSenders(door, pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == push.Path {
			door.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// unguessed lets no browser take an answer for something else than it says it is.
func unguessed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// elsewhere returns what programs can ask that package api does not answer itself.
func elsewhere() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/api/v1/report", Summary: "How all of the period was for the people in it.", Answer: view.Answer{}},
		{Method: http.MethodGet, Path: "/api/v1/drops", Summary: "What was not counted, by reason; and what waits because it is from the future."},
		{Method: http.MethodPost, Path: push.Path, Summary: "Send experiences, one object a line (docs/push.md)."},
		{Method: http.MethodPost, Path: remotewrite.Path, Summary: "Where a Prometheus writes to by remote-write, version 1 or 2 (docs/foresight.md)."},
		{Method: http.MethodGet, Path: auditPath, Summary: "Who did what, the newest first; for admins (docs/accounts.md)."},
		{Method: http.MethodGet, Path: "/api/v1/accounts", Summary: "Who has an account, and which tokens there are; for admins."},
		{Method: http.MethodGet, Path: tenantsPath, Summary: "How it is at each tenant, for admins of who runs all of them (docs/tenants.md)."},
		{Method: http.MethodGet, Path: "/api/v1/gateway", Summary: "The backends of the gateway: score, room, last faults."},
		{Method: http.MethodGet, Path: "/api/v1/chain", Summary: "Which service needs which, and how far a fault reaches.", Answer: view.Chain{}},
		{Method: http.MethodGet, Path: "/api/v1/probes", Summary: "How the targets of the probes are.", Params: []api.Param{{Name: "target", Says: "only this one"}}, Answer: view.Probes{}},
		{Method: http.MethodGet, Path: "/api/v1/coming", Summary: "What lies ahead: moments with the people expected, planned work.", Answer: view.Coming{}},
		{Method: http.MethodGet, Path: "/api/v1/cost", Summary: "What bad time cost: now while an incident is open, and lately; null is not known.", Answer: view.Meter{}},
		{Method: http.MethodGet, Path: "/api/v1/warnings", Summary: "What is coming: what runs out, when, how sure that is, and whose it is (docs/foresight.md).", Answer: view.Warnings{}},
		{Method: http.MethodGet, Path: "/api/v1/catalog", Summary: "What is known of each service: whose it is, what it needs, and who says so (docs/catalog.md).", Answer: []service.Known{}},
		{Method: http.MethodGet, Path: "/api/v1/world", Summary: "What others told: releases, alerts, vendors, complaints (docs/deploys.md)."},
		{Method: http.MethodGet, Path: "/api/v1/browser", Summary: "What browsers told, and what was refused (docs/browser.md)."},
		{Method: http.MethodGet, Path: plannedPath, Summary: "Planned work (docs/status.md)."},
		{Method: http.MethodGet, Path: "/api/v1/notifications", Summary: "Who is told of incidents, and what could not be delivered (docs/status.md)."},
	}
}

// version returns which version of the program this is, as the Go toolchain knows it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

// state tells what is being read.
func (s *Server) state() web.State {
	known, missing := s.projector.sources()
	state := web.State{Full: s.troubles.full(), Message: missing, Drops: s.dropped()}
	state.Held, state.HeldUntil = s.held.waiting()
	for _, name := range []string{roomName, scrubName, archiveName} {
		if trouble := s.troubles.of(name); trouble != "" && state.Message == "" {
			state.Message = name + ": " + trouble
		}
	}
	if s.gateway != nil && state.Message == "" {
		if err := errOfCerts(s.gateway.Certificates()); err != nil {
			state.Message = gatewayName + ": " + err.Error()
		}
	}
	for _, one := range s.allSources() {
		name := one.Name()
		shown := web.SourceState{Name: strings.TrimPrefix(name, "accesslog "), Trouble: s.troubles.of(name)}
		if k := known[name]; k.Newest > 0 {
			shown.LastLine = time.UnixMilli(k.Newest)
		}
		state.Sources = append(state.Sources, shown)
	}
	for _, name := range []string{push.Name, browser.Name, otlp.Name, gatewayName} {
		if k := known[name]; k.Newest > 0 || s.troubles.of(name) != "" {
			state.Sources = append(state.Sources, web.SourceState{Name: name, LastLine: time.UnixMilli(k.Newest), Trouble: s.troubles.of(name)})
		}
	}
	return state
}
