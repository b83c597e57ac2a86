package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
)

// maxBook is how many certificates are remembered for one target.
const maxBook = 64

// certBook checks certificates and remembers when they end.
type certBook struct {
	trust Trust
	roots *x509.CertPool
	own   []tls.Certificate
	mu    sync.Mutex
	ends  map[string]time.Time // by the signature of the certificate
}

// newCertBook returns the book of a trust that was checked.
func newCertBook(trust Trust) *certBook {
	b := &certBook{trust: trust, ends: map[string]time.Time{}}
	b.roots, b.own, _ = trust.read()
	return b
}

// check reports what is wrong with t.
func (t Trust) check() error {
	_, _, err := t.read()
	return err
}

// read takes the PEM in t apart.
func (t Trust) read() (roots *x509.CertPool, own []tls.Certificate, err error) {
	if t.CA != "" {
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM([]byte(t.CA)) {
			return nil, nil, errors.New("the CA has no certificate in it (fix: write one as PEM, from BEGIN CERTIFICATE to END CERTIFICATE)")
		}
	}
	if t.Cert == "" && t.Key == "" {
		return roots, nil, nil
	}
	pair, err := tls.X509KeyPair([]byte(t.Cert), []byte(t.Key))
	if err != nil {
		return roots, nil, fmt.Errorf("the certificate and its key are no pair: %w (fix: write both as PEM)", err)
	}
	return roots, []tls.Certificate{pair}, nil
}

// config returns settings that check certificates with the book. The check of the
// standard library is off, as it does not say when a wrong certificate ended.
func (b *certBook) config(host string, protocols ...string) *tls.Config {
	c := &tls.Config{
		ServerName: host, InsecureSkipVerify: true, VerifyConnection: b.verify, NextProtos: protocols, MinVersion: tls.VersionTLS12,
	}
	if b.trust.ServerName != "" {
		c.ServerName = b.trust.ServerName
	}
	c.Certificates = b.own
	return c
}

// verify checks the certificate of a new connection.
func (b *certBook) verify(s tls.ConnectionState) error {
	if len(s.PeerCertificates) == 0 {
		return &fault{cause: experience.Unreachable, why: "it showed no certificate"}
	}
	leaf := s.PeerCertificates[0]
	ends := leaf.NotAfter
	if !b.trust.Insecure {
		options := x509.VerifyOptions{Roots: b.roots, DNSName: s.ServerName, Intermediates: x509.NewCertPool(), CurrentTime: time.Now()}
		for _, c := range s.PeerCertificates[1:] {
			options.Intermediates.AddCert(c)
		}
		chains, err := leaf.Verify(options)
		if err != nil {
			return &fault{cause: experience.Unreachable, why: certTrouble(leaf, err), ends: leaf.NotAfter}
		}
		ends = chainsEnd(chains)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ends) >= maxBook {
		clear(b.ends)
	}
	b.ends[string(leaf.Signature)] = ends
	return nil
}

// endOf returns when the certificate of a connection ends, zero if it has none.
func (b *certBook) endOf(s *tls.ConnectionState) time.Time {
	if s == nil || len(s.PeerCertificates) == 0 {
		return time.Time{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if ends, known := b.ends[string(s.PeerCertificates[0].Signature)]; known {
		return ends
	}
	return s.PeerCertificates[0].NotAfter
}

// outlived holds against a kept connection that nobody could make it anew.
func (b *certBook) outlived(ends time.Time) *fault {
	if b.trust.Insecure || ends.IsZero() || time.Now().Before(ends) {
		return nil
	}
	return &fault{experience.Unreachable, "its certificate ended on " + ends.UTC().Format(time.DateTime), ends}
}

// chainsEnd returns when the last of chains ends; each ends with the first of its
// certificates.
func chainsEnd(chains [][]*x509.Certificate) (last time.Time) {
	for _, chain := range chains {
		ends := chain[0].NotAfter
		for _, c := range chain {
			if c.NotAfter.Before(ends) {
				ends = c.NotAfter
			}
		}
		if ends.After(last) {
			last = ends
		}
	}
	return last
}

func certTrouble(leaf *x509.Certificate, err error) string {
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	switch now := time.Now(); {
	case now.After(leaf.NotAfter):
		return "its certificate ended on " + leaf.NotAfter.UTC().Format(time.DateTime)
	case now.Before(leaf.NotBefore):
		return "its certificate begins only on " + leaf.NotBefore.UTC().Format(time.DateTime)
	case errors.As(err, &host):
		return "its certificate is not for " + host.Host
	case errors.As(err, &unknown):
		return "its certificate is signed by nobody we trust"
	case errors.As(err, &invalid):
		return "its certificate is not right: " + invalid.Error()
	default:
		return "its certificate is not right: " + err.Error()
	}
}

// secure makes a connection secure.
func (b *certBook) secure(ctx context.Context, conn net.Conn, host string, watch *stopwatch) (*tls.Conn, error) {
	watch.start(&watch.securing)
	secure := tls.Client(conn, b.config(host))
	if err := secure.HandshakeContext(ctx); err != nil {
		var own *fault
		if errors.As(err, &own) || ctx.Err() != nil {
			return nil, err
		}
		return nil, fmt.Errorf("the connection could not be made secure: %w", err)
	}
	watch.stop(&watch.securing, &watch.p.TLS)
	return secure, nil
}
