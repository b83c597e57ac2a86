package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// visitor asks for a page of shop over TLS, in one version of HTTP.
type visitor struct {
	name   string
	client *http.Client
	asked  atomic.Int64
}

// certificate writes a certificate for example.com and its key, and returns who trusts it.
func certificate(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	der, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: s.Certificate().Raw}, key: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return cert, key, roots
}

func (v *visitor) ask(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://example.com/", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := v.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && string(body) != "there" {
		err = fmt.Errorf("answered %s %q", resp.Status, body)
	}
	v.asked.Add(1)
	return err
}

// The program is started anew again and again while people ask over TLS, in HTTP/1.1 and
// HTTP/2, on connections old and new: nobody notices. Sockets are told to open anew, and
// HTTP/3 is spoken by the one that stays.
func TestStartingAnewLosesNoRequestOverTLS(t *testing.T) {
	o := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			_, _ = io.WriteString(w, "there")
			return
		}
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
		_, _ = io.Copy(io.Discard, c)
		_ = c.Close()
	}))
	defer o.Close()
	cert, key, roots := certificate(t)
	listen := freeAddress(t)
	cmd, _ := program(t, "gateway", "--listen", listen, "--to", o.URL, "--patience", "20s", "--cert", cert, "--key", key, "--http3")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	group := cmd.Process.Pid
	defer func() { _ = syscall.Kill(-group, syscall.SIGKILL) }()
	ended := make(chan error, 1)
	go func() { // not that of cmd, which waits for all that have its output
		_, err := cmd.Process.Wait()
		ended <- err
	}()
	conf := &tls.Config{RootCAs: roots, ServerName: "example.com"}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", listen)
	}
	over := func(name string, second, fresh bool) *visitor {
		return &visitor{name: name, client: &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{TLSClientConfig: conf.Clone(), DialContext: dial, ForceAttemptHTTP2: second, DisableKeepAlives: fresh}}}
	}
	visitors := []*visitor{over("HTTP/1.1", false, false), over("HTTP/1.1, each time anew", false, true), over("HTTP/2", true, false), over("HTTP/2, each time anew", true, true)}
	eventually(t, "it listens", func() bool { return visitors[0].ask(t.Context()) == nil })
	socket, err := (&tls.Dialer{Config: conf}).DialContext(t.Context(), "tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	_, _ = io.WriteString(socket, "GET / HTTP/1.1\r\nHost: example.com\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	hear := bufio.NewReader(socket)
	if line, _ := hear.ReadString('\n'); !strings.Contains(line, " 101 ") {
		t.Fatalf("the socket: %q", line)
	}
	asking, rest := context.WithCancel(t.Context())
	var people sync.WaitGroup
	defer people.Wait()
	defer rest()
	for _, v := range visitors {
		people.Go(func() {
			for asking.Err() == nil {
				if err := v.ask(context.WithoutCancel(asking)); err != nil {
					t.Errorf("%s: %v", v.name, err)
				}
			}
		})
	}
	enough := func() {
		for _, v := range visitors {
			from := v.asked.Load()
			eventually(t, v.name+" is answered", func() bool { return v.asked.Load() > from+3 })
		}
	}
	enough()
	_ = syscall.Kill(group, syscall.SIGHUP)
	if err := <-ended; err != nil { // the first has given over
		t.Error(err)
	}
	enough()
	rest()
	people.Wait()
	_ = socket.SetReadDeadline(time.Now().Add(40 * time.Second))
	all, _ := io.ReadAll(hear)
	if !strings.Contains(string(all), "\x03\xf4service restart") { // 1012
		t.Errorf("the socket was told %q", all)
	}
	third := &http3.Transport{TLSClientConfig: conf.Clone(), Dial: func(ctx context.Context, _ string, c *tls.Config, q *quic.Config) (*quic.Conn, error) {
		return quic.DialAddrEarly(ctx, listen, c, q)
	}}
	defer third.Close()
	v := &visitor{client: &http.Client{Timeout: 5 * time.Second, Transport: third}}
	eventually(t, "the second speaks HTTP/3", func() bool { return v.ask(t.Context()) == nil })
}
