package accesslog

import (
	"strings"
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
)

func TestAdviceNamesWhatIsHidden(t *testing.T) {
	combined := `203.0.113.7 - - [23/Nov/2026:20:01:09 +0000] "GET /basket HTTP/1.1" 200 2 "-" "Mozilla/5.0"`
	caddy := `{"ts":1795464069.76,"request":{"client_ip":"203.0.113.7","method":"GET","uri":"/a","headers":{"User-Agent":["x"]}},"duration":0.2,"status":200}`
	tests := []struct {
		line, format string
		bad          string // of masked faults, waiting, people
		fix          string
	}{
		{combined, "", "yyn", "$upstream_status"},
		{combined + ` 0.031 "502, 200"`, `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time "$upstream_status"`, "nnn", ""},
		{caddy, "", "ynn", "log_append retries"},
		{strings.Replace(caddy, `"status"`, `"retries":0,"status"`, 1), "", "nnn", ""},
		{`203.0.113.7:57132 [23/Nov/2026:20:01:09.459] f b/good 0/0/1/0/31 200 138 - - ---- 1/1/0/0/0 0/0 "GET /basket HTTP/1.1"`, "", "nny", "user agent"},
		{`203.0.113.7 [23/Nov/2026:20:01:09.459] 200 "GET / HTTP/1.1"`, `log-format "%ci [%tr] %ST %{+Q}r"`, "yyy", "%rc"},
		{`[2026-11-23T20:01:09.310Z] "GET / HTTP/2" 200`, `[%START_TIME%] "%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%" %RESPONSE_CODE%`, "yyy", "%UPSTREAM_REQUEST_ATTEMPT_COUNT%"},
		{`1795464069.450    657 203.0.113.7 TCP_MISS/200 507 GET http://shop.example/basket?x - HIER_DIRECT/10.0.0.1 text/html`, "", "nny", "user agent"},
		{`{"time":"2026-11-23T20:01:09Z","status":200,"path":"/"}`, "", "yyy", "ms=KEY"},
	}
	for _, tt := range tests {
		p := mustParser(t, Options{Rules: experience.DefaultRules(), Format: tt.format})
		g, list, err := p.Advise([]byte(tt.line + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		bad, fixes := "", ""
		for _, a := range list {
			bad += map[bool]string{true: "y", false: "n"}[a.Bad]
			fixes += a.Fix
			if a.Bad != (a.Fix != "") || a.Says == "" || !a.Bad && a.Config != nil {
				t.Errorf("%s: %+v", g.Name(), a)
			}
		}
		if bad != tt.bad || !strings.Contains(fixes, tt.fix) {
			t.Errorf("%s\n= %s %s; want %s %s", tt.line, bad, fixes, tt.bad, tt.fix)
		}
	}
	if _, _, err := mustParser(t, Options{}).Advise([]byte("hello\n")); err == nil {
		t.Error("advice about no log")
	}
}

// What the doctor says to write is a format that tells.
func TestTheConfigurationThatIsAdvisedTells(t *testing.T) {
	tests := []struct{ config, line string }{
		{nginxConfig, `203.0.113.7 - - [23/Nov/2026:20:01:09 +0000] "GET /basket HTTP/1.1" 200 2 "-" "Mozilla/5.0" 0.031 "10.0.0.1:80, 10.0.0.2:80" "502, 200" "0.000, 0.001" -`},
		{apacheConfig, `203.0.113.7 - - [23/Nov/2026:20:01:09 +0000] "GET /basket HTTP/1.1" 200 2 "-" "Mozilla/5.0" 2285 200 1 dead`},
		{haproxyConfig, `203.0.113.7:57132 [23/Nov/2026:20:01:09.459] f b/good 0/0/1/0/31 200 138 ---- 1/1/0/0/+1 0/0 "GET /basket HTTP/1.1" "Mozilla/5.0"`},
		{envoyConfig, `[2026-11-23T20:01:09.310Z] "GET /basket HTTP/2" 200 - 3 "203.0.113.7" "Mozilla/5.0" "10.0.2.2:80" 2`},
		{squidConfig, `1795464069.450     31 203.0.113.7 TCP_REFRESH_FAIL_OLD/200 507 GET http://shop.example/basket - HIER_DIRECT/10.0.0.1 text/html "Mozilla/5.0"`},
	}
	for _, tt := range tests {
		p := mustParser(t, Options{Rules: experience.DefaultRules(), Format: tt.config, Salts: who.Fixed([]byte("s")), Robots: true})
		g, list, err := p.Advise([]byte(tt.line + "\n"))
		if err != nil {
			t.Fatal(tt.config, err)
		}
		for _, a := range list {
			if a.Bad {
				t.Errorf("%s: %s %s", tt.config, a.What, a.Says)
			}
		}
		var b experience.Batch
		p.NewWorker(g).Parse([]byte(tt.line+"\n"), &b)
		if len(b.Items) != 1 || b.Items[0].Mask == experience.Unmasked || b.Items[0].Bad() || b.Items[0].Wait == 0 {
			t.Errorf("%s: %+v, want one masked fault", tt.config, b.Items)
		}
	}
}
