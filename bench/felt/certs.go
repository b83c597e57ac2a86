package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// certs are an authority and what it signed, in files of a folder.
type certs struct {
	dir  string
	pool *x509.CertPool
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newCerts makes: site (the proxy's), origin-good, expired-bad, name-bad and stranger-bad.
func newCerts(dir string) (*certs, error) {
	c := &certs{dir: dir, pool: x509.NewCertPool()}
	now := time.Now()
	c.root = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "felt"}, NotBefore: now.Add(-240 * time.Hour), NotAfter: now.Add(240 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	var err error
	if c.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, c.root, c.root, &c.key.PublicKey, c.key)
	if err != nil {
		return nil, err
	}
	if c.root, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	c.pool.AddCert(c.root)
	if err := os.WriteFile(c.file("ca.pem"), block("CERTIFICATE", der), 0o600); err != nil {
		return nil, err
	}
	here, there := net.ParseIP("127.0.0.1"), net.ParseIP("192.0.2.1")
	for _, one := range []struct {
		name  string
		ip    net.IP
		until time.Duration
		own   bool
	}{{"site", here, time.Hour, false}, {"origin-good", here, time.Hour, false}, {"expired-bad", here, -time.Hour, false}, {"name-bad", there, time.Hour, false}, {"stranger-bad", here, time.Hour, true}} {
		if err := c.sign(one.name, one.ip, now.Add(one.until), one.own); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *certs) file(name string) string { return filepath.Join(c.dir, name) }

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// sign makes one certificate with its key, and a file with both. Its own: signed by nobody.
func (c *certs) sign(name string, ip net.IP, until time.Time, own bool) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	names := map[bool]string{true: "origin.test", false: "another.test"}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until, IPAddresses: []net.IP{ip}, DNSNames: []string{names[ip.IsLoopback()]}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	parent, signer := c.root, c.key
	if own {
		parent, signer = leaf, key
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, parent, &key.PublicKey, signer)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	cert, secret := block("CERTIFICATE", der), block("PRIVATE KEY", private)
	for end, text := range map[string][]byte{".pem": cert, ".key": secret, ".both": append(append([]byte{}, cert...), secret...)} {
		if err := os.WriteFile(c.file(name+end), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}
