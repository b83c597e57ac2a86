package probe

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/honderd/honderd/experience"
)

func once(t *testing.T, target Target) Result {
	t.Helper()
	target.Name = "it"
	r, err := Once(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// want fails unless r has cause, and words in its reason.
func want(t *testing.T, r Result, cause experience.Cause, words string) {
	t.Helper()
	if r.Cause != cause || !strings.Contains(r.Why, words) || (cause == experience.Fine) != (r.Why == "") || r.Unknown || r.Confirmed != r.Bad() {
		t.Errorf("%v %q (confirmed %v, unknown %v), want %v with %q", r.Cause, r.Why, r.Confirmed, r.Unknown, cause, words)
	}
}

// listen serves each connection with talk.
func listen(t *testing.T, talk func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				talk(conn)
			}()
		}
	}()
	return l.Addr().String()
}

func silent(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func dead(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return l.Addr().String()
}

func shop(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/json":
		fmt.Fprint(w, `{"status":"up","items":[{"id":5},{"id":9007199254740993}],"a.b":null}`)
	case "/loop":
		http.Redirect(w, r, "/loop", http.StatusFound)
	case "/away":
		http.Redirect(w, r, "http://elsewhere.invalid/secret?token=1", http.StatusFound)
	case "/huge":
		for range 3000 {
			if _, err := w.Write(bytes.Repeat([]byte("x"), 1024)); err != nil {
				return
			}
		}
	case "/slow":
		fmt.Fprint(w, "begin")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	case "/login":
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "s1"})
		fmt.Fprint(w, `{"token":"a&b \"c\""}`)
	case "/cart":
		c, err := r.Cookie("session")
		if err != nil || c.Value != "s1" || r.URL.Query().Get("token") != `a&b "c"` {
			http.Error(w, "who", http.StatusUnauthorized)
		}
	case "/agent":
		fmt.Fprint(w, r.UserAgent())
	default:
		var status int
		if _, err := fmt.Sscanf(r.URL.Path, "/status/%d", &status); err == nil {
			w.WriteHeader(status)
		}
		w.Header().Add("X-One", "1")
		fmt.Fprint(w, "Welcome")
	}
}

func TestHTTP(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(shop))
	t.Cleanup(server.Close)
	tests := []struct {
		path      string
		expect    string
		redirects Redirects
		cause     experience.Cause
		words     string
	}{
		{"/", "", "", experience.Fine, ""},
		{"/", "ip == 127.0.0.1", "", experience.Fine, ""},
		{"/", "ip matches ^10\\.", "", experience.ServerError, `it is "127.0.0.1"`},
		{"/agent", "body == " + Agent, "", experience.Fine, ""},
		{"/status/500", "", "", experience.ServerError, "status 500, want 200-299"},
		{"/status/503", "", "", experience.Unreachable, "503"},
		{"/status/429", "", "", experience.TooMany, "429"},
		{"/status/404", "status 404", "", experience.Fine, ""},
		{"/", "body contains Welcome", "", experience.Fine, ""},
		{"/", "body lacks Welcome", "", experience.ServerError, "body lacks"},
		{"/", "body matches ^W.*e$", "", experience.Fine, ""},
		{"/", "header X-One == 1.0", "", experience.Fine, ""},
		{"/", "header X-Two exists", "", experience.ServerError, "X-Two is missing"},
		{"/json", "json status == up", "", experience.Fine, ""},
		{"/json", "json $.items[0].id < 6", "", experience.Fine, ""},
		{"/json", "json items[1].id == 9007199254740992", "", experience.ServerError, "9007199254740993"},
		{"/json", `json ["a.b"] == null`, "", experience.Fine, ""},
		{"/json", "json items[2] missing", "", experience.Fine, ""},
		{"/json", "length items == 2", "", experience.Fine, ""},
		{"/", "json status == up", "", experience.ServerError, "no JSON"},
		{"/loop", "", "", experience.ServerError, "more than 10 times"},
		{"/loop", "", NoFollow, experience.Fine, ""},
		{"/away", "", SameHost, experience.ServerError, "another host"},
		{"/huge", "", "", experience.Fine, ""},
		{"/huge", "body contains xx", "", experience.Fine, ""},
		{"/huge", "body lacks y", "", experience.ServerError, "longer than the limit"},
		{"/", "certificate > 1d", "", experience.ServerError, "no certificate"},
		{"/", "time < 1ns", "", experience.TooSlow, "longer than 1ns"},
	}
	for _, tt := range tests {
		t.Run(tt.path+" "+tt.expect, func(t *testing.T) {
			var lines []string
			if tt.expect != "" {
				lines = []string{tt.expect}
			}
			e, err := ParseExpect(lines)
			if err != nil {
				t.Fatal(err)
			}
			want(t, once(t, Target{Kind: HTTP, Address: server.URL + tt.path, Expect: e, Request: Request{Redirects: tt.redirects}}), tt.cause, tt.words)
		})
	}
	r := once(t, Target{Kind: HTTP, Address: server.URL + "/slow", Timeout: 100 * time.Millisecond})
	want(t, r, experience.TimedOut, "in the middle of its answer")
	steps := []Step{
		{Name: "login", URL: server.URL + "/login", Extract: []Extract{{Name: "token", From: JSON, Path: "token"}}},
		{Name: "cart", URL: server.URL + "/cart?token=${token}"},
		{Name: "fail", URL: server.URL + "/status/502"},
	}
	want(t, once(t, Target{Kind: Journey, Steps: steps[:2]}), experience.Fine, "")
	if r = once(t, Target{Kind: Journey, Steps: steps}); r.Failed != "fail" || len(r.Steps) != 3 || r.Steps[2].Status != 502 {
		t.Errorf("%+v", r)
	}
	want(t, r, experience.Unreachable, "fail: status 502")
}

func TestTrouble(t *testing.T) {
	quiet, gone := listen(t, silent), dead(t)
	hostile := listen(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("<script>\x1b", 20000)+"\r\n\r\n")
	})
	soon := 100 * time.Millisecond
	for _, tt := range []struct {
		kind, address, scheme string
	}{{HTTP, "", "http://"}, {HTTP, "", "https://"}, {TLS, "", ""}, {WebSocket, "", "ws://"}, {GRPC, "", "grpc://"}} {
		want(t, once(t, Target{Kind: tt.kind, Address: tt.scheme + gone}), experience.Unreachable, "refused")
		want(t, once(t, Target{Kind: tt.kind, Address: tt.scheme + quiet, Timeout: soon}), experience.TimedOut, "while")
	}
	want(t, once(t, Target{Kind: TCP, Address: quiet}), experience.Fine, "")
	want(t, once(t, Target{Kind: TCP, Address: quiet, Timeout: soon, Talk: []Turn{{Expect: "x"}}}), experience.TimedOut, "waiting")
	r := once(t, Target{Kind: HTTP, Address: "http://" + hostile})
	if !r.Bad() || len(r.Why) > maxWhy || strings.ContainsRune(r.Why, 0x1b) {
		t.Errorf("%+v", r)
	}
}

// A second try that is good is shown as such, and does not hide the first.
func TestABadTryIsNeverHidden(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(server.Close)
	if r := once(t, Target{Kind: HTTP, Address: server.URL}); r.Cause != experience.ServerError || r.Confirmed || asked.Load() != 2 {
		t.Errorf("%+v after %d tries", r, asked.Load())
	}
}

func TestTalk(t *testing.T) {
	address := listen(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "220 mail ready\r\nPING :42\r\n")
		b := make([]byte, 64)
		n, _ := conn.Read(b)
		fmt.Fprintf(conn, "got %s", b[:n])
	})
	good := []Turn{{Expect: "^220 "}, {Expect: `PING :(\d+)`}, {Send: "PONG ${1}", Expect: "got PONG 42"}}
	want(t, once(t, Target{Kind: TCP, Address: address, Talk: good}), experience.Fine, "")
	good[2].Expect = "never"
	want(t, once(t, Target{Kind: TCP, Address: address, Talk: good}), experience.ServerError, "got PONG 42")
}

func certificate(t *testing.T, ends time.Time) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: ends.Add(-9000 * time.Hour), NotAfter: ends,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(ca)
}

func TestCertificates(t *testing.T) {
	for _, tt := range []struct {
		name    string
		left    time.Duration
		trusted bool
		other   string
		cause   experience.Cause
		words   string
	}{
		{"right", 1000 * time.Hour, true, "", experience.Fine, ""},
		{"ends soon", 100 * time.Hour, true, "", experience.ServerError, "in less than 14d"},
		{"expired", -time.Hour, true, "", experience.Unreachable, "certificate ended on"},
		{"signed by nobody", 1000 * time.Hour, false, "", experience.Unreachable, "nobody we trust"},
		{"of another", 1000 * time.Hour, true, "example.org", experience.Unreachable, "not for example.org"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ends := time.Now().Add(tt.left).Truncate(time.Second).UTC()
			c, pool := certificate(t, ends)
			server := httptest.NewUnstartedServer(http.HandlerFunc(shop))
			server.TLS = &tls.Config{Certificates: []tls.Certificate{c}}
			server.Config.ErrorLog = nil
			server.StartTLS()
			t.Cleanup(server.Close)
			if !tt.trusted {
				_, pool = certificate(t, ends)
			}
			target := Target{Kind: HTTP, Address: server.URL, Trust: Trust{CA: pool, ServerName: tt.other}, Expect: Expect{CertFor: 14 * 24 * time.Hour}}
			for range 2 {
				r := once(t, target)
				want(t, r, tt.cause, tt.words)
				if !r.CertEnds.Equal(ends) {
					t.Errorf("%s: it ends %v, want %v", target.Kind, r.CertEnds, ends)
				}
				target.Kind, target.Address = TLS, server.Listener.Addr().String()
			}
		})
	}
}

func TestDNS(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(b[:n]) != nil {
				continue
			}
			m.Response, m.Additionals = true, nil
			if strings.HasPrefix(m.Questions[0].Name.String(), "no.") {
				m.RCode = dnsmessage.RCodeNameError
			} else {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
					Body:   &dnsmessage.AResource{A: [4]byte{192, 0, 2, 7}},
				}}
			}
			p, _ := m.Pack()
			_, _ = conn.WriteTo([]byte("forged"), from)
			_, _ = conn.WriteTo(p, from)
		}
	}()
	for _, tt := range []struct {
		q     Query
		cause experience.Cause
		words string
	}{
		{Query{Name: "example.org", Want: []string{"192.0.2.7"}, Only: true}, experience.Fine, ""},
		{Query{Name: "localhost"}, experience.Fine, ""},
		{Query{Name: "example.org", Want: []string{"192.0.2.8"}}, experience.ServerError, "192.0.2.7"},
		{Query{Name: "example.org", Type: "MX"}, experience.ServerError, "no MX"},
		{Query{Name: "no.example.org"}, experience.ServerError, "NXDOMAIN, want NOERROR"},
		{Query{Name: "no.example.org", RCode: "NXDOMAIN"}, experience.Fine, ""},
		{Query{Name: "no.example.org", RCode: "noerror nxdomain"}, experience.Fine, ""},
		{Query{Name: "example.org", Match: []string{`^192\.`}, MatchNot: []string{`\.8$`}}, experience.Fine, ""},
		{Query{Name: "example.org", Match: []string{`^10\.`}}, experience.ServerError, "want an answer that matches"},
		{Query{Name: "example.org", MatchNot: []string{`\.7$`}}, experience.ServerError, "must not match"},
	} {
		want(t, once(t, Target{Kind: DNS, Address: conn.LocalAddr().String(), Query: tt.q}), tt.cause, tt.words)
	}
}

func TestGRPC(t *testing.T) {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Protocols: &protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		if r.URL.Path != healthMethod || len(body) < 5 || int(binary.BigEndian.Uint32(body[1:])) != len(body)-5 {
			w.Header().Set("Grpc-Status", "13")
			return
		}
		status := byte(1)
		if strings.HasSuffix(string(body), "sick") {
			status = 2
		}
		if strings.HasSuffix(string(body), "unknown") {
			w.Header().Set("Grpc-Status", "5")
			return
		}
		_, _ = w.Write([]byte{0, 0, 0, 0, 2, 8, status})
		w.Header().Set("Grpc-Status", "0")
	})}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	address := "grpc://" + l.Addr().String()
	want(t, once(t, Target{Kind: GRPC, Address: address, Service: "shop"}), experience.Fine, "")
	want(t, once(t, Target{Kind: GRPC, Address: address, Service: "sick"}), experience.ServerError, "not serving")
	want(t, once(t, Target{Kind: GRPC, Address: address, Service: "unknown"}), experience.ServerError, "does not know this service")
}

func TestICMP(t *testing.T) {
	r := once(t, Target{Kind: ICMP, Address: "127.0.0.1"})
	if r.Unknown && strings.Contains(r.Why, "ping_group_range") {
		t.Skip("nobody may ping here:", r.Why)
	}
	want(t, r, experience.Fine, "")
}

func BenchmarkHTTPKeepAlive(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	defer server.Close()
	c, err := prepare(Target{Name: "it", Kind: HTTP, Address: server.URL}.withDefaults(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer c.close()
	b.ReportAllocs()
	for b.Loop() {
		if out := c.check(context.Background(), false); out.bad() {
			b.Fatal(out.why)
		}
	}
}
