package monitor

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/internal/diag"
	"github.com/honderd/honderd/source/probe"
)

// same fails unless the targets are those that want says as JSON.
func same(t *testing.T, got []probe.Target, want string) {
	t.Helper()
	var targets []probe.Target
	if err := json.Unmarshal([]byte(want), &targets); err != nil {
		t.Fatal(err)
	}
	is, _ := json.MarshalIndent(got, "", " ")
	should, _ := json.MarshalIndent(targets, "", " ")
	if string(is) != string(should) {
		t.Errorf("got %s\nwant %s", is, should)
	}
}

// said fails unless each of words is in a problem of its own, and there are no others.
func said(t *testing.T, got diag.Problems, words ...string) {
	t.Helper()
	rest := slices.Clone(got)
	for _, word := range words {
		i := slices.IndexFunc(rest, func(p diag.Problem) bool { return strings.Contains(p.Error(), word) })
		if i < 0 {
			t.Errorf("nobody says %q in\n%v", word, got)
			continue
		}
		rest = slices.Delete(rest, i, i+1)
	}
	if len(rest) > 0 {
		t.Errorf("said too: %v", rest)
	}
}

func one(t *testing.T, endpoint string) (probe.Target, diag.Problems) {
	t.Helper()
	targets, problems := Gatus([]byte("endpoints:\n  - name: it\n"+endpoint), Options{File: "g.yaml"})
	if len(targets) != 1 {
		t.Fatalf("%d targets of %s: %v", len(targets), endpoint, problems)
	}
	return targets[0], problems
}

func TestGatusConditions(t *testing.T) {
	for _, tt := range []struct {
		condition string
		want      string // lines of what is expected; | between them
		problem   string
	}{
		{"[STATUS] == 200", "status 200", ""},
		{"200 == [STATUS]", "status 200", ""},
		{"[STATUS] < 300", "status 100-299", ""},
		{"300 > [STATUS]", "status 100-299", ""},
		{"[STATUS] == any(200, 429)", "status 200 429", ""},
		{"[STATUS] != 500", "status 100-499 501-999", ""},
		{"[STATUS] == pat(2*)", "status 200-299", ""},
		{"[status] <= 399", "status 100-399", ""},
		{"[STATUS] > 5000", "status 100-999", "no status fits"},
		{"[BODY].status == UP", "status 100-999|json status == UP", ""},
		{"[BODY].items[0].id >= 5", "status 100-999|json items[0].id >= 5", ""},
		{"[BODY][0].id != 3", "status 100-999|json [0].id != 3", ""},
		{"len([BODY].items) > 2", "status 100-999|length items > 2", ""},
		{"len([BODY]) == 2", "status 100-999|length $ == 2", ""},
		{"has([BODY].errors) == false", "status 100-999|json errors missing", ""},
		{"has([BODY].data) == true", "status 100-999|json data exists", ""},
		{"[BODY].name == pat(john*)", `status 100-999|json name matches (?s)\A(?:john.*)\z`, ""},
		{"[BODY].name != any(a.b, c)", `status 100-999|json name matches-not (?s)\A(?:a\.b|c)\z`, ""},
		{"[BODY] == pat(*Welcome*)", `status 100-999|body matches (?s)\A\s*(?:.*Welcome.*)\s*\z`, ""},
		{"[RESPONSE_TIME] < 500", "status 100-999|time < 500ms", ""},
		{"[RESPONSE_TIME] <= 2s", "status 100-999|time < 2s", ""},
		{"[CERTIFICATE_EXPIRATION] > 48h", "status 100-999|certificate > 2d", ""},
		{"[CONNECTED] == true", "status 100-999", ""},
		{"[IP] == pat(192.168.*.*)", `status 100-999|ip matches (?s)\A(?:192\.168\..*\..*)\z`, ""},
		{"[IP] == 127.0.0.1", "status 100-999|ip == 127.0.0.1", ""},
		{"[CONNECTED] == false", "status 100-999", "wants that nobody answers"},
		{"[RESPONSE_TIME] > 5", "status 100-999", "cannot be said"},
		{"[DOMAIN_EXPIRATION] > 720h", "status 100-999", "when the domain ends"},
		{"[STATUS]==200", "status 100-999", "is not understood"},
		{"[WEATHER] == nice", "status 100-999", "nobody here knows"},
		{"[STATUS] == [BODY]", "status 100-999", "is not understood"},
	} {
		target, problems := one(t, "    url: https://example.org\n    conditions: ["+string(must(json.Marshal(tt.condition)))+"]\n")
		if got := strings.Join(target.Expect.Lines(), "|"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.condition, got, tt.want)
		}
		if again, err := probe.ParseExpect(target.Expect.Lines()); err != nil || !reflect.DeepEqual(again.Lines(), target.Expect.Lines()) {
			t.Errorf("%s cannot be read again: %v", tt.condition, err)
		}
		if tt.problem == "" {
			said(t, problems)
		} else {
			said(t, problems, tt.problem)
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestGatus(t *testing.T) {
	env := func(name string) (string, bool) { return "s3cret", name == "TOKEN" }
	targets, problems := Gatus([]byte(`
x-defaults: &defaults
  group: core
  interval: 5m
  client: {insecure: true, timeout: 4s, ignore-redirect: true, network: ip4, oauth2: {client-id: x}}
endpoints:
  - <<: *defaults
    name: shop
    url: https://example.org/graphql
    method: POST
    graphql: true
    headers: {Authorization: "Bearer ${TOKEN}"}
    body: "{ users { id } }"
    conditions: ["[STATUS] == 200"]
    alerts: [{type: slack}]
  - {name: names, url: 192.0.2.53, dns: {query-name: example.org, query-type: MX}, conditions: ["[DNS_RCODE] == any(NOERROR, NXDOMAIN)", "[BODY] == 10 mail.example.org."]}
  - {name: port, url: "tcp://example.org:6379", body: PING, conditions: ["[CONNECTED] == true", "[BODY] == pat(*PONG*)"]}
  - {name: mail, url: "starttls://example.org:587", conditions: ["[CERTIFICATE_EXPIRATION] > 48h"]}
  - {name: secure, url: "tls://example.org:443", conditions: ["[CONNECTED] == true"]}
  - {name: ping, url: "icmp://2001:db8::1", conditions: ["[CONNECTED] == true"]}
  - {name: live, url: "wss://example.org/live", body: '{"a":"${x"}', conditions: ["[BODY] == pong"]}
  - {name: rpc, url: "grpcs://example.org:443", conditions: ["[BODY].status == SERVING"]}
  - {name: shell, url: "ssh://example.org", ssh: {username: "", password: ""}, conditions: ["[CONNECTED] == true"]}
  - {name: off, enabled: false, url: "http://example.org"}
  - {name: datagram, url: "udp://example.org:1", conditions: []}
  - {name: wrong, url: "http://", colour: red}
storage: {type: memory}
external-endpoints: [{name: push, token: x}]
`), Options{File: "g.yaml", Getenv: env})
	same(t, targets, `[
	{"name":"core / shop","kind":"http","address":"https://example.org/graphql","interval_ns":300000000000,"timeout_ns":4000000000,"family":"ip4","trust":{"insecure":true},
	 "expect":{"status":[{"from":200,"to":200}]},"request":{"method":"POST","headers":{"Authorization":"Bearer s3cret","Content-Type":"application/json"},"body":"{\"query\":\"{ users { id } }\"}","redirects":"none"}},
	{"name":"names","kind":"dns","address":"192.0.2.53","query":{"name":"example.org","type":"MX","want":["10 mail.example.org."],"rcode":"NOERROR NXDOMAIN"}},
	{"name":"port","kind":"tcp","address":"example.org:6379","talk":[{"send":"PING","expect":"PONG"}]},
	{"name":"mail","kind":"tcp","address":"example.org:587","expect":{"cert_for_ns":172800000000000},"talk":[{"expect":"^220[ -]"},{"send":"EHLO localhost\r\n","expect":"^250[ -]STARTTLS"},{"send":"STARTTLS\r\n","expect":"^220","start_tls":true}]},
	{"name":"secure","kind":"tls","address":"example.org:443"},
	{"name":"ping","kind":"icmp","address":"2001:db8::1"},
	{"name":"live","kind":"websocket","address":"wss://example.org/live","talk":[{"send":"{\"a\":\"$${x\"}","expect":"pong"}]},
	{"name":"rpc","kind":"grpc","address":"grpcs://example.org:443"},
	{"name":"shell","kind":"tcp","address":"example.org:22","talk":[{"expect":"^SSH-"}]}]`)
	said(t, problems, `g.yaml:2:`, "oauth2 is left out", "alerts is left out", `"off" is left out`, `"datagram" is left out: udp`, `"colour"`, "is no address to ask", "external-endpoints is left out")
}

func TestGatusSuite(t *testing.T) {
	targets, problems := Gatus([]byte(`
suites:
  - name: buy
    context: {item: "4711", broken: "${x"}
    endpoints:
      - name: login
        url: https://example.org/login
        method: POST
        body: user
        conditions: ["[STATUS] == 200"]
        store: {user-id: "[BODY].user.id", all: "[BODY]", code: "[STATUS]"}
      - name: basket
        url: "https://example.org/basket/[CONTEXT].user-id/[CONTEXT].item"
        headers: {X-Item: "[CONTEXT].missing"}
        conditions: ["[BODY].item == [CONTEXT].item", "[BODY].id == [CONTEXT].user-id"]
      - {name: mail, url: "tcp://example.org:25", conditions: ["[CONNECTED] == true"]}
`), Options{})
	same(t, targets, `[{"name":"buy","kind":"journey","interval_ns":600000000000,"timeout_ns":300000000000,"steps":[
	{"name":"login","url":"https://example.org/login","request":{"method":"POST","body":"user"},"expect":{"status":[{"from":200,"to":200}]},"extract":[{"name":"user_id","from":"json","path":"user.id"},{"name":"all","from":"body","pattern":"(?s)\\A\\s*(.*?)\\s*\\z"}]},
	{"name":"basket","url":"https://example.org/basket/${user_id}/4711","request":{"headers":{"X-Item":"[CONTEXT].missing"}},"expect":{"status":[{"from":100,"to":999}],"checks":[{"of":"json","path":"item","op":"==","want":"4711"}]}}]}]`)
	said(t, problems, `"[STATUS]" cannot be stored`, `nothing before it stores "missing"`, "is not understood", `step 3 of suite "buy" is left out`)
}

func TestKuma(t *testing.T) {
	targets, problems := Kuma([]byte(`{"version":"1.23.0","notificationList":[{"id":1}],"monitorList":[
	{"id":1,"type":"group","name":"Shop"},
	{"id":2,"parent":1,"type":"keyword","name":"home","url":"https://example.org","method":"GET","interval":30,"timeout":24.5,"maxredirects":10,"accepted_statuscodes":["200-299","401"],
	 "keyword":"Welcome","invertKeyword":true,"headers":"{\"X-A\":\"$B\",\"X-N\":5}","ignoreTls":true,"authMethod":"basic","basic_auth_user":"u","basic_auth_pass":"p","active":true,"maxretries":3},
	{"id":3,"parent":2,"type":"json-query","name":"api","url":"https://example.org/api","method":"POST","body":"{}","httpBodyEncoding":"json","maxredirects":0,"jsonPath":"data.items[0].id","jsonPathOperator":">=","expectedValue":"5","accepted_statuscodes":["200"]},
	{"id":4,"type":"json-query","name":"clever","url":"https://example.org/api","jsonPath":"$sum(items.price)","expectedValue":"5"},
	{"id":5,"type":"port","name":"port","hostname":"2001:db8::1","port":22,"ipFamily":"ipv6"},
	{"id":6,"type":"ping","name":"ping","hostname":"example.org"},
	{"id":7,"type":"dns","name":"dns","hostname":"example.org","dns_resolve_server":"192.0.2.1, 192.0.2.2","port":5353,"dns_resolve_type":"A","conditions":[{"variable":"record","operator":"not_equals","value":"10.0.0.1","andOr":"and"}]},
	{"id":8,"type":"grpc-keyword","name":"rpc","grpcUrl":"example.org:50051","grpcEnableTls":1,"grpcServiceName":"grpc.health.v1.Health","grpcMethod":"Check","grpcBody":"{\"service\":\"shop\"}"},
	{"id":9,"type":"grpc-keyword","name":"other rpc","grpcUrl":"example.org:50051","grpcServiceName":"Greeter","grpcMethod":"SayHello"},
	{"id":10,"type":"smtp","name":"mail","hostname":"example.org","port":465,"smtpSecurity":"secure"},
	{"id":11,"type":"websocket-upgrade","name":"live","url":"wss://example.org/live"},
	{"id":12,"type":"push","name":"push"}, {"id":13,"type":"docker","name":"docker"},
	{"id":14,"type":"http","name":"off","url":"https://example.org","active":0},
	{"id":15,"type":"http","name":"turned","url":"https://example.org","upsideDown":true}, 7,
	{"id":16,"type":"real-browser","name":"eyes","url":"https://example.org"}]}`), Options{File: "k.json"})
	same(t, targets[:len(targets)-1], `[
	{"name":"Shop / home","kind":"http","address":"https://example.org","interval_ns":30000000000,"timeout_ns":24500000000,"trust":{"insecure":true},"expect":{"status":[{"from":200,"to":299},{"from":401,"to":401}],"checks":[{"of":"body","op":"lacks","want":"Welcome"}]},
	 "request":{"headers":{"Authorization":"Basic dTpw","X-A":"$B","X-N":"5"}}},
	{"name":"Shop / home / api","kind":"http","address":"https://example.org/api","expect":{"status":[{"from":200,"to":200}],"checks":[{"of":"json","path":"data.items[0].id","op":">=","want":"5"}]},"request":{"method":"POST","headers":{"Content-Type":"application/json"},"body":"{}","redirects":"none"}},
	{"name":"clever","kind":"http","address":"https://example.org/api","expect":{"status":[{"from":200,"to":299}]},"request":{}},
	{"name":"port","kind":"tcp","address":"[2001:db8::1]:22","family":"ip6"},
	{"name":"ping","kind":"icmp","address":"example.org"},
	{"name":"dns","kind":"dns","address":"192.0.2.1:5353","query":{"name":"example.org","type":"A","match_not":["(?i)\\A10\\.0\\.0\\.1\\.?\\z"]}},
	{"name":"rpc","kind":"grpc","address":"grpcs://example.org:50051","service":"shop"},
	{"name":"mail","kind":"tls","address":"example.org:465","talk":[{"expect":"^220[ -]"}]},
	{"name":"live","kind":"websocket","address":"wss://example.org/live"}]`)
	if last := targets[len(targets)-1]; last.Kind != probe.Browser || !strings.Contains(last.Recording, `"url":"https://example.org"`) {
		t.Errorf("%+v", last)
	}
	said(t, problems, "maxretries is left out", "more than a path", "192.0.2.2 is left out", "of gRPC only", "waits for others", "docker cannot be probed", "is paused", "upside down", "a monitor wants keys", "notificationList is left out")
}

func TestBlackbox(t *testing.T) {
	asked, problems := ReadScrapes([]byte(`
global: {scrape_interval: 30s}
scrape_configs:
  - job_name: node
    static_configs: [{targets: [a:9100]}]
  - job_name: web
    metrics_path: /probe
    params: {module: [http]}
    scrape_interval: 15s
    static_configs: [{targets: [example.org, "https://example.com/x"]}]
    file_sd_configs: [{files: [x]}]
  - {job_name: mail, metrics_path: /probe, params: {module: [smtp]}, static_configs: [{targets: ["example.org:25"]}]}
`), Options{})
	if want := []Asked{{"http", "example.org", "web / example.org", 15 * time.Second}, {"http", "https://example.com/x", "web / https://example.com/x", 15 * time.Second}, {"smtp", "example.org:25", "mail / example.org:25", 30 * time.Second}}; !reflect.DeepEqual(asked, want) {
		t.Errorf("%+v", asked)
	}
	said(t, problems, "file_sd_configs are not looked for")
	targets, problems := Blackbox([]byte(`
modules:
  http:
    prober: http
    timeout: 5s
    http:
      valid_status_codes: [200, 204]
      headers: {Host: a.example, Accept-Encoding: br}
      fail_if_body_not_matches_regexp: ["^Welcome"]
      fail_if_body_matches_regexp: ["Error"]
      fail_if_header_matches: [{header: Set-Cookie, allow_missing: true, regexp: "x"}, {header: Access-Control-Allow-Origin, regexp: '^\*$'}]
      fail_if_header_not_matches: [{header: Server, regexp: nginx}, {header: X, regexp: y, allow_missing: true}]
      preferred_ip_protocol: ip4
      ip_protocol_fallback: false
      tls_config: {insecure_skip_verify: true, ca_file: x}
      fail_if_body_json_matches_cel: "body.x"
      teapot: true
  smtp:
    prober: tcp
    tcp:
      query_response:
        - {expect: "^220 ([^ ]+)$"}
        - {send: "EHLO ${1} ${name}\r"}
        - {expect: "^250-STARTTLS", starttls: true}
  unused: {prober: icmp}
`), Options{Asked: append(asked, Asked{Module: "gone", Address: "x"})})
	http := `"timeout_ns":5000000000,"interval_ns":15000000000,"family":"ip4","trust":{"insecure":true},"expect":{"status":[{"from":200,"to":200},{"from":204,"to":204}],"checks":[{"of":"body","op":"matches-not","want":"Error"},{"of":"body","op":"matches","want":"^Welcome"},
	 {"of":"header","path":"Set-Cookie","op":"matches-not","want":"x"},{"of":"header","path":"Access-Control-Allow-Origin","op":"exists"},{"of":"header","path":"Access-Control-Allow-Origin","op":"matches-not","want":"^\\*$"},{"of":"header","path":"Server","op":"matches","want":"nginx"}]},"request":{"headers":{"Host":"a.example"}}`
	same(t, targets, `[{"name":"web / example.org","kind":"http","address":"http://example.org",`+http+`},{"name":"web / https://example.com/x","kind":"http","address":"https://example.com/x",`+http+`},
	{"name":"mail / example.org:25","kind":"tcp","address":"example.org:25","interval_ns":30000000000,"talk":[{"expect":"^220 ([^ ]+)\\r?$"},{"send":"EHLO ${1} $${name}\r\n"},{"expect":"^250-STARTTLS"},{"start_tls":true}]}]`)
	said(t, problems, `no module "gone"`, `"unused" asks nobody`, "ca_file is left out: files are not read here (2 times)", "fail_if_body_json_matches_cel is left out", "must match only when it is there", `what "teapot" is`)
}

func TestHAR(t *testing.T) {
	targets, problems := HAR([]byte(`{"log":{"version":"1.2","pages":[{"title":"Shop"}],"entries":[
	{"_resourceType":"document","request":{"method":"GET","url":"http://example","headers":[]},"response":{"status":301,"redirectURL":"https://shop.example/?a=${x}"}},
	{"request":{"method":5}},
	{"_resourceType":"document","request":{"method":"GET","url":"https://shop.example/?a=${x}#top","headers":[{"name":":authority","value":"shop.example"},{"name":"Cookie","value":"old=1"},{"name":"Accept","value":"text/html"},{"name":"User-Agent","value":"Mozilla"},{"name":"sec-fetch-dest","value":"document"}]},"response":{"status":200,"headers":[{"name":"Set-Cookie","value":"session=1; Path=/"}],"content":{"mimeType":"text/html"}}},
	{"_resourceType":"image","request":{"method":"GET","url":"https://shop.example/a.png"},"response":{"status":200}},
	{"_resourceType":"script","request":{"method":"GET","url":"https://cdn.example/a.js"},"response":{"status":200}},
	{"_resourceType":"document","request":{"method":"POST","url":"https://shop.example/login","headers":[{"name":"Cookie","value":"session=1"}],"postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"user","value":"a b"}]}},"response":{"status":303,"redirectURL":"/welcome"}},
	{"_resourceType":"document","request":{"method":"GET","url":"https://shop.example/welcome"},"response":{"status":200}},
	{"_resourceType":"xhr","request":{"method":"PUT","url":"https://shop.example/api/basket/4711","headers":[{"name":"Authorization","value":"Bearer x"}],"postData":{"mimeType":"application/json","text":"{\"n\":1}"}},"response":{"status":404}},
	{"_resourceType":"fetch","request":{"method":"GET","url":"https://shop.example/api/x"},"response":{"status":304}},
	{"_resourceType":"fetch","request":{"method":"GET","url":"https://shop.example/api/y"},"response":{"status":0}},
	{"request":{"method":"GET","url":"data:text/plain,x"},"response":{"status":200}}]}}`), Options{})
	same(t, targets, `[{"name":"shop.example","kind":"journey","steps":[
	{"name":"GET /","url":"http://example/","request":{"method":"GET"}},
	{"name":"POST /login","url":"https://shop.example/login","request":{"method":"POST","headers":{"Content-Type":"application/x-www-form-urlencoded"},"body":"user=a+b"}},
	{"name":"PUT /api/basket/:id","url":"https://shop.example/api/basket/4711","request":{"method":"PUT","headers":{"Authorization":"Bearer x","Content-Type":"application/json"},"body":"{\"n\":1}"},"expect":{"status":[{"from":404,"to":404}]}},
	{"name":"GET /api/x","url":"https://shop.example/api/x","request":{"method":"GET"}}]}]`)
	said(t, problems, "1 requests that cannot be read", "Authorization may be a secret", "1 requests to cdn.example", "1 pictures", "1 requests without an answer", "1 requests that are not HTTP")
}

func TestReadFindsOut(t *testing.T) {
	for _, tt := range []struct {
		text string
		kind string
	}{
		{`{"title":"buy","steps":[{"type":"navigate","url":"https://example.org"}]}`, probe.Browser},
		{`{"monitorList":[{"type":"ping","name":"a","hostname":"example.org"}]}`, probe.ICMP},
		{`{"log":{"entries":[{"request":{"method":"GET","url":"https://example.org/"},"response":{"status":200}}]}}`, ""},
		{"endpoints:\n- {name: a, url: \"icmp://a\", conditions: [\"[CONNECTED] == true\"]}\n", probe.ICMP},
		{"{endpoints: [{name: a, url: 'icmp://a'}]}", probe.ICMP},
		{"a: b", ""}, {"", ""}, {"\x00", ""}, {"[]", ""}, {`{"steps":`, ""}, {"a: &a [*a]", ""},
	} {
		targets, problems := Read([]byte(tt.text), Options{})
		if tt.kind == "" && len(problems) == 0 || tt.kind != "" && (len(targets) != 1 || targets[0].Kind != tt.kind || len(problems) > 0) {
			t.Errorf("%q: %+v, %v", tt.text, targets, problems)
		}
	}
}

func TestBombs(t *testing.T) {
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
	for i := range 8 {
		n, m := string(rune('0'+i)), string(rune('1'+i))
		bomb += "a" + m + ": &a" + m + " [" + strings.TrimSuffix(strings.Repeat("*a"+n+",", 9), ",") + "]\n"
	}
	for _, text := range []string{bomb, strings.Repeat("[", 100_000), `{"monitorList":` + strings.Repeat("[", 100_000), "endpoints: " + strings.Repeat("{a: ", 5000)} {
		if targets, problems := Read([]byte(text), Options{}); len(targets) != 0 || len(problems) == 0 {
			t.Errorf("%.40q: %d targets, %v", text, len(targets), problems)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("endpoints:\n- name: a\n  url: https://example.org\n  conditions: ['len([BODY].a) > 2', '[STATUS] == any(200, pat(2*))', '[BODY] == pat([)']\n"))
	f.Add([]byte("suites:\n- name: a\n  context: {b: c}\n  endpoints: [{name: x, url: 'http://a/[CONTEXT].b', store: {y: '[BODY].z'}}]\n"))
	f.Add([]byte(`{"monitorList":[{"type":"dns","name":"a","hostname":"b","parent":1,"id":1,"conditions":[{"variable":"record","operator":"equals"}]}]}`))
	f.Add([]byte(`{"log":{"entries":[{"request":{"method":"GET","url":"http://a/"},"response":{"status":301,"redirectURL":"/b"}},{"request":{"method":"GET","url":"http://a/b"},"response":{"status":200}}]}}`))
	f.Add([]byte("modules:\n  m: {prober: tcp, tcp: {query_response: [{expect: a$, send: '${1}'}]}}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		targets, _ := Read(text, Options{Asked: []Asked{{Module: "m", Address: "a:1"}}})
		names := map[string]bool{}
		for _, target := range targets {
			if err := target.Validate(); err != nil || names[target.Name] {
				t.Errorf("%+v: %v", target, err)
			}
			names[target.Name] = true
		}
	})
}
