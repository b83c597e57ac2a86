package h1

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
)

// let lets a client in, unless it has too many connections already.
func (c *conn) let() bool {
	leave, ok := c.server.options.Clients.Enter(addrOf(c.rwc.RemoteAddr()))
	if !ok {
		c.server.tell(&Problem{http.StatusServiceUnavailable, TooManyOfOne})
		if c.server.options.TLS == nil {
			_, _ = c.rwc.Write([]byte("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
		}
		return false
	}
	if leave != nil {
		c.rwc = &counted{c.rwc, leave}
	}
	return true
}

func addrOf(a net.Addr) netip.Addr {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort().Addr()
	}
	return netip.Addr{}
}

// counted is a connection that a client has until it is closed, whoever serves it then.
type counted struct {
	net.Conn
	leave func()
}

// Close ends the connection.
func (c *counted) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

// CloseWrite says that nothing more is sent.
func (c *counted) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// SetLinger sets what becomes of what is not sent yet when the connection is closed.
func (c *counted) SetLinger(sec int) error {
	if one, ok := c.Conn.(interface{ SetLinger(sec int) error }); ok {
		return one.SetLinger(sec)
	}
	return errors.ErrUnsupported
}

// SyscallConn returns the connection as the system knows it.
func (c *counted) SyscallConn() (syscall.RawConn, error) {
	if one, ok := c.Conn.(syscall.Conn); ok {
		return one.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}
