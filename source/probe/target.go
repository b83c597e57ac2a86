package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// The kinds of targets.
const (
	HTTP      = "http"      // Address is a URL
	Journey   = "journey"   // Steps are asked one after the other
	TCP       = "tcp"       // Address is host:port
	TLS       = "tls"       // Address is host:port
	DNS       = "dns"       // Address is the server, host or host:port
	ICMP      = "icmp"      // Address is a host
	WebSocket = "websocket" // Address is a URL, ws or wss
	GRPC      = "grpc"      // Address is a URL, grpc or grpcs, of a server with the health service
)

// Kinds returns all kinds of targets.
func Kinds() []string { return []string{HTTP, Journey, TCP, TLS, DNS, ICMP, WebSocket, GRPC} }

// What holds for a target that does not say otherwise, and the least that it may say.
const (
	DefaultInterval       = time.Minute
	DefaultTimeout        = 10 * time.Second
	DefaultJourneyTimeout = 30 * time.Second // for all steps together
	MinInterval           = time.Second      // so that a slip of the pen is no attack
	MaxTimeout            = 10 * time.Minute
	MaxSteps              = 100 // of a journey
	MaxTurns              = 100 // of a talk
)

// Target is what is probed.
type Target struct {
	Name     string        // unique
	Kind     string        // HTTP and its like
	Address  string        // as its kind says
	Interval time.Duration // from one run to the next; 0: DefaultInterval
	Timeout  time.Duration // of one try; 0: DefaultTimeout, or DefaultJourneyTimeout
	Family   string        // ip4 or ip6; empty: whichever answers
	Trust    Trust         // which certificates are right
	Expect   Expect        // what a good answer is
	Request  Request       // of HTTP and WebSocket
	Steps    []Step        // of Journey
	Talk     []Turn        // of TCP, TLS and WebSocket, after the connection is there
	Query    Query         // of DNS
	Service  string        // of GRPC: whose health is asked; empty: that of the server
}

// Trust says which certificates are right. The zero value trusts what the system trusts.
type Trust struct {
	ServerName  string           // the name that the certificate must have; empty: that of the address
	Roots       *x509.CertPool   // who may sign; nil: whom the system trusts
	Certificate *tls.Certificate // shown to servers that ask for one
	Insecure    bool             // any certificate is right, expired ones too
}

// Request is what is asked over HTTP.
type Request struct {
	Method    string            // empty: GET
	Headers   map[string]string // Host too
	Body      string
	Redirects Redirects
}

// Redirects says what is done when an answer leads elsewhere.
type Redirects string

// What can be done with an answer that leads elsewhere.
const (
	Follow   Redirects = ""          // go there, 10 times at most
	SameHost Redirects = "same-host" // go there if it is on the same host, otherwise it is bad
	NoFollow Redirects = "none"      // take it as the answer
)

// Step is one request of a journey. Its URL, its headers and its body may have ${name}
// in them, which stands for what an earlier step extracted; $${ stands for ${.
type Step struct {
	Name    string
	URL     string
	Request Request
	Expect  Expect
	Extract []Extract
}

// Extract takes a value from an answer for later steps.
type Extract struct {
	Name    string // by which ${Name} stands for it
	From    Part   // Body, Header, JSON or Cookie
	Path    string // of JSON: its path; of Header and Cookie: its name
	Pattern string // a regular expression: its first group, or all of it, is the value; empty: all
}

// Turn is one turn of a talk: something is sent, then something is awaited. ${1} in Send
// stands for the first group of the last Expect, and so on; $${ stands for ${.
type Turn struct {
	Send     string // empty: nothing
	Expect   string // a regular expression that what comes must match, ^ and $ being ends of lines; empty: nothing
	StartTLS bool   // after that the connection becomes TLS; not of WebSocket
}

// Query is what a DNS server is asked.
type Query struct {
	Name  string   // the domain
	Type  string   // A, AAAA, CNAME, MX, NS, PTR, SOA, SRV or TXT; empty: A
	Want  []string // answers that must be there: addresses, names, "10 mail.example.org." for MX
	Only  bool     // no other answer may be there
	RCode string   // NOERROR, NXDOMAIN and so on; empty: NOERROR
	TCP   bool     // ask over TCP at once
}

// Validate reports every mistake in t at once, each with its fix.
func (t Target) Validate() error {
	c, err := prepare(t.withDefaults(), nil)
	if err != nil {
		return err
	}
	c.close()
	return nil
}

func (t Target) withDefaults() Target {
	if t.Interval == 0 {
		t.Interval = DefaultInterval
	}
	if t.Timeout == 0 {
		t.Timeout = DefaultTimeout
		if t.Kind == Journey {
			t.Timeout = DefaultJourneyTimeout
		}
	}
	return t
}

// dialer reaches an address.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// prepare makes t ready to be asked, or reports every mistake in it.
func prepare(t Target, dial dialer) (checker, error) {
	errs := t.mistakes()
	if dial == nil {
		dial = (&net.Dialer{Timeout: t.Timeout}).DialContext
	}
	if family := strings.TrimPrefix(t.Family, "ip"); family != "" {
		inner := dial
		dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			return inner(ctx, network+family, address)
		}
	}
	var c checker
	var err error
	switch t.Kind {
	case HTTP, Journey:
		c, err = newHTTP(t, dial)
	case TCP, TLS:
		c, err = newTCP(t, dial)
	case DNS:
		c, err = newDNS(t, dial)
	case ICMP:
		c, err = newICMP(t)
	case WebSocket:
		c, err = newWebSocket(t, dial)
	case GRPC:
		c, err = newGRPC(t, dial)
	default:
		err = fmt.Errorf("kind %q is none (fix: write one of %s)", clean(t.Kind), strings.Join(Kinds(), ", "))
	}
	if err = errors.Join(append(errs, err)...); err != nil {
		return nil, fmt.Errorf("probe %q: %w", clean(t.Name), err)
	}
	return c, nil
}

// mistakes returns what is wrong with what all kinds have.
func (t Target) mistakes() (errs []error) {
	if t.Name == "" {
		errs = append(errs, errors.New("it has no name (fix: write one)"))
	}
	if t.Interval < MinInterval {
		errs = append(errs, fmt.Errorf("interval %v: must be %v at least (fix: write %v)", t.Interval, MinInterval, DefaultInterval))
	}
	if t.Timeout <= 0 || t.Timeout > MaxTimeout {
		errs = append(errs, fmt.Errorf("timeout %v: must be above 0, and %v at most (fix: write %v)", t.Timeout, MaxTimeout, DefaultTimeout))
	}
	if !slices.Contains([]string{"", "ip4", "ip6"}, t.Family) {
		errs = append(errs, fmt.Errorf("family %q is none (fix: write ip4 or ip6, or nothing for any)", clean(t.Family)))
	}
	if t.Expect.Within < 0 || t.Expect.CertFor < 0 {
		errs = append(errs, errors.New("a time that is expected is negative (fix: write 0 for any)"))
	}
	if t.Kind != HTTP && (len(t.Expect.Checks) > 0 || len(t.Expect.Status) > 0) {
		errs = append(errs, fmt.Errorf("%s has no status, body or header to expect (fix: expect only time and certificate)", clean(t.Kind)))
	}
	if t.Expect.CertFor > 0 && (t.Kind == DNS || t.Kind == ICMP) {
		errs = append(errs, fmt.Errorf("%s has no certificate (fix: leave it out)", t.Kind))
	}
	if t.Kind == Journey && t.Address != "" {
		errs = append(errs, errors.New("a journey has no address of its own (fix: give each step its URL)"))
	}
	return errs
}

// hostPort takes an address apart and gives it port when it has none.
func hostPort(address, port string) (string, error) {
	host, given, err := net.SplitHostPort(address)
	if err != nil {
		host, given = strings.Trim(address, "[]"), port
	}
	if host == "" || given == "" || strings.ContainsAny(host, "/?#@ \t\r\n") || badPort(given) {
		return "", fmt.Errorf("address %q is no host and port (fix: write example.org:443)", clean(address))
	}
	return net.JoinHostPort(host, given), nil
}

func badPort(port string) bool {
	n := 0
	for _, c := range port {
		if c < '0' || c > '9' || n > 65535 {
			return true
		}
		n = n*10 + int(c-'0')
	}
	return n < 1 || n > 65535
}
