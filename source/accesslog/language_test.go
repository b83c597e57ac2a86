package accesslog

import (
	"strings"
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
)

// spelled formats, as they stand in configurations, with a line of each and one with a
// masked fault or somebody who left.
func spelledLines() []struct {
	name, format, line string
	cause              experience.Cause
	mask               experience.Mask
	journey            string
	wait               uint32
} {
	const (
		hap  = `log-format "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r"`
		line = `203.0.113.7:57132 [23/Nov/2026:20:01:09.459] f b/good 0/0/1/0/31 200 138 - - ---- 1/1/0/0/`
		hj   = `log-format '{"time":"%[accept_date(ms)]","client":"%[src]","request":%{+Q}r,"status":%ST,"ms":%Ta,"retries":%rc,"state":"%tsc","agent":%{+Q,+E}[capture.req.hdr(0)],"user":"%[var(txn.user),json]"}'`
		env  = `[%START_TIME(%Y/%m/%dT%H:%M:%S.%3f)%] %DOWNSTREAM_REMOTE_ADDRESS% "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH):64% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %DURATION% "%REQ(USER-AGENT)%" `
		envj = `{"ts": "%START_TIME(%s.%3f)%", "who": {"ip": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "ua": "%REQ(USER-AGENT)%"}, "req": "%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%", "code": "%RESPONSE_CODE%", "flags": "%RESPONSE_FLAGS%", "took": "%DURATION%", "tries": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%"}`
		nat  = `logformat squid %ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt`
		sqc  = `logformat combined %>a %[ui %[un [%tl] "%rm %ru HTTP/%rv" %>Hs %<st "%{Referer}>h" "%{User-Agent}>h" %Ss:%Sh`
	)
	return []struct {
		name, format, line string
		cause              experience.Cause
		mask               experience.Mask
		journey            string
		wait               uint32
	}{
		{"haproxy", hap, line + `0 0/0 "GET /basket HTTP/1.1"`, 0, 0, "/basket", 31},
		{"haproxy masked", hap, line + `+1 0/0 {shop.example|} {} "GET /basket HTTP/1.1"`, 0, experience.Retry, "/basket", 31},
		{"haproxy only request captures, through syslog", hap, `Nov 23 20:01:09 lb haproxy[12]: ` + line + `0 0/0 {a} "GET /basket HTTP/1.1"`, 0, 0, "/basket", 31},
		{"haproxy json-shaped", hj, `{"time":"1795464069459","client":"203.0.113.7","request":"GET /pay HTTP/2.0","status":200,"ms":12,"retries":0,"state":"----","agent":"a \"b\" c","user":"x"}`, 0, 0, "/pay", 12},
		{"haproxy json-shaped masked", hj, `{"time":"1795464069459","client":"2001:db8::7","request":"GET /pay HTTP/2.0","status":200,"ms":12,"retries":+1,"state":"----","agent":"","user":"x"}`, 0, experience.Retry, "/pay", 12},
		{"haproxy +json", `%{+json}o %(time)[accept_date(us)] %(ip)ci %(m)HM %(u)HU %(code)ST %(t)Ta %(n)[txn.conn_retries] %(ts)tsc`,
			`{"time":1795464069459000,"ip":"203.0.113.7","m":"GET","u":"/pay?x=1","code":200,"t":12,"n":2,"ts":"--NI"}`, 0, experience.Retry, "/pay", 12},
		{"haproxy +Q for all", `%{+Q}o\ %[src]\ %[accept_date,utime(%Y-%m-%dT%H:%M:%SZ)]\ %HM\ %HU\ %ST\ %Tt\ %ts\ %rc`,
			`"203.0.113.7" "2026-11-23T20:01:09Z" "POST" "/pay" 200 12 "SD" 0`, experience.Unreachable, 0, "/pay", 12},
		{"envoy", env, `[2026/11/23T20:01:09.310] 203.0.113.7:4711 "GET /basket HTTP/2" 200 - 226 "Mozilla/5.0 (X11; Linux x86_64)"`, 0, 0, "/basket", 226},
		{"envoy attempts", env + `%UPSTREAM_REQUEST_ATTEMPT_COUNT%`, `[2026/11/23T20:01:09.310] 203.0.113.7:4711 "GET /basket HTTP/2" 200 - 226 "Mozilla/5.0 (X11; Linux x86_64)" 2`, 0, experience.Retry, "/basket", 226},
		{"envoy hosts", env + `%UPSTREAM_HOSTS_ATTEMPTED%` + "\n", `[2026/11/23T20:01:09.310] 203.0.113.7:4711 "GET /basket HTTP/2" 200 - 226 "Mozilla/5.0 (X11; Linux x86_64)" 10.0.2.1:80,10.0.2.2:80`, 0, experience.Retry, "/basket", 226},
		{"envoy left", env, `[2026/11/23T20:01:09.310] 203.0.113.7:4711 "GET /basket HTTP/2" 0 DC 9226 "Mozilla/5.0 (X11; Linux x86_64)"`, experience.GaveUp, 0, "/basket", 9226},
		{"envoy json", envj, `{"who":{"ua":"Mozilla/5.0 (X11; Linux x86_64)","ip":"203.0.113.7"},"took":31,"tries":2,"code":200,"flags":"-","req":"GET /basket HTTP/1.1","ts":"1795464069.310"}`, 0, experience.Retry, "/basket", 31},
		{"envoy in Istio's words", `accessLogFormat: "[%START_TIME%] \"%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %DURATION% \"%REQ(X-FORWARDED-FOR)%\"\n"`,
			`[2026-11-23T20:01:09.310Z] "GET /basket HTTP/2" 503 226 "203.0.113.7"`, experience.Unreachable, 0, "/basket", 226},
		{"squid", nat, `1795464069.450    657 203.0.113.7 TCP_MISS/200 507 GET http://shop.example/basket?x - HIER_DIRECT/10.0.0.1 text/html`, 0, 0, "/basket", 657},
		{"squid old copy", nat, `1795464069.450     57 203.0.113.7 TCP_REFRESH_FAIL_OLD/200 507 GET http://shop.example/basket - HIER_DIRECT/10.0.0.1 text/html`, 0, experience.Stale, "/basket", 57},
		{"squid left", nat, `1795464069.450  61057 203.0.113.7 TCP_MISS_ABORTED/000 0 GET http://shop.example/basket - HIER_DIRECT/10.0.0.1 -`, experience.GaveUp, 0, "/basket", 61057},
		{"squid combined", sqc, `203.0.113.7 - - [23/Nov/2026:20:01:09 +0000] "GET http://shop.example/basket HTTP/1.1" 503 507 "-" "Mozilla/5.0 (X11; Linux x86_64)" TCP_MISS:HIER_DIRECT`, experience.Unreachable, 0, "/basket", 0},
	}
}

func TestFormatsAreTakenAsTheyStandInTheConfiguration(t *testing.T) {
	for _, tt := range spelledLines() {
		p, err := NewParser(Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s")), Format: tt.format})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var b experience.Batch
		p.NewWorker(p.c.given).Parse([]byte(tt.line+"\n"), &b)
		if len(b.Items) != 1 || b.Tally.Formats["custom"] != 1 {
			t.Errorf("%s: %d experiences, %+v", tt.name, len(b.Items), b.Tally)
			continue
		}
		e := b.Items[0]
		at := e.At
		if p.c.given.starts {
			at -= int64(e.Wait)
		}
		if e.Cause != tt.cause || e.Mask != tt.mask || b.Journeys[e.Journey] != tt.journey || e.Wait != tt.wait || at/1000 != 1795464069 || e.Person == 0 {
			t.Errorf("%s: %v %v %q %d ms at %d; want %v %v %q %d ms", tt.name, e.Cause, e.Mask, b.Journeys[e.Journey], e.Wait, at, tt.cause, tt.mask, tt.journey, tt.wait)
		}
	}
}

func TestFormatsThatCannotBeReadSayWhy(t *testing.T) {
	for format, want := range map[string]string{
		`%ci %[src %ST`:                   "has no end",
		`%ci %ST %zz`:                     "is no alias",
		`%>a %>Hs %ts.%03tu %Zz`:          "is no code of squid",
		`%START_TIME% %DURATION%`:         "has no status",
		`%[src] %ST`:                      "has no time",
		`{"a":"%RESPONSE_CODE%"}`:         "has no time",
		`%[date,ltime(%H:%M)] %[src] %ST`: "has no time",
	} {
		err := (Options{Format: format}).Validate()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", format, err, want)
		}
	}
}

func TestPeopleAndLabelsByAKeyOfJSON(t *testing.T) {
	o := Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s")), Person: "field:Tenant.userId",
		Labels: []LabelField{{"region", "field:Geo.Region"}, {"release", "header:X-Release"}}}
	p := mustParser(t, o)
	var b experience.Batch
	p.NewWorker(nil).Parse([]byte(`{"ts":1795464069.76,"request":{"client_ip":"1.1.1.1","method":"GET","uri":"/a","headers":{"X-Release":["v2"]}},"duration":0.2,"status":200,"Tenant":{"userId":"u1"},"Geo":{"Region":"NL"}}
{"ts":1795464069.76,"request":{"client_ip":"2.2.2.2","method":"GET","uri":"/a"},"duration":0.2,"status":200,"Tenant":{"userId":"u1"},"Geo.Region":"BE"}
{"ts":1795464069.76,"request":{"client_ip":"1.1.1.1","method":"GET","uri":"/a"},"duration":0.2,"status":200,"Tenant":{"userId":"u2"}}
`), &b)
	if len(b.Items) != 3 || b.Items[0].Person != b.Items[1].Person || b.Items[0].Person == b.Items[2].Person || len(b.Labels) != 3 {
		t.Errorf("%+v, labels %v", b.Items, b.Labels)
	}
	if err := (Options{Labels: []LabelField{{"x", "field:request.client_ip"}}}).Validate(); err == nil {
		t.Error("an address is a label")
	}
}
