package browser

import (
	"net/http"
	"strings"
	"testing"

	"github.com/honderd/honderd/experience"
)

func TestReportsAreJudged(t *testing.T) {
	nel := func(kind, more string) string {
		return `{"age":60000,"type":"network-error","url":"https://shop.example/pay/4711?card=1","user_agent":"x","body":{"sampling_fraction":1,"type":"` + kind + `"` + more + `}}`
	}
	for _, tt := range []struct{ name, give, want, count string }{
		{"refused", nel("tcp.refused", `,"elapsed_time":20,"method":"POST"`), `/pay "POST /pay/:id" unreachable wait=20 part=true`, "network: tcp.refused"},
		{"no such name", nel("dns.name_not_resolved", ""), `unreachable wait=0`, "network: dns.name_not_resolved"},
		{"a certificate", nel("tls.cert.date_invalid", ""), `unreachable`, "network: tls.cert.date_invalid"},
		{"an answer that is none", nel("http.response.invalid", ""), `server_error`, "network: http.response.invalid"},
		{"a bad status", nel("http.error", `,"status_code":503`), `unreachable`, "network: http.error"},
		{"not found", nel("http.error", `,"status_code":404`), "", "network: http.error"},
		{"gave up", nel("abandoned", `,"elapsed_time":9000`), `gave_up wait=9000`, "network: abandoned"},
		{"clicked on", nel("abandoned", `,"elapsed_time":90`), "", "network: abandoned"},
		{"nobody can know", nel("dns.address_changed", ""), "", "network: dns.address_changed"},
		{"unknown", nel("unknown", ""), "", "network: unknown"},
		{"it was fine", nel("ok", ""), "", "network: ok"},
		{"a type from elsewhere", nel("<script>", ""), "", "network: other"},
		{"a crash", `{"age":1,"type":"crash","url":"https://shop.example/pay","body":{"reason":"oom"}}`, `/pay "GET /pay" script_error`, "crash"},
		{"a policy", `{"age":1,"type":"csp-violation","url":"https://shop.example/?q=1","body":{"documentURL":"https://shop.example/?q=1"}}`, "", "csp-violation"},
		{"another type", `{"age":1,"type":"<script>","url":"https://shop.example/","body":{}}`, "", "other"},
		{"another site", strings.Replace(nel("tcp.refused", ""), "shop.example", "evil.example", 1), "", "of another site"},
		{"an icon", strings.Replace(nel("tcp.refused", ""), "/pay/4711", "/favicon.ico", 1), "", "network: tcp.refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, k := door(Options{Steps: true})
			if w := ask(d, ReportsPath, "["+tt.give+"]", "Content-Type", "application/reports+json"); w.Code != http.StatusNoContent {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			list := k.all()
			if tt.want == "" && len(list) > 0 || tt.want != "" && (len(list) != 1 || !strings.Contains(list[0].String(), tt.want)) {
				t.Errorf("%v, want %s", list, tt.want)
			}
			if d.Counts().Reports[tt.count] != 1 {
				t.Errorf("%v, want %s", d.Counts().Reports, tt.count)
			}
		})
	}
	d, k := door(Options{Unseen: true})
	ask(d, ReportsPath, "["+nel("http.error", `,"status_code":503`)+",7,"+nel("tcp.reset", "")+"]")
	if list := k.all(); len(list) != 1 || list[0].Cause != experience.Unreachable {
		t.Errorf("%v", list)
	}
	for _, body := range []string{`{"csp-report":{"document-uri":"https://shop.example/?q=1"}}`, `{"type":"deprecation","url":"https://shop.example/","body":{}}`} {
		if w := ask(d, ReportsPath, body); w.Code != http.StatusNoContent {
			t.Errorf("%s: %d", body, w.Code)
		}
	}
	if n := d.Counts().Reports; n["csp-violation"] != 1 || n["deprecation"] != 1 {
		t.Errorf("%v", n)
	}
}

// faroPayload has the shape of what version 2.12 of the web SDK sends.
const faroPayload = `{"meta":{"sdk":{"name":"@grafana/faro-web-sdk","version":"2.12.1"},"app":{"name":"shop","version":"1.2","environment":"production"},
"user":{"id":"customer-1"},"session":{"id":"s1","attributes":{"previousSession":""}},"page":{"url":"https://shop.example/basket/4711?card=1","id":"p"},"view":{"name":"default"},
"browser":{"name":"Chrome","mobile":false}},
"exceptions":[{"timestamp":"2026-11-26T20:00:00.000Z","type":"TypeError","value":"x is undefined","stacktrace":{"frames":[{"filename":"https://shop.example/a.js","function":"f","lineno":1,"colno":2}]},"trace":{}}],
"measurements":[{"type":"web-vitals","values":{"lcp":9100,"delta":9100},"timestamp":"2026-11-26T20:00:00.000Z","context":{"rating":"poor"}},{"type":"web-vitals","values":{"cls":0.01},"timestamp":"x"}],
"events":[{"name":"session_start","domain":"browser","attributes":{},"timestamp":"2026-11-26T20:00:00.000Z"},
{"name":"faro.performance.navigation","domain":"browser","attributes":{"name":"https://shop.example/basket/4711","duration":"850","responseStatus":"200"},"timestamp":"2026-11-26T20:00:00.000Z"},
{"name":"faro.performance.resource","domain":"browser","attributes":{"name":"https://shop.example/api/price?x=1","duration":"90","responseStatus":"500"},"timestamp":"2026-11-26T20:00:00.000Z"},
{"name":"faro.performance.resource","domain":"browser","attributes":{"name":"https://ads.example/x","duration":"90","responseStatus":"500"},"timestamp":"2026-11-26T20:00:00.000Z"}],
"logs":[{"message":"hello","level":"error","context":{},"timestamp":"2026-11-26T20:00:00.000Z"}],
"traces":{"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{"scope":{"name":"f"},"spans":[
{"traceId":"00","spanId":"00","name":"HTTP POST","kind":3,"startTimeUnixNano":"1795464069000000000","endTimeUnixNano":"1795464069250000000","attributes":[{"key":"http.url","value":{"stringValue":"https://shop.example/pay?card=1"}},{"key":"http.method","value":{"stringValue":"POST"}},{"key":"http.status_code","value":{"intValue":0}}],"status":{"code":2}},
{"traceId":"00","spanId":"01","name":"HTTP GET","kind":3,"startTimeUnixNano":"1","endTimeUnixNano":"2","attributes":[{"key":"http.url","value":{"stringValue":"https://ads.example/x"}}],"status":{"code":2}}]}]}]}}`

func TestFaroIsTaken(t *testing.T) {
	d, k := door(Options{Steps: true, Key: "shop"})
	body := packed(faroPayload)
	w := ask(d, FaroPath, body, "Content-Encoding", "gzip", "X-Api-Key", "shop", "X-Faro-Session-Id", "s1", "Content-Type", "application/json")
	if w.Code != http.StatusAccepted {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var got []string
	for _, s := range k.all() {
		got = append(got, s.String())
		if s.Person != k.all()[0].Person {
			t.Error("one person is two")
		}
	}
	want := []string{
		`/basket "GET /basket/:id" script_error wait=0 part=true`,
		`/basket "GET /basket/:id" too_slow wait=9100 part=true`,
		`/basket "GET /basket/:id" fine wait=850 part=false`,
		`/api "GET /api/price" server_error wait=90 part=true`,
		`/pay "POST /pay" unreachable wait=250 part=false`,
	}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("%s, want %s", got[i], want[i])
		}
	}
	if n := d.Counts(); n.Vitals["lcp"].Poor != 1 || n.Vitals["cls"].Good != 1 {
		t.Errorf("%+v", n.Vitals)
	}
	if ask(d, FaroPath, faroPayload, "X-Api-Key", "shop"); d.Counts().Again != 1 {
		t.Error("told twice, counted twice")
	}
	d, k = door(Options{})
	ask(d, FaroPath, strings.Replace(faroPayload, `"browser":{`, `"k6":{"isK6Browser":true},"browser":{`, 1))
	if len(k.all()) > 0 {
		t.Errorf("k6 is a person: %v", k.all())
	}
}

func FuzzTheDoor(f *testing.F) {
	f.Add(0, message("a", `{"k":"view","t":9000,"w":900,"p":"/shop/4711?q=1","n":"pay","j":"buy"}`, `{"k":"rage","w":1e9}`))
	f.Add(0, `{"id":"b","k":"key","u":"me","l":"region=eu,region=nl,release=\u0000","r":0,"d":1e300,"t":-1,"v":{"lcp":-1,"cls":1e308},"i":[null,{},[],{"k":"left","w":-0}]}`)
	f.Add(1, `[{"age":1e308,"type":"network-error","url":"https://shop.example/%zz?x","body":{"type":"tcp.refused","elapsed_time":1e308}}]`)
	f.Add(1, `{"csp-report":{}}`)
	f.Add(2, faroPayload)
	d, k := door(Options{Steps: true, Labels: []string{"region", "release"}, Burst: 1e15})
	f.Fuzz(func(t *testing.T, which int, body string) {
		k.list = k.list[:0]
		w := ask(d, []string{BeaconPath, ReportsPath, FaroPath}[uint(which)%3], body)
		if w.Code >= 500 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		for _, s := range k.list {
			if strings.ContainsAny(s.step+s.journey, "\n\x00\x1b") || !experience.Possible(s.At) || len(s.step) > 120 || len(s.journey) > 120 || s.Wait > 24*60*60*1000 {
				t.Fatalf("%+v", s)
			}
		}
	})
}
