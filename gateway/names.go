package gateway

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// name is a Backend, and the addresses that it has.
type name struct {
	url     *url.URL
	site    int
	fixed   bool     // it is an address already, or a cluster says which it has
	service *service // of a cluster; nil: it is a name of DNS

	mu    sync.Mutex
	asked time.Time
	busy  bool
	addrs []string
}

// How often names are asked for.
const (
	askEvery   = time.Second
	askAtMost  = 50 * time.Millisecond
	askPatient = 2 * time.Second
)

// lookup returns the addresses of a host.
type lookup func(ctx context.Context, host string) ([]netip.Addr, error)

// newLookup asks the DNS server at address; "": those of the machine.
func newLookup(address string) lookup {
	r := net.DefaultResolver
	if address != "" {
		if _, _, err := net.SplitHostPort(address); err != nil {
			address = net.JoinHostPort(address, "53")
		}
		r = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}}
	}
	return func(ctx context.Context, host string) ([]netip.Addr, error) { return r.LookupNetIP(ctx, "ip", host) }
}

func newName(b Backend) (*name, error) {
	u, err := ParseBackend(b.URL)
	if err != nil {
		return nil, err
	}
	n := &name{url: u, site: b.Site}
	if u.Scheme == "k8s" {
		s, err := parseService(u)
		n.service, n.fixed = &s, true
		n.url = &url.URL{Scheme: "http", Host: s.name + "." + s.namespace + ":" + s.port}
		return n, err
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil || u.Hostname() == "localhost" {
		n.fixed, n.addrs = true, []string{u.Host} // Go tries both families of localhost
	}
	return n, nil
}

// takeOver takes the addresses that a name of p had, so that nobody waits for them.
func (n *name) takeOver(p *pool) {
	if p == nil || n.fixed && n.service == nil {
		return
	}
	for _, o := range p.names {
		if *o.url == *n.url {
			o.mu.Lock()
			n.addrs = o.addrs
			o.mu.Unlock()
		}
	}
}

// keyOf tells backends apart.
func keyOf(scheme, addr string, site int) string {
	return scheme + "://" + addr + "#" + strconv.Itoa(site)
}

// ask looks up the addresses of n. It reports whether they changed. A name that is not
// answered keeps what it had.
func (n *name) ask(ctx context.Context, now time.Time, look lookup, atMost time.Duration) bool {
	n.mu.Lock()
	if n.fixed || n.busy || now.Sub(n.asked) < atMost {
		n.mu.Unlock()
		return false
	}
	n.busy, n.asked = true, now
	n.mu.Unlock()
	ctx, stop := context.WithTimeout(ctx, askPatient)
	defer stop()
	list, err := look(ctx, n.url.Hostname())
	addrs := addressesOf(list, n.url.Port())
	n.mu.Lock()
	defer n.mu.Unlock()
	n.busy = false
	if err != nil || len(addrs) == 0 || slices.Equal(addrs, n.addrs) {
		return false
	}
	n.addrs = addrs
	return true
}

// addressesOf prefers the older family where a host has both.
func addressesOf(list []netip.Addr, port string) []string {
	var four, six []string
	for _, a := range list {
		if a = a.Unmap(); a.Is4() {
			four = append(four, net.JoinHostPort(a.String(), port))
		} else {
			six = append(six, net.JoinHostPort(a.String(), port))
		}
	}
	if len(four) == 0 {
		four = six
	}
	slices.Sort(four)
	return slices.Compact(four)
}

// arrange makes the backends of p those that its names have now; what is known of those
// that stay is kept.
func (g *Gateway) arrange(p *pool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := map[string]*backend{}
	if have := p.backends.Load(); have != nil {
		for _, b := range *have {
			old[keyOf(b.scheme, b.addr, b.site)] = b
		}
	}
	list := []*backend{}
	for _, n := range p.names {
		n.mu.Lock()
		for _, addr := range n.addrs {
			key := keyOf(n.url.Scheme, addr, n.site)
			b := old[key]
			if b == nil {
				b = g.newBackend(n, addr)
			}
			delete(old, key)
			list = append(list, b)
		}
		n.mu.Unlock()
	}
	p.backends.Store(&list)
	for _, b := range old {
		b.engine.close()
	}
}

func (g *Gateway) newBackend(n *name, addr string) *backend {
	b := &backend{name: n.url.Host, addr: addr, scheme: n.url.Scheme, host: n.url.Hostname(), site: n.site}
	if addr != n.url.Host {
		b.name = n.url.Hostname() + " " + addr
	}
	var conf *tls.Config
	if encrypted(b.scheme) {
		conf = &tls.Config{MinVersion: tls.VersionTLS12}
		if g.options.TLS != nil {
			conf = g.options.TLS.Clone()
		}
		if conf.ServerName == "" {
			conf.ServerName = b.host
		}
	}
	b.second.Store(b.scheme == "h2" || b.scheme == "h2c")
	b.engine = newEngine(b, conf)
	return b
}

// follow asks for names again and again, until ctx is done.
func (g *Gateway) follow(ctx context.Context) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			for _, p := range g.pools {
				g.look(ctx, p, askEvery/2)
			}
		case <-ctx.Done():
			return
		}
	}
}

// look asks for the names of p, unless they were asked for just now.
func (g *Gateway) look(ctx context.Context, p *pool, atMost time.Duration) {
	var wait sync.WaitGroup
	changed := make(chan bool, len(p.names))
	for _, n := range p.names {
		if n.fixed {
			continue
		}
		wait.Go(func() { changed <- n.ask(ctx, time.Now(), g.lookup, atMost) })
	}
	wait.Wait()
	close(changed)
	for moved := range changed {
		if moved {
			g.arrange(p)
			p.recovered(time.Now())
			return
		}
	}
}
