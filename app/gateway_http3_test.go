package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/honderd/honderd/gateway"
)

// pairFiles writes a certificate for shop and its key, and returns who trusts it.
func pairFiles(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(nil) // its certificate is for example.com
	defer s.Close()
	pair := s.TLS.Certificates[0]
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return cert, key, roots
}

// speaking returns a client that speaks one version of HTTP with whoever listens at address.
func speaking(t *testing.T, version int, address string, roots *x509.CertPool) *http.Client {
	t.Helper()
	conf := &tls.Config{RootCAs: roots, ServerName: "example.com"}
	if version == 3 {
		tr := &http3.Transport{TLSClientConfig: conf, Dial: func(ctx context.Context, _ string, c *tls.Config, q *quic.Config) (*quic.Conn, error) {
			return quic.DialAddrEarly(ctx, address, c, q)
		}}
		t.Cleanup(func() { _ = tr.Close() })
		return &http.Client{Timeout: 30 * time.Second, Transport: tr}
	}
	tr := &http.Transport{TLSClientConfig: conf, ForceAttemptHTTP2: version == 2, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Timeout: 30 * time.Second, Transport: tr}
}

// hello asks, and returns the answer; the error is in the body.
func hello(t *testing.T, c *http.Client) (resp *http.Response, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err = c.Do(r)
	if err != nil {
		return &http.Response{}, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp, err.Error()
	}
	return resp, string(text)
}

// Each version of HTTP loses nothing while the gateway changes what it does, again and
// again.
func TestReloadingLosesNoRequestOverTLS(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Alt-Svc", `h2="elsewhere:1"`)
		_, _ = io.WriteString(w, "hello over "+r.Header.Get("Via"))
	}))
	defer backend.Close()
	cert, key, roots := pairFiles(t)
	options := func() GatewayOptions {
		o := GatewayOptions{Listen: []string{"127.0.0.1:0"}, Cert: cert, Key: key, HTTP3: true}
		o.Pools = []gateway.Pool{{Name: "shop", Backends: []gateway.Backend{{URL: backend.URL}}}}
		return o
	}
	ctx, stop := context.WithCancel(t.Context())
	s, err := NewGateway(ctx, options(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	address := s.Addresses()[0]
	soonSo(t, "HTTP/3 is announced", func() bool { return s.announce() != "" })
	asking, rest := context.WithCancel(ctx)
	var people sync.WaitGroup
	var asked [4]atomic.Int64
	for version, via := range map[int]string{1: "1.1 honderd", 2: "2 honderd", 3: "3 honderd"} {
		c := speaking(t, version, address, roots)
		people.Go(func() {
			for asking.Err() == nil {
				resp, body := hello(t, c)
				if body != "hello over "+via || resp.ProtoMajor != version {
					t.Errorf("HTTP/%d: %s %q", version, resp.Proto, body)
				}
				port := address[strings.LastIndexByte(address, ':'):]
				if got := resp.Header.Get("Alt-Svc"); got != `h3="`+port+`"; ma=86400` {
					t.Errorf("HTTP/%d: Alt-Svc %q", version, got)
				}
				asked[version].Add(1)
			}
		})
	}
	for range 5 {
		from := [4]int64{0, asked[1].Load(), asked[2].Load(), asked[3].Load()}
		soonSo(t, "people ask in each version", func() bool {
			return asked[1].Load() > from[1]+5 && asked[2].Load() > from[2]+5 && asked[3].Load() > from[3]+5
		})
		if err := s.Reload(ctx, options()); err != nil {
			t.Fatal(err)
		}
	}
	rest()
	people.Wait()
	without := options()
	without.HTTP3 = false
	if err := s.Reload(ctx, without); err == nil || !strings.Contains(err.Error(), "fix: restart honderd") {
		t.Errorf("without HTTP/3: %v", err)
	}
	if state := s.State(); state.Felt != 0 {
		t.Errorf("%d felt", state.Felt)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Who takes over from another process waits until that has given the port of UDP back.
func TestThePortOfHTTP3IsTakenOver(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer backend.Close()
	cert, key, roots := pairFiles(t)
	start := func(l net.Listener) (s *GatewayServer, stop func()) {
		o := GatewayOptions{Listen: []string{"here"}, Open: map[string]net.Listener{"here": l}, Cert: cert, Key: key, HTTP3: true}
		o.Pools = []gateway.Pool{{Backends: []gateway.Backend{{URL: backend.URL}}}}
		ctx, cancel := context.WithCancel(context.Background())
		s, err := NewGateway(ctx, o, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		return s, func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	l, _ := opened(t)
	address := l.Addr().String()
	first, stopFirst := start(l)
	soonSo(t, "the first speaks it", func() bool { return first.announce() != "" })
	client := speaking(t, 3, address, roots)
	if resp, body := hello(t, client); resp.StatusCode != http.StatusOK {
		t.Fatal(body)
	}
	files, err := first.Files()
	if err != nil {
		t.Fatal(err)
	}
	next, err := net.FileListener(files[0])
	if err != nil {
		t.Fatal(err)
	}
	_ = files[0].Close()
	second, stopSecond := start(next)
	defer stopSecond()
	if second.announce() != "" {
		t.Error("it is announced before it can be spoken")
	}
	stopFirst()
	soonSo(t, "the second speaks it", func() bool { return second.announce() != "" })
	if resp, body := hello(t, speaking(t, 3, address, roots)); resp.StatusCode != http.StatusOK {
		t.Error(body)
	}
}
