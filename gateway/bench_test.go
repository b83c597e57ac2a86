package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/honderd/honderd/gateway/h1"
)

// BenchmarkServe is one request through the gateway on loopback, without its own front.
func BenchmarkServe(b *testing.B) {
	g := benched(b)
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, "/a", nil)
		r.RemoteAddr = "127.0.0.1:4711"
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}

// BenchmarkWhole is one request from a connection through front and gateway to a server
// that costs next to nothing, and back.
func BenchmarkWhole(b *testing.B) {
	front := h1.NewServer(benched(b), h1.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = front.Serve(l) }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close(); _ = front.Shutdown(b.Context()) }()
	br := bufio.NewReader(c)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := io.WriteString(c, "GET /page/1 HTTP/1.1\r\nHost: site.test\r\nUser-Agent: bench/1\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n"); err != nil {
			b.Fatal(err)
		}
		for head := 0; ; head++ {
			line, err := br.ReadSlice('\n')
			if err != nil || head == 0 && !strings.HasPrefix(string(line), "HTTP/1.1 200 ") {
				b.Fatal(string(line), err)
			}
			if len(line) == 2 {
				break
			}
		}
		if _, err := br.Discard(2048); err != nil {
			b.Fatal(err)
		}
	}
}

// benched returns a gateway before a server of pages of 2 KiB.
func benched(b *testing.B) *Gateway {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nServer: origin\r\nDate: Fri, 27 Nov 2026 00:00:00 GMT\r\nContent-Type: text/html\r\nContent-Length: 2048\r\nCache-Control: private\r\n\r\n%s", strings.Repeat("x", 2048))
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				br := bufio.NewReader(c)
				for {
					line, err := br.ReadSlice('\n')
					if err != nil {
						return
					}
					if len(line) == 2 {
						_, _ = io.WriteString(c, answer)
					}
				}
			}()
		}
	}()
	g, err := New(b.Context(), Options{Pools: []Pool{{Backends: []Backend{{URL: "http://" + l.Addr().String()}}}}})
	if err != nil {
		b.Fatal(err)
	}
	return g
}
