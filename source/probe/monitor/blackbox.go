package monitor

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/diag"
	"github.com/honderd/honderd/source/probe"
)

// Asked is one target that a module of a blackbox exporter asks.
type Asked struct {
	Module   string
	Address  string
	Name     string        // empty: module and address
	Interval time.Duration // 0: as the probe has it
}

// ReadScrapes finds in a configuration of Prometheus what it lets a blackbox exporter ask.
func ReadScrapes(text []byte, o Options) ([]Asked, diag.Problems) {
	r := begin(text, o)
	root, ok := r.yaml(text)
	if !ok {
		return nil, r.problems
	}
	b := r.box(root, "the configuration")
	usual := b.box("global").span("scrape_interval")
	if usual == 0 {
		usual = time.Minute
	}
	var all []Asked
	for _, n := range b.list("scrape_configs") {
		job := r.box(n, "job "+raw(n, "job_name"))
		modules := job.box("params").texts("module")
		if job.text("metrics_path") != "/probe" || len(modules) == 0 {
			continue
		}
		interval := job.span("scrape_interval")
		if interval == 0 {
			interval = usual
		}
		for _, group := range job.list("static_configs") {
			for _, address := range r.box(group, "targets of "+raw(n, "job_name")).texts("targets") {
				all = append(all, Asked{Module: modules[0], Address: address, Name: raw(n, "job_name") + " / " + address, Interval: interval})
			}
		}
		for _, key := range n.keys {
			if strings.HasSuffix(key, "_sd_configs") {
				r.say(n.fields[key], fmt.Sprintf("job %q: targets of %s are not looked for: they are left out", raw(n, "job_name"), key), "write them in static_configs")
			}
		}
	}
	_, problems := r.end()
	return all, problems
}

// Blackbox makes probes of what Options.Asked lets the modules of a blackbox exporter ask.
func Blackbox(text []byte, o Options) ([]probe.Target, diag.Problems) {
	r := begin(text, o)
	root, ok := r.yaml(text)
	if !ok {
		return nil, r.problems
	}
	modules := r.box(root, "the configuration").box("modules")
	used := map[string]bool{}
	for _, asked := range o.Asked {
		n := modules.get(asked.Module)
		if n == nil {
			r.say(nil, fmt.Sprintf("there is no module %q, which %s is asked by: it is left out", asked.Module, asked.Address), "")
			continue
		}
		before := len(r.problems)
		r.module(n, asked)
		if used[asked.Module] { // what is wrong with a module is said once
			r.problems = r.problems[:before]
		}
		used[asked.Module] = true
	}
	for _, name := range modules.n.keys {
		if !used[name] {
			r.say(modules.n.fields[name], fmt.Sprintf("the module %q asks nobody: it is left out", name), "give the configuration of Prometheus too, or the targets of the module")
		}
	}
	return r.end()
}

// module makes the probe of a module and a target.
func (r *reading) module(n *node, asked Asked) {
	b := r.box(n, "module "+asked.Module)
	t := probe.Target{Name: asked.Name, Address: asked.Address, Interval: asked.Interval, Timeout: b.span("timeout")}
	if t.Name == "" {
		t.Name = asked.Module + " / " + asked.Address
	}
	prober := b.text("prober")
	inner := b.box(prober)
	switch prober {
	case "http":
		r.httpModule(inner, &t)
	case "tcp":
		t.Kind = probe.TCP
		if inner.truth("tls") {
			t.Kind = probe.TLS
		}
		t.Talk = r.talk(inner, "\n")
	case "dns":
		r.dnsModule(inner, &t)
	case "icmp":
		t.Kind = probe.ICMP
		inner.leave("an echo is as it is here", "", "payload_size", "dont_fragment", "ttl")
	case "grpc":
		r.grpcModule(inner, &t)
	case "websocket":
		t.Kind, t.Request.Headers, t.Talk = probe.WebSocket, r.moduleHeaders(inner, "headers"), r.talk(inner, "")
		r.authorize(inner.box("http_config"), &t)
	default:
		r.say(n, fmt.Sprintf("the module %q is left out: %q cannot be probed", asked.Module, prober), "")
		return
	}
	inner.leave("the way into the network is left to this machine", "", "source_ip_address")
	if family := inner.text("preferred_ip_protocol"); inner.has("ip_protocol_fallback") && !inner.truth("ip_protocol_fallback") {
		if t.Family = family; family == "" {
			t.Family = "ip6"
		}
	}
	r.trust(inner.box("tls_config"), &t)
	inner.rest()
	b.idle("http", "tcp", "dns", "icmp", "grpc", "websocket")
	b.rest()
	r.add(n, t)
}

func (r *reading) trust(b *box, t *probe.Target) {
	t.Trust.Insecure = t.Trust.Insecure || b.truth("insecure_skip_verify")
	if name := b.text("server_name"); name != "" {
		t.Trust.ServerName = name
	}
	b.leave("files are not read here", "write ca, cert and key in honderd.yaml", "ca_file", "cert_file", "key_file")
	b.leave("versions of TLS are 1.2 and later", "", "min_version", "max_version")
	b.rest()
}

func (r *reading) authorize(b *box, t *probe.Target) {
	if t.Request.Headers == nil {
		t.Request.Headers = map[string]string{}
	}
	basic := b.box("basic_auth")
	if name := basic.text("username"); name != "" {
		t.Request.Headers["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+basic.text("password")))
	}
	basic.leave("files are not read here", "write the header Authorization", "username_file", "password_file")
	bearer := b.box("authorization")
	kind := bearer.text("type")
	if kind == "" {
		kind = "Bearer"
	}
	if secret := bearer.text("credentials") + b.text("bearer_token"); secret != "" {
		t.Request.Headers["Authorization"] = kind + " " + secret
	}
	bearer.leave("files are not read here", "write the header Authorization", "credentials_file")
	b.leave("files are not read here", "write the header Authorization", "bearer_token_file")
	b.leave("tokens are not fetched", "write the token as a header", "oauth2")
}

func (r *reading) moduleHeaders(b *box, key string) map[string]string {
	headers := map[string]string{}
	n := b.get(key)
	if n == nil {
		return headers
	}
	all := r.box(n, b.what+": "+key)
	for _, name := range n.keys {
		if n.fields[name].scalar {
			headers[name] = all.text(name)
			continue
		}
		one := all.box(name)
		values := append(one.texts("values"), one.texts("secrets")...)
		one.leave("files are not read here", "write its value", "files")
		if len(values) > 0 {
			headers[name] = values[len(values)-1]
		}
	}
	return headers
}

func (r *reading) httpModule(b *box, t *probe.Target) {
	t.Kind = probe.HTTP
	if !strings.HasPrefix(t.Address, "http://") && !strings.HasPrefix(t.Address, "https://") {
		t.Address = "http://" + t.Address
	}
	t.Request.Method, t.Request.Body, t.Request.Headers = b.text("method"), b.text("body"), r.moduleHeaders(b, "headers")
	maps.Copy(t.Request.Headers, r.moduleHeaders(b, "http_headers"))
	r.authorize(b, t)
	if b.truth("no_follow_redirects") || b.has("follow_redirects") && !b.truth("follow_redirects") {
		t.Request.Redirects = probe.NoFollow
	}
	t.Expect.Status = []probe.StatusRange{{From: 200, To: 299}}
	if codes := b.scalars("valid_status_codes"); len(codes) > 0 {
		t.Expect.Status = nil
		for _, code := range codes {
			if run, err := probe.ParseStatus(code.text); err == nil {
				t.Expect.Status = append(t.Expect.Status, run)
			} else {
				r.say(code, err.Error(), "")
			}
		}
	}
	for _, fails := range []struct {
		key string
		op  probe.Op
	}{
		{"fail_if_body_matches_regexp", probe.MatchesNot}, {"fail_if_matches_regexp", probe.MatchesNot},
		{"fail_if_body_not_matches_regexp", probe.Matches}, {"fail_if_not_matches_regexp", probe.Matches},
	} {
		for _, n := range b.scalars(fails.key) {
			t.Expect.Checks = append(t.Expect.Checks, probe.Check{Of: probe.Body, Op: fails.op, Want: n.text})
		}
	}
	for name := range t.Request.Headers { // what is packed is unpacked without being asked for
		if strings.EqualFold(name, "Accept-Encoding") {
			delete(t.Request.Headers, name)
		}
	}
	r.headerChecks(b, t)
	r.secured(b, t)
	b.idle("compression", "enable_http2")
	b.leave("what is read of a body is limited to 1 MiB", "write body_limit in honderd.yaml", "body_size_limit")
	b.leave("any version of HTTP is right", "", "valid_http_versions", "enable_http3")
	b.leave("expressions in CEL are not known", "expect json FIELD == VALUE", "fail_if_body_json_matches_cel", "fail_if_body_json_not_matches_cel")
	b.leave("this machine's own way into the network is taken", "", "proxy_url", "proxy_from_environment", "proxy_connect_header", "no_proxy", "skip_resolve_phase_with_proxy")
	b.leave("files are not read here", "write the body", "body_file")
}

// headerChecks takes over what headers must, and must not, match. One that is missing
// fails, unless that is allowed.
func (r *reading) headerChecks(b *box, t *probe.Target) {
	for _, n := range b.list("fail_if_header_matches") {
		one := r.box(n, b.what+": a header")
		name := one.text("header")
		if !one.truth("allow_missing") {
			t.Expect.Checks = append(t.Expect.Checks, probe.Check{Of: probe.Header, Path: name, Op: probe.Exists})
		}
		t.Expect.Checks = append(t.Expect.Checks, probe.Check{Of: probe.Header, Path: name, Op: probe.MatchesNot, Want: raw(n, "regexp")})
	}
	key := "fail_if_header_not_matches"
	for _, n := range append(b.list(key), b.list(key+"_regexp")...) {
		one := r.box(n, b.what+": a header")
		if one.truth("allow_missing") {
			r.say(n, fmt.Sprintf("the header %s must match only when it is there, which cannot be said: it is left out", one.text("header")), "")
			continue
		}
		t.Expect.Checks = append(t.Expect.Checks, probe.Check{Of: probe.Header, Path: one.text("header"), Op: probe.Matches, Want: raw(n, "regexp")})
	}
}

// secured takes over whether TLS must be there. An address over https has it.
func (r *reading) secured(b *box, t *probe.Target) {
	secure := strings.HasPrefix(t.Address, "https://")
	if b.truth("fail_if_not_ssl") && !secure {
		r.say(b.n, fmt.Sprintf("%s must be secure, but its address is http://: it is asked over https", t.Name), "")
		t.Address = "https://" + strings.TrimPrefix(t.Address, "http://")
	}
	if b.truth("fail_if_ssl") {
		t.Request.Redirects = probe.SameHost
		r.say(b.n, fmt.Sprintf("%s must not be secure, which cannot be said: it is left out", t.Name), "")
	}
}

// talk makes turns of query_response. ending is what the exporter adds to each line.
func (r *reading) talk(b *box, ending string) (turns []probe.Turn) {
	for _, n := range b.list("query_response") {
		one := r.box(n, b.what+": a turn")
		// the exporter awaits first and sends then; here a turn sends first
		if expect := raw(n, "expect"); expect != "" {
			turns = append(turns, probe.Turn{Expect: lineEnd(expect)})
		}
		if bytes := raw(n, "expect_bytes"); bytes != "" {
			turns = append(turns, probe.Turn{Expect: regexp.QuoteMeta(bytes)})
		}
		if send := raw(n, "send"); send != "" {
			turns = append(turns, probe.Turn{Send: groups(send) + ending})
		}
		if one.truth("starttls") {
			turns = append(turns, probe.Turn{StartTLS: true})
		}
		one.idle("expect", "expect_bytes", "send", "labels")
		one.rest()
	}
	return turns
}

// lineEnd lets a pattern end before \r\n too: the exporter takes both away.
func lineEnd(pattern string) string {
	if bare, found := strings.CutSuffix(pattern, "$"); found && !strings.HasSuffix(bare, `\`) {
		return bare + `\r?$`
	}
	return pattern
}

// groups keeps ${1} and the like, and writes any other ${ as itself.
func groups(s string) string {
	return regexp.MustCompile(`\$\{\d+\}|\$\{`).ReplaceAllStringFunc(s, func(found string) string {
		if found == "${" {
			return "$${"
		}
		return found
	})
}

func (r *reading) dnsModule(b *box, t *probe.Target) {
	t.Kind = probe.DNS
	t.Query = probe.Query{Name: b.text("query_name"), Type: b.text("query_type"), TCP: b.text("transport_protocol") == "tcp"}
	if t.Query.Type == "" || t.Query.Type == "ANY" {
		r.say(b.n, fmt.Sprintf("%s asks for records of any type, which servers no longer answer: it asks for A", t.Name), "write query_type")
		t.Query.Type = "A"
	}
	t.Query.RCode = strings.Join(without(b.texts("valid_rcodes")), " ")
	if host, _, err := net.SplitHostPort(t.Address); err == nil && host == "" {
		t.Address = strings.TrimPrefix(t.Address, ":")
	}
	answers := b.box("validate_answer_rrs")
	for _, fails := range []struct {
		key  string
		list *[]string
	}{{"fail_if_matches_regexp", &t.Query.MatchNot}, {"fail_if_none_matches_regexp", &t.Query.Match}, {"fail_if_not_matches_regexp", &t.Query.Match}} {
		for _, n := range answers.scalars(fails.key) {
			if strings.ContainsAny(n.text, "^\t") || strings.Contains(n.text, "IN") || strings.Contains(n.text, `\t`) || strings.Contains(n.text, `\s`) {
				r.say(n, fmt.Sprintf("%q looks at a whole record; here only its value is looked at: it is left out", n.text), "")
				continue
			}
			if fails.key == "fail_if_not_matches_regexp" {
				r.say(n, fmt.Sprintf("%q must match one answer here, not all", n.text), "")
			}
			*fails.list = append(*fails.list, n.text)
		}
	}
	answers.leave("that cannot be said", "", "fail_if_all_match_regexp")
	answers.rest()
	if class := b.text("query_class"); class != "" && class != "IN" {
		r.say(b.get("query_class"), "only the class IN is asked", "")
	}
	b.idle("recursion_desired")
	b.leave("only answers are looked at", "", "validate_authority_rrs", "validate_additional_rrs", "validate_authority_rr", "validate_additional_rr")
	b.leave("DNS is asked without TLS", "", "dns_over_tls")
}

func (r *reading) grpcModule(b *box, t *probe.Target) {
	t.Kind, t.Service = probe.GRPC, b.text("service")
	scheme := "grpc://"
	if b.truth("tls") {
		scheme = "grpcs://"
	}
	t.Address = scheme + strings.TrimPrefix(strings.TrimPrefix(t.Address, "grpc://"), "grpcs://")
	b.leave("a probe of gRPC sends nothing but its question", "", "metadata")
}
