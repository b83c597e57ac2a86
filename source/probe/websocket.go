package probe

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
)

// socketGUID is what a server adds to the key: RFC 6455, 1.3.
const socketGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// socketCheck opens a WebSocket, pings and may talk.
type socketCheck struct {
	url    *url.URL
	header http.Header
	host   string
	dial   dialer
	book   *certBook
	talk   []turn
}

func newWebSocket(t Target, dial dialer) (*socketCheck, error) {
	c := &socketCheck{dial: dial, book: newCertBook(t.Trust), header: http.Header{"User-Agent": {Agent}}}
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	note(checkURL(t.Address, "ws", "wss"))
	if t.Request.Method != "" && t.Request.Method != http.MethodGet || t.Request.Body != "" || t.Request.Redirects != Follow {
		note(errors.New("websocket has headers only (fix: leave out method, body and redirects)"))
	}
	for name, value := range t.Request.Headers {
		if !isToken(name) || strings.ContainsAny(value, "\r\n\x00") {
			note(fmt.Errorf("header %q is not one that can be sent (fix: a name without blanks, a value of one line)", clean(name)))
		}
		c.header.Set(name, value)
	}
	for _, turn := range t.Talk {
		if turn.StartTLS {
			note(errors.New("a websocket is not made secure later (fix: use wss)"))
		}
	}
	var err error
	c.talk, err = prepareTalk(t.Talk)
	note(err)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if c.url, err = url.Parse(t.Address); err != nil {
		return nil, fmt.Errorf("%s is no address to ask (fix: write one like wss://example.org/live)", quote(t.Address))
	}
	if !c.secure() && t.Expect.CertFor > 0 {
		return nil, errors.New("ws has no certificate (fix: use wss)")
	}
	c.host = c.url.Host
	if host := c.header.Get("Host"); host != "" {
		c.host = host
		c.header.Del("Host")
	}
	return c, nil
}

func (c *socketCheck) secure() bool { return strings.EqualFold(c.url.Scheme, "wss") }

func (c *socketCheck) address() string {
	port := c.url.Port()
	if port == "" {
		port = "80"
		if c.secure() {
			port = "443"
		}
	}
	return net.JoinHostPort(c.url.Hostname(), port)
}

func (c *socketCheck) close() {}

func (c *socketCheck) check(ctx context.Context, _ bool) (out outcome) {
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

func (c *socketCheck) ask(ctx context.Context, watch *stopwatch) (ends time.Time, err error) {
	conn, err := c.dial(ctx, "tcp", c.address())
	if err != nil {
		return ends, err
	}
	defer conn.Close()
	stop := hangUp(ctx, conn)
	defer stop()
	watch.reached()
	if c.secure() {
		secure, err := c.book.secure(ctx, conn, c.url.Hostname(), watch)
		if err != nil {
			return ends, err
		}
		s := secure.ConnectionState()
		conn, ends = secure, c.book.endOf(&s)
	}
	reader := bufio.NewReader(&capped{from: conn, left: maxHeader})
	if err := c.shake(conn, reader, watch); err != nil {
		return ends, err
	}
	w := &socket{conn: conn, in: bufio.NewReader(prefixed(reader, conn))}
	if err := w.ping(watch); err != nil {
		return ends, err
	}
	for i := range c.talk {
		if err := w.say(&c.talk[i], watch); err != nil {
			return ends, err
		}
	}
	_ = w.send(opClose, []byte{0x03, 0xe8}) // 1000: all is well; whether it arrives says nothing
	return ends, nil
}

// shake makes the handshake: RFC 6455, 4.1.
func (c *socketCheck) shake(conn net.Conn, reader *bufio.Reader, watch *stopwatch) error {
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	key := base64.StdEncoding.EncodeToString(random[:])
	request := &http.Request{
		Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: c.url.Host, Path: c.url.Path, RawPath: c.url.RawPath, RawQuery: c.url.RawQuery},
		Host: c.host, Header: c.header.Clone(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if user := c.url.User; user != nil {
		password, _ := user.Password()
		request.SetBasicAuth(user.Username(), password)
	}
	for name, value := range map[string]string{
		"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13",
	} {
		request.Header[name] = []string{value}
	}
	if err := request.Write(conn); err != nil {
		return err
	}
	watch.asked()
	response, err := http.ReadResponse(reader, request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	watch.answered()
	return accepted(response, key)
}

// accepted returns what is wrong with the answer to a handshake.
func accepted(response *http.Response, key string) error {
	if response.StatusCode != http.StatusSwitchingProtocols {
		rules := experience.Rules{Bad: []int{response.StatusCode}}
		return &fault{cause: rules.Judge(response.StatusCode, -1), why: fmt.Sprintf("status %d, want 101", response.StatusCode)}
	}
	sum := sha1.Sum([]byte(key + socketGUID))
	switch {
	case !hasWord(response.Header["Upgrade"], "websocket"), !hasWord(response.Header["Connection"], "upgrade"):
		return &fault{cause: experience.ServerError, why: "it did not upgrade the connection to a websocket"}
	case response.Header.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]):
		return &fault{cause: experience.ServerError, why: "it did not take the key of the websocket"}
	}
	return nil
}

// hasWord reports whether word is in one of lists with commas.
func hasWord(lists []string, word string) bool {
	for _, list := range lists {
		for w := range strings.SplitSeq(list, ",") {
			if strings.EqualFold(strings.TrimSpace(w), word) {
				return true
			}
		}
	}
	return false
}
