// Package gateway is a reverse proxy that hides faults from people, and knows that it
// did: an answer is not given away before it is known to be good, and nobody's time is
// spent waiting for one backend.
package gateway

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/kube"
	"github.com/honderd/honderd/internal/perclient"
)

// Options says what a Gateway does. Zero is the default of each but Pools.
type Options struct {
	Pools []Pool

	Patience time.Duration // how long a person waits before it is a bad experience; 1 s
	Timeout  time.Duration // after which a request that nobody answers is ended; 60 s
	Hold     int64         // most bytes of an answer that are judged before the first is given; 1 MiB
	Body     int64         // most bytes of a request; 1 GiB
	Cache    int64         // bytes of answers that may be kept; 64 MiB; below 0: none
	Resolver string        // address of a DNS server; "": those of the machine

	Trusted []netip.Prefix // whose X-Forwarded-For is believed, and who may ask for an explanation
	TLS     *tls.Config    // towards backends with https; nil: their certificates are checked

	// Kubernetes is the cluster of backends that begin with k8s; nil: there is none.
	Kubernetes *kube.Cluster

	// Beacon is put into pages, and served; nil: pages stay as they are.
	Beacon *Beacon

	// Before is a Gateway that this one comes in the place of: what it has learned, counted
	// and stored is taken over, and its connections to backends that stay. nil: none.
	Before *Gateway

	// Page answers people when nothing else can; nil: a page of ours.
	Page []byte

	// Rank says how much a request matters when there are too many: above 0 more than
	// others, below 0 less. nil: all matter alike. It must not wait.
	Rank func(r *http.Request) int

	// Clients bounds the requests that each client has at once; nil: nothing does.
	Clients *perclient.Limit

	// Tracing says which exchanges are told of as a trace; nil: none is, and what clients say
	// of theirs is passed on as it is.
	Tracing *Tracing

	// Announce returns where the same is served in HTTP/3, as the field Alt-Svc says it;
	// "": nowhere. nil: nowhere.
	Announce func() string

	// Done is told of each exchange when it has ended. It must not wait.
	Done func(*Exchange)
	Log  *slog.Logger
}

// Pool is backends that have the same answers, and who is sent to them.
type Pool struct {
	Name     string        // "": the address of its first backend
	Hosts    []string      // names that people ask for; *.name is all below; none: every name
	Path     string        // what paths begin with; "": all
	Patience time.Duration // of who comes here; 0: Options.Patience
	Owner    string        // who is asked to mend it; "": nobody
	Marker   string        // a field that every good answer has: "Name" or "Name: value"
	Backends []Backend
}

// Backend is one backend, or all addresses that its name has.
type Backend struct {
	URL  string // http, https, h2c (HTTP/2 without TLS), h2 (HTTP/2 with TLS) or k8s://namespace/service:port
	Site int    // backends of a lower site are preferred: 0, then 1 when people would feel 0, ...
}

// Defaults of Options.
const (
	DefaultPatience = time.Second
	defaultTimeout  = time.Minute
	defaultHold     = 1 << 20
	defaultBody     = 1 << 30
	defaultCache    = 64 << 20
)

func or[T int64 | time.Duration](n, other T) T {
	if n == 0 {
		return other
	}
	return n
}

// withDefaults returns o with all that was left out.
func (o Options) withDefaults() Options {
	o.Patience, o.Timeout = or(o.Patience, DefaultPatience), or(o.Timeout, defaultTimeout)
	o.Hold, o.Body, o.Cache = or(o.Hold, defaultHold), or(o.Body, defaultBody), or(o.Cache, defaultCache)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	pools := make([]Pool, len(o.Pools))
	for i, p := range o.Pools {
		p.Patience = or(p.Patience, o.Patience)
		if p.Name == "" && len(p.Backends) > 0 {
			p.Name = p.Backends[0].URL
		}
		pools[i] = p
	}
	o.Pools = pools
	return o
}

// Validate reports every mistake in o at once, each with its fix.
func (o Options) Validate() error {
	var errs []error
	if len(o.Pools) == 0 {
		errs = append(errs, errors.New("no pool (fix: name at least one backend)"))
	}
	for _, d := range []struct {
		name string
		d    time.Duration
	}{{"patience", o.Patience}, {"timeout", o.Timeout}} {
		if d.d < 0 {
			errs = append(errs, fmt.Errorf("%s %v: must not be negative (fix: write 1s)", d.name, d.d))
		}
	}
	for _, p := range o.Pools {
		if len(p.Backends) == 0 {
			errs = append(errs, fmt.Errorf("pool %q has no backends (fix: name at least one)", p.Name))
		}
		if p.Path != "" && !strings.HasPrefix(p.Path, "/") {
			errs = append(errs, fmt.Errorf("path %q of pool %q: does not begin with / (fix: write /%s)", p.Path, p.Name, p.Path))
		}
		for _, b := range p.Backends {
			if _, err := ParseBackend(b.URL); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// ParseBackend reads the address of a backend. Without a scheme it is http.
func ParseBackend(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("backend %q: is no address (fix: write http://host:port)", text)
	}
	switch u.Scheme {
	case "http", "https", "h2", "h2c":
	case "k8s":
		_, err := parseService(u)
		return u, err
	default:
		return nil, fmt.Errorf("backend %q: %q is not spoken here (fix: write http, https, h2c, h2 or k8s)", text, u.Scheme)
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.User != nil || u.Fragment != "" {
		return nil, fmt.Errorf("backend %q: must be a host and a port alone (fix: write %s://%s)", text, u.Scheme, u.Host)
	}
	if u.Port() == "" {
		port := "80"
		if encrypted(u.Scheme) {
			port = "443"
		}
		u.Host = u.Host + ":" + port
	}
	return u, nil
}

func encrypted(scheme string) bool { return scheme == "https" || scheme == "h2" }
