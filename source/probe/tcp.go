package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// tcpCheck connects, over TLS or not, and may talk.
type tcpCheck struct {
	address, host string
	secure        bool
	dial          dialer
	book          *certBook
	talk          []turn
}

func newTCP(t Target, dial dialer) (*tcpCheck, error) {
	c := &tcpCheck{dial: dial, secure: t.Kind == TLS, book: newCertBook(t.Trust)}
	port := ""
	if c.secure {
		port = "443"
	}
	var wrongAddress, wrongTalk error
	c.address, wrongAddress = hostPort(t.Address, port)
	c.host, _, _ = net.SplitHostPort(c.address)
	c.talk, wrongTalk = prepareTalk(t.Talk)
	secure := c.secure
	for _, turn := range t.Talk {
		if turn.StartTLS && secure {
			wrongTalk = errors.Join(wrongTalk, errors.New("the connection is made secure twice (fix: leave out one)"))
		}
		secure = secure || turn.StartTLS
	}
	if !secure && t.Expect.CertFor > 0 {
		wrongTalk = errors.Join(wrongTalk, errors.New("tcp has no certificate (fix: make it tls)"))
	}
	return c, errors.Join(wrongAddress, wrongTalk)
}

func (c *tcpCheck) close() {}

func (c *tcpCheck) check(ctx context.Context, _ bool) (out outcome) {
	watch := newStopwatch()
	ends, err := c.ask(watch.follow(ctx), watch)
	if err != nil {
		out.broke(ctx, err, watch)
		if out.ends.IsZero() {
			out.ends = ends
		}
		return out
	}
	out.phases, out.wait = watch.end()
	out.ends = ends
	return out
}

func (c *tcpCheck) ask(ctx context.Context, watch *stopwatch) (ends time.Time, err error) {
	conn, err := c.dial(ctx, "tcp", c.address)
	if err != nil {
		return ends, err
	}
	defer conn.Close()
	stop := hangUp(ctx, conn)
	defer stop()
	l := &line{conn: conn}
	secure := func() error {
		conn, err := c.book.secure(ctx, l.conn, c.host, watch)
		if err != nil {
			return err
		}
		l.conn, l.unread = conn, nil // what came before is not secure
		s := conn.ConnectionState()
		ends = c.book.endOf(&s)
		return nil
	}
	watch.reached()
	if c.secure {
		if err := secure(); err != nil {
			return ends, err
		}
	}
	for i := range c.talk {
		if err := l.say(&c.talk[i], watch); err != nil {
			return ends, err
		}
		if c.talk[i].startTLS {
			if err := secure(); err != nil {
				return ends, err
			}
		}
	}
	if s, ok := l.conn.(*tls.Conn); ok {
		_ = s.CloseWrite() // a word of farewell: whether it arrives says nothing
	}
	return ends, nil
}

// hangUp ends all that waits on conn when ctx is done; the returned function stops that.
func hangUp(ctx context.Context, conn net.Conn) func() bool {
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
}
