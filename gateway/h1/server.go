package h1

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/honderd/honderd/internal/perclient"
)

// Options says how long a client may take. Zero is the default of each.
type Options struct {
	Head  time.Duration // for a head, once it has begun; 10 s
	Idle  time.Duration // between requests; 75 s
	Body  time.Duration // without a byte of a body, and until it must have come at 240 bytes/s; 30 s
	Write time.Duration // without taking a byte of the answer; 60 s
	Conns int           // most connections at once; 16,384

	// Proxied reports whether a connection from there begins with the header of the PROXY
	// protocol, which then must be there. nil: none does.
	Proxied func(from net.Addr) bool
	// Clients bounds the connections of each client; nil: only Conns does.
	Clients *perclient.Limit
	// TLS is how to encrypt; nil: not.
	TLS *tls.Config
	// Refused is told of each request that is refused before there is one.
	Refused func(p *Problem)
}

// Why connections are refused.
const (
	TooMany      = "too many connections"
	TooManyOfOne = "too many connections of one client"
)

// Server serves HTTP/1.1 itself, and leaves HTTP/2 to net/http.
type Server struct {
	handler http.Handler
	options Options
	second  *http.Server
	seconds atomic.Int64 // connections of it
	ferry   *ferry
	stopped atomic.Bool

	mu    sync.Mutex
	conns map[*conn]bool // true: between requests
	nets  map[net.Listener]bool
	wait  sync.WaitGroup

	dated atomic.Pointer[dateText]
}

type dateText struct {
	second int64
	text   []byte
}

// NewServer returns a Server of h.
func NewServer(h http.Handler, o Options) *Server {
	def(&o.Head, 10*time.Second)
	def(&o.Idle, 75*time.Second)
	def(&o.Body, 30*time.Second)
	def(&o.Write, 60*time.Second)
	if o.Conns == 0 {
		o.Conns = 16 << 10
	}
	s := &Server{handler: h, options: o, conns: map[*conn]bool{}, nets: map[net.Listener]bool{}}
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	s.second = &http.Server{Handler: http.HandlerFunc(s.serveSecond), Protocols: &protocols, ReadHeaderTimeout: o.Head, IdleTimeout: o.Idle, MaxHeaderBytes: MaxHead, TLSConfig: o.TLS.Clone(),
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 250, MaxReadFrameSize: 16 << 10, WriteByteTimeout: o.Write, SendPingTimeout: o.Idle}}
	s.second.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // strangers must not fill a log
	s.second.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.seconds.Add(1)
		case http.StateClosed, http.StateHijacked:
			s.seconds.Add(-1)
		case http.StateActive, http.StateIdle:
		}
	}
	s.ferry = &ferry{conns: make(chan net.Conn), done: make(chan struct{})}
	if o.TLS != nil {
		s.options.TLS = o.TLS.Clone()
		if len(s.options.TLS.NextProtos) == 0 {
			s.options.TLS.NextProtos = []string{"h2", "http/1.1"}
		}
	}
	return s
}

func def(d *time.Duration, other time.Duration) {
	if *d == 0 {
		*d = other
	}
}

// Serve serves who comes to l until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	if s.stopped.Load() {
		s.mu.Unlock()
		return http.ErrServerClosed
	}
	s.wait.Add(1)
	defer s.wait.Done()
	if len(s.nets) == 0 {
		s.wait.Go(func() { _ = s.second.Serve(s.ferry) })
	}
	s.nets[l] = true
	s.mu.Unlock()
	pause := time.Duration(0)
	for {
		c, err := l.Accept()
		if err != nil {
			if s.stopped.Load() {
				return http.ErrServerClosed
			}
			if errors.Is(err, net.ErrClosed) {
				return err
			}
			pause = min(max(2*pause, 5*time.Millisecond), time.Second) // out of descriptors: others end meanwhile
			time.Sleep(pause)
			continue
		}
		pause = 0
		one := &conn{server: s, rwc: c}
		if !s.add(one) {
			s.tell(&Problem{http.StatusServiceUnavailable, TooMany})
			_, _ = c.Write([]byte("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
			_ = c.Close()
			continue
		}
		s.wait.Go(one.serve)
	}
}

// tell tells of a request or a connection that is refused.
func (s *Server) tell(p *Problem) {
	if s.options.Refused != nil {
		s.options.Refused(p)
	}
}

func (s *Server) add(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns)+int(s.seconds.Load()) >= s.options.Conns && !s.makeRoom() {
		return false
	}
	s.conns[c] = false
	return true
}

// makeRoom ends a connection that is between requests, so that who keeps many open does
// not keep others out. It reports false if there is none. It is called with the lock.
func (s *Server) makeRoom() bool {
	for c, idle := range s.conns {
		if idle {
			delete(s.conns, c)
			_ = c.rwc.SetReadDeadline(time.Unix(1, 0))
			return true
		}
	}
	return false
}

func (s *Server) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// rest says that c is between requests, or no longer.
func (s *Server) rest(c *conn, idle bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = idle
	if idle {
		c.untilNext(s.stopped.Load())
	}
}

func (s *Server) draining() bool { return s.stopped.Load() }

// Shutdown takes no new connections, lets requests end, and then closes. A request that
// is on its way on a connection between requests is still answered. When ctx ends first,
// what is still open is cut.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopped.Store(true)
	for l := range s.nets {
		_ = l.Close()
	}
	for c, idle := range s.conns {
		if idle {
			c.untilNext(true)
		}
	}
	last := len(s.conns) > 0 || s.seconds.Load() > 0
	s.mu.Unlock()
	if last { // who has just come may speak HTTP/2, which has no last chance of its own
		select {
		case <-time.After(lastChance):
		case <-ctx.Done():
		}
	}
	err := s.second.Shutdown(ctx)
	s.ferry.close()
	done := make(chan struct{})
	go func() { s.wait.Wait(); close(done) }()
	select {
	case <-done:
		return err
	case <-ctx.Done():
	}
	s.mu.Lock()
	for c := range s.conns {
		_ = c.rwc.Close()
	}
	s.mu.Unlock()
	return errors.Join(ctx.Err(), s.second.Close())
}

// date returns the time of now for the field Date, made once a second.
func (s *Server) date() []byte {
	now := time.Now()
	if d := s.dated.Load(); d != nil && d.second == now.Unix() {
		return d.text
	}
	d := &dateText{now.Unix(), now.UTC().AppendFormat(nil, http.TimeFormat)}
	s.dated.Store(d)
	return d.text
}

// ferry brings connections that speak HTTP/2 to net/http.
type ferry struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

// Accept returns the next of them.
func (f *ferry) Accept() (net.Conn, error) {
	select {
	case c := <-f.conns:
		return c, nil
	case <-f.done:
		return nil, net.ErrClosed
	}
}

// Close is called when the server of HTTP/2 stops.
func (f *ferry) Close() error { f.close(); return nil }

func (f *ferry) close() { f.once.Do(func() { close(f.done) }) }

// Addr is nowhere.
func (f *ferry) Addr() net.Addr { return &net.TCPAddr{} }

// bring hands c over. It reports whether somebody took it.
func (f *ferry) bring(c net.Conn) bool {
	select {
	case f.conns <- c:
		return true
	case <-f.done:
		return false
	}
}

// begun is a connection of which the first bytes were read.
type begun struct {
	net.Conn
	br *bufio.Reader
}

// Read reads what was read first.
func (b *begun) Read(p []byte) (int, error) {
	if b.br.Buffered() > 0 {
		return b.br.Read(p)
	}
	return b.Conn.Read(p)
}

// discard reads away what is left of a body. It reports whether that was little.
func discard(r io.Reader) bool {
	n, err := io.Copy(io.Discard, io.LimitReader(r, 256<<10+1))
	return err == nil && n <= 256<<10
}
