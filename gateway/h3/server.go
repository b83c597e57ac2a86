// Package h3 serves HTTP/3, with the limits that the other versions have.
package h3

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/honderd/honderd/gateway/h1"
	"github.com/honderd/honderd/internal/perclient"
)

// Options says how people are served. Zero is the default of each but TLS.
type Options struct {
	TLS   *tls.Config
	Head  time.Duration // for shaking hands; 10 s
	Idle  time.Duration // without a request; 75 s
	Conns int           // most connections at once; 16,384

	Clients *perclient.Limit    // of connections; nil: none
	Refused func(p *h1.Problem) // is told of each connection that is refused
}

// Limits that the other versions do not need.
const (
	streams = 100         // requests of one connection that are answered at once
	calm    = 256         // new connections in a second: of who comes then it is asked first whether they are where they say
	bidding = time.Second // how long after goodbye requests, and after an answer its last bytes, may be on their way
)

// Server serves HTTP/3. What was asked before the handshake had ended (0-RTT) could be
// asked again by whoever overheard it, so it is never taken.
type Server struct {
	options Options
	http    *http3.Server
	rush    rush
	over    chan struct{} // closed when all have ended

	mu        sync.Mutex
	listeners map[*quic.Listener]bool
	conns     map[*quic.Conn]*conn
	stopped   bool
}

// NewServer returns a Server of h.
func NewServer(h http.Handler, o Options) *Server {
	if o.Head == 0 {
		o.Head = 10 * time.Second
	}
	if o.Idle == 0 {
		o.Idle = 75 * time.Second
	}
	if o.Conns == 0 {
		o.Conns = 16 << 10
	}
	if o.TLS != nil {
		o.TLS = http3.ConfigureTLSConfig(o.TLS) // its own: others change theirs when they begin to serve
	}
	s := &Server{options: o, listeners: map[*quic.Listener]bool{}, conns: map[*quic.Conn]*conn{}, over: make(chan struct{})}
	s.http = &http3.Server{
		Handler:        http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(h, w, r) }),
		MaxHeaderBytes: h1.MaxHead, IdleTimeout: o.Idle, ConnContext: s.contextOf,
		Logger: slog.New(slog.DiscardHandler), // strangers must not fill a log
	}
	return s
}

// serve serves one request.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) {
	if c, ok := r.Context().Value(connKey{}).(*conn); ok && c != nil {
		c.asked()
		defer c.answered()
	}
	if r.ContentLength < 0 && r.Method != http.MethodPost && r.Method != http.MethodPut && r.Method != http.MethodPatch {
		look(r)
	}
	h.ServeHTTP(w, r)
}

// look finds out whether a request has a body, which its head does not say.
func look(r *http.Request) {
	first := make([]byte, 1)
	n, err := io.ReadFull(r.Body, first)
	if n == 0 && errors.Is(err, io.EOF) {
		r.Body, r.ContentLength = http.NoBody, 0
		return
	}
	r.Body = &begun{Reader: io.MultiReader(bytes.NewReader(first[:n]), r.Body), Closer: r.Body}
}

// begun is a body of which the first byte was read.
type begun struct {
	io.Reader
	io.Closer
}

// Serve serves who comes to p until Shutdown has ended. It does not close p.
func (s *Server) Serve(p net.PacketConn) error {
	t := &quic.Transport{Conn: p, VerifySourceAddress: func(net.Addr) bool { return s.rush.more(time.Now()) }}
	defer func() { _ = t.Close() }()
	l, err := t.Listen(s.options.TLS, &quic.Config{
		HandshakeIdleTimeout: s.options.Head / 2, MaxIdleTimeout: s.options.Idle, MaxIncomingStreams: streams, MaxIncomingUniStreams: 8,
		MaxStreamReceiveWindow: 1 << 20, MaxConnectionReceiveWindow: 4 << 20, Allow0RTT: false,
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		_ = l.Close()
		return http.ErrServerClosed
	}
	s.listeners[l] = true
	s.mu.Unlock()
	err = s.http.ServeListener(&door{l, s})
	s.mu.Lock()
	delete(s.listeners, l)
	stopped := s.stopped
	s.mu.Unlock()
	if stopped {
		<-s.over
	}
	return err
}

// Shutdown takes no new connections, tells people to go elsewhere with their next
// request, and lets those end that were begun. When ctx ends first they are cut.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		<-s.over
		return nil
	}
	s.stopped = true
	for l := range s.listeners {
		_ = l.Close()
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go s.partAfter(done)
	err := s.http.Shutdown(ctx)
	close(done)
	close(s.over)
	return err
}

// partAfter ends connections on which nothing is left to be answered, some time after
// goodbye was said, until done.
func (s *Server) partAfter(done <-chan struct{}) {
	tick := time.NewTicker(bidding / 10)
	defer tick.Stop()
	from := time.Now().Add(bidding)
	for {
		var now time.Time
		select {
		case now = <-tick.C:
		case <-done:
			return
		}
		if now.Before(from) {
			continue
		}
		s.mu.Lock()
		for _, c := range s.conns {
			if c.idleSince(now.Add(-bidding)) {
				_ = c.quic.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "")
			}
		}
		s.mu.Unlock()
	}
}

// rush is how many new connections there are in this second.
type rush struct {
	mu     sync.Mutex
	second int64
	n      int
}

// more counts one, and reports whether there are more than in calm times.
func (r *rush) more(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if second := now.Unix(); second != r.second {
		r.second, r.n = second, 0
	}
	r.n++
	return r.n > calm
}
