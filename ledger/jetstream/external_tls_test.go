package jetstream_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/honderd/honderd/ledger/jetstream"
)

// certificate writes a certificate for loopback that signs itself, and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	overwrite(t, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}))
	overwrite(t, key, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret}))
	return cert, key
}

// TestExternalOverTLS asks a server that shows a certificate and wants to see one.
func TestExternalOverTLS(t *testing.T) {
	cert, key := certificate(t)
	s := natsd(t, t.TempDir(), func(o *server.Options) {
		config, err := server.GenTLSConfig(&server.TLSConfigOpts{CertFile: cert, KeyFile: key, CaFile: cert, Verify: true})
		if err != nil {
			t.Fatal(err)
		}
		config.MinVersion = tls.VersionTLS12
		o.TLSConfig, o.TLSTimeout = config, 5
	})
	tests := []struct {
		name string
		give jetstream.TLS
		want string // part of the error; "" for none
	}{
		{"nobody is trusted", jetstream.TLS{}, "x509"},
		{"no certificate", jetstream.TLS{CA: cert}, "tls"},
		{"no such file", jetstream.TLS{CA: cert + "x"}, "no such file"},
		{"both", jetstream.TLS{CA: cert, Cert: cert, Key: key}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := elsewhere(t, s)
			o.External.TLS = tt.give
			l, err := jetstream.Open(t.Context(), o)
			if err == nil {
				defer l.Close()
				_, err = l.Append(t.Context(), "test", "", []byte("x"))
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open() = %v, want %q", err, tt.want)
			}
		})
	}
}
