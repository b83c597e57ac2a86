package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/incident"
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
	leave   chan struct{} // closed when it is served no longer
	left    chan struct{} // closed when it is over
}

// tenants are those that there are now.
type tenants struct {
	mu   sync.RWMutex
	list []*tenant
	come chan *tenant // to be run
}

// all returns them.
func (t *tenants) all() []*tenant {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return slices.Clone(t.list)
}

// set lets them be the tenants from now on.
func (t *tenants) set(list []*tenant) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = list
}

// openTenants opens the tenants. One that cannot be opened is out of order, and keeps no
// other from opening.
func (s *Server) openTenants(ctx context.Context) {
	s.tenants.come = make(chan *tenant)
	var list []*tenant
	for _, one := range s.config.Tenants {
		list = append(list, newTenant(ctx, one, s.log))
	}
	s.tenants.set(list)
}

func newTenant(ctx context.Context, one config.Tenant, log *slog.Logger) *tenant {
	t := &tenant{Tenant: one, log: log.With("tenant", one.Name), leave: make(chan struct{}), left: make(chan struct{})}
	t.fail(t.open(ctx))
	return t
}

// reloadTenants lets the tenants be those of a configuration: who is new comes, who is gone
// leaves, who changed leaves and comes again. Those that stay notice nothing.
func (s *Server) reloadTenants(ctx context.Context, list []config.Tenant) {
	before := s.tenants.all()
	var stay []*tenant
	var fresh []config.Tenant
	for _, one := range list {
		i := slices.IndexFunc(before, func(t *tenant) bool { return reflect.DeepEqual(t.Tenant, one) })
		if i < 0 {
			fresh = append(fresh, one)
			continue
		}
		stay = append(stay, before[i])
	}
	s.tenants.set(stay)
	for _, t := range before {
		if !slices.Contains(stay, t) {
			close(t.leave)
			<-t.left
			s.log.Warn("a tenant is served no longer", "tenant", t.Name)
		}
	}
	for _, one := range fresh {
		t := newTenant(ctx, one, s.log)
		select {
		case s.tenants.come <- t:
		case <-ctx.Done():
			t.fail(t.close())
			return
		}
		s.tenants.set(append(s.tenants.all(), t))
		s.log.Warn("a tenant is served", "tenant", t.Name)
	}
}

// runTenants serves the tenants until ctx ends.
func (s *Server) runTenants(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	for _, t := range s.tenants.all() {
		running.Go(func() { t.run(ctx) })
	}
	for {
		select {
		case t := <-s.tenants.come:
			running.Go(func() { t.run(ctx) })
		case <-ctx.Done():
			return
		}
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

// run serves the tenant until ctx ends, or it leaves.
func (t *tenant) run(ctx context.Context) {
	defer close(t.left)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if t.server == nil { // out of order
		select {
		case <-t.leave:
		case <-ctx.Done():
		}
		return
	}
	ended := make(chan error, 1)
	go func() { ended <- t.server.run(ctx, t.pages) }()
	select {
	case <-t.leave:
		stop()
		t.fail(<-ended)
	case err := <-ended:
		t.fail(err)
		if ctx.Err() == nil { // it ended by itself
			select {
			case <-t.leave:
			case <-ctx.Done():
			}
		}
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
		w.Header().Set("Retry-After", "60")
		if !forPeople(r) {
			w.Header().Set("Cache-Control", "no-store")
			problem(w, http.StatusServiceUnavailable, errors.New("this is out of order; who runs it knows (fix: try again in a minute)"))
			return
		}
		web.ShowTrouble(w, r, web.Trouble{Status: http.StatusServiceUnavailable})
		return
	}
	t.pages.ServeHTTP(w, r)
}

// byHost leads to each tenant who asks for one of its names, and to our own pages who asks
// for any other.
func (s *Server) byHost(own http.Handler) http.Handler {
	if s.tenant {
		return own
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t := tenantAt(s.tenants.all(), hostOf(r.Host)); t != nil {
			t.ServeHTTP(w, r)
			return
		}
		own.ServeHTTP(w, r)
	})
}

// tenantAt returns whose a host is, nil for nobody's. A name of the tenant itself is above
// one of somebody's public page.
func tenantAt(list []*tenant, host string) *tenant {
	for _, t := range list {
		if slices.ContainsFunc(t.Hosts, func(h string) bool { return hostOf(h) == host }) {
			return t
		}
	}
	for _, t := range list {
		for _, page := range t.Settings.Status.Pages {
			if slices.ContainsFunc(page.Hosts, func(h string) bool { return hostOf(h) == host }) {
				return t
			}
		}
	}
	return nil
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
	for _, t := range s.tenants.all() {
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
			for _, w := range incident.Merge(t.server.incidents(), t.server.aboutIncidents()) {
				if w.Open {
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
