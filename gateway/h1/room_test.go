package h1

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// hold opens a connection, says text, and keeps it open.
func hold(t *testing.T, address, text string) *bufio.Reader {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(c, text)
	return bufio.NewReader(c)
}

func TestIdleConnectionsKeepNobodyOut(t *testing.T) {
	address := serve(t, http.HandlerFunc(echo), Options{Conns: 3})
	const ask = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	for range 20 {
		if line, _ := hold(t, address, ask).ReadString('\n'); !strings.HasPrefix(line, "HTTP/1.1 200") {
			t.Fatalf("somebody was answered %q while others were idle", line)
		}
	}
}

func TestConnectionsInHTTP2AreCounted(t *testing.T) {
	address := serve(t, http.HandlerFunc(echo), Options{Conns: 2})
	client := second(t)
	resp, err := client.Get("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	hold(t, address, preface+frame(frameSettings, 0, 0, ""))
	refused := func() bool {
		line, _ := hold(t, address, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").ReadString('\n')
		return strings.HasPrefix(line, "HTTP/1.1 503")
	}
	eventually(t, "two in HTTP/2 are open, and a third comes in", refused)
	client.CloseIdleConnections()
	eventually(t, "one is closed, and nobody comes in", func() bool { return !refused() })
}

func eventually(t *testing.T, otherwise string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if is() {
			return
		}
		<-tick.C
	}
	t.Error(otherwise)
}
