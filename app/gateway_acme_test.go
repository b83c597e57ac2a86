package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/gateway"
	"github.com/honderd/honderd/gateway/certs"
)

// shop is the name that certificates are asked for.
const shop = "shop.honderd.example"

// authority is a CA with a DNS of its own, in which every name is on this machine.
type authority struct {
	url   string
	root  string         // file with what its own server is trusted by
	roots *x509.CertPool // of what it gives
	store *db.MemoryStore
}

// newAuthority looks at the ports it is told, and gives certificates that last so long.
func newAuthority(t *testing.T, httpPort, tlsPort int, lasts time.Duration) *authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	t.Setenv("PEBBLE_AUTHZREUSE", "0")
	quiet := log.New(io.Discard, "", 0)
	a := &authority{store: db.NewMemoryStore(), roots: x509.NewCertPool()}
	issuer := ca.New(quiet, a.store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {ValidityPeriod: uint64(lasts.Seconds())}})
	if !a.roots.AppendCertsFromPEM(issuer.GetRootCert(0).PEM()) {
		t.Fatal("no root")
	}
	server := wfe.New(quiet, a.store, va.New(quiet, httpPort, tlsPort, true, names(t), a.store), issuer, []string{"pebble.example"}, true, false, 0, 0)
	s := httptest.NewUnstartedServer(server.Handler())
	s.Config.ErrorLog = quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	a.url = s.URL + wfe.DirectoryPath
	a.root = filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(a.root, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// names serves DNS in which every name is on this machine.
func names(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{Listener: l, Net: "tcp", Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			m.Answer = append(m.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(127, 0, 0, 1)})
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = s.ActivateAndServe() }()
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// opened returns a listener on this machine and its port.
func opened(t *testing.T) (net.Listener, int) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l, l.Addr().(*net.TCPAddr).Port
}

// closedPort returns a port at which nobody answers, for as long as the test lasts.
func closedPort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0") // nobody is given its number
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.LocalAddr().(*net.UDPAddr).Port
}

// behindTLS runs a gateway with certificates of a, on listeners that are open.
func behindTLS(t *testing.T, o GatewayOptions) *GatewayServer {
	t.Helper()
	b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello by ", r.Header.Get("X-Forwarded-Proto"))
	}))
	t.Cleanup(b.Close)
	o.Pools = []gateway.Pool{{Name: "shop", Hosts: []string{shop}, Backends: []gateway.Backend{{URL: b.URL}}}}
	ctx, stop := context.WithCancel(context.Background())
	s, err := NewGateway(ctx, o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

// seen returns the certificate that people are shown, and what they are answered.
func (a *authority) seen(t *testing.T, address string) (serial, body string) {
	t.Helper()
	c := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: a.roots, ServerName: shop},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		},
	}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+shop+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err != nil {
		return "", err.Error()
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.TLS.PeerCertificates[0].SerialNumber.String(), string(text)
}

// soonSo waits until something is so.
func soonSo(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(60 * time.Second); !is(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// folderOfCerts returns a folder that is removed when the test ends. The library may still
// write to it for a moment after it was stopped.
func folderOfCerts(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "certs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { soonSo(t, "the folder is removed", func() bool { return os.RemoveAll(folder) == nil }) })
	return folder
}

func TestACAGivesCertificatesOverTLSAndNewOnesInTime(t *testing.T) {
	l, port := opened(t)
	a := newAuthority(t, closedPort(t), port, time.Hour)
	o := GatewayOptions{Listen: []string{"here"}, Open: map[string]net.Listener{"here": l}}
	// Each is to be renewed when it is four seconds old.
	o.ACME = &ACME{Domains: []string{shop}, Email: "ops@honderd.example", CA: a.url, Root: a.root, Folder: CertificatesIn(folderOfCerts(t)), Every: 100 * time.Millisecond, Left: 1 - 4.0/3600}
	s := behindTLS(t, o)
	var first string
	soonSo(t, "the first certificate", func() bool {
		var body string
		first, body = a.seen(t, l.Addr().String())
		return body == "hello by https"
	})
	if list := s.Certificates(); len(list) != 1 || list[0].Domain != shop || list[0].Until == nil || list[0].Says(time.Now()) != "" {
		t.Errorf("it says %+v", list)
	}
	soonSo(t, "another certificate", func() bool {
		serial, body := a.seen(t, l.Addr().String())
		if body != "hello by https" {
			t.Fatalf("while it is renewed people get %q", body)
		}
		return serial != first
	})
	if err := a.store.AddBlockedDomain("honderd.example"); err != nil {
		t.Fatal(err)
	}
	soonSo(t, "the CA refuses", func() bool { return s.Certificates()[0].Trouble != nil })
	says := s.Certificates()[0].Says(time.Now())
	if !strings.Contains(says, "there is no other yet: "+a.url+" gives no certificates for "+shop) || !strings.Contains(says, "(fix: take it out of domains, or name another CA)") {
		t.Errorf("it says %q", says)
	}
	if _, body := a.seen(t, l.Addr().String()); body != "hello by https" {
		t.Errorf("with the old certificate people get %q", body)
	}
	if kept := certs.Stored(o.ACME.Folder); len(kept) != 1 || kept[0].Says(time.Now()) != says {
		t.Errorf("the folder says %+v", kept)
	}
	c := config.Default()
	c.Data = filepath.Dir(o.ACME.Folder)
	c.Gateway.TLS.ACME.Domains = []string{shop, "other.example"}
	found := examineCerts(c)
	if len(found) != 2 || !found[0].Bad || found[0].Fix != "take it out of domains, or name another CA" || found[1].Bad || !strings.Contains(found[1].Says, "none for other.example yet") {
		t.Errorf("doctor finds %+v", found)
	}
	next := o // what it has is served at once, without asking anybody
	next.ACME = &ACME{Domains: []string{shop}, CA: "https://127.0.0.1:1/none", Root: a.root, Folder: o.ACME.Folder}
	next.Pools = s.options.Pools
	if err := s.Reload(t.Context(), next); err != nil {
		t.Fatal(err)
	}
}

func TestACAGivesCertificatesOverPlainHTTP(t *testing.T) {
	l, _ := opened(t)
	plain, port := opened(t)
	a := newAuthority(t, port, closedPort(t), time.Hour)
	o := GatewayOptions{Listen: []string{"here"}, Plain: []string{"plain"}, Open: map[string]net.Listener{"here": l, "plain": plain}}
	o.ACME = &ACME{Domains: []string{shop}, CA: a.url, Root: a.root, Folder: folderOfCerts(t)}
	s := behindTLS(t, o)
	soonSo(t, "a certificate", func() bool {
		_, body := a.seen(t, l.Addr().String())
		return body == "hello by https"
	})
	if list := s.Certificates(); list[0].Trouble != nil {
		t.Errorf("it says %+v", list[0].Trouble)
	}
	for _, tt := range []struct {
		host, path string
		status     int
		location   string
	}{
		{shop, "/cart?item=1", 308, "https://" + net.JoinHostPort(shop, portOf(l)) + "/cart?item=1"},
		{shop, "/.well-known/acme-challenge/none", 308, "https://" + net.JoinHostPort(shop, portOf(l)) + "/.well-known/acme-challenge/none"},
		{"evil.example", "/", 421, ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+plain.Addr().String()+tt.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = tt.host
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != tt.status || resp.Header.Get("Location") != tt.location {
			t.Errorf("%s%s: %d %q", tt.host, tt.path, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
}

func portOf(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func TestWhatACACannotDoIsSaidAtOnce(t *testing.T) {
	for give, want := range map[string]string{
		"*.shop.example": "fix: name each host",
		"localhost":      "is not a public name",
		"a b":            "is not the name of a host",
	} {
		o := GatewayOptions{Listen: []string{"127.0.0.1:0"}, ACME: &ACME{Domains: []string{give}, Folder: t.TempDir()}}
		o.Pools = []gateway.Pool{{Backends: []gateway.Backend{{URL: "http://127.0.0.1:1"}}}}
		if _, err := NewGateway(t.Context(), o, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", give, err)
		}
	}
}
