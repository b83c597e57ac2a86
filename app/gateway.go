package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/honderd/honderd/gateway"
	"github.com/honderd/honderd/gateway/certs"
	"github.com/honderd/honderd/gateway/h1"
	"github.com/honderd/honderd/internal/perclient"
)

// GatewayOptions says how a gateway stands on its own.
type GatewayOptions struct {
	gateway.Options
	Listen    []string
	Plain     []string  // where people come to without TLS, and are sent to the first of Listen
	Cert, Key string    // files; "": none
	ACME      *ACME     // a CA that gives certificates; nil: none
	HTTP3     bool      // is spoken too, at the same addresses over UDP
	Proxied   bool      // connections of trusted proxies begin with the header of the PROXY protocol
	Spans     *Spans    // where spans go; nil: nowhere
	Clients   Clients   // what one client may have at once
	Admin     string    // where it says how it is; "": nowhere
	Lines     io.Writer // of the access log; nil: none

	// Open are listeners that are there already, by their address in Listen.
	Open map[string]net.Listener
}

// Clients is what one client may have at once; 0: the default; below 0: as much as all.
type Clients struct{ Connections, Requests int }

// GatewayServer is a gateway that listens.
type GatewayServer struct {
	options   GatewayOptions
	turns     turns // the gateway, and those in whose place it has come
	cert      atomic.Pointer[tls.Certificate]
	keeper    atomic.Pointer[certs.Keeper] // nil: no CA is asked
	server    *h1.Server
	sending   *h1.Server // of who comes without TLS; nil: nobody does
	third     *third     // of HTTP/3; nil: it is not spoken
	announced atomic.Pointer[string]
	requests  *perclient.Limit
	listeners []net.Listener
	plain     []net.Listener
	admin     *http.Server
	adminNet  net.Listener
	lines     *lineLog
	spans     *spanLog
	log       *slog.Logger

	keeping   sync.Mutex
	inner     context.Context //nolint:containedctx // that of Run, in which later keepers run too
	endKeeper context.CancelFunc
	kept      sync.WaitGroup
}

// drainFor is how long requests may take to end when the gateway stops.
const drainFor = 30 * time.Second

// NewGateway opens the listeners of o, but serves nobody before Run.
func NewGateway(ctx context.Context, o GatewayOptions, log *slog.Logger) (*GatewayServer, error) {
	s := &GatewayServer{options: o, log: log}
	s.requests = perclient.New(orClients(o.Clients.Requests, ClientRequests), s.free)
	o.Options.Log, o.Options.Clients, o.Announce = log, s.requests, s.announce
	if o.Lines != nil {
		s.lines = newLineLog(o.Lines)
	}
	var err error
	if s.spans, err = newSpanLog(o.Spans, log); err != nil {
		return nil, err
	}
	s.listen(&o)
	g, err := gateway.New(ctx, o.Options)
	if err != nil {
		return nil, err
	}
	s.turns.take(g)
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.closeListeners())
	}
	return s, nil
}

// listen lets all that hears of exchanges hear of those of o.
func (s *GatewayServer) listen(o *GatewayOptions) {
	first := o.Done
	if s.spans != nil {
		o.Tracing = &gateway.Tracing{Share: s.spans.options.Share}
	}
	if first == nil && s.lines == nil && s.spans == nil {
		return
	}
	o.Done = func(e *gateway.Exchange) {
		if first != nil {
			first(e)
		}
		if s.lines != nil {
			s.lines.add(e)
		}
		if s.spans != nil {
			s.spans.add(e)
		}
	}
}

// open opens the listeners and what is needed to serve who comes to them.
func (s *GatewayServer) open(ctx context.Context) (err error) {
	o := s.options
	if s.listeners, err = o.openAll(ctx, o.Listen); err != nil {
		return err
	}
	if s.plain, err = o.openAll(ctx, o.Plain); err != nil {
		return err
	}
	if o.Cert != "" {
		if err := s.loadCert(); err != nil {
			return err
		}
	}
	keeper, err := s.newKeeper(ctx, o.ACME)
	if err != nil {
		return err
	}
	s.keeper.Store(keeper)
	clients := perclient.New(orClients(o.Clients.Connections, ClientConnections), s.free)
	front := h1.Options{TLS: s.tls(), Clients: clients, Refused: func(p *h1.Problem) { s.turns.now().Refused(p) }}
	if o.Proxied {
		front.Proxied = func(from net.Addr) bool { return s.turns.now().TrustsConnection(from) }
	}
	s.server = h1.NewServer(&s.turns, front)
	if err := s.openThird(ctx, front, clients); err != nil {
		return err
	}
	if len(s.plain) > 0 {
		front.TLS = nil
		s.sending = h1.NewServer(http.HandlerFunc(s.plainly), front)
	}
	if o.Admin != "" {
		if s.adminNet, err = listen(ctx, o.Admin); err != nil {
			return err
		}
		s.admin = &http.Server{Handler: s.adminPages(), ReadHeaderTimeout: 10 * time.Second}
	}
	return nil
}

func orClients(n, other int) int {
	if n == 0 {
		return other
	}
	return n
}

// openAll listens on addresses, but on those that are open already.
func (o GatewayOptions) openAll(ctx context.Context, addresses []string) (list []net.Listener, err error) {
	for _, address := range addresses {
		l := o.Open[address]
		if l == nil {
			if l, err = listen(ctx, address); err != nil {
				return list, err
			}
		}
		list = append(list, l)
	}
	return list, nil
}

func (s *GatewayServer) closeListeners() error {
	var errs []error
	if s.inner == nil {
		if k := s.keeper.Load(); k != nil {
			k.Close()
		}
		s.closeThird()
	}
	for _, l := range slices.Concat(s.listeners, s.plain) {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Files returns the listeners as files, for the process that takes over: those of Listen,
// then those of Plain.
func (s *GatewayServer) Files() (list []*os.File, err error) {
	for _, l := range slices.Concat(s.listeners, s.plain) {
		t, ok := l.(*net.TCPListener)
		if !ok {
			return nil, errors.New("a listener that cannot be handed over")
		}
		f, err := t.File()
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

// Addresses returns where it listens.
func (s *GatewayServer) Addresses() []string {
	var list []string
	for _, l := range s.listeners {
		list = append(list, l.Addr().String())
	}
	return list
}

// State returns how the gateway is.
func (s *GatewayServer) State() gateway.State { return s.turns.now().State() }

// gatewayStatus is all that a gateway says of itself.
type gatewayStatus struct {
	gateway.State
	Certificates []certs.State `json:"certificates,omitempty"`
	Spans        *spansState   `json:"spans,omitempty"`
}

func (s *GatewayServer) status() gatewayStatus {
	return gatewayStatus{State: s.State(), Certificates: s.Certificates(), Spans: s.spans.state()}
}

// Run serves until ctx is done, and then lets what was begun end.
func (s *GatewayServer) Run(ctx context.Context) error {
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wait sync.WaitGroup
	s.turns.run(inner)
	s.runKeeper(inner)
	failed := make(chan error, 2*len(s.listeners)+len(s.plain)+1)
	s.runThird(inner, failed)
	for _, l := range s.listeners {
		wait.Go(func() { failed <- s.server.Serve(l) })
	}
	for _, l := range s.plain {
		wait.Go(func() { failed <- s.sending.Serve(l) })
	}
	if s.admin != nil {
		wait.Go(func() { failed <- s.admin.Serve(s.adminNet) })
	}
	if s.lines != nil {
		wait.Go(func() { s.lines.run(inner) })
	}
	if s.spans != nil {
		wait.Go(func() { s.spans.run(inner) })
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.turns.endSockets()
	end, cancel := context.WithTimeout(context.Background(), drainFor)
	defer cancel()
	var ends sync.WaitGroup
	ends.Go(func() {
		if e := s.stopThird(end); e != nil {
			s.log.Warn("not every request could end", "error", e)
		}
	})
	if e := s.server.Shutdown(end); e != nil {
		s.log.Warn("not every request could end", "error", e)
	}
	ends.Wait()
	if s.sending != nil {
		_ = s.sending.Shutdown(end)
	}
	if s.admin != nil {
		_ = s.admin.Close()
	}
	stop()
	wait.Wait()
	s.kept.Wait()
	s.turns.wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// adminPages say how the gateway is.
func (s *GatewayServer) adminPages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_ = errors.Join(s.turns.now().WriteMetrics(w), certs.WriteMetrics(w, s.Certificates()), s.spans.writeMetrics(w), s.lines.writeMetrics(w))
	})
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "healthy") })
	mux.HandleFunc("GET /-/ready", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ready") })
	drillPages(mux, s.turns.now)
	mux.HandleFunc("GET /api/v1/gateway", func(w http.ResponseWriter, _ *http.Request) { writeState(w, s.status()) })
	return mux
}
