package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/gateway"
	"github.com/honderd/honderd/internal/beacon"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/source/browser"
)

// openGateway opens the gateway that the configuration names, if it names one.
func (s *Server) openGateway(ctx context.Context, salts *who.Salts) (err error) {
	if len(s.config.Gateway.Pools) == 0 {
		return nil
	}
	o, err := GatewayOf(s.config)
	if err != nil {
		return err
	}
	if s.spool, err = openSpool(filepath.Join(s.config.Data, "gateway.spool"), s.log, s.drops); err != nil {
		return err
	}
	s.passing = newGatewayPeople(s.config, salts, s.crossings, s.spool, s.keepPassed)
	o.Done, o.Beacon = s.passing.add, s.beacon(s.config)
	o.Spans.count()
	s.gateway, err = NewGateway(ctx, o, s.log)
	return err
}

// Reload lets the sections gateway and tenants of c hold from now on. The rest of c is for
// the next start.
func (s *Server) Reload(ctx context.Context, c config.Config) error {
	if (s.gateway == nil) != (len(c.Gateway.Pools) == 0) {
		return errors.New("a gateway cannot come or go while the server runs (fix: restart honderd)")
	}
	s.reloadTenants(ctx, c.Tenants)
	if s.gateway == nil {
		return nil
	}
	o, err := GatewayOf(c)
	if err != nil {
		return err
	}
	o.Done, o.Beacon = s.passing.add, s.beacon(c)
	o.Spans.count()
	return s.gateway.Reload(ctx, o)
}

// beacon returns what is put into pages; nil: nothing.
func (s *Server) beacon(c config.Config) *gateway.Beacon {
	if c.Gateway.Beacon != "inject" || s.browser == nil {
		return nil
	}
	return &gateway.Beacon{Tag: beacon.Tag{Source: "/honderd.js", Key: c.Receive.Browser.Key}, Paths: browser.Paths(), Serve: s.browser}
}

// GatewayOf returns the gateway that a configuration names.
func GatewayOf(c config.Config) (o GatewayOptions, err error) {
	g := c.Gateway
	o = GatewayOptions{Listen: g.Listen, Cert: g.Cert, Key: g.Key, Proxied: g.ProxyProtocol == "required"}
	if len(o.Listen) == 0 {
		return o, errors.New("gateway.listen is missing: where do people come to? (fix: write listen: [\":8080\"] under gateway)")
	}
	if (g.Cert == "") != (g.Key == "") {
		return o, errors.New("a certificate needs its key (fix: write both cert and key under gateway)")
	}
	o.Plain, o.HTTP3 = g.Plain, g.HTTP3 == "true"
	o.Clients = Clients{orNone(g.Clients.Connections), orNone(g.Clients.Requests)}
	if a := g.TLS.ACME; len(a.Domains) > 0 {
		o.ACME = &ACME{Domains: a.Domains, Email: a.Email, CA: a.CA, Root: a.CARoot, Folder: CertificatesIn(c.Data)}
	} else if a.Email != "" || a.CA != "" || a.CARoot != "" {
		return o, errors.New("a CA is named, but no domain (fix: write domains: [shop.example] under gateway.tls.acme)")
	}
	if len(o.Plain) > 0 && !o.encrypted() {
		return o, errors.New("gateway.plain is where people come to without TLS, but there is no TLS (fix: write its addresses under listen)")
	}
	if g.OTLP.Endpoint != "" {
		o.Spans = SpansOf(g.OTLP)
	}
	if err := o.CheckHTTP3(); err != nil {
		return o, err
	}
	o.Options, err = passOptions(c)
	return o, err
}

// SpansOf returns where spans go.
func SpansOf(c config.GatewayOTLP) *Spans {
	o := &Spans{Endpoint: c.Endpoint, Share: c.Share(), Service: c.Service, Labels: c.Labels, Headers: map[string]string{}}
	for _, h := range c.Headers {
		o.Headers[h.Name] = h.Value
	}
	return o
}

// orNone returns n as Clients has it: 0 in a file is no limit.
func orNone(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

// CheckHTTP3 reports what HTTP/3 cannot do without.
func (o GatewayOptions) CheckHTTP3() error {
	switch {
	case o.HTTP3 && !o.encrypted():
		return errors.New("HTTP/3 is never without TLS (fix: name a certificate with cert and key, or a CA with tls.acme)")
	case o.HTTP3 && o.Proxied:
		return errors.New("HTTP/3 does not come with the header of the PROXY protocol (fix: write http3: false or proxy_protocol: off)")
	}
	return nil
}

func passOptions(all config.Config) (o gateway.Options, err error) {
	c := all.Gateway
	o = gateway.Options{Kubernetes: all.Kubernetes.Cluster(), Patience: c.Patience, Resolver: c.Resolver, Trusted: all.People.TrustedProxies, Rank: rankOf(all.Rules())}
	if o.Trusted == nil {
		o.Trusted = nearby()
	}
	if c.Page != "" {
		if o.Page, err = os.ReadFile(c.Page); err != nil {
			return o, fmt.Errorf("read the page of the gateway: %w", err)
		}
	}
	for _, p := range c.Pools {
		pool := gateway.Pool{Name: p.Name, Hosts: p.Hosts, Path: p.Path, Marker: p.Marker, Owner: p.Owner}
		for site, list := range [][]string{p.To, p.Then} {
			for _, u := range list {
				pool.Backends = append(pool.Backends, gateway.Backend{URL: u, Site: site})
			}
		}
		o.Pools = append(o.Pools, pool)
	}
	return o, o.Validate()
}

// rankOf returns how much requests matter when there are too many: what a journey cannot
// do without comes first, what nobody has asked for yet last.
func rankOf(rules experience.Rules) func(r *http.Request) int {
	return func(r *http.Request) int {
		switch {
		case strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") || r.Header.Get("Purpose") == "prefetch":
			return -1
		case rules.IsCritical(r.Method, r.URL.Path):
			return 1
		}
		return 0
	}
}

// nearby are the networks whose word is taken when nobody says otherwise: the machine
// itself and private ones.
func nearby() (list []netip.Prefix) {
	for _, text := range []string{"127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"} {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

// runGateway runs the gateway, and keeps what passes it, until ctx is done.
func (s *Server) runGateway(ctx context.Context) {
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() { s.passing.run(keeping); close(done) }()
	if err := s.gateway.Run(ctx); err != nil {
		s.log.Error("the gateway has stopped", "error", err)
	}
	stop()
	<-done
}
