package gateway

import (
	"context"
	"hash/maphash"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/honderd/honderd/gateway/cache"
	"github.com/honderd/honderd/gateway/h1"
	"github.com/honderd/honderd/internal/kube"
)

// Gateway stands between people and backends.
type Gateway struct {
	options Options
	pools   []*pool
	kube    *kube.Client // nil: there is no cluster
	lookup  lookup
	store   *cache.Store // nil: nothing is kept
	renews  sync.Map     // keys that are being renewed

	buffers  buffers
	counts   *counts
	drills   *drills
	mu       sync.Mutex
	sockets  map[*socket]bool
	behind   sync.WaitGroup // what goes on after an answer was given
	ending   chan struct{}  // closed when nobody is served any more
	over     atomic.Bool
	followed atomic.Bool // another has come in its place
	seed     maphash.Seed
}

// New returns a Gateway. Names of backends that cannot be found yet are asked for again
// by Run.
func New(ctx context.Context, o Options) (*Gateway, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	g := &Gateway{options: o.withDefaults(), lookup: newLookup(o.Resolver), sockets: map[*socket]bool{}, seed: maphash.MakeSeed(), ending: make(chan struct{})}
	g.counts, g.drills = newCounts(), &drills{}
	if g.options.Cache > 0 {
		g.store = cache.New(g.options.Cache)
	}
	before := o.Before
	if before != nil {
		g.counts, g.drills, g.seed = before.counts, before.drills, before.seed
		if g.options.Cache == before.options.Cache {
			g.store = before.store
		}
	}
	for _, one := range g.options.Pools {
		p := &pool{Pool: one, known: newKnown()}
		old := before.poolNamed(one.Name)
		if old != nil {
			p.known = old.known
			p.backends.Store(old.backends.Load())
		}
		for _, b := range one.Backends {
			n, err := newName(b)
			if err != nil {
				return nil, err
			}
			n.takeOver(old)
			p.names = append(p.names, n)
		}
		g.arrange(p)
		g.pools = append(g.pools, p)
	}
	if err := g.openServices(ctx); err != nil {
		return nil, err
	}
	for _, p := range g.pools {
		g.look(ctx, p, 0)
	}
	if before != nil {
		before.followed.Store(true)
	}
	return g, nil
}

// poolNamed returns the pool of this name; nil: there is none.
func (g *Gateway) poolNamed(name string) *pool {
	if g == nil {
		return nil
	}
	for _, p := range g.pools {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Run follows the names of backends until ctx is done, and then ends open sockets.
func (g *Gateway) Run(ctx context.Context) {
	var services sync.WaitGroup
	for _, p := range g.pools {
		for _, n := range p.names {
			if n.service != nil {
				services.Go(func() { g.followService(ctx, p, n) })
			}
		}
	}
	g.follow(ctx)
	services.Wait()
	g.EndSockets()
	close(g.ending)
	g.behind.Wait()
	if g.followed.Load() { // its connections are somebody else's now
		return
	}
	for _, p := range g.pools {
		for _, b := range p.all() {
			b.engine.close()
		}
	}
}

// EndSockets ends what is open, so that pages open it anew elsewhere, and every socket
// that is still to come.
func (g *Gateway) EndSockets() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over.Store(true)
	for s := range g.sockets {
		s.restart()
	}
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if status, why := g.wrong(r); status != 0 {
		g.refuse(w, r, status, why)
		return
	}
	p := g.poolOf(r)
	if p == nil {
		g.refuse(w, r, http.StatusMisdirectedRequest, "no such host or path here")
		return
	}
	if g.options.Clients != nil {
		leave, ok := g.options.Clients.Enter(g.client(r))
		if !ok {
			w.Header().Set("Retry-After", "1")
			g.refuse(w, r, http.StatusTooManyRequests, "too many requests of one client at once")
			return
		}
		if leave != nil {
			defer leave()
		}
	}
	if g.options.Beacon.serves(r.URL.Path) {
		g.options.Beacon.Serve.ServeHTTP(w, r)
		return
	}
	if isUpgrade(r) {
		g.serveSocket(w, r, p)
		return
	}
	x := g.newExchange(w, r, p)
	if r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0 {
		x.length, x.trailers = r.ContentLength, announced(r)
		if len(x.trailers) > 0 {
			x.length = -1 // only a body in parts has a trailer
		}
		body, err := newSpool(r.Body, x.length, g.options.Body)
		if err != nil {
			x.refuseBody(err)
			return
		}
		x.body = body
		defer body.close(w)
	}
	x.serve()
}

// wrong returns why a request is not for a backend; 0: it is.
func (g *Gateway) wrong(r *http.Request) (status int, why string) {
	switch {
	case r.Method == http.MethodConnect:
		return http.StatusMethodNotAllowed, "this is no open proxy"
	case r.Method == http.MethodTrace || r.Method == "TRACK":
		return http.StatusMethodNotAllowed, "requests are not echoed"
	case r.URL.Host != "" && !g.ours(r):
		return http.StatusMisdirectedRequest, "this is no open proxy"
	case loops(r):
		return http.StatusLoopDetected, "the request came through here before, many times"
	case r.ProtoMajor >= 2 && strings.Contains(r.Host, ","):
		return http.StatusBadRequest, "a strange Host"
	}
	return 0, ""
}

// Serves reports whether a request is for one of the pools.
func (g *Gateway) Serves(r *http.Request) bool {
	status, _ := g.wrong(r)
	return status == 0 && g.poolOf(r) != nil
}

// loops reports whether a request has come through gateways like this one too often.
func loops(r *http.Request) bool {
	n := 0
	for _, v := range r.Header["Via"] {
		n += strings.Count(v, "honderd")
	}
	return n > 8
}

// ours reports whether a whole address is one of ours: a name of a pool, or where the
// request came to.
func (g *Gateway) ours(r *http.Request) bool {
	if r.ProtoMajor >= 2 {
		return true // it has no other form
	}
	host := hostOf(r.URL.Host)
	for _, p := range g.pools {
		if len(p.Hosts) > 0 && p.serves(host, r.URL.Path) >= 1<<16 {
			return true
		}
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if local == nil {
		return false
	}
	ip, _, _ := net.SplitHostPort(local.String())
	return host == ip || host == "localhost"
}

func hostOf(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		hostport = h
	}
	return strings.TrimSuffix(strings.ToLower(strings.Trim(hostport, "[]")), ".")
}

// poolOf returns the pool that fits r best, nil if none does.
func (g *Gateway) poolOf(r *http.Request) *pool {
	if len(g.pools) == 1 && len(g.pools[0].Hosts) == 0 && g.pools[0].Path == "" {
		return g.pools[0]
	}
	var best *pool
	fit := -1
	host := hostOf(r.Host)
	for _, p := range g.pools {
		if n := p.serves(host, r.URL.Path); n > fit {
			best, fit = p, n
		}
	}
	return best
}

// Refused counts a request that was refused before it was one.
func (g *Gateway) Refused(p *h1.Problem) {
	if p.Status == http.StatusInternalServerError {
		g.options.Log.Error("the gateway failed itself", "why", p.Why)
	}
	g.counts.refuse(p.Why)
}

// serve answers x.
func (x *exchange) serve() {
	if x.fromStore() {
		x.finish(nil)
		return
	}
	asked := time.Now()
	if x.tooMany(asked) {
		x.turnAway()
		return
	}
	o := x.race()
	x.answer(o, asked)
}

// answer gives the person what the race brought, or the best there is in its place.
func (x *exchange) answer(o *outcome, asked time.Time) {
	switch {
	case x.body != nil && x.body.failed() != nil && (o == nil || o.verdict > flowing):
		x.refuseBody(x.body.failed())
		return
	case x.gone:
		x.record.Status = 499
		x.finish(nil)
		panic(http.ErrAbortHandler)
	case o != nil && o.verdict <= flowing:
		if x.renewed(o, asked) {
			x.finish(o)
			return
		}
		x.keep(o, asked)
		x.give(o)
		return
	case x.giveStale():
		x.finish(o)
		return
	case o != nil:
		x.give(o)
		return
	}
	x.giveUp()
}
