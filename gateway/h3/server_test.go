package h3

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/honderd/honderd/gateway/h1"
	"github.com/honderd/honderd/internal/perclient"
)

// stage is a server, and a client of it.
type stage struct {
	t       *testing.T
	server  *Server
	address string
	client  *tls.Config
	refused chan string
}

// play serves h until the test ends. What is asked has the limits of gateway/h1.
func play(t *testing.T, h http.HandlerFunc, o Options, limits h1.Options) *stage {
	t.Helper()
	pair, roots := selfSigned(t)
	s := &stage{t: t, client: &tls.Config{RootCAs: roots, ServerName: "shop.example", NextProtos: []string{http3.NextProtoH3}}, refused: make(chan string, 64)}
	refused := func(p *h1.Problem) {
		select {
		case s.refused <- p.Why:
		default:
		}
	}
	o.TLS, o.Refused, limits.Refused = &tls.Config{Certificates: []tls.Certificate{pair}}, refused, refused
	s.server = NewServer(h1.NewServer(h, limits).Limited(), o)
	c, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = c.LocalAddr().String()
	var wait sync.WaitGroup
	wait.Go(func() { _ = s.server.Serve(c) })
	t.Cleanup(func() {
		end, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		_ = s.server.Shutdown(end)
		wait.Wait()
		_ = c.Close()
	})
	return s
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "shop"}, DNSNames: []string{"shop.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, leaf, leaf, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if leaf, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: leaf}, roots
}

// transport returns a client with connections of its own.
func (s *stage) transport() *http3.Transport {
	tr := &http3.Transport{TLSClientConfig: s.client, Dial: func(ctx context.Context, _ string, conf *tls.Config, q *quic.Config) (*quic.Conn, error) {
		return quic.DialAddrEarly(ctx, s.address, conf, q)
	}}
	s.t.Cleanup(func() { _ = tr.Close() })
	return tr
}

// ask asks, and returns the status and the body; the error is in the body.
func (s *stage) ask(tr http.RoundTripper, method string, body io.Reader, fields ...string) (int, string) {
	s.t.Helper()
	ctx, stop := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, method, "https://shop.example/path?q", body)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	resp, err := tr.RoundTrip(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, err.Error()
	}
	return resp.StatusCode, string(text)
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestTimeout)
		return
	}
	fmt.Fprintf(w, "%s %s %s%s %d none=%v %s", r.Proto, r.Method, r.Host, r.RequestURI, r.ContentLength, r.Body == http.NoBody, body)
}

func TestRequestsAreAnswered(t *testing.T) {
	s := play(t, echo, Options{}, h1.Options{})
	tr := s.transport()
	for _, tt := range []struct {
		method string
		body   io.Reader
		want   string
	}{
		{http.MethodGet, nil, "HTTP/3.0 GET shop.example/path?q 0 none=true "},
		{http.MethodDelete, nil, "HTTP/3.0 DELETE shop.example/path?q 0 none=true "},
		{http.MethodPost, strings.NewReader("body"), "HTTP/3.0 POST shop.example/path?q 4 none=false body"},
		{http.MethodPut, io.MultiReader(strings.NewReader("un"), strings.NewReader("known")), "HTTP/3.0 PUT shop.example/path?q -1 none=false unknown"},
		{http.MethodDelete, io.MultiReader(strings.NewReader("un"), strings.NewReader("usual")), "HTTP/3.0 DELETE shop.example/path?q -1 none=false unusual"},
	} {
		if status, got := s.ask(tr, tt.method, tt.body); status != 200 || got != tt.want {
			t.Errorf("%s: %d %q, want %q", tt.method, status, got, tt.want)
		}
	}
}

func TestHeadsHaveALimit(t *testing.T) {
	s := play(t, echo, Options{}, h1.Options{})
	tr := s.transport()
	if status, _ := s.ask(tr, http.MethodGet, nil, "X-Long", strings.Repeat("x", h1.MaxHead+1)); status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a long head: %d", status)
	}
	var many []string
	for i := range h1.MaxFields + 1 {
		many = append(many, fmt.Sprintf("X-%d", i), "x")
	}
	if status, got := s.ask(tr, http.MethodGet, nil, many...); status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("many fields: %d %q", status, got)
	}
	if why := <-s.refused; why != "too many fields" {
		t.Errorf("counted as %q", why)
	}
	if status, _ := s.ask(tr, http.MethodGet, nil); status != http.StatusOK {
		t.Errorf("afterwards: %d", status)
	}
}

// dripping is a body of which one byte comes, and then nothing until it is closed.
type dripping struct {
	once  sync.Once
	first bytes.Buffer
	end   chan struct{}
}

func (d *dripping) Read(p []byte) (int, error) {
	if n, _ := d.first.Read(p); n > 0 {
		return n, nil
	}
	<-d.end
	return 0, io.EOF
}

func (d *dripping) Close() error { d.once.Do(func() { close(d.end) }); return nil }

func TestABodyThatDripsIsNotWaitedFor(t *testing.T) {
	s := play(t, echo, Options{}, h1.Options{Body: 100 * time.Millisecond})
	body := &dripping{end: make(chan struct{})}
	body.first.WriteString("x")
	defer body.Close()
	status, got := s.ask(s.transport(), http.MethodPost, body, "Content-Length", "1000")
	if status != http.StatusRequestTimeout {
		t.Errorf("answered %d %q", status, got)
	}
}

func TestAHeadThatDripsIsNotWaitedFor(t *testing.T) {
	s := play(t, echo, Options{Idle: 300 * time.Millisecond}, h1.Options{})
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	c, err := quic.DialAddr(ctx, s.address, s.client, &quic.Config{KeepAlivePeriod: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	str, err := c.OpenStreamSync(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := str.Write([]byte{0x01, 0x20, 0x00}); err != nil { // HEADERS of 32 bytes, of which one comes
		t.Fatal(err)
	}
	select {
	case <-c.Context().Done():
	case <-ctx.Done():
		t.Fatal("the connection stays open")
	}
}

// A request in the first packet could be sent again by whoever overheard it.
func TestNothingIsTakenBeforeTheHandshake(t *testing.T) {
	s := play(t, echo, Options{}, h1.Options{})
	s.client.ClientSessionCache = tls.NewLRUClientSessionCache(8)
	for range 3 {
		ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
		c, err := quic.DialAddrEarly(ctx, s.address, s.client, &quic.Config{})
		if err != nil {
			t.Fatal(err)
		}
		h := (&http3.Transport{}).NewClientConn(c)
		r, _ := http.NewRequestWithContext(ctx, http3.MethodGet0RTT, "https://shop.example/", http.NoBody)
		resp, err := h.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if c.ConnectionState().Used0RTT {
			t.Error("early data was taken")
		}
		_ = c.CloseWithError(0, "")
		stop()
	}
}

func TestWhatWasBegunEndsWhenItStops(t *testing.T) {
	asked, release := make(chan bool), make(chan bool)
	s := play(t, func(w http.ResponseWriter, _ *http.Request) {
		asked <- true
		<-release
		fmt.Fprint(w, "whole")
	}, Options{}, h1.Options{})
	answered := make(chan string, 1)
	tr := s.transport()
	go func() { _, body := s.ask(tr, http.MethodGet, nil); answered <- body }()
	<-asked
	stopped := make(chan error, 1)
	go func() {
		end, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		stopped <- s.server.Shutdown(end)
	}()
	refused := func() bool { // who comes now is not let in, and goes elsewhere
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		c, err := quic.DialAddr(ctx, s.address, s.client, nil)
		if err == nil {
			_ = c.CloseWithError(0, "")
		}
		return err != nil
	}
	for end := time.Now().Add(20 * time.Second); !refused(); {
		if time.Now().After(end) {
			t.Fatal("new connections are let in")
		}
	}
	close(release)
	if got := <-answered; got != "whole" {
		t.Errorf("answered %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestAClientHasOnlySoManyConnections(t *testing.T) {
	s := play(t, echo, Options{Clients: perclient.New(2, nil)}, h1.Options{})
	var last error
	ctx, stop := context.WithTimeout(t.Context(), 60*time.Second)
	defer stop()
	for range 3 {
		c, err := quic.DialAddr(ctx, s.address, s.client, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.CloseWithError(0, "") }) // it may be closed already
		if s.client.ServerName == "" {
			t.Fatal("no name")
		}
		_, last = c.AcceptUniStream(ctx) // the control stream, or the end
	}
	app, is := errors.AsType[*quic.ApplicationError](last)
	if !is || app.ErrorCode != quic.ApplicationErrorCode(http3.ErrCodeExcessiveLoad) {
		t.Errorf("the third connection ended with %v", last)
	}
	if why := <-s.refused; why != h1.TooManyOfOne {
		t.Errorf("counted as %q", why)
	}
}
