package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/web"
)

// tenantsPath is where it is told how it is at each tenant.
const tenantsPath = "/api/v1/tenants"

// tenant is a customer with a server of their own: folder, ledger, folds, accounts, pages.
// They share the process and the listener, and nothing else: there is no question that
// could forget to ask whose data it is about.
type tenant struct {
	config.Tenant
	server *Server      // nil: it could not be opened
	pages  http.Handler // nil: the same
	log    *slog.Logger

	mu      sync.Mutex
	trouble error
}

// openTenants opens the tenants. One that cannot be opened is out of order, and keeps no
// other from opening.
func (s *Server) openTenants(ctx context.Context) {
	for _, one := range s.config.Tenants {
		t := &tenant{Tenant: one, log: s.log.With("tenant", one.Name)}
		t.fail(t.open(ctx))
		s.tenants = append(s.tenants, t)
	}
}

func (t *tenant) open(ctx context.Context) error {
	s := &Server{config: t.Settings, log: t.log, tenant: true}
	err := s.open(ctx, nil)
	if err == nil && s.config.Status.Listen != "" {
		s.publicListener, err = listen(ctx, s.config.Status.Listen)
	}
	if err == nil {
		t.pages, err = s.pages()
	}
	if err != nil {
		_ = s.close() // the first trouble is the one to tell
		return err
	}
	t.server = s
	return nil
}

// fail keeps that the tenant is out of order, unless err is nil.
func (t *tenant) fail(err error) {
	if err == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trouble = err
	t.log.Error("a tenant is out of order", "error", err)
}

// out reports why the tenant is out of order; nil: it is not.
func (t *tenant) out() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.trouble
}

// run serves the tenant until ctx ends.
func (t *tenant) run(ctx context.Context) {
	if t.server != nil {
		t.fail(t.server.run(ctx, t.pages))
	}
}

// close gives back what the tenant took, if it never ran.
func (t *tenant) close() error {
	if t.server == nil || t.server.http != nil { // run closes
		return nil
	}
	return t.server.close()
}

// ServeHTTP answers who asks for a tenant.
func (t *tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if t.pages == nil || t.out() != nil {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Retry-After", "60")
		http.Error(w, "This is out of order; who runs it knows.", http.StatusServiceUnavailable)
		return
	}
	t.pages.ServeHTTP(w, r)
}

// byHost leads to each tenant who asks for one of its names, and to our own pages who asks
// for any other.
func (s *Server) byHost(own http.Handler) http.Handler {
	if len(s.tenants) == 0 {
		return own
	}
	by := map[string]*tenant{}
	for _, t := range s.tenants {
		for _, page := range t.Settings.Status.Pages {
			for _, host := range page.Hosts {
				by[hostOf(host)] = t
			}
		}
	}
	for _, t := range s.tenants { // a name of the tenant itself is above one of somebody's public page
		for _, host := range t.Hosts {
			by[hostOf(host)] = t
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t := by[hostOf(r.Host)]; t != nil {
			t.ServeHTTP(w, r)
			return
		}
		own.ServeHTTP(w, r)
	})
}

// hostOf returns a host in small letters, without port, brackets and final dot.
func hostOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
}

// tenantStates returns how it is at each tenant.
func (s *Server) tenantStates() []web.Tenant {
	list := []web.Tenant{}
	for _, t := range s.tenants {
		one := web.Tenant{Name: t.Name, Hosts: t.Hosts}
		if err := t.out(); err != nil {
			one.Trouble = "out of order"
		}
		if t.server != nil {
			answer, asOf := t.server.projector.now()
			one.AsOf = asOf
			lately := answer.Between(time.Now().Add(-24*time.Hour), time.Now())
			one.People, one.Hurt = lately.People.Active, lately.People.Hurt
			one.Share, one.Felt = lately.People.FlawlessShare, lately.FeltUptime.Ratio
			for _, r := range t.server.incidents() {
				if r.Open && !r.Gone {
					one.Open++
				}
			}
		}
		list = append(list, one)
	}
	return list
}

// answerTenants tells it to programs.
func (s *Server) answerTenants(w http.ResponseWriter, _ *http.Request) {
	sendJSON(w, http.StatusOK, map[string]any{"tenants": s.tenantStates()})
}
