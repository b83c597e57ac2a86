package h1

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/internal/perclient"
)

func TestAClientHasOnlySoManyConnections(t *testing.T) {
	some := httptest.NewTLSServer(nil)
	defer some.Close()
	for _, encrypted := range []bool{false, true} {
		why := make(chan string, 8)
		o := Options{Clients: perclient.New(2, nil), Refused: func(p *Problem) { why <- p.Why }}
		if encrypted {
			o.TLS = &tls.Config{Certificates: some.TLS.Certificates}
		}
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Upgrade") == "" {
				_, _ = io.WriteString(w, r.Proto)
				return
			}
			c, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
			_, _ = io.Copy(c, c)
			_ = c.Close()
		}), o)
		go func() { _ = s.Serve(l) }()
		// One asks in HTTP/1.1, is handed on as a socket and stays; one speaks HTTP/2 where it can.
		socket := open(t, l.Addr().String(), encrypted)
		_, _ = io.WriteString(socket, "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
		if line, _ := bufio.NewReader(socket).ReadString('\n'); !strings.Contains(line, "101") {
			t.Fatalf("socket: %q", line)
		}
		client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // on loopback
		url := "http://" + l.Addr().String()
		if encrypted {
			url = "https" + strings.TrimPrefix(url, "http")
		}
		resp, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if encrypted != (resp.ProtoMajor == 2) {
			t.Errorf("%s with TLS %v", resp.Proto, encrypted)
		}
		third := open(t, l.Addr().String(), false)
		got, _ := io.ReadAll(third)
		if plain := strings.HasPrefix(string(got), "HTTP/1.1 503 "); plain == encrypted {
			t.Errorf("the third was told %q", got)
		}
		_ = third.Close()
		if w := <-why; w != TooManyOfOne {
			t.Errorf("counted as %q", w)
		}
		_ = socket.Close()
		client.CloseIdleConnections()
		client.Timeout = 2 * time.Second
		for end := time.Now().Add(60 * time.Second); ; { // who has left may come again
			resp, err := client.Get(url)
			if err == nil {
				_ = resp.Body.Close()
				if resp.StatusCode == http.StatusOK {
					break
				}
			}
			if time.Now().After(end) {
				t.Fatalf("who has left does not come in again: %v", err)
			}
		}
		client.CloseIdleConnections()
		end, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		_ = s.Shutdown(end)
		cancel()
	}
}

func open(t *testing.T, address string, encrypted bool) net.Conn {
	t.Helper()
	var c net.Conn
	var err error
	if encrypted {
		c, err = (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", address) //nolint:gosec // on loopback
	} else {
		c, err = new(net.Dialer).DialContext(t.Context(), "tcp", address)
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}
