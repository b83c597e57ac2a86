package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/honderd/honderd/gateway"
	"github.com/honderd/honderd/gateway/certs"
)

// turns are gateways that come one in the place of another, while requests and sockets of
// the earlier ones end in peace.
type turns struct {
	newest atomic.Pointer[gateway.Gateway]

	mu     sync.Mutex
	list   []turn          // the newest at the end
	inner  context.Context //nolint:containedctx // that of Run, in which later gateways run too
	behind sync.WaitGroup
}

// turn is one gateway.
type turn struct {
	*gateway.Gateway
	stop context.CancelFunc
}

// now returns the gateway of now.
func (t *turns) now() *gateway.Gateway { return t.newest.Load() }

// ServeHTTP lets the gateway of now serve.
func (t *turns) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.now().ServeHTTP(w, r) }

// take puts g in the place of those before. They are kept while they have open sockets.
func (t *turns) take(g *gateway.Gateway) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = slices.DeleteFunc(t.list, func(one turn) bool {
		if one.State().Sockets > 0 {
			return false
		}
		one.stop()
		return true
	})
	t.list = append(t.list, turn{g, func() {}})
	t.newest.Store(g)
	if t.inner != nil {
		t.start(len(t.list) - 1)
	}
}

// start is called with the lock.
func (t *turns) start(i int) {
	ctx, stop := context.WithCancel(t.inner)
	g := t.list[i].Gateway
	t.list[i].stop = stop
	t.behind.Go(func() { g.Run(ctx) })
}

// run runs the gateways there are and those that come, until ctx is done.
func (t *turns) run(ctx context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inner = ctx
	for i := range t.list {
		t.start(i)
	}
}

// endSockets ends the sockets of all.
func (t *turns) endSockets() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range t.list {
		one.EndSockets()
	}
}

// wait waits until all have ended.
func (t *turns) wait() { t.behind.Wait() }

// loadCert reads the certificate of now.
func (s *GatewayServer) loadCert() error {
	o := s.options
	pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w (fix: name two PEM files that belong together)", o.Cert, o.Key, err)
	}
	s.cert.Store(&pair)
	if says := errOfCerts([]certs.State{certs.Of(pair.Leaf)}); says != nil {
		s.log.Warn("the certificate will not do for long", "file", o.Cert, "why", says)
	}
	return nil
}

// Reload lets a gateway with these options come in the place of the one of now. No request
// is lost: what was begun ends as it began, and sockets stay open. Where it listens, and
// whether it is encrypted, stays as it is.
func (s *GatewayServer) Reload(ctx context.Context, o GatewayOptions) error {
	before := s.options
	if !slices.Equal(o.Listen, before.Listen) || !slices.Equal(o.Plain, before.Plain) || o.Proxied != before.Proxied || o.encrypted() != before.encrypted() ||
		o.HTTP3 != before.HTTP3 || !o.Spans.same(before.Spans) || o.Clients != before.Clients {
		return errors.New("where and how the gateway listens cannot change while it runs (fix: restart honderd)")
	}
	o.Options.Log, o.Before, o.Options.Clients, o.Announce = s.log, s.turns.now(), s.requests, s.announce
	s.listen(&o)
	if err := s.reloadCerts(ctx, o); err != nil {
		return err
	}
	g, err := gateway.New(ctx, o.Options)
	if err != nil {
		return err
	}
	s.turns.take(g)
	return nil
}

// reloadCerts reads the certificates that o names, and asks the CA that it names.
func (s *GatewayServer) reloadCerts(ctx context.Context, o GatewayOptions) error {
	before := s.options
	s.options.Cert, s.options.Key = o.Cert, o.Key
	if o.Cert == "" {
		s.cert.Store(nil)
	} else if err := s.loadCert(); err != nil {
		s.options = before
		return err
	}
	if o.ACME.same(before.ACME) {
		return nil
	}
	keeper, err := s.newKeeper(ctx, o.ACME)
	if err != nil {
		s.options = before
		return err
	}
	s.options.ACME = o.ACME
	s.keepCerts(keeper)
	return nil
}
