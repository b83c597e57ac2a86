package accesslog

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
)

// lineOf is what one line must be read as.
type lineOf struct {
	format, line string
	cause        experience.Cause
	mask         experience.Mask
	journey      string
	wait         uint32
	at           int64 // seconds since 1970 of the end, rounded down
}

const (
	c    = `"203.0.113.7"`
	moz  = `Mozilla/5.0 (X11; Linux x86_64)`
	at   = 1795464069 // 2026-11-23T20:01:09Z
	fun  = experience.Fine
	gone = experience.GaveUp
)

func othersLines() []lineOf {
	const (
		hap  = `203.0.113.7:57132 [23/Nov/2026:20:01:09.459] f b/good 0/0/1/0/31 `
		hapl = `203.0.113.7:57132 [23/Nov/2026:20:01:09.459] f b/good 0/0/1/0/9001 `
		env  = `[2026-11-23T20:01:09.310Z] "GET /basket HTTP/2" `
		envz = ` 0 154 226 3 "203.0.113.7" "` + moz + `" "cc21" "shop.example" "10.0.2.2:80"`
		alb  = `https 2026-11-23T20:01:09.186641Z app/shop/50dc6c495c0c9188 203.0.113.7:2817 10.0.0.1:80 0.000 0.230 0.001 `
		albz = ` 34 366 "GET https://shop.example:443/basket HTTP/1.1" "` + moz + `" ECDHE TLSv1.2 arn:x "Root=1-58337262" "shop.example" "arn:y" 0 2026-11-23T20:01:09.000000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1`
	)
	return []lineOf{
		{"haproxy", hap + `200 138 - - ---- 1/1/0/0/0 0/0 "GET /basket?a=1 HTTP/1.1"`, fun, 0, "/basket", 31, at},
		{"haproxy", `Nov 23 20:01:09 lb haproxy[12]: ` + hap + `200 138 - - ---- 1/1/0/0/+2 0/0 {shop.example|} {} "GET /basket HTTP/1.1"`, fun, experience.Retry, "/basket", 31, at},
		{"haproxy", `[2001:db8::1]:4 [23/Nov/2026:20:01:09.459] f~ b/good 0/0/1/0/+31 200 +138 a=1 - --VI 1/1/0/0/0 0/0 "GET / HTTP/1.1"`, fun, experience.Retry, "/", 31, at},
		{"haproxy", `2001:db8::1:4711 [23/Nov/2026:20:01:09.459] f b/good 0/0/1/0/9 503 1 - - SC-- 1/1/0/0/3 0/0 "GET /a HTTP/1.1"`, experience.Unreachable, 0, "/a", 9, at},
		{"haproxy", hapl + `-1 0 - - CH-- 1/1/0/0/0 0/0 "POST /pay HTTP/1.1"`, gone, 0, "/pay", 9001, at},
		{"haproxy", hap + `200 99 - - SD-- 1/1/0/0/0 0/0 "GET /pay HTTP/1.1"`, experience.Unreachable, 0, "/pay", 31, at},
		{"envoy", env + `200 -` + envz, fun, 0, "/basket", 226, at},
		{"envoy", env + `200 -` + envz + ` 2 10.0.2.1:80,10.0.2.2:80`, fun, experience.Retry, "/basket", 226, at},
		{"envoy", env + `200 -` + envz + ` 1`, fun, 0, "/basket", 226, at},
		{"envoy", env + `0 DC` + strings.Replace(envz, "226", "9001", 1), gone, 0, "/basket", 9001, at},
		{"envoy", env + `0 UF` + envz, experience.Unreachable, 0, "/basket", 226, at},
		{"envoy", env + `200 UC` + envz, experience.Unreachable, 0, "/basket", 226, at},
		{"istio", env + `503 UF,URX via_upstream - "delayed connect error: 111"` + envz + ` outbound|80||a - 10.0.0.1:80 1.2.3.4:5 - default`, experience.Unreachable, 0, "/basket", 226, at},
		{"aws-alb", alb + `200 200` + albz, fun, 0, "/basket", 231, at},
		{"aws-alb", strings.Replace(alb, "0.230", "9", 1) + `460 -` + albz, gone, 0, "/basket", 9001, at},
		{"aws-alb", strings.Replace(alb, "0.230 0.001", "-1 -1", 1) + `502 -` + albz, experience.Unreachable, 0, "/basket", 0, at},
		{"aws-elb", `2026-11-23T20:01:09.186641Z shop 203.0.113.7:2817 - -1 -1 -1 503 0 0 0 "GET http://shop.example:80/pay HTTP/1.1" "` + moz + `" - -`, experience.Unreachable, 0, "/pay", 0, at},
		{"traefik", `203.0.113.7 - - [23/Nov/2026:20:01:09 +0000] "GET /basket HTTP/1.1" 200 2 "-" "` + moz + `" 12 "shop@docker" "http://10.0.2.2:80" 231ms`, fun, 0, "/basket", 231, at},
		{"traefik-json", `{"StartUTC":"2026-11-23T20:01:09.3Z","DownstreamStatus":200,"OriginStatus":200,"RetryAttempts":1,"Duration":231000000,"RequestMethod":"GET","RequestPath":"/basket","ServiceURL":{"Path":"/x","status":5},"ClientHost":` + c + `}`, fun, experience.Retry, "/basket", 231, at},
		{"traefik-json", `{"time":"2026-11-23T20:01:09Z","StartUTC":"2026-11-23T20:01:09.3Z","DownstreamStatus":200,"OriginStatus":502,"Duration":1,"RequestMethod":"GET","RequestPath":"/b","ClientHost":` + c + `}`, fun, experience.Fallback, "/b", 1, at},
		{"caddy", `{"level":"info","ts":1795464069.76,"logger":"http.log.access","request":{"remote_ip":"10.0.0.1","client_ip":` + c + `,"method":"GET","uri":"/basket2?\"x","headers":{"User-Agent":["` + moz + `"]}},"duration":0.2519,"size":2,"status":200,"retries":1}`, fun, experience.Retry, "/basket2", 252, at},
		{"caddy", `{"ts":"2026-11-23T20:01:09.000Z","request":{"remote_addr":"203.0.113.7:5","method":"GET","uri":"/a"},"duration":1,"status":502}`, experience.Unreachable, 0, "/a", 1000, at},
		{"cloudflare", `{"EdgeStartTimestamp":"2026-11-23T20:01:09Z","EdgeResponseStatus":200,"OriginResponseStatus":503,"CacheCacheStatus":"stale","ClientRequestMethod":"GET","ClientRequestURI":"/basket","ClientIP":` + c + `}`, fun, experience.Stale, "/basket", 0, at},
		{"cloudflare", `{"EdgeStartTimestamp":1795464069000000000,"EdgeResponseStatus":200,"OriginResponseStatus":0,"CacheCacheStatus":"hit","ClientRequestMethod":"GET","ClientRequestURI":"/basket","ClientIP":` + c + `}`, fun, 0, "/basket", 0, at},
		{"google-cloud", `{"timestamp":"2026-11-23T20:01:09Z","httpRequest":{"requestMethod":"GET","requestUrl":"https://shop.example/basket","status":200,"latency":"0.231s","remoteIp":` + c + `},"jsonPayload":{"statusDetails":"response_sent_by_backend"}}`, fun, 0, "/basket", 231, at},
		{"google-cloud", `{"timestamp":"2026-11-23T20:01:09Z","httpRequest":{"requestMethod":"GET","requestUrl":"https://shop.example/basket","status":0,"remoteIp":` + c + `},"jsonPayload":{"statusDetails":"client_disconnected_before_any_response"}}`, gone, 0, "/basket", 0, at},
		{"fastly", `{"timestamp":"2026-11-23T20:01:09","client_ip":` + c + `,"url":"/basket","request_method":"GET","response_state":"HIT-STALE","response_status":200,"fastly_is_edge":true,"restarts":0}`, fun, experience.Stale, "/basket", 0, at},
		{"envoy-json", `{"start_time":"2026-11-23T20:01:09.3Z","response_code":200,"response_flags":"-","method":"GET","path":"/basket","duration":31,"upstream_request_attempt_count":2,"x_forwarded_for":` + c + `}`, fun, experience.Retry, "/basket", 31, at},
		{"envoy-json", `2026-11-23T20:01:10.5+01:00 stdout F {"start_time":"2026-11-23T20:01:09.3Z","response_code":200,"method":"GET","path":"/basket","duration":31,"downstream_remote_address":"203.0.113.7:5"}`, fun, 0, "/basket", 31, at},
		{"squid", `1795464069.450    657 203.0.113.7 TCP_MISS/200 507 GET http://shop.example/basket?x - HIER_DIRECT/10.0.0.1 text/html`, fun, 0, "/basket", 657, at},
		{"squid", `1795464069.450     57 2001:db8::7 TCP_REFRESH_FAIL_OLD/200 507 GET http://shop.example/basket - HIER_DIRECT/10.0.0.1 text/html`, fun, experience.Stale, "/basket", 57, at},
		{"uwsgi", `[pid: 88185|app: 0|req: 1/1] 203.0.113.7 () {38 vars in 696 bytes} [Mon Nov 23 20:01:09 2026] POST /basket/x => generated 47 bytes in 129 msecs (HTTP/1.1 502) 9 headers in 378 bytes (1 switches on core 60)`, experience.Unreachable, 0, "/basket", 129, at},
		{"iis", `203.0.113.7, -, 11/23/26, 20:1:09, W3SVC2, SERVER, 172.21.13.45, 4502, 163, 3223, 200, 0, GET, /basket/x.gif, -,`, fun, 0, "/basket", 4502, at},
		{"w3c", `2026-11-23 20:01:09 10.0.0.5 GET /basket/x id=1 443 - 203.0.113.7 ` + "Mozilla/5.0+(X11;+Linux+x86_64)" + ` - 503 0 0 31`, experience.Unreachable, 0, "/basket", 31, at},
		{"nginx-proxy-manager", `[23/Nov/2026:20:01:09 +0000] STALE 502 200 - GET https shop.example "/basket" [Client 203.0.113.7] [Length 2048] [Gzip 1.2] [Sent-to 192.0.2.50] "` + moz + `" "-"`, fun, experience.Stale, "/basket", 0, at},
		{"envoy-json", `{"start_time":"2026-11-23T20:01:09.3Z","response_code":503,"response_flags":"UF","method":"GET","path":"/basket","duration":31,"downstream_remote_address":"[2001:db8::7]:43000"}`, experience.Unreachable, 0, "/basket", 31, at},
		{"combined-short", `203.0.113.7 - [23/Nov/2026:20:01:09 +0000] "GET /basket HTTP/1.1" 200 2 "-" "` + moz + `"`, fun, 0, "/basket", 0, at},
		{"json", `{"time_iso8601":"2026-11-23T20:01:09+00:00","remote_addr":` + c + `,"request":"GET /basket HTTP/1.1","status":"200","request_time":"0.031","upstream_status":"502, 200"}`, fun, experience.Retry, "/basket", 31, at},
		{"json", `{"@timestamp":"2026-11-23T20:01:09Z","http.request.method":"GET","http":{"response":{"status_code":503}},"url.path":"/a","client.ip":` + c + `}`, experience.Unreachable, 0, "/a", 0, at},
	}
}

// moreLines are of the formats that no other test has a line of, good, masked and felt.
func moreLines() []lineOf {
	const (
		who   = `203.0.113.7 - - [23/Nov/2026:20:01:09 +0000] "GET /basket HTTP/1.1" `
		moz2  = ` "-" "` + moz + `"`
		gate  = `{"time":"2026-11-23T20:01:09.459Z","client":` + c + `,"method":"GET","host":"shop.example","path":"/basket","proto":"HTTP/1.1",`
		front = "2026-11-23\t20:01:09\tAMS1\t392\t203.0.113.7\tGET\td111.cloudfront.net\t/basket\t"
	)
	return []lineOf{
		{"ingress-nginx", who + `200 2` + moz2 + ` 86 0.002 [shop-80] [] 10.0.0.1:80, 10.0.0.2:80 0, 2 0.000, 0.001 502, 200 9725`, fun, experience.Retry, "/basket", 2, at},
		{"ingress-nginx", who + `504 0` + moz2 + ` 86 60.001 [shop-80] [] 10.0.0.1:80 0 60.001 504 9725`, experience.Unreachable, 0, "/basket", 60001, at},
		{"main", who + `200 2` + moz2 + ` "-"`, fun, 0, "/basket", 0, at},
		{"main", who + `500 2` + moz2 + ` "203.0.113.7, 10.0.0.1"`, experience.ServerError, 0, "/basket", 0, at},
		{"combined", who + `200 2` + moz2, fun, 0, "/basket", 0, at},
		{"combined", who + `499 0` + moz2, gone, 0, "/basket", 0, at},
		{"combined+", who + `503 2` + moz2 + ` 0.031 more`, experience.Unreachable, 0, "/basket", 0, at},
		{"common", who + `200 2`, fun, 0, "/basket", 0, at},
		{"common", who + `500 -`, experience.ServerError, 0, "/basket", 0, at},
		{"vhost_combined", `shop.example:443 ` + who + `200 2` + moz2, fun, 0, "/basket", 0, at},
		{"vhost_combined", `shop.example:443 ` + who + `500 2` + moz2, experience.ServerError, 0, "/basket", 0, at},
		{"vhost_combined+", `shop.example:443 ` + who + `500 2` + moz2 + ` 31`, experience.ServerError, 0, "/basket", 0, at},
		{"vhost_common", `shop.example ` + who + `502 2`, experience.Unreachable, 0, "/basket", 0, at},
		{"honderd-gateway", gate + `"status":200,"bytes":2,"duration":0.031,"user_agent":"` + moz + `","pool":"shop","backend":"10.0.0.2:80","attempts":2,"masked":"retry","masked_ms":3,"faults":[{"backend":"10.0.0.1:80","fault":"refused","after_ms":1}],"upstream_addr":"10.0.0.1:80, 10.0.0.2:80","upstream_status":"502, 200"}`, fun, experience.Retry, "/basket", 31, at},
		{"honderd-gateway", gate + `"status":503,"bytes":0,"duration":0.031,"pool":"","attempts":0}`, experience.Unreachable, 0, "/basket", 31, at},
		{"json", `{"time":"2026-11-23T20:01:09.459Z","client_ip":` + c + `,"method":"GET","path":"/basket","status":200,"proto":"HTTP/1.1","request_time":0.031}`, fun, 0, "/basket", 31, at},
		{"json", `{"time":"2026-11-23T20:01:09.459Z","client":"web","ip":` + c + `,"method":"GET","path":"/basket","status":500,"duration":31}`, experience.ServerError, 0, "/basket", 0, at},
		{"squid", `1795464069.450  60057 203.0.113.7 TCP_MISS/503 507 GET http://shop.example/basket - HIER_DIRECT/10.0.0.1 text/html`, experience.Unreachable, 0, "/basket", 60057, at},
		{"traefik", who + `502 2` + moz2 + ` 12 "shop@docker" "http://10.0.2.2:80" 31ms`, experience.Unreachable, 0, "/basket", 31, at},
		{"iis", `203.0.113.7, -, 11/23/26, 20:1:09, W3SVC2, SERVER, 172.21.13.45, 31, 163, 3223, 500, 0, GET, /basket, -,`, experience.ServerError, 0, "/basket", 31, at},
		{"combined-short", `203.0.113.7 - [23/Nov/2026:20:01:09 +0000] "GET /basket HTTP/1.1" 500 2` + moz2, experience.ServerError, 0, "/basket", 0, at},
		{"nginx-proxy-manager", `[23/Nov/2026:20:01:09 +0000] - 502 502 - GET https shop.example "/basket" [Client 203.0.113.7] [Length 2048] [Gzip -] [Sent-to 192.0.2.50] "` + moz + `" "-"`, experience.Unreachable, 0, "/basket", 0, at},
		{"traefik-json", `{"StartUTC":"2026-11-23T20:01:09.3Z","DownstreamStatus":504,"OriginStatus":504,"Duration":31000000,"RequestMethod":"GET","RequestPath":"/basket","ClientHost":` + c + `}`, experience.Unreachable, 0, "/basket", 31, at},
		{"cloudflare", `{"EdgeStartTimestamp":"2026-11-23T20:01:09Z","EdgeResponseStatus":522,"OriginResponseStatus":0,"ClientRequestMethod":"GET","ClientRequestURI":"/basket","ClientIP":` + c + `}`, experience.Unreachable, 0, "/basket", 0, at},
		{"fastly", `{"timestamp":"2026-11-23T20:01:09","client_ip":` + c + `,"url":"/basket","request_method":"GET","response_state":"ERROR","response_status":503,"fastly_is_edge":true,"restarts":0}`, experience.Unreachable, 0, "/basket", 0, at},
		{"cloudfront", front + "200\t-\tMozilla/5.0%20(X11)\t-\t-\tMiss\tSOX4==\tshop.example\thttps\t23\t0.102\t-\tTLSv1.3\tX\tMiss\tHTTP/2.0\t-\t-\t11040\t0.101\tMiss\ttext/html\t78\t-\t-", fun, 0, "/basket", 102, at},
		{"cloudfront", front + "504\t-\tMozilla/5.0%20(X11)\t-\t-\tError\tSOX4==\tshop.example\thttps\t23\t30.1\t-\tTLSv1.3\tX\tError\tHTTP/2.0\t-\t-\t11040\t30.1\tOriginConnectError\ttext/html\t78\t-\t-", experience.Unreachable, 0, "/basket", 30100, at},
	}
}

// Every known format has a line that is read here, and one that somebody felt.
func TestEveryFormatHasItsLines(t *testing.T) {
	has, felt := map[string]bool{}, map[string]bool{}
	for _, l := range append(othersLines(), moreLines()...) {
		has[l.format] = true
		felt[l.format] = felt[l.format] || l.cause != fun
	}
	p := mustParser(t, Options{})
	for _, name := range knownNames(p.c.known) {
		if !has[name] || !felt[name] {
			t.Errorf("%s: has a line: %v, one that was felt: %v", name, has[name], felt[name])
		}
	}
}

// What a client sends may be anything: a line stays one line, of its own format or of none,
// and what is kept of it can be printed.
func TestHostileBytesInEveryFormat(t *testing.T) {
	p := mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s")), Steps: true, Causes: NewCauses()})
	for _, l := range append(othersLines(), moreLines()...) {
		w := p.NewWorker(nil)
		for _, evil := range []string{"\xff\xfe", "\x1b[31m", "\x00", `\" 200 0 "-" "`, "<script>", "%00%ff", strings.Repeat("a", 5000), "\u202e", "\t\v", `{"status":200}`, " - - [", "\r"} {
			for _, at := range []string{"/basket", "Mozilla", "203.0.113.7"} {
				line := strings.Replace(l.line, at, at+evil, 1)
				var b experience.Batch
				w.Parse([]byte(line+"\n"), &b)
				if b.Tally.Lines != 1 || len(b.Items) > 1 {
					t.Errorf("%s with %.20q: %d lines, %d experiences", l.format, evil, b.Tally.Lines, len(b.Items))
				}
				for _, name := range slices.Concat(b.Journeys, b.Steps) {
					if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(name) {
						t.Errorf("%s with %.20q keeps %q", l.format, evil, name)
					}
				}
			}
		}
	}
}

func TestLogsOfOtherServers(t *testing.T) {
	for _, tt := range append(othersLines(), moreLines()...) {
		p := mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s"))})
		g, err := p.Detect([]byte(tt.line + "\n"))
		if err != nil || g.Name() != tt.format {
			t.Errorf("%s\n= %v, %v; want %s", tt.line, g, err, tt.format)
			continue
		}
		var b experience.Batch
		p.NewWorker(nil).Parse([]byte(tt.line+"\n"), &b) // found among all others too
		if len(b.Items) != 1 || b.Tally.Formats[tt.format] != 1 {
			t.Errorf("%s\n= %d experiences, %+v", tt.line, len(b.Items), b.Tally)
			continue
		}
		e := b.Items[0]
		began := e.At / 1000
		if g.starts {
			began = (e.At - int64(e.Wait)) / 1000
		}
		if e.Cause != tt.cause || e.Mask != tt.mask || b.Journeys[e.Journey] != tt.journey || e.Wait != tt.wait || began != tt.at || e.Person == 0 {
			t.Errorf("%s\n= %v %v %q %d ms at %d; want %v %v %q %d ms at %d", tt.line, e.Cause, e.Mask, b.Journeys[e.Journey], e.Wait, began,
				tt.cause, tt.mask, tt.journey, tt.wait, tt.at)
		}
	}
}

func TestWhatNobodyAskedIsNoExperience(t *testing.T) {
	for _, line := range []string{
		`203.0.113.7:57132 [23/Nov/2026:20:01:09.459] f f/<NOSRV> -1/-1/-1/-1/10000 408 212 - - cR-- 1/1/0/0/0 0/0 "<BADREQ>"`,
		`203.0.113.7:57132 [23/Nov/2026:20:01:09.459] f f/<NOSRV> 0/-1/-1/-1/0 302 212 - - LR-- 1/1/0/0/0 0/0 "GET / HTTP/1.1"`,
		`{"timestamp":"2026-11-23T20:01:09","client_ip":"203.0.113.7","url":"/b","request_method":"GET","response_state":"MISS","response_status":200,"fastly_is_edge":false}`,
	} {
		var b experience.Batch
		p := mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s"))})
		p.NewWorker(nil).Parse([]byte(line+"\n"), &b)
		if len(b.Items) != 0 || b.Tally.NoRequest != 1 || b.Tally.Parsed != 1 {
			t.Errorf("%s\n= %d experiences, %+v", line, len(b.Items), b.Tally)
		}
	}
}

func TestBrokenJSONIsRejected(t *testing.T) {
	whole := `{"ts":1795464069.76,"request":{"client_ip":"203.0.113.7","method":"GET","uri":"/a"},"duration":0.2,"status":200,"x":[1,{"y":null},[]]}`
	p := mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s"))})
	for n := range whole {
		var b experience.Batch
		p.NewWorker(nil).Parse([]byte(whole[:n]+"\n"), &b)
		if len(b.Items) != 0 {
			t.Errorf("%q is read", whole[:n])
		}
	}
	for _, line := range []string{whole + "}", strings.Repeat(`{"a":`, 10000), strings.Repeat(`[`, 60000), `{"a" 1}`, `{"ts":1795464069,"status":200}`, `{"ts":"x","status":200,"request":{"uri":"/"}}`} {
		var b experience.Batch
		p.NewWorker(nil).Parse([]byte(line+"\n"), &b)
		if len(b.Items) != 0 || b.Tally.Rejected() != 1 {
			t.Errorf("%.80q is read", line)
		}
	}
}

func TestAFieldMapOfOnesOwn(t *testing.T) {
	p := mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s")), Format: "json:time=t,status=res.code|code,path=req.u,method=req.m,ms=took,address=who"})
	lines := `{"t":1795464069000,"code":500,"res":{"code":200},"req":{"u":"/a","m":"GET"},"took":7.5,"who":"203.0.113.7"}` + "\n" +
		`{"t":1795464069000,"code":500,"req":{"u":"/a","m":"GET"},"who":"203.0.113.7"}` + "\n"
	g, err := p.Detect([]byte(lines))
	if err != nil {
		t.Fatal(err)
	}
	var b experience.Batch
	p.NewWorker(g).Parse([]byte(lines), &b)
	if len(b.Items) != 2 || b.Items[0].Cause != experience.Fine || b.Items[0].Wait != 8 || b.Items[1].Cause != experience.ServerError {
		t.Errorf("%+v", b.Items)
	}
	for _, format := range []string{"json:", "json:status=a", "json:time", "json:hour=t,status=s"} {
		if _, err := NewParser(Options{Rules: experience.DefaultRules(), Format: format}); err == nil || !strings.Contains(err.Error(), "(fix: ") {
			t.Errorf("format %q: %v, want the way out", format, err)
		}
	}
}

func TestRobotsThatAreDeclaredAreNoPeople(t *testing.T) {
	cloudflare := `{"EdgeStartTimestamp":"2026-11-23T20:01:09Z","EdgeResponseStatus":200,"ClientRequestMethod":"GET","ClientRequestURI":"/basket","ClientIP":"203.0.113.7","ClientRequestUserAgent":"Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",%s}`
	plain := `{"@timestamp":"2026-11-23T20:01:09Z","status":200,"method":"GET","path":"/basket","ip":"203.0.113.7","user_agent":{"original":"Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0","synthetic":{"type":%q}}}`
	tests := []struct {
		line           string
		robots, probes int64
	}{
		{fmt.Sprintf(cloudflare, `"VerifiedBotCategory":"","ClientIPClass":"noRecord"`), 0, 0},
		{fmt.Sprintf(cloudflare, `"VerifiedBotCategory":"Search Engine Crawler"`), 1, 0},
		{fmt.Sprintf(cloudflare, `"VerifiedBotCategory":"Monitoring & Analytics"`), 0, 1},
		{fmt.Sprintf(cloudflare, `"ClientIPClass":"monitoringService","VerifiedBotCategory":""`), 0, 1},
		{fmt.Sprintf(cloudflare, `"ClientIPClass":"searchEngine"`), 1, 0},
		{fmt.Sprintf(cloudflare, `"ClientIPClass":"badHost"`), 0, 0},
		{fmt.Sprintf(plain, "bot"), 1, 0},
		{fmt.Sprintf(plain, "test"), 0, 1},
		{fmt.Sprintf(plain, ""), 0, 0},
	}
	p := mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s"))})
	for _, tt := range tests {
		var b experience.Batch
		p.NewWorker(nil).Parse([]byte(tt.line+"\n"), &b)
		if b.Tally.Robots != tt.robots || b.Tally.Probes != tt.probes || int64(len(b.Items)) != 1-tt.robots-tt.probes {
			t.Errorf("%s: %d robots, %d probes, %d people; want %d and %d", tt.line, b.Tally.Robots, b.Tally.Probes, len(b.Items), tt.robots, tt.probes)
		}
	}
}

// FuzzOthers reads lines of each format that there is: each is counted once, and cut into
// chunks anywhere between lines they say what they say together.
func FuzzOthers(f *testing.F) {
	for _, l := range othersLines() {
		f.Add([]byte(l.line))
	}
	for _, l := range spelledLines() {
		f.Add([]byte(l.line))
	}
	f.Add([]byte("#Fields: date time c-ip cs-method cs-uri-stem sc-status time-taken\n2026-11-23 12:00:00 203.0.113.7 GET /basket 200 31"))
	f.Add([]byte(`2026/11/23 20:01:09 [error] 7#7: *9 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.7`))
	p := mustParser(f, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s"))})
	f.Fuzz(func(t *testing.T, log []byte) {
		log = append(log, "\n"+combined("GET / HTTP/1.1", "200")+"\n"...)
		all := whole(p, nil, log, func(int) bool { return false })[0]
		tally := &all.Tally
		if tally.Lines != tally.Parsed+tally.Rejected() || int64(len(all.Items))+tally.Robots+tally.Probes+tally.NoRequest != tally.Parsed {
			t.Fatalf("%+v, %d experiences: each line must be counted once", tally, len(all.Items))
		}
		split := whole(p, nil, log, func(int) bool { return true })[0]
		if !reflect.DeepEqual(all, split) {
			t.Errorf("line by line: %+v, whole: %+v", split, all)
		}
	})
}

func BenchmarkOthers(b *testing.B) {
	for _, l := range othersLines() {
		if l.format != "haproxy" && l.format != "traefik-json" && l.format != "caddy" || l.mask != experience.Retry {
			continue
		}
		b.Run(l.format, func(b *testing.B) {
			p, err := NewParser(Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s"))})
			if err != nil {
				b.Fatal(err)
			}
			chunk := []byte(strings.Repeat(l.line+"\n", 1000))
			g, err := p.Detect(chunk)
			if err != nil {
				b.Fatal(err)
			}
			w := p.NewWorker(g)
			var batch experience.Batch
			b.SetBytes(int64(len(chunk)))
			for b.Loop() {
				batch.Reset()
				w.Parse(chunk, &batch)
			}
		})
	}
}

func TestHeadersNameTheFields(t *testing.T) {
	iis := "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n" +
		"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n" +
		"2026-11-23 20:01:09 10.0.0.5 GET /basket id=1 443 - 203.0.113.7 Mozilla/5.0+(X11) - 200 0 0 31\n" +
		"2026-11-23 20:01:10 10.0.0.5 GET /basket id=1 443 - 203.0.113.7 Mozilla/5.0+(X11) - 200 0 64 9001\n" +
		"#Fields: date time c-ip cs-method cs-uri-stem sc-status time-taken\n" +
		"2026-11-23 20:01:11 203.0.113.7 POST /pay 503 1200\n" +
		"2026-11-23 20:01:11 203.0.113.7 POST\n"
	cloudfront := "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(User-Agent) x-edge-result-type time-taken\n" +
		"2026-11-23\t20:01:09\tAMS1\t392\t203.0.113.7\tGET\td111.cloudfront.net\t/basket\t200\tMozilla/5.0%20(X11)\tMiss\t0.102\n" +
		"2026-11-23\t20:01:10\tAMS1\t0\t203.0.113.7\tGET\td111.cloudfront.net\t/basket\t000\tMozilla/5.0%20(X11)\tError\t9.001\n"
	tests := []struct {
		log, format string
		rejected    int64
		causes      []experience.Cause
		waits       []uint32
	}{
		{iis, "w3c", 1, []experience.Cause{fun, gone, experience.Unreachable}, []uint32{31, 9001, 1200}},
		{cloudfront, "cloudfront", 0, []experience.Cause{fun, gone}, []uint32{102, 9001}},
	}
	for _, tt := range tests {
		p := mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s"))})
		g, err := p.Detect([]byte(tt.log))
		if err != nil || g.Name() != tt.format {
			t.Fatalf("%s: %v, %v", tt.format, g, err)
		}
		var b experience.Batch
		p.NewWorker(g).Parse([]byte(tt.log), &b)
		if len(b.Items) != len(tt.causes) || b.Tally.Rejected() != tt.rejected || b.Tally.Lines != int64(len(tt.causes))+tt.rejected {
			t.Fatalf("%s: %d experiences, %+v", tt.format, len(b.Items), b.Tally)
		}
		for i, e := range b.Items {
			if e.Cause != tt.causes[i] || e.Wait != tt.waits[i] || e.At != (at+int64(i))*1000 {
				t.Errorf("%s line %d: %v %d ms at %d", tt.format, i, e.Cause, e.Wait, e.At)
			}
		}
		// A worker that begins in the middle of a log knows what its head said.
		lines := strings.SplitAfter(tt.log, "\n")
		var tail experience.Batch
		p.NewWorker(g).Parse([]byte(lines[len(lines)-len(tt.causes)-int(tt.rejected)-1]), &tail)
		if tt.format == "cloudfront" && len(tail.Items) != 1 {
			t.Errorf("%s: the middle of the log: %+v", tt.format, tail.Tally)
		}
	}
}
