package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/gateway/h1"
)

// engine asks one backend.
type engine interface {
	ask(l *life, c *call) (*reply, error)
	dial(ctx context.Context) (net.Conn, error)
	close()
}

// call is what a backend is asked.
type call struct {
	h1.Call
	fresh bool             // on a connection that cannot have become stale
	two   bool             // in HTTP/2
	again func() io.Reader // the body, from its beginning
}

// reply is a backend's answer, of which the body may still be coming.
type reply struct {
	status  int
	header  http.Header
	length  int64
	body    io.Reader
	trailer func() http.Header
	toClose bool // it is not known whether the body is whole
	release func(whole bool)
}

// trouble is why there is no answer.
type trouble struct {
	what   string
	unsent bool // it is certain that the backend has not done what it was asked
	stale  bool // a connection had been closed meanwhile: not the backend's fault
	second bool // it speaks HTTP/2
	err    error
}

// Error says what went wrong.
func (t *trouble) Error() string { return t.what + ": " + t.err.Error() }

// Unwrap returns the reason.
func (t *trouble) Unwrap() error { return t.err }

// What can be wrong with a backend or its answer.
const (
	Refused     = "refused"      // no connection
	Reset       = "broken off"   // the connection ended before the answer
	Cut         = "cut short"    // the answer ended before its end
	Nonsense    = "not HTTP"     // the answer could not be read
	Damaged     = "damaged"      // the digest of the answer is another
	Unlike      = "unlike"       // the answer is not like the others of its route
	Unmarked    = "without mark" // the field that every good answer has is missing
	ServerError = "server error" // a status from 500 up
	Silent      = "silent"       // it did not answer in time
	Frozen      = "frozen"       // an open socket no longer answers
)

// Limits of connections to one backend.
const (
	maxIdle     = 256
	idleFor     = 20 * time.Second
	dialPatient = 3 * time.Second
)

// lean speaks HTTP/1.1 with connections of its own, HTTP/2 by net/http.
type lean struct {
	b      *backend
	tls    *tls.Config // nil: without
	second *http.Transport

	mu   sync.Mutex
	idle []*h1.Conn // the one used last at the end
	shut bool
}

func newEngine(b *backend, conf *tls.Config) engine {
	l := &lean{b: b, tls: conf}
	l.second = l.newSecond()
	return l
}

// newSecond returns a client of HTTP/2 with connections of its own.
func (l *lean) newSecond() *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP2(l.tls != nil)
	protocols.SetUnencryptedHTTP2(l.tls == nil)
	return &http.Transport{
		Protocols: &protocols, DisableCompression: true, TLSClientConfig: l.tls, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: l.tls != nil,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return l.connect(ctx) },
		HTTP2:       &http.HTTP2Config{SendPingTimeout: 2 * time.Second, PingTimeout: 2 * time.Second},
	}
}

func (l *lean) close() {
	l.mu.Lock()
	l.shut = true
	idle := l.idle
	l.idle = nil
	l.mu.Unlock()
	for _, c := range idle {
		_ = c.Close()
	}
	l.second.CloseIdleConnections()
}

func (l *lean) connect(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Timeout: dialPatient, KeepAlive: 15 * time.Second}
	return d.DialContext(ctx, "tcp", l.b.addr)
}

// dial opens a connection for HTTP/1.1.
func (l *lean) dial(ctx context.Context) (net.Conn, error) {
	c, err := l.connect(ctx)
	if err != nil || l.tls == nil {
		return c, err
	}
	conf := l.tls.Clone()
	conf.NextProtos = []string{"http/1.1"}
	t := tls.Client(c, conf)
	if err := t.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	return t, nil
}

// take returns an idle connection, nil if there is none that can be used.
func (l *lean) take() *h1.Conn {
	for {
		l.mu.Lock()
		n := len(l.idle)
		if n == 0 {
			l.mu.Unlock()
			return nil
		}
		c := l.idle[n-1]
		l.idle = l.idle[:n-1]
		l.mu.Unlock()
		if time.Since(c.Since) < idleFor && c.Usable() {
			return c
		}
		_ = c.Close()
	}
}

// put keeps a connection for the next call.
func (l *lean) put(c *h1.Conn) {
	c.Since = time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shut || c.Spoiled() {
		_ = c.Close()
		return
	}
	if len(l.idle) >= maxIdle || len(l.idle) > 0 && c.Since.Sub(l.idle[0].Since) > idleFor {
		_ = l.idle[0].Close()
		copy(l.idle, l.idle[1:])
		l.idle = l.idle[:len(l.idle)-1]
	}
	l.idle = append(l.idle, c)
}

// ask asks, and reads the head of the answer. The end of li ends it, and the body.
func (l *lean) ask(li *life, c *call) (*reply, error) {
	if c.two || l.b.second.Load() {
		return l.askSecond(li.context(), c)
	}
	var conn *h1.Conn
	if !c.fresh {
		conn = l.take()
	}
	used := conn != nil
	if !used {
		raw, err := l.dial(li.context())
		if err != nil {
			return nil, &trouble{what: Refused, unsent: true, err: err, second: isALPN(err)}
		}
		conn = h1.NewConn(raw)
	}
	if !li.holds(conn) {
		_ = conn.Close()
		return nil, &trouble{what: Reset, unsent: true, err: context.Canceled}
	}
	a, err := conn.Do(&c.Call)
	if err != nil {
		li.lets()
		_ = conn.Close()
		return nil, explain(err, used)
	}
	r := &reply{status: a.Status, header: a.Header, length: a.Length, body: a.Body, trailer: a.Trailer, toClose: a.ToClose}
	r.release = func(whole bool) {
		if li.lets() && whole && a.Keep {
			l.put(conn)
			return
		}
		_ = conn.Close()
	}
	return r, nil
}

// explain says what a call that broke means.
func explain(err error, used bool) error {
	t := &trouble{what: Reset, err: err}
	if b, ok := errors.AsType[*h1.Broken](err); ok {
		t.unsent = !b.Sent && !b.Heard
		t.stale = used && !b.Heard
		if b.Heard {
			t.what = Nonsense
		}
		if h1.IsNotHTTP(err) {
			t.what, t.second = Nonsense, true
		}
	}
	return t
}

// isALPN reports whether a backend refused because it wants another protocol.
func isALPN(err error) bool {
	alert, ok := errors.AsType[tls.AlertError](err)
	return ok && alert == 120 // no_application_protocol
}

// askSecond asks in HTTP/2.
func (l *lean) askSecond(ctx context.Context, c *call) (*reply, error) {
	ctx, stop := context.WithCancel(ctx)
	u := &url.URL{Scheme: "http", Host: c.Host, Opaque: c.Target}
	if l.tls != nil {
		u.Scheme = "https"
	}
	if u.Host == "" {
		u.Host = l.b.addr
	}
	if strings.HasPrefix(c.Target, "/") {
		u.Opaque = "//" + u.Host + c.Target
	}
	r := &http.Request{Method: c.Method, URL: u, Host: c.Host, Header: c.Header, ContentLength: c.Length, ProtoMajor: 2, Proto: "HTTP/2.0"}
	second, end := l.second, func() {}
	if c.fresh && !c.two { // what may not be asked twice must not meet a connection that ends just now
		second = l.newSecond()
		second.DisableKeepAlives = true
		end = second.CloseIdleConnections
	}
	if c.Body != nil {
		r.Body = io.NopCloser(c.Body)
		if len(c.Trailers) > 0 {
			r.Trailer = http.Header{}
			for _, name := range c.Trailers {
				r.Trailer[name] = nil
			}
			r.Body = &trailing{c.Body, c.Trailer, r.Trailer}
		} else if c.again != nil { // net/http asks once more when the backend says that it had not begun
			r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(c.again()), nil }
		}
	} else if c.Method != http.MethodGet && c.Method != http.MethodHead {
		r.Body = io.NopCloser(strings.NewReader("")) // so that net/http does not repeat it on its own
		r.ContentLength = 0
	}
	resp, err := second.RoundTrip(r.WithContext(ctx)) //nolint:bodyclose // release closes it
	if err != nil {
		stop()
		end()
		_, dialed := errors.AsType[*net.OpError](err)
		op, _ := errors.AsType[*net.OpError](err)
		unsent := dialed && op.Op == "dial" || isUnprocessed(err)
		what := Reset
		if dialed && op.Op == "dial" {
			what = Refused
		}
		return nil, &trouble{what: what, unsent: unsent, stale: isUnprocessed(err), err: err}
	}
	return &reply{
		status: resp.StatusCode, header: resp.Header, length: resp.ContentLength, body: resp.Body,
		trailer: func() http.Header { return resp.Trailer },
		release: func(bool) { _ = resp.Body.Close(); stop(); end() },
	}, nil
}

// isUnprocessed reports whether the other side said that it had not begun: a stream above
// the last of a GOAWAY, or REFUSED_STREAM. net/http says it in words only.
func isUnprocessed(err error) bool {
	text := err.Error()
	for _, sign := range []string{"REFUSED_STREAM", "Transport received Server's graceful shutdown GOAWAY", "Transport received GOAWAY", "client conn not usable", "client connection force closed via ClientConn.Close"} {
		if strings.Contains(text, sign) {
			return !strings.Contains(sign, "force closed")
		}
	}
	return false
}
