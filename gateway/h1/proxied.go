package h1

import (
	"bufio"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/pires/go-proxyproto"
)

// proxied is a connection that a proxy of ours made for somebody, of whom it said first
// who that is.
//
// Source: "The PROXY protocol", versions 1 and 2, HAProxy.
type proxied struct {
	net.Conn
	br   *bufio.Reader
	from net.Addr
}

// unproxy reads what a proxy says of who is behind c. A proxy must say it: otherwise
// whoever is behind it could.
func unproxy(c net.Conn, within time.Duration) (net.Conn, error) {
	_ = c.SetReadDeadline(time.Now().Add(within))
	p := &proxied{Conn: c, br: bufio.NewReaderSize(c, 1<<10), from: c.RemoteAddr()}
	h, err := proxyproto.Read(p.br)
	if err != nil {
		return nil, err
	}
	if from, _, ok := h.TCPAddrs(); ok && h.Command.IsProxy() { // LOCAL is the proxy itself
		p.from = from
	}
	return p, c.SetReadDeadline(time.Time{})
}

// Read reads what comes behind the header.
func (p *proxied) Read(b []byte) (int, error) {
	if p.br.Buffered() > 0 {
		return p.br.Read(b)
	}
	return p.Conn.Read(b)
}

// RemoteAddr returns who is behind the proxy.
func (p *proxied) RemoteAddr() net.Addr { return p.from }

// CloseWrite says that nothing more is sent.
func (p *proxied) CloseWrite() error {
	if half, ok := p.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// SetLinger sets what becomes of what is not sent yet when the connection is closed.
func (p *proxied) SetLinger(sec int) error {
	if one, ok := p.Conn.(interface{ SetLinger(sec int) error }); ok {
		return one.SetLinger(sec)
	}
	return errors.ErrUnsupported
}

// SyscallConn returns the connection as the system knows it.
func (p *proxied) SyscallConn() (syscall.RawConn, error) {
	if c, ok := p.Conn.(syscall.Conn); ok {
		return c.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}
