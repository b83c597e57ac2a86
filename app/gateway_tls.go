package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/gateway/certs"
	"github.com/honderd/honderd/gateway/h1"
)

// certsFolder is where certificates are kept, in the data folder.
const certsFolder = "certificates"

// ACME says which certificates the gateway gets from a CA.
type ACME struct {
	Domains   []string
	Email, CA string // "": nowhere; Let's Encrypt
	Root      string // file with what the CA itself is trusted by; "": the system
	Folder    string // where they are kept
	Every     time.Duration
	Left      float64
}

// same reports whether a CA is asked for the same.
func (a *ACME) same(b *ACME) bool {
	if a == nil || b == nil {
		return a == b
	}
	return fmt.Sprint(*a) == fmt.Sprint(*b)
}

// encrypted reports whether people come over TLS.
func (o GatewayOptions) encrypted() bool { return o.Cert != "" || o.ACME != nil }

// tls returns how the gateway encrypts; nil: not.
func (s *GatewayServer) tls() *tls.Config {
	if !s.options.encrypted() {
		return nil
	}
	return &tls.Config{GetCertificate: s.certificate, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1", certs.Challenge}}
}

// certificate returns that of the CA, and else that of the files.
func (s *GatewayServer) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	pair := s.cert.Load()
	if k := s.keeper.Load(); k != nil {
		c, err := k.Certificate(hello)
		if err == nil || pair == nil {
			return c, err
		}
	}
	return pair, nil
}

// newKeeper returns who keeps the certificates of a CA; nil: nobody.
func (s *GatewayServer) newKeeper(ctx context.Context, a *ACME) (*certs.Keeper, error) {
	if a == nil {
		return nil, nil
	}
	o := certs.Options{Domains: a.Domains, Folder: a.Folder, Email: a.Email, CA: a.CA, Every: a.Every, Left: a.Left, Log: s.log}
	if len(s.listeners) > 0 {
		o.TLS = s.listeners[0].Addr().String()
	}
	if len(s.plain) > 0 {
		o.Plain = s.plain[0].Addr().String()
	}
	if a.Root != "" {
		text, err := os.ReadFile(a.Root)
		if err != nil {
			return nil, fmt.Errorf("read the root of the CA: %w", err)
		}
		if o.Roots = x509.NewCertPool(); !o.Roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s has no certificate in it (fix: name a PEM file with that of the CA)", a.Root)
		}
	}
	return certs.New(ctx, o)
}

// keepCerts lets k keep the certificates from now on.
func (s *GatewayServer) keepCerts(k *certs.Keeper) {
	s.keeping.Lock()
	defer s.keeping.Unlock()
	if s.endKeeper != nil {
		s.endKeeper()
		s.endKeeper = nil
	}
	s.keeper.Store(k)
	if k != nil && s.inner != nil {
		ctx, stop := context.WithCancel(s.inner)
		s.endKeeper = stop
		s.kept.Go(func() { k.Run(ctx) })
	}
}

// runKeeper lets the keeper of now, and those that come, keep until ctx is done.
func (s *GatewayServer) runKeeper(ctx context.Context) {
	s.keeping.Lock()
	s.inner = ctx
	s.keeping.Unlock()
	s.keepCerts(s.keeper.Load())
}

// Certificates returns how the certificates are.
func (s *GatewayServer) Certificates() []certs.State {
	var list []certs.State
	if k := s.keeper.Load(); k != nil {
		list = k.State()
	}
	if c := s.cert.Load(); c != nil && c.Leaf != nil {
		list = append(list, certs.Of(c.Leaf))
	}
	return list
}

// errOfCerts returns what is to be said of certificates; nil: nothing.
func errOfCerts(list []certs.State) error {
	var errs []string
	for _, one := range list {
		if says := one.Says(time.Now()); says != "" {
			errs = append(errs, says)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return errors.New(strings.Join(errs, "; "))
}

// examineCerts looks at the certificates of the gateway, those of files and those that a
// CA gave.
func examineCerts(c config.Config) []Finding {
	var states []certs.State
	if c.Gateway.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.Gateway.Cert, c.Gateway.Key)
		if err != nil {
			return []Finding{{What: "certificate", Says: err.Error(), Bad: true, Fix: "name two PEM files that belong together"}}
		}
		states = append(states, certs.Of(pair.Leaf))
	}
	stored := certs.Stored(CertificatesIn(c.Data))
	for _, domain := range c.Gateway.TLS.ACME.Domains {
		i := slices.IndexFunc(stored, func(s certs.State) bool { return s.Domain == domain })
		if i < 0 {
			states = append(states, certs.State{Domain: domain})
			continue
		}
		states = append(states, stored[i])
	}
	var list []Finding
	for _, one := range states {
		f := Finding{What: "certificate"}
		f.Says = one.Says(time.Now())
		switch {
		case f.Says != "":
			f.Bad = true
			if before, fix, found := strings.Cut(f.Says, " (fix: "); found {
				f.Says, f.Fix = before, fix
				if fix, more, ended := strings.Cut(fix, ")"); ended {
					f.Fix, f.Says = fix, f.Says+more
				}
			}
		case one.Until == nil:
			f.Says = "none for " + one.Domain + " yet: the CA is asked when honderd serve runs"
		default:
			f.Says = fmt.Sprintf("for %s until %s", one.Domain, one.Until.UTC().Format(time.RFC3339))
		}
		list = append(list, f)
	}
	return list
}

// plainly serves who comes without TLS: the CA gets its answer, and people are sent to
// where they are encrypted.
func (s *GatewayServer) plainly(w http.ResponseWriter, r *http.Request) {
	if k := s.keeper.Load(); k != nil && k.Answers(w, r) {
		return
	}
	g := s.turns.now()
	if r.Method == http.MethodConnect || !g.Serves(r) {
		g.Refused(&h1.Problem{Status: http.StatusMisdirectedRequest, Why: "no such host or path here"})
		http.Error(w, "no such host or path here", http.StatusMisdirectedRequest)
		return
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if _, port, err := net.SplitHostPort(s.listeners[0].Addr().String()); err == nil && port != "443" {
		host = net.JoinHostPort(host, port)
	} else if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	w.Header().Set("Location", "https://"+host+r.URL.RequestURI())
	w.WriteHeader(http.StatusPermanentRedirect)
}

// CertificatesIn is where a gateway with this data folder keeps what a CA gives it.
func CertificatesIn(data string) string { return filepath.Join(data, certsFolder) }
