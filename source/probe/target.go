package probe

import (
	"context"
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
	Browser   = "browser"   // Recording is played in a browser
)

// Kinds returns all kinds of targets.
func Kinds() []string { return []string{HTTP, Journey, TCP, TLS, DNS, ICMP, WebSocket, GRPC, Browser} }

// What holds for a target that does not say otherwise, and the least that it may say.
const (
	DefaultInterval       = time.Minute
	DefaultTimeout        = 10 * time.Second
	DefaultJourneyTimeout = 30 * time.Second // for all steps together
	DefaultBrowserTimeout = time.Minute      // for all steps together
	MinInterval           = time.Second      // so that a slip of the pen is no attack
	MaxTimeout            = 10 * time.Minute
	MaxSteps              = 100 // of a journey
	MaxTurns              = 100 // of a talk
)

// Target is what is probed. It is plain data: as JSON it travels to vantage points.
type Target struct {
	Name      string        `json:"name"`                  // unique
	Kind      string        `json:"kind"`                  // HTTP and its like
	Address   string        `json:"address,omitempty"`     // as its kind says
	Interval  time.Duration `json:"interval_ns,omitempty"` // from one run to the next; 0: DefaultInterval
	Timeout   time.Duration `json:"timeout_ns,omitempty"`  // of one try; 0: DefaultTimeout, or that of journeys or of browsers
	Family    string        `json:"family,omitempty"`      // ip4 or ip6; empty: whichever answers
	Trust     Trust         `json:"trust,omitzero"`        // which certificates are right
	Expect    Expect        `json:"expect,omitzero"`       // what a good answer is
	Request   Request       `json:"request,omitzero"`      // of HTTP and WebSocket
	Steps     []Step        `json:"steps,omitempty"`       // of Journey
	Talk      []Turn        `json:"talk,omitempty"`        // of TCP, TLS and WebSocket, after the connection is there
	Query     Query         `json:"query,omitzero"`        // of DNS
	Service   string        `json:"service,omitempty"`     // of GRPC: whose health is asked; empty: that of the server
	Recording string        `json:"recording,omitempty"`   // of Browser: what Chrome DevTools Recorder saved, as JSON
}

// Trust says which certificates are right. The zero value trusts what the system trusts.
type Trust struct {
	ServerName string `json:"server_name,omitempty"` // the name that the certificate must have; empty: that of the address
	CA         string `json:"ca,omitempty"`          // who may sign, as PEM; empty: whom the system trusts
	Cert       string `json:"cert,omitempty"`        // shown to servers that ask for one, as PEM
	Key        string `json:"key,omitempty"`         // of Cert, as PEM
	Insecure   bool   `json:"insecure,omitempty"`    // any certificate is right, expired ones too
}

// Request is what is asked over HTTP.
type Request struct {
	Method    string            `json:"method,omitempty"`  // empty: GET
	Headers   map[string]string `json:"headers,omitempty"` // Host too
	Body      string            `json:"body,omitempty"`
	Redirects Redirects         `json:"redirects,omitempty"`
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
	Name    string    `json:"name"`
	URL     string    `json:"url,omitempty"`
	Request Request   `json:"request,omitzero"`
	Expect  Expect    `json:"expect,omitzero"`
	Extract []Extract `json:"extract,omitempty"`
}

// Extract takes a value from an answer for later steps.
type Extract struct {
	Name    string `json:"name"`              // by which ${Name} stands for it
	From    Part   `json:"from,omitempty"`    // Body, Header, JSON or Cookie
	Path    string `json:"path,omitempty"`    // of JSON: its path; of Header and Cookie: its name
	Pattern string `json:"pattern,omitempty"` // a regular expression: its first group, or all of it, is the value; empty: all
}

// Turn is one turn of a talk: something is sent, then something is awaited. ${1} in Send
// stands for the first group of the last Expect, and so on; $${ stands for ${.
type Turn struct {
	Send     string `json:"send,omitempty"`      // empty: nothing
	Expect   string `json:"expect,omitempty"`    // a regular expression that what comes must match, ^ and $ being ends of lines; empty: nothing
	StartTLS bool   `json:"start_tls,omitempty"` // after that the connection becomes TLS; not of WebSocket
}

// Query is what a DNS server is asked.
type Query struct {
	Name     string   `json:"name"`                // the domain
	Type     string   `json:"type,omitempty"`      // A, AAAA, CNAME, MX, NS, PTR, SOA, SRV or TXT; empty: A
	Want     []string `json:"want,omitempty"`      // answers that must be there: addresses, names, "10 mail.example.org." for MX
	Only     bool     `json:"only,omitempty"`      // no other answer may be there
	Match    []string `json:"match,omitempty"`     // regular expressions: each must fit an answer
	MatchNot []string `json:"match_not,omitempty"` // regular expressions: none may fit an answer
	RCode    string   `json:"rcode,omitempty"`     // NOERROR, NXDOMAIN and so on, or several of them; empty: NOERROR
	TCP      bool     `json:"tcp,omitempty"`       // ask over TCP at once
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
		switch t.Kind {
		case Journey:
			t.Timeout = DefaultJourneyTimeout
		case Browser:
			t.Timeout = DefaultBrowserTimeout
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
	case Browser:
		c, err = newBrowser(t)
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
	if t.Name == "" || len(t.Name) > maxName {
		errs = append(errs, fmt.Errorf("it has no name, or one of more than %d bytes (fix: write one)", maxName))
	}
	for _, s := range t.Steps {
		if len(s.Name) > maxName {
			errs = append(errs, fmt.Errorf("a step has a name of more than %d bytes (fix: write a short one)", maxName))
		}
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
	if err := t.Trust.check(); err != nil {
		errs = append(errs, err)
	}
	if t.Recording != "" && t.Kind != Browser {
		errs = append(errs, fmt.Errorf("%s plays no recording (fix: make it browser)", clean(t.Kind)))
	}
	if t.Expect.CertFor > 0 && (t.Kind == DNS || t.Kind == ICMP || t.Kind == Browser) {
		errs = append(errs, fmt.Errorf("%s has no certificate (fix: leave it out)", t.Kind))
	}
	if (t.Kind == Journey || t.Kind == Browser) && t.Address != "" {
		errs = append(errs, fmt.Errorf("%s has no address of its own (fix: its steps say where they go)", t.Kind))
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
