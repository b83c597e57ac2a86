package monitor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/diag"
	"github.com/honderd/honderd/source/probe"
)

// What a suite of Gatus has when it does not say otherwise.
const (
	suiteInterval = 10 * time.Minute
	suiteTimeout  = 5 * time.Minute
)

// Gatus makes probes of a configuration of Gatus (version 5): its endpoints and its suites.
func Gatus(text []byte, o Options) ([]probe.Target, diag.Problems) {
	r := begin(text, o)
	r.expands = true
	root, ok := r.yaml(text)
	if !ok {
		return nil, r.problems
	}
	b := r.box(root, "the configuration")
	for _, n := range b.list("endpoints") {
		r.gatusEndpoint(n)
	}
	for _, n := range b.list("suites") {
		r.gatusSuite(n)
	}
	b.leave("what is sent by others is not probed", "let them send to /api/v1/experiences", "external-endpoints")
	b.leave("it does not say what is probed", "", "alerting", "announcements", "maintenance", "remote", "tunneling")
	b.idle("storage", "security", "web", "ui", "metrics", "debug", "connectivity", "concurrency", "disable-monitoring-lock", "skip-invalid-config-update")
	b.rest()
	return r.end()
}

// endpoint is an endpoint of Gatus: the probe that is made of it, and where it is.
type endpoint struct {
	r     *reading
	n     *node
	t     probe.Target
	body  string
	kind  string            // the word before ://, or dns
	known map[string]string // values of the context of a suite, by name
	store map[string]bool   // names that steps before extract
}

func (r *reading) gatusEndpoint(n *node) {
	e := r.newEndpoint(n)
	if e == nil {
		return
	}
	b := r.box(n, "endpoint "+e.t.Name)
	e.t.Interval = b.span("interval")
	e.t.Kind, e.kind = kindOfGatus(b)
	if e.t.Kind == "" {
		r.say(n, fmt.Sprintf("endpoint %q is left out: %s cannot be probed", e.t.Name, e.kind), "")
		return
	}
	e.read(b)
	e.address(b)
	e.conditions(b.scalars("conditions"))
	e.finish()
	b.leave("outside of a suite there is nothing to store for", "", "store", "always-run")
	b.rest()
	r.add(n, e.t)
}

// newEndpoint begins an endpoint, nil when it is switched off.
func (r *reading) newEndpoint(n *node) *endpoint {
	b := r.box(n, "an endpoint")
	name := b.text("name")
	if group := b.text("group"); group != "" {
		name = group + " / " + name
	}
	if b.has("enabled") && !b.truth("enabled") {
		r.say(n, fmt.Sprintf("endpoint %q is left out: it is switched off", name), "")
		return nil
	}
	return &endpoint{r: r, n: n, t: probe.Target{Name: name}}
}

// kindOfGatus returns what kind of target an endpoint is, and the word for it.
func kindOfGatus(b *box) (kind, word string) {
	if b.has("dns") {
		return probe.DNS, "dns"
	}
	word, _, _ = strings.Cut(b.text("url"), "://")
	switch word = strings.ToLower(word); word {
	case "http", "https":
		return probe.HTTP, word
	case "tcp", "ssh", "starttls":
		return probe.TCP, word
	case "tls":
		return probe.TLS, word
	case "icmp":
		return probe.ICMP, word
	case "ws", "wss":
		return probe.WebSocket, word
	case "grpc", "grpcs":
		return probe.GRPC, word
	case "sctp", "udp":
		return "", word
	}
	return "", "an address without http://, tcp:// or the like"
}

// read reads what all kinds have.
func (e *endpoint) read(b *box) {
	b.idle("enabled", "name", "group", "url", "dns", "ui", "extra-labels", "interval", "conditions")
	b.leave("it does not say what is probed", "", "alerts", "maintenance-windows")
	e.client(b.box("client"))
	e.t.Request.Method = strings.ToUpper(b.text("method"))
	e.t.Request.Headers = b.pairs("headers")
	e.body = b.text("body")
	e.body = strings.NewReplacer("[ENDPOINT_NAME]", b.text("name"), "[ENDPOINT_GROUP]", b.text("group"), "[ENDPOINT_URL]", b.text("url")).Replace(e.body)
	if regexp.MustCompile(`\[RANDOM_STRING_\d+\]`).MatchString(e.body) {
		e.r.say(b.get("body"), "the body has a random text in it, which is always the same here", "")
	}
	if b.truth("graphql") {
		asked, err := json.Marshal(map[string]string{"query": e.body})
		if err == nil {
			e.body = string(asked)
		}
		if e.t.Request.Headers == nil {
			e.t.Request.Headers = map[string]string{}
		}
		if !hasHeader(e.t.Request.Headers, "Content-Type") {
			e.t.Request.Headers["Content-Type"] = "application/json"
		}
	}
	if e.t.Request.Method == http.MethodGet {
		e.t.Request.Method = ""
	}
}

func hasHeader(headers map[string]string, name string) bool {
	for known := range headers {
		if strings.EqualFold(known, name) {
			return true
		}
	}
	return false
}

// client reads how an endpoint is asked.
func (e *endpoint) client(b *box) {
	e.t.Timeout = b.span("timeout")
	e.t.Trust.Insecure = b.truth("insecure")
	if b.truth("ignore-redirect") {
		e.t.Request.Redirects = probe.NoFollow
	}
	switch network := b.text("network"); network {
	case "ip4", "ip6":
		e.t.Family = network
	case "", "ip":
	default:
		b.wrong(b.get("network"), "network", "ip, ip4 or ip6")
	}
	b.idle("store-cookies")
	b.leave("this machine's own way into the network is taken", "", "proxy-url", "dns-resolver", "tunnel")
	b.leave("tokens are not fetched", "write the token as a header", "oauth2", "identity-aware-proxy")
	b.leave("files are not read here", "write ca, cert and key in honderd.yaml", "tls")
	b.rest()
}

// address sets where the target is, and what is special about its kind.
func (e *endpoint) address(b *box) {
	url := b.text("url")
	_, rest, _ := strings.Cut(url, "://")
	e.t.Address = url
	switch e.t.Kind {
	case probe.DNS:
		e.t.Address = url
		dns := b.box("dns")
		e.t.Query.Name, e.t.Query.Type = dns.text("query-name"), strings.ToUpper(dns.text("query-type"))
		dns.rest()
	case probe.TCP, probe.TLS, probe.ICMP:
		e.t.Address = strings.TrimSuffix(rest, "/")
	}
	switch e.kind {
	case "ssh":
		if !strings.Contains(e.t.Address, ":") {
			e.t.Address += ":22"
		}
		e.t.Talk = []probe.Turn{{Expect: `^SSH-`}}
		ssh := b.box("ssh")
		ssh.leave("nobody logs in: only the greeting is awaited", "", "username", "password", "private-key")
		ssh.rest()
	case "starttls":
		e.t.Talk = startTLS()
	}
}

// startTLS is how a mail server is asked to make the connection secure: RFC 3207.
func startTLS() []probe.Turn {
	return []probe.Turn{
		{Expect: `^220[ -]`},
		{Send: "EHLO localhost\r\n", Expect: `^250[ -]STARTTLS`},
		{Send: "STARTTLS\r\n", Expect: `^220`, StartTLS: true},
	}
}

// finish puts what is sent, and what is awaited, at its place.
func (e *endpoint) finish() {
	switch e.t.Kind {
	case probe.HTTP:
		e.t.Request.Body = e.body
		if e.t.Expect.Status == nil { // Gatus takes any, unless it is told
			e.t.Expect.Status = []probe.StatusRange{{From: 100, To: 999}}
		}
		return
	case probe.TCP, probe.TLS, probe.WebSocket:
		if e.kind != "ssh" && e.kind != "starttls" && (e.body != "" || len(e.t.Talk) > 0) {
			for i := range e.t.Talk {
				e.t.Talk[i].Send = ""
			}
			if len(e.t.Talk) == 0 {
				e.t.Talk = []probe.Turn{{}}
			}
			e.t.Talk[0].Send = escape(e.body)
		}
	default:
		if e.body != "" {
			e.r.say(e.n, fmt.Sprintf("%s: %s has no body: it is left out", e.t.Name, e.kind), "")
		}
	}
	headers := e.t.Request.Headers
	if e.t.Kind != probe.WebSocket && len(headers) > 0 {
		e.r.say(e.n, fmt.Sprintf("%s: %s has no headers: they are left out", e.t.Name, e.kind), "")
		headers = nil
	}
	e.t.Request = probe.Request{Headers: headers}
}

// gatusSuite makes a journey of a suite.
func (r *reading) gatusSuite(n *node) {
	b := r.box(n, "a suite")
	name := b.text("name")
	if group := b.text("group"); group != "" {
		name = group + " / " + name
	}
	if b.has("enabled") && !b.truth("enabled") {
		r.say(n, fmt.Sprintf("suite %q is left out: it is switched off", name), "")
		return
	}
	t := probe.Target{Name: name, Kind: probe.Journey, Interval: b.span("interval"), Timeout: b.span("timeout")}
	if t.Interval == 0 {
		t.Interval = suiteInterval
	}
	if t.Timeout == 0 {
		t.Timeout = suiteTimeout
	}
	known, store := b.pairs("context"), map[string]bool{}
	for i, one := range b.list("endpoints") {
		e := r.newEndpoint(one)
		if e == nil {
			continue
		}
		inner := r.box(one, "endpoint "+e.t.Name)
		e.known, e.store = known, store
		if e.t.Kind, e.kind = kindOfGatus(inner); e.t.Kind != probe.HTTP {
			r.say(one, fmt.Sprintf("step %d of suite %q is left out: %s cannot be a step of a journey", i+1, name, e.kind), "probe it by itself")
			continue
		}
		t.Steps = append(t.Steps, e.step(inner, &t))
	}
	b.rest()
	r.add(n, t)
}

// step makes a step of an endpoint of a suite.
func (e *endpoint) step(b *box, whole *probe.Target) probe.Step {
	e.read(b)
	e.t.Address = b.text("url")
	e.conditions(b.scalars("conditions"))
	e.finish()
	b.leave("a journey ends at its first bad step", "", "always-run")
	s := probe.Step{Name: e.t.Name, URL: e.inContext(e.t.Address), Request: e.t.Request, Expect: e.t.Expect}
	s.Request.Body = e.inContext(s.Request.Body)
	for name, value := range s.Request.Headers {
		s.Request.Headers[name] = e.inContext(value)
	}
	for _, name := range b.box("store").n.keys {
		if x, ok := e.stored(name, b.box("store").text(name)); ok {
			s.Extract = append(s.Extract, x)
			e.store[x.Name] = true
		}
	}
	whole.Trust.Insecure = whole.Trust.Insecure || e.t.Trust.Insecure
	if e.t.Family != "" {
		whole.Family = e.t.Family
	}
	if e.t.Timeout > 0 || e.t.Interval > 0 {
		e.r.sayOnce(e.n, "the timeout of one step is left out: a journey has one for all its steps", "")
	}
	b.rest()
	return s
}

// stored makes an extract of something that is stored.
func (e *endpoint) stored(name, from string) (probe.Extract, bool) {
	x := probe.Extract{Name: word(name), From: probe.JSON, Path: strings.TrimPrefix(strings.TrimPrefix(from, "[BODY]"), ".")}
	if !strings.HasPrefix(from, "[BODY]") {
		e.r.say(e.n, fmt.Sprintf("%s: %q cannot be stored: it is left out", e.t.Name, from), "store a field of the body, such as [BODY].id")
		return x, false
	}
	if x.Path == "" {
		x = probe.Extract{Name: x.Name, From: probe.Body, Pattern: `(?s)\A\s*(.*?)\s*\z`}
	}
	return x, true
}

// word makes a name that can stand between ${ and }.
func word(name string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(wordLetters, c) {
			return c
		}
		return '_'
	}, name)
}

// inContext puts values of the context in a text, or names of what steps extract.
func (e *endpoint) inContext(s string) string {
	places := regexp.MustCompile(`\[CONTEXT\]\.[\w.\-]+`)
	return places.ReplaceAllStringFunc(escape(s), func(place string) string {
		name := strings.TrimPrefix(place, "[CONTEXT].")
		if e.store[word(name)] {
			return "${" + word(name) + "}"
		}
		if value, known := e.known[name]; known {
			return escape(value)
		}
		e.r.say(e.n, fmt.Sprintf("%s: nothing before it stores %q: it stays as it is written", e.t.Name, name), "")
		return place
	})
}

// without returns list without what is twice in it.
func without(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
