package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

func TestSettings(t *testing.T) {
	const text = `
every: 30s
targets:
  - name: home page
    url: https://shop.example/
    expect: [status 200, body contains Welcome, time < 800ms, certificate > 14d]
    redirects: same-host
    ip: "4"
    body_limit: 2000000
  - {name: live, url: "wss://shop.example/live", talk: [{send: ping, expect: pong}]}
  - {name: rpc, url: "grpcs://shop.example", service: shop}
  - name: mail
    tcp: mail.example:25
    talk:
      - expect: ^220
      - {send: "STARTTLS\r\n", expect: ^220, tls: "yes"}
    trust: {name: mail.example, any: "yes"}
  - {name: secure, tls: shop.example, every: 5m, timeout: 3s}
  - {name: names, dns: 192.0.2.53, ask: MX example.org, answers: [10 mail.example.org], only: "yes", code: NOERROR NXDOMAIN, over: tcp, match: [mail], match_not: [evil]}
  - {name: name, dns: 192.0.2.53, ask: example.org}
  - {name: host, ping: shop.example}
  - {name: eyes, recording: buy.json}
  - name: buy
    steps:
      - name: login
        url: https://shop.example/login
        method: POST
        body: user=a
        extract: [{name: token, from: json data.token}, {name: id, from: body, pattern: "id=(\\d+)"}]
      - {url: "https://shop.example/pay/${id}?t=${token}", expect: [json status == paid]}
`
	var s Settings
	if err := yaml.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	targets, err := s.All(func(path string) ([]byte, error) { return []byte("<" + path + ">"), nil })
	if err != nil {
		t.Fatal(err)
	}
	var want []Target
	if err := json.Unmarshal([]byte(`[
	{"name":"home page","kind":"http","address":"https://shop.example/","interval_ns":30000000000,"family":"ip4","request":{"redirects":"same-host"},
	 "expect":{"status":[{"from":200,"to":200}],"checks":[{"of":"body","op":"contains","want":"Welcome"}],"within_ns":800000000,"cert_for_ns":1209600000000000,"body_limit":2000000}},
	{"name":"live","kind":"websocket","address":"wss://shop.example/live","interval_ns":30000000000,"talk":[{"send":"ping","expect":"pong"}]},
	{"name":"rpc","kind":"grpc","address":"grpcs://shop.example","interval_ns":30000000000,"service":"shop"},
	{"name":"mail","kind":"tcp","address":"mail.example:25","interval_ns":30000000000,"talk":[{"expect":"^220"},{"send":"STARTTLS\r\n","expect":"^220","start_tls":true}],"trust":{"server_name":"mail.example","insecure":true}},
	{"name":"secure","kind":"tls","address":"shop.example","interval_ns":300000000000,"timeout_ns":3000000000},
	{"name":"names","kind":"dns","address":"192.0.2.53","interval_ns":30000000000,"query":{"name":"example.org","type":"MX","want":["10 mail.example.org"],"only":true,"match":["mail"],"match_not":["evil"],"rcode":"NOERROR NXDOMAIN","tcp":true}},
	{"name":"name","kind":"dns","address":"192.0.2.53","interval_ns":30000000000,"query":{"name":"example.org"}},
	{"name":"host","kind":"icmp","address":"shop.example","interval_ns":30000000000},
	{"name":"eyes","kind":"browser","interval_ns":30000000000,"recording":"<buy.json>"},
	{"name":"buy","kind":"journey","interval_ns":30000000000,"steps":[
	 {"name":"login","url":"https://shop.example/login","request":{"method":"POST","body":"user=a"},"extract":[{"name":"token","from":"json","path":"data.token"},{"name":"id","from":"body","pattern":"id=(\\d+)"}]},
	 {"name":"","url":"https://shop.example/pay/${id}?t=${token}","expect":{"checks":[{"of":"json","path":"status","op":"==","want":"paid"}]}}]}]`), &want); err != nil {
		t.Fatal(err)
	}
	for i := range targets {
		if !reflect.DeepEqual(targets[i], want[i]) {
			t.Errorf("got  %+v\nwant %+v", targets[i], want[i])
		}
	}
}

func TestSettingsReportAllMistakes(t *testing.T) {
	s := Settings{Targets: []Setting{
		{Name: "two things", URL: "https://a.example", Ping: "a.example"}, {Name: "nothing"},
		{Name: "no file", Recording: "gone.json"},
		{Name: "words", URL: "https://a.example", Expect: []string{"status teapot", "beauty > 5"}},
		{Name: "letters", Steps: []StepSetting{{URL: "https://a.example", Extract: []ExtractSetting{{Name: "TOKEN", From: "json a"}}}}},
		{Name: "one", Ping: "a.example"}, {Name: "one", Ping: "b.example"},
		{Name: "secret", TLS: "a.example", Trust: TrustSetting{CA: "ca.pem"}},
	}}
	_, err := s.All(func(path string) ([]byte, error) {
		if path == "gone.json" {
			return nil, errors.New("gone.json is not there")
		}
		return []byte("no PEM"), nil
	})
	for _, words := range []string{
		`"two things": it must say one thing that is asked, not 2`, "not 0", "gone.json is not there", "teapot", "beauty", "write token", "two of this name", "the CA has no certificate",
	} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("nobody says %q: %v", words, err)
		}
	}
}

// A target travels as JSON and stays the same.
func TestTargetsTravel(t *testing.T) {
	give := Target{
		Name: "a", Kind: Journey, Interval: time.Minute, Trust: Trust{CA: "x", Insecure: true}, Expect: Expect{Within: time.Second, CertFor: time.Hour},
		Steps: []Step{{Name: "b", URL: "https://a.example/${c}", Request: Request{Headers: map[string]string{"A": "b"}}, Extract: []Extract{{Name: "c", From: JSON, Path: "d"}}}},
		Talk:  []Turn{{Send: "a", Expect: "b", StartTLS: true}}, Query: Query{Name: "x", Only: true, Match: []string{"y"}}, Service: "s", Recording: "{}",
	}
	text, err := json.Marshal(give)
	var got Target
	if err = errors.Join(err, json.Unmarshal(text, &got)); err != nil || !reflect.DeepEqual(got, give) {
		t.Errorf("%v: %+v, want %+v", err, got, give)
	}
}

// BenchmarkChecks measures whole runs on the loopback: ask, judge and hand on.
func BenchmarkChecks(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"status":"up"}`) }))
	defer server.Close()
	expect, err := ParseExpect([]string{"status 200", "json status == up", "time < 5s"})
	if err != nil {
		b.Fatal(err)
	}
	for name, fresh := range map[string]bool{"kept": false, "new": true} {
		b.Run(name, func(b *testing.B) {
			var bad atomic.Int64
			b.ReportAllocs()
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				t := Target{Name: "it", Kind: HTTP, Address: server.URL, Expect: expect}.withDefaults()
				c, err := prepare(t, nil)
				if err != nil {
					bad.Add(1)
					return
				}
				defer c.close()
				for pb.Next() {
					if out := attempt(context.Background(), &t, c, fresh); out.bad() || out.unknown {
						bad.Add(1)
					}
				}
			})
			if bad.Load() > 0 {
				b.Errorf("%d were bad", bad.Load())
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "checks/s")
		})
	}
}
