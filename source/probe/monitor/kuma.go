package monitor

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"regexp"
	"strings"

	"github.com/honderd/honderd/internal/diag"
	"github.com/honderd/honderd/source/probe"
)

// kuma is a backup of Uptime Kuma that is read.
type kuma struct {
	*reading
	byID map[string]*node
}

// Kuma makes probes of a backup of Uptime Kuma, of version 1 or 2: its list of monitors.
func Kuma(text []byte, o Options) ([]probe.Target, diag.Problems) {
	k := &kuma{reading: begin(text, o), byID: map[string]*node{}}
	root, ok := k.json(text)
	if !ok {
		return nil, k.problems
	}
	b := k.box(root, "the backup")
	monitors := b.list("monitorList")
	if n := b.get("monitorList"); n != nil && n.fields != nil { // by id, as its API gives them
		k.problems = nil
		for _, id := range n.keys {
			monitors = append(monitors, n.fields[id])
		}
	}
	for _, n := range monitors {
		if id := raw(n, "id"); id != "" {
			k.byID[id] = n
		}
	}
	for _, n := range monitors {
		k.monitor(n)
	}
	b.leave("it does not say what is probed", "", "notificationList", "proxyList", "statusPageList", "maintenanceList", "tagList")
	b.idle("version")
	b.rest()
	return k.end()
}

// raw returns a text as it is written.
func raw(n *node, key string) string {
	if f := n.fields[key]; f != nil && f.scalar {
		return f.text
	}
	return ""
}

// flag reports whether a field says yes.
func flag(n *node, key string) bool { s := raw(n, key); return s == "true" || s == "1" }

// name returns how a monitor is called, behind the groups that it is in.
func (k *kuma) name(n *node) string {
	name := raw(n, "name")
	for range maxDepth { // groups may be in a ring
		if n = k.byID[raw(n, "parent")]; n == nil {
			return name
		}
		name = raw(n, "name") + " / " + name
	}
	return name
}

func (k *kuma) monitor(n *node) {
	name, kind := k.name(n), raw(n, "type")
	switch {
	case n.fields == nil:
		k.say(n, "a monitor wants keys with values: it is left out", "")
		return
	case kind == "group":
		return // its name is in that of its monitors
	case n.fields["active"] != nil && !flag(n, "active"):
		k.say(n, fmt.Sprintf("monitor %q is left out: it is paused", name), "")
		return
	}
	b := k.box(n, "monitor "+name)
	t := probe.Target{Name: name, Interval: b.seconds("interval"), Timeout: b.seconds("timeout"), Trust: probe.Trust{Insecure: flag(n, "ignoreTls")}}
	switch family := raw(n, "ipFamily"); family {
	case "ipv4", "ipv6":
		t.Family = "ip" + family[3:]
	}
	if why := k.fill(n, &t, kind); why != "" {
		k.say(n, fmt.Sprintf("monitor %q is left out: %s", name, why), "")
		return
	}
	k.leaves(b, name)
	k.add(n, t)
}

// fill makes t what kind of monitor n is, or says why that cannot be done.
func (k *kuma) fill(n *node, t *probe.Target, kind string) string {
	at := raw(n, "hostname")
	if port := raw(n, "port"); port != "" && port != "0" {
		at = net.JoinHostPort(strings.Trim(at, "[]"), port)
	}
	t.Address = at
	switch kind {
	case "http", "keyword", "json-query":
		k.http(n, t, kind)
	case "port":
		t.Kind = probe.TCP
	case "ping":
		t.Kind, t.Address = probe.ICMP, raw(n, "hostname")
	case "dns":
		k.dns(n, t)
	case "websocket-upgrade":
		t.Kind, t.Address = probe.WebSocket, raw(n, "url")
	case "grpc-keyword":
		return k.grpc(n, t)
	case "smtp":
		t.Kind, t.Talk = probe.TCP, []probe.Turn{{Expect: `^220[ -]`}}
		switch raw(n, "smtpSecurity") {
		case "secure":
			t.Kind = probe.TLS
		case "starttls":
			t.Talk = startTLS()
		}
	case "real-browser":
		return k.browser(n, t)
	case "push":
		return "it waits for others to call (fix: let them send to /api/v1/experiences)"
	case "manual":
		return "people set it by hand"
	case "":
		return "it has no type"
	default:
		return fmt.Sprintf("%s cannot be probed", kind)
	}
	if flag(n, "upsideDown") {
		return "it is upside down: what answers would be bad"
	}
	return ""
}

// leaves reports what of a monitor is not taken over.
func (k *kuma) leaves(b *box, name string) {
	b.leave("each bad try counts; a second one at once confirms it", "", "maxretries")
	b.leave("it does not say what is probed", "", "maintenance")
	b.leave("this machine's own way into the network is taken", "", "proxyId")
	b.leave("that a certificate ends soon is not bad there", fmt.Sprintf("let %s expect certificate > 14d", name), "expiryNotification")
}

func (k *kuma) http(n *node, t *probe.Target, kind string) {
	t.Kind, t.Address = probe.HTTP, raw(n, "url")
	if method := strings.ToUpper(raw(n, "method")); method != "GET" {
		t.Request.Method = method
	}
	t.Request.Body, t.Request.Headers = raw(n, "body"), k.headers(n)
	types := map[string]string{"json": "application/json", "form": "application/x-www-form-urlencoded", "xml": "text/xml; charset=utf-8"}
	if kind := types[raw(n, "httpBodyEncoding")]; kind != "" && t.Request.Body != "" && !hasHeader(t.Request.Headers, "Content-Type") {
		t.Request.Headers["Content-Type"] = kind
	}
	if raw(n, "maxredirects") == "0" {
		t.Request.Redirects = probe.NoFollow
	}
	b := k.box(n, "monitor "+t.Name)
	for _, status := range b.scalars("accepted_statuscodes") {
		if run, err := probe.ParseStatus(status.text); err != nil {
			text, fix := diag.Cut(err)
			k.say(status, text, fix)
		} else {
			t.Expect.Status = append(t.Expect.Status, run)
		}
	}
	if t.Expect.Status == nil {
		t.Expect.Status = []probe.StatusRange{{From: 200, To: 299}}
	}
	k.authorize(n, t)
	switch kind {
	case "keyword":
		check := probe.Check{Of: probe.Body, Op: probe.Contains, Want: raw(n, "keyword")}
		if flag(n, "invertKeyword") {
			check.Op = probe.Lacks
		}
		t.Expect.Checks = append(t.Expect.Checks, check)
	case "json-query":
		k.query(n, t)
	}
}

// headers returns the headers of a monitor, which are JSON in a text.
func (k *kuma) headers(n *node) map[string]string {
	headers := map[string]string{}
	text := raw(n, "headers")
	if text == "" {
		return headers
	}
	var values map[string]any
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		k.say(n.fields["headers"], "its headers are no JSON: they are left out", "")
	}
	for name, value := range values {
		headers[name] = fmt.Sprint(value)
	}
	return headers
}

// authorize takes over who a monitor says it is.
func (k *kuma) authorize(n *node, t *probe.Target) {
	switch method := raw(n, "authMethod"); method {
	case "", "null":
	case "basic":
		pair := raw(n, "basic_auth_user") + ":" + raw(n, "basic_auth_pass")
		t.Request.Headers["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
	case "bearer":
		t.Request.Headers["Authorization"] = "Bearer " + raw(n, "bearer_token")
	case "mtls":
		t.Trust.CA, t.Trust.Cert, t.Trust.Key = raw(n, "tlsCa"), raw(n, "tlsCert"), raw(n, "tlsKey")
	default:
		k.say(n.fields["authMethod"], fmt.Sprintf("monitor %q: %s is not known: it asks without it", t.Name, method), "write a header with a token")
	}
}

// query takes over a JSON query. Of JSONata only paths are known.
func (k *kuma) query(n *node, t *probe.Target) {
	path, op := strings.TrimSpace(raw(n, "jsonPath")), raw(n, "jsonPathOperator")
	if op == "" {
		op = "=="
	}
	known := map[string]probe.Op{"==": probe.Equal, "!=": probe.NotEqual, ">": probe.More, ">=": probe.AtLeast, "<": probe.Less, "<=": probe.AtMost, "contains": probe.Contains}
	simple := regexp.MustCompile(`^(\$|(\$\.)?[A-Za-z_]\w*(\[\d+\])*(\.[A-Za-z_]\w*(\[\d+\])*)*)$`)
	if counted, ok := strings.CutPrefix(path, "$count("); ok && simple.MatchString(strings.TrimSuffix(counted, ")")) && known[op] != "" {
		t.Expect.Checks = append(t.Expect.Checks, probe.Check{Of: probe.Length, Path: strings.TrimSuffix(counted, ")"), Op: known[op], Want: raw(n, "expectedValue")})
		return
	}
	if !simple.MatchString(path) || known[op] == "" {
		k.say(n.fields["jsonPath"], fmt.Sprintf("monitor %q: the query %s %s is more than a path: what it finds is not looked at", t.Name, path, op), "write a path such as data.items[0].id")
		return
	}
	t.Expect.Checks = append(t.Expect.Checks, probe.Check{Of: probe.JSON, Path: path, Op: known[op], Want: raw(n, "expectedValue")})
}

func (k *kuma) dns(n *node, t *probe.Target) {
	server, more, several := strings.Cut(raw(n, "dns_resolve_server"), ",")
	if several {
		k.say(n.fields["dns_resolve_server"], fmt.Sprintf("monitor %q: one server is asked: %s is left out", t.Name, strings.TrimSpace(more)), "write a probe for each")
	}
	t.Kind, t.Address = probe.DNS, strings.TrimSpace(server)
	if port := raw(n, "port"); port != "" && port != "0" && net.ParseIP(t.Address) != nil {
		t.Address = net.JoinHostPort(t.Address, port)
	}
	t.Query = probe.Query{Name: raw(n, "hostname"), Type: raw(n, "dns_resolve_type")}
	for _, c := range k.box(n, "monitor "+t.Name).list("conditions") {
		value := regexp.QuoteMeta(raw(c, "value"))
		expressions := map[string]string{"contains": value, "starts_with": `\A` + value, "ends_with": value + `\.?\z`, "equals": `\A` + value + `\.?\z`}
		operator, not := strings.CutPrefix(raw(c, "operator"), "not_")
		expression, known := expressions[operator]
		switch {
		case !known || raw(c, "variable") != "record" || raw(c, "andOr") == "or":
			k.say(c, fmt.Sprintf("monitor %q: a condition is not understood: it is left out", t.Name), "")
		case not:
			t.Query.MatchNot = append(t.Query.MatchNot, "(?i)"+expression)
		default:
			t.Query.Match = append(t.Query.Match, "(?i)"+expression)
		}
	}
}

func (k *kuma) grpc(n *node, t *probe.Target) string {
	service := raw(n, "grpcServiceName")
	if service[strings.LastIndexByte(service, '.')+1:] != "Health" || !strings.EqualFold(raw(n, "grpcMethod"), "check") {
		return "of gRPC only the health service can be asked"
	}
	var asked struct{ Service string }
	if body := raw(n, "grpcBody"); body != "" && json.Unmarshal([]byte(body), &asked) != nil {
		k.say(n.fields["grpcBody"], fmt.Sprintf("monitor %q: its body is no JSON: the health of the whole server is asked", t.Name), "")
	}
	scheme := "grpc://"
	if flag(n, "grpcEnableTls") {
		scheme = "grpcs://"
	}
	_, bare, found := strings.Cut(raw(n, "grpcUrl"), "://")
	if !found {
		bare = raw(n, "grpcUrl")
	}
	t.Kind, t.Address, t.Service = probe.GRPC, scheme+strings.TrimSuffix(bare, "/"), asked.Service
	return ""
}

// browser makes a recording of one step.
func (k *kuma) browser(n *node, t *probe.Target) string {
	recording, err := json.Marshal(map[string]any{
		"title": t.Name, "steps": []any{map[string]any{"type": "navigate", "url": raw(n, "url"), "assertedEvents": []any{map[string]any{"type": "navigation", "url": raw(n, "url")}}}},
	})
	if err != nil {
		return err.Error()
	}
	t.Kind, t.Address, t.Recording = probe.Browser, "", string(recording)
	return ""
}
