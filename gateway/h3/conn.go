package h3

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/honderd/honderd/gateway/h1"
)

// conn is one client.
type conn struct {
	server *Server
	quic   *quic.Conn
	leave  func() // nil: it is not counted

	mu    sync.Mutex
	n     int         // requests that are being answered
	rest  time.Time   // since when there are none
	watch *time.Timer // ends a connection on which nobody asks anything to its end
}

type connKey struct{}

// door lets those in who may come.
type door struct {
	*quic.Listener
	server *Server
}

// Accept returns the next of them.
func (d *door) Accept(ctx context.Context) (*quic.Conn, error) {
	for {
		c, err := d.Listener.Accept(ctx)
		if err != nil {
			return nil, err
		}
		why := d.server.let(c)
		if why == "" {
			return c, nil
		}
		if d.server.options.Refused != nil {
			d.server.options.Refused(&h1.Problem{Status: http.StatusServiceUnavailable, Why: why})
		}
		_ = c.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeExcessiveLoad), why)
	}
}

// let lets c in, or says why not.
func (s *Server) let(q *quic.Conn) (why string) {
	leave, ok := s.options.Clients.Enter(addrOf(q.RemoteAddr()))
	if !ok {
		return h1.TooManyOfOne
	}
	c := &conn{server: s, quic: q, leave: leave, rest: time.Now()}
	s.mu.Lock()
	if len(s.conns) >= s.options.Conns {
		s.mu.Unlock()
		c.gone()
		return h1.TooMany
	}
	s.conns[q] = c
	c.watch = time.AfterFunc(s.options.Idle, func() {
		_ = q.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeExcessiveLoad), "nothing was asked")
	})
	s.mu.Unlock()
	context.AfterFunc(q.Context(), c.gone)
	return ""
}

func addrOf(a net.Addr) netip.Addr {
	if u, ok := a.(*net.UDPAddr); ok {
		return u.AddrPort().Addr()
	}
	return netip.Addr{}
}

// contextOf lets the requests of a connection know it.
func (s *Server) contextOf(ctx context.Context, q *quic.Conn) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	return context.WithValue(ctx, connKey{}, s.conns[q])
}

// gone is called when c has ended.
func (c *conn) gone() {
	if c.leave != nil {
		c.leave()
	}
	if c.watch != nil {
		c.watch.Stop()
	}
	c.server.mu.Lock()
	delete(c.server.conns, c.quic)
	c.server.mu.Unlock()
}

// asked notes that a head has come to its end.
func (c *conn) asked() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	c.watch.Stop()
}

// answered notes that a request has ended: another must come in time, or its head drips.
func (c *conn) answered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n--; c.n == 0 {
		c.rest = time.Now()
		c.watch.Reset(c.server.options.Idle)
	}
}

// idleSince reports whether nothing is being answered, and nothing has been since t: what
// was answered is on its way for a while.
func (c *conn) idleSince(t time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n == 0 && c.rest.Before(t)
}
