package h1

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Call is what an origin is asked.
type Call struct {
	Method, Target, Host string
	Header               http.Header // without what belongs to one connection
	Body                 io.Reader   // nil: none
	Length               int64       // of the body; -1: not known
	Early                func(status int, h http.Header)
	Trailers             []string           // what comes behind the body, as it is announced
	Trailer              func() http.Header // what came behind it, known then; nil: nothing
}

// Answer is what an origin answers. Its Body must be read to its end before the
// connection is used again.
type Answer struct {
	Status  int
	Header  http.Header
	Length  int64 // of the body; -1: not known
	Body    io.Reader
	Trailer func() http.Header // known behind the body
	Keep    bool               // the connection can be used again
	ToClose bool               // the body ends when the origin closes: nobody knows whether it is whole
}

// Broken is why there is no answer, and how far the request came.
type Broken struct {
	Sent  bool // a byte of the request may have arrived
	Heard bool // a byte of the answer came
	Err   error
}

// Error says what broke.
func (b *Broken) Error() string { return b.Err.Error() }

// Unwrap returns what broke.
func (b *Broken) Unwrap() error { return b.Err }

// Conn is one connection to an origin. One call at a time.
type Conn struct {
	net.Conn
	Uses  int       // calls that it has carried
	Since time.Time // when it became idle
	br    *bufio.Reader
	raw   syscall.RawConn // below it; nil: it is not known
	head  []byte
}

// NewConn returns a Conn over c.
func NewConn(c net.Conn) *Conn {
	return &Conn{Conn: c, br: bufio.NewReaderSize(c, 8<<10), raw: rawOf(c)}
}

// Usable reports whether an idle connection still is one: nothing has come on it.
func (c *Conn) Usable() bool { return c.br.Buffered() == 0 && !dirty(c.raw) }

// rawOf returns what is below c, nil if nobody knows.
func rawOf(c net.Conn) syscall.RawConn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	s, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// Reader returns what reads behind the head of an answer, for connections that are taken
// over.
func (c *Conn) Reader() *bufio.Reader { return c.br }

// Do sends a call and reads the head of its answer.
func (c *Conn) Do(call *Call) (*Answer, error) {
	c.Uses++
	c.head = appendCall(c.head[:0], call)
	whole := call.Body == nil
	if n, err := c.Write(c.head); err != nil {
		return nil, &Broken{n > 0, false, err}
	}
	var sent chan error // nil: all is sent
	if !whole {
		sent = make(chan error, 1)
		go func() { sent <- sendBody(c.Conn, call) }()
	}
	a, err := c.read(call)
	if err != nil {
		if !whole {
			_ = c.SetDeadline(time.Unix(1, 0)) // the body need not be sent any more
			if cause := <-sent; cause != nil && errors.Is(err, io.EOF) {
				err = errors.Join(err, cause)
			}
		}
		return nil, err
	}
	if whole {
		return a, nil
	}
	select {
	case err := <-sent:
		a.Keep = a.Keep && err == nil
	default: // it answered before it had the whole body
		a.Keep = false
	}
	return a, nil
}

// read reads the head of the final answer.
func (c *Conn) read(call *Call) (*Answer, error) {
	for {
		if _, err := c.br.Peek(1); err != nil {
			return nil, &Broken{true, false, cut(err)}
		}
		var err error
		if c.head, err = readHead(c.br, c.head[:0], false); err != nil {
			return nil, &Broken{true, true, cut(err)}
		}
		a, err := parseAnswer(string(c.head))
		if err != nil {
			return nil, &Broken{true, true, err}
		}
		if a.Status < 200 && a.Status != http.StatusSwitchingProtocols {
			if call.Early != nil && a.Status != http.StatusContinue {
				call.Early(a.Status, a.Header)
			}
			continue
		}
		if err := c.frame(call, a); err != nil {
			return nil, &Broken{true, true, err}
		}
		return a, nil
	}
}

func parseAnswer(head string) (*Answer, error) {
	line, rest, _ := strings.Cut(head, "\n")
	line = strings.TrimSuffix(line, "\r")
	proto, line, _ := strings.Cut(line, " ")
	if len(proto) != 8 || !strings.HasPrefix(proto, "HTTP/1.") || len(line) < 3 || len(line) > 3 && line[3] != ' ' {
		return nil, errNotHTTP
	}
	status, err := strconv.Atoi(line[:3])
	if err != nil || status < 100 || status > 999 {
		return nil, errNotHTTP
	}
	a := &Answer{Status: status, Header: make(http.Header, 12)}
	if err := parseFields(rest, a.Header, false); err != nil {
		return nil, err
	}
	a.Keep = proto != "HTTP/1.0" && !HasToken(a.Header, "Connection", "close") ||
		proto == "HTTP/1.0" && HasToken(a.Header, "Connection", "keep-alive")
	return a, nil
}

// errNotHTTP is the answer of something that does not speak HTTP/1.
var errNotHTTP = errors.New("the answer is no HTTP/1")

// IsNotHTTP reports whether err is an answer that is no HTTP/1 at all: perhaps HTTP/2.
func IsNotHTTP(err error) bool { return errors.Is(err, errNotHTTP) }

// frame sets the body of a: RFC 9112, 6.3.
func (c *Conn) frame(call *Call, a *Answer) error {
	a.Trailer = func() http.Header { return nil }
	coding, lengths := a.Header["Transfer-Encoding"], a.Header["Content-Length"]
	if call.Method == http.MethodHead || a.Status == http.StatusNoContent || a.Status == http.StatusNotModified || a.Status < 200 {
		a.Body, a.Length = http.NoBody, 0
		delete(a.Header, "Transfer-Encoding")
		return nil
	}
	switch {
	case len(coding) > 0 && len(lengths) > 0:
		return bad("the answer has both Content-Length and Transfer-Encoding")
	case len(coding) == 1 && isToken(coding[0]) && strings.EqualFold(coding[0], "chunked"):
		body := &chunked{br: c.br}
		a.Body, a.Length, a.Trailer = body, -1, func() http.Header { return body.trailer }
		delete(a.Header, "Transfer-Encoding")
	case len(coding) > 0:
		return bad("the answer has a strange Transfer-Encoding")
	case len(lengths) > 0:
		n, ok := parseLength(lengths[0])
		for _, other := range lengths[1:] {
			ok = ok && other == lengths[0]
		}
		if !ok {
			return bad("the answer has a strange Content-Length")
		}
		a.Header["Content-Length"] = lengths[:1]
		a.Body, a.Length = &exactly{c.br, n}, n
	default:
		a.Body, a.Length, a.Keep, a.ToClose = c.br, -1, false, true
	}
	return nil
}

// Spoiled reports whether more came than the answer that was read.
func (c *Conn) Spoiled() bool { return c.br.Buffered() > 0 }

// appendCall appends the head of a call.
func appendCall(b []byte, call *Call) []byte {
	b = append(append(append(append(b, call.Method...), ' '), call.Target...), " HTTP/1.1\r\nHost: "...)
	b = append(append(b, call.Host...), "\r\n"...)
	for name, values := range call.Header {
		b = appendField(b, name, values)
	}
	switch {
	case call.Body == nil && (call.Method == http.MethodPost || call.Method == http.MethodPut || call.Method == http.MethodPatch):
		b = append(b, "Content-Length: 0\r\n"...)
	case call.Body == nil:
	case call.Length >= 0:
		b = append(strconv.AppendInt(append(b, "Content-Length: "...), call.Length, 10), "\r\n"...)
	default:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
		if len(call.Trailers) > 0 {
			b = appendField(b, "Trailer", []string{strings.Join(call.Trailers, ", ")})
		}
	}
	return append(b, "\r\n"...)
}

// sendBody sends the body of a call.
func sendBody(to net.Conn, call *Call) error {
	if call.Length >= 0 {
		n, err := io.Copy(to, call.Body)
		if err == nil && n != call.Length {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	p := make([]byte, 16<<10)
	for {
		n, err := call.Body.Read(p[8 : len(p)-2])
		if n > 0 {
			size := strconv.AppendInt(nil, int64(n), 16)
			from := 8 - len(size) - 2
			copy(p[from:], size)
			copy(p[6:], "\r\n")
			copy(p[8+n:], "\r\n")
			if _, werr := to.Write(p[from : 8+n+2]); werr != nil {
				return werr
			}
		}
		if errors.Is(err, io.EOF) {
			end := []byte("0\r\n")
			if call.Trailer != nil {
				for name, values := range call.Trailer() {
					end = appendField(end, name, values)
				}
			}
			_, err = to.Write(append(end, "\r\n"...))
			return err
		}
		if err != nil {
			return err
		}
	}
}
