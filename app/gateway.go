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
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/honderd/honderd/gateway"
	"github.com/honderd/honderd/gateway/h1"
)

// GatewayOptions says how a gateway stands on its own.
type GatewayOptions struct {
	gateway.Options
	Listen    []string
	Cert, Key string    // files; "": without TLS
	Proxied   bool      // connections of trusted proxies begin with the header of the PROXY protocol
	Admin     string    // where it says how it is; "": nowhere
	Lines     io.Writer // of the access log; nil: none

	// Open are listeners that are there already, by their address in Listen.
	Open map[string]net.Listener
}

// GatewayServer is a gateway that listens.
type GatewayServer struct {
	options   GatewayOptions
	turns     turns // the gateway, and those in whose place it has come
	cert      atomic.Pointer[tls.Certificate]
	server    *h1.Server
	listeners []net.Listener
	admin     *http.Server
	adminNet  net.Listener
	lines     *lineLog
	log       *slog.Logger
}

// drainFor is how long requests may take to end when the gateway stops.
const drainFor = 30 * time.Second

// NewGateway opens the listeners of o, but serves nobody before Run.
func NewGateway(ctx context.Context, o GatewayOptions, log *slog.Logger) (*GatewayServer, error) {
	s := &GatewayServer{options: o, log: log}
	o.Options.Log = log
	if o.Lines != nil {
		s.lines = newLineLog(o.Lines)
		o.Done = s.lines.add
	}
	g, err := gateway.New(ctx, o.Options)
	if err != nil {
		return nil, err
	}
	s.turns.take(g)
	front := h1.Options{Refused: func(p *h1.Problem) { s.turns.now().Refused(p) }}
	if o.Proxied {
		front.Proxied = func(from net.Addr) bool { return s.turns.now().TrustsConnection(from) }
	}
	if o.Cert != "" {
		if err := s.loadCert(); err != nil {
			return nil, err
		}
		front.TLS = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.cert.Load(), nil }, MinVersion: tls.VersionTLS12}
	}
	s.server = h1.NewServer(&s.turns, front)
	for _, address := range o.Listen {
		l := o.Open[address]
		if l == nil {
			if l, err = listen(ctx, address); err != nil {
				return nil, errors.Join(err, s.closeListeners())
			}
		}
		s.listeners = append(s.listeners, l)
	}
	if o.Admin != "" {
		if s.adminNet, err = listen(ctx, o.Admin); err != nil {
			return nil, errors.Join(err, s.closeListeners())
		}
		s.admin = &http.Server{Handler: s.adminPages(), ReadHeaderTimeout: 10 * time.Second}
	}
	return s, nil
}

func (s *GatewayServer) closeListeners() error {
	var errs []error
	for _, l := range s.listeners {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Files returns the listeners as files, for the process that takes over.
func (s *GatewayServer) Files() (list []*os.File, err error) {
	for _, l := range s.listeners {
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

// Run serves until ctx is done, and then lets what was begun end.
func (s *GatewayServer) Run(ctx context.Context) error {
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wait sync.WaitGroup
	s.turns.run(inner)
	failed := make(chan error, len(s.listeners)+1)
	for _, l := range s.listeners {
		wait.Go(func() { failed <- s.server.Serve(l) })
	}
	if s.admin != nil {
		wait.Go(func() { failed <- s.admin.Serve(s.adminNet) })
	}
	if s.lines != nil {
		wait.Go(func() { s.lines.run(inner) })
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.turns.endSockets()
	end, cancel := context.WithTimeout(context.Background(), drainFor)
	defer cancel()
	if e := s.server.Shutdown(end); e != nil {
		s.log.Warn("not every request could end", "error", e)
	}
	if s.admin != nil {
		_ = s.admin.Close()
	}
	stop()
	wait.Wait()
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
		_ = s.turns.now().WriteMetrics(w)
	})
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "healthy") })
	mux.HandleFunc("GET /-/ready", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ready") })
	drillPages(mux, s.turns.now)
	mux.HandleFunc("GET /api/v1/gateway", func(w http.ResponseWriter, _ *http.Request) { writeState(w, s.State()) })
	return mux
}

// lineLog writes a line of JSON for each exchange. When the writer is slow, lines are
// dropped and counted: nobody waits for a log.
type lineLog struct {
	out   io.Writer
	queue chan []byte
	mu    sync.Mutex
	lost  int64
}

func newLineLog(out io.Writer) *lineLog { return &lineLog{out: out, queue: make(chan []byte, 8192)} }

func (l *lineLog) add(e *gateway.Exchange) {
	select {
	case l.queue <- e.AppendJSON(nil):
	default:
		l.mu.Lock()
		l.lost++
		l.mu.Unlock()
	}
}

// run writes until ctx is done and all is written.
func (l *lineLog) run(ctx context.Context) {
	for {
		select {
		case line := <-l.queue:
			l.write(line)
		case <-ctx.Done():
			for {
				select {
				case line := <-l.queue:
					l.write(line)
				default:
					return
				}
			}
		}
	}
}

func (l *lineLog) write(line []byte) {
	l.mu.Lock()
	lost := l.lost
	l.lost = 0
	l.mu.Unlock()
	if lost > 0 {
		line = append([]byte(`{"lines_lost":`+strconv.FormatInt(lost, 10)+"}\n"), line...)
	}
	_, _ = l.out.Write(line)
}
