// Package certs gets certificates from a CA by ACME, and has new ones in time.
package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// LetsEncrypt is the CA that is asked when no other is named.
const LetsEncrypt = certmagic.LetsEncryptProductionCA

// Challenge is the protocol in which a CA looks over TLS whether a name is ours. Whoever
// listens for a Keeper offers it beside its own, and ends the connection after the
// handshake.
const Challenge = "acme-tls/1"

// Options says which certificates a Keeper keeps. Zero is the default of each but Domains
// and Folder.
type Options struct {
	Domains []string
	Folder  string         // where certificates, keys and the account are kept
	Email   string         // where the CA writes to; "": nowhere
	CA      string         // address of its directory; "": LetsEncrypt
	Roots   *x509.CertPool // by which the CA itself is trusted; nil: those of the system

	// TLS and Plain are addresses of listeners that ask the Keeper: by Certificate, and by
	// Answers. "": there is none of that kind.
	TLS, Plain string

	Every time.Duration // how often it is looked whether one must be renewed; 10 min
	Left  float64       // share of its life that is left when one is renewed; a third

	Log *slog.Logger
}

// Validate reports every mistake in o at once, each with its fix.
func (o Options) Validate() error {
	var errs []error
	if len(o.Domains) == 0 {
		errs = append(errs, errors.New("a CA is named, but no domain (fix: write domains: [shop.example])"))
	}
	for _, d := range o.Domains {
		switch {
		case strings.HasPrefix(d, "*."):
			errs = append(errs, fmt.Errorf("domain %q: a CA gives such a certificate only by DNS, which is not done here (fix: name each host, or name files with cert and key)", d))
		case !certmagic.SubjectQualifiesForCert(d) || strings.ContainsAny(d, "/: "):
			errs = append(errs, fmt.Errorf("domain %q: is not the name of a host (fix: write shop.example)", d))
		case o.CA == "" && !certmagic.SubjectQualifiesForPublicCert(d):
			errs = append(errs, fmt.Errorf("domain %q: is not a public name, for which no public CA gives a certificate (fix: name a CA of your own with ca, or files with cert and key)", d))
		}
	}
	if o.CA != "" && !strings.HasPrefix(o.CA, "https://") {
		errs = append(errs, fmt.Errorf("ca %q: is not an address that begins with https:// (fix: write that of its directory, such as %s)", o.CA, LetsEncrypt))
	}
	if o.TLS == "" && o.Plain == "" {
		errs = append(errs, errors.New("there is nowhere where a CA could look (fix: name an address to listen on)"))
	}
	return errors.Join(errs...)
}

// Keeper has the certificates of some domains.
type Keeper struct {
	options Options
	cache   *certmagic.Cache
	magic   *certmagic.Config
	issuer  *certmagic.ACMEIssuer

	mu       sync.Mutex
	troubles map[string]Trouble
}

// New returns a Keeper with what is in its folder. It asks no CA before Run.
func New(ctx context.Context, o Options) (*Keeper, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.CA == "" {
		o.CA = LetsEncrypt
	}
	if err := tryFolder(o.Folder); err != nil {
		return nil, err
	}
	o.Domains = slices.Clone(o.Domains)
	for i, d := range o.Domains {
		o.Domains[i] = strings.ToLower(strings.TrimSuffix(d, "."))
	}
	k := &Keeper{options: o, troubles: readTroubles(o.Folder)}
	logger := logTo(o.Log)
	k.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert:   func(certmagic.Certificate) (*certmagic.Config, error) { return k.magic, nil },
		RenewCheckInterval: o.Every, Logger: logger,
	})
	k.magic = certmagic.New(k.cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: o.Folder}, OnEvent: k.hear, RenewalWindowRatio: o.Left, DefaultServerName: o.Domains[0],
		OCSP: certmagic.OCSPConfig{DisableStapling: true}, Logger: logger, // CAs end it
	})
	template := certmagic.ACMEIssuer{CA: o.CA, Email: o.Email, Agreed: true, TrustedRoots: o.Roots, Logger: logger}
	template.ListenHost, template.AltTLSALPNPort = split(o.TLS)
	if host, port := split(o.Plain); port > 0 {
		template.ListenHost, template.AltHTTPPort = host, port
	}
	template.DisableTLSALPNChallenge, template.DisableHTTPChallenge = o.TLS == "", o.Plain == ""
	k.issuer = certmagic.NewACMEIssuer(k.magic, template)
	k.magic.Issuers = []certmagic.Issuer{k.issuer}
	for _, d := range o.Domains { // so that who comes at once after a restart is served
		if _, err := k.magic.CacheManagedCertificate(ctx, d); err != nil && !errors.Is(err, os.ErrNotExist) {
			o.Log.Warn("a certificate that was kept cannot be read: another is asked for", "domain", d, "error", err)
		}
	}
	return k, nil
}

// tryFolder makes sure that something can be kept in a folder, because whoever asks a CA
// and cannot keep what it gives is soon refused for asking too often.
func tryFolder(path string) error {
	err := os.MkdirAll(path, 0o700)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(path, "try*"); err == nil {
			err = errors.Join(f.Close(), os.Remove(f.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("certificates cannot be kept in %s: %w (fix: let honderd write there, or name another folder with data)", path, err)
	}
	return nil
}

func split(address string) (host string, port int) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0
	}
	if port, err = strconv.Atoi(text); err != nil {
		return "", 0
	}
	return host, port
}

// Run asks the CA for what is missing, and again in time, until ctx is done.
func (k *Keeper) Run(ctx context.Context) {
	if err := k.magic.ManageAsync(ctx, k.options.Domains); err != nil {
		k.options.Log.Error("the CA is not asked", "error", err)
	}
	if err := k.cache.RenewManagedCertificates(ctx); err != nil {
		k.options.Log.Error("certificates are not renewed", "error", err)
	}
	<-ctx.Done()
	k.cache.Stop()
}

// Close ends a Keeper that is not run.
func (k *Keeper) Close() { k.cache.Stop() }

// knows reports whether a name is one of ours: strangers must not have our disk searched.
func (k *Keeper) knows(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return slices.Contains(k.options.Domains, strings.ToLower(strings.TrimSuffix(host, ".")))
}

// Certificate returns the certificate for who says hello, a person or the CA.
func (k *Keeper) Certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if hello.ServerName != "" && !k.knows(hello.ServerName) {
		return nil, errors.New("no certificate for that name")
	}
	return k.magic.GetCertificate(hello)
}

// Answers reports whether a request without TLS was one by which the CA looks whether a
// name is ours. Then it is answered.
func (k *Keeper) Answers(w http.ResponseWriter, r *http.Request) bool {
	return certmagic.LooksLikeHTTPChallenge(r) && k.knows(r.Host) && k.issuer.HandleHTTPChallenge(w, r)
}

// logTo returns a logger of the library that writes to log what only who looks for a
// reason needs.
func logTo(log *slog.Logger) *zap.Logger {
	c := zap.NewProductionEncoderConfig()
	c.TimeKey, c.LevelKey, c.StacktraceKey = "", "", ""
	return zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(c), zapcore.AddSync(debugTo{log}), zapcore.InfoLevel))
}

// debugTo writes lines to a log.
type debugTo struct{ log *slog.Logger }

// Write writes one line.
func (d debugTo) Write(p []byte) (int, error) {
	d.log.Debug("acme", "says", strings.TrimSpace(string(p)))
	return len(p), nil
}

var _ io.Writer = debugTo{}
