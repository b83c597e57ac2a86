package h1

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// conn is one client.
type conn struct {
	server *Server
	rwc    net.Conn
	br     *bufio.Reader
	bw     *bufio.Writer
	head   []byte
	out    []byte
	broken bool // nothing can be sent any more
	left   time.Time
	from   string          // who it is, as requests say it
	ctx    context.Context //nolint:containedctx // of each of its requests
}

// preface is how HTTP/2 begins.
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

func (c *conn) serve() {
	defer c.server.remove(c)
	kept := false
	defer func() {
		if !kept {
			_ = c.rwc.Close()
		}
	}()
	if is := c.server.options.Proxied; is != nil && is(c.rwc.RemoteAddr()) {
		p, err := unproxy(c.rwc, c.server.options.Head)
		if err != nil {
			return
		}
		c.rwc = p
	}
	if !c.let() {
		return
	}
	if c.server.options.TLS != nil && !c.encrypt() {
		return
	}
	if t, ok := c.rwc.(*tls.Conn); ok {
		switch t.ConnectionState().NegotiatedProtocol {
		case "h2":
			kept = c.server.ferry.bring(c.rwc)
			return
		case "", "http/1.1":
		default: // what Options.TLS offers beside HTTP is said by the handshake alone
			return
		}
	}
	c.br, c.bw = bufio.NewReaderSize(c.rwc, 4<<10), bufio.NewWriterSize(c.rwc, 4<<10)
	if c.isSecond() {
		kept = c.server.ferry.bring(&begun{c.rwc, c.br})
		return
	}
	for {
		again, taken := c.one()
		if taken {
			kept = true
			return
		}
		if !again {
			c.linger()
			return
		}
	}
}

// encrypt shakes hands.
func (c *conn) encrypt() bool {
	t := tls.Server(c.rwc, c.server.options.TLS)
	c.rwc = t
	ctx, stop := context.WithTimeout(context.Background(), c.server.options.Head)
	defer stop()
	return t.HandshakeContext(ctx) == nil
}

// isSecond reports whether the client begins as HTTP/2 does.
func (c *conn) isSecond() bool {
	if !c.await() {
		return false
	}
	for n := 4; ; n = min(n+8, len(preface)) {
		p, err := c.br.Peek(n)
		if err != nil || !strings.HasPrefix(preface, string(p)) {
			return false
		}
		if n == len(preface) {
			_ = c.rwc.SetReadDeadline(time.Time{})
			return true
		}
	}
}

// await waits for the first byte of a request.
func (c *conn) await() bool {
	if c.br.Buffered() == 0 {
		c.server.rest(c, true)
		if _, err := c.br.Peek(1); err != nil {
			return false
		}
		c.server.rest(c, false)
	}
	_ = c.rwc.SetReadDeadline(time.Now().Add(c.server.options.Head))
	return true
}

// lastChance is how long a server that stops waits for a request that is on its way.
const lastChance = time.Second

// untilNext sets how long the next request may take to come.
func (c *conn) untilNext(stopping bool) {
	wait := c.server.options.Idle
	if stopping {
		wait = min(wait, lastChance)
	}
	_ = c.rwc.SetReadDeadline(time.Now().Add(wait))
}

// one serves one request. again: another may follow. taken: the connection is somebody else's.
func (c *conn) one() (again, taken bool) {
	if !c.await() {
		return false, false
	}
	var err error
	if c.head, err = readHead(c.br, c.head[:0], true); err != nil {
		c.refuse(err)
		return false, false
	}
	r, f, err := parseRequest(string(c.head))
	if err != nil {
		c.refuse(err)
		return false, false
	}
	if c.ctx == nil {
		c.from, c.ctx = c.rwc.RemoteAddr().String(), context.WithValue(context.Background(), http.LocalAddrContextKey, c.rwc.LocalAddr())
	}
	r = r.WithContext(c.ctx)
	w := &response{conn: c, request: r, header: make(http.Header, 12), length: -1}
	body, err := c.body(r, f, w)
	if err != nil {
		c.refuse(err)
		return false, false
	}
	r.RemoteAddr = c.from
	if t, ok := c.rwc.(*tls.Conn); ok {
		state := t.ConnectionState()
		r.TLS = &state
	}
	c.extend()
	if !c.handle(w, r) {
		c.broken = true
		return false, w.taken
	}
	if w.taken {
		return false, true
	}
	if c.unread(body) {
		w.close = true
	}
	return w.finish(), false
}

// body returns the body of r as the handler reads it; nil: it has none.
func (c *conn) body(r *http.Request, f framing, w *response) (*requestBody, error) {
	r.Body = http.NoBody
	expect := r.Header["Expect"]
	if len(expect) > 0 && (len(expect) > 1 || !strings.EqualFold(expect[0], "100-continue")) {
		return nil, &Problem{http.StatusExpectationFailed, "an unknown Expect"}
	}
	if !f.chunked && f.length == 0 {
		return nil, nil
	}
	b := &requestBody{conn: c, request: r, answered: w, expects: len(expect) > 0 && r.ProtoMinor > 0}
	if f.chunked {
		b.Reader = &chunked{br: c.br}
	} else {
		b.Reader = &exactly{c.br, f.length}
	}
	r.Body, w.asks = b, b
	return b, nil
}

// unread reports whether there is so much left of a body that it is not worth reading.
func (c *conn) unread(b *requestBody) bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	waits, failed, ended := b.expects, b.failed, b.ended
	b.mu.Unlock()
	switch {
	case ended:
		return false
	case waits || failed:
		return true
	}
	_ = c.rwc.SetReadDeadline(time.Now().Add(time.Second))
	return !discard(b.Reader)
}

// handle calls the handler. It reports false when the answer was broken off.
func (c *conn) handle(w *response, r *http.Request) (ok bool) {
	defer func() {
		if cause := recover(); cause != nil {
			ok = false
			if err, is := cause.(error); is && errors.Is(err, http.ErrAbortHandler) {
				abort(c.rwc)
				return
			}
			if c.server.options.Refused != nil {
				c.server.options.Refused(&Problem{http.StatusInternalServerError, "panic: " + string(debug.Stack())})
			}
		}
	}()
	c.server.handler.ServeHTTP(w, r)
	return true
}

// abort closes so that the client sees that the answer has not ended.
func abort(c net.Conn) {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if t, ok := c.(interface{ SetLinger(sec int) error }); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

// refuse answers what is no proper request.
func (c *conn) refuse(err error) {
	p, ok := errors.AsType[*Problem](err)
	if !ok {
		if timeout, is := errors.AsType[net.Error](err); !is || !timeout.Timeout() {
			return
		}
		p = &Problem{http.StatusRequestTimeout, "the request did not come in time"}
	}
	c.server.tell(p)
	body := strconv.Itoa(p.Status) + " " + http.StatusText(p.Status) + ": " + p.Why + "\n"
	b := appendHead(nil, p.Status, http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "Content-Length": {strconv.Itoa(len(body))}})
	b = append(b, "Connection: close\r\n\r\n"...)
	c.extend()
	_ = c.write(append(b, body...))
	_ = c.bw.Flush()
}

// linger lets the client read the last answer before the connection is reset by what it
// still sends.
func (c *conn) linger() {
	if c.broken || c.bw == nil {
		return
	}
	half, ok := c.rwc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	_ = c.rwc.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
	var p [4096]byte
	for range 64 {
		if _, err := c.rwc.Read(p[:]); err != nil {
			return
		}
	}
}

// write sends p, or keeps it for the next flush.
func (c *conn) write(p []byte) error {
	if len(p) > c.bw.Available() {
		c.extend()
	}
	_, err := c.bw.Write(p)
	if err != nil {
		c.broken = true
	}
	return err
}

// extend gives the client more time to take what is sent. Once a second is enough.
func (c *conn) extend() {
	if now := time.Now(); now.Sub(c.left) > time.Second {
		c.left = now
		_ = c.rwc.SetWriteDeadline(now.Add(c.server.options.Write))
	}
}
