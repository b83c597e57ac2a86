package accesslog

import (
	"strings"
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/route"
)

// combined makes a line of a person.
func combined(request, status string) string {
	return `192.0.2.7 - - [` + minute + `] "` + request + `" ` + status + ` 12 "-" "` + firefox + `"`
}

func TestJudging(t *testing.T) {
	tests := []struct{ request, status, want, wantRaw string }{
		{"GET / HTTP/1.1", "200", "0 / fine/unmasked", "0 / fine/unmasked"},
		{"GET /shop/x HTTP/1.1", "302", "0 /shop fine/unmasked", "0 /shop fine/unmasked"},
		{"GET /shop HTTP/1.1", "429", "0 /shop too_many_requests/unmasked [GET /shop]", "0 /shop fine/unmasked"},
		{"GET /shop HTTP/1.1", "499", "0 /shop gave_up/unmasked [GET /shop]", "0 /shop gave_up/unmasked [GET /shop]"},
		{"GET /shop HTTP/1.1", "503", "0 /shop unreachable/unmasked [GET /shop]", "0 /shop unreachable/unmasked [GET /shop]"},
		{"GET /nowhere HTTP/1.1", "404", "0  fine/unmasked", "0  fine/unmasked"},
		{"GET /a/b.CSS?v=1 HTTP/1.1", "500", "0 /a server_error/unmasked part [GET /a/b.CSS]", "0 /a server_error/unmasked [GET /a/b.CSS]"},
		{"GET /favicon.ico HTTP/1.1", "500", "0 / fine/unmasked part", "0 / server_error/unmasked [GET /favicon.ico]"},
		{"GET /js/a.js.map HTTP/1.1", "500", "0 /js fine/unmasked part", "0 /js server_error/unmasked [GET /js/a.js.map]"},
		{"OPTIONS /api HTTP/1.1", "500", "0 /api server_error/unmasked part [OPTIONS /api]", "0 /api server_error/unmasked [OPTIONS /api]"},
		{"-", "408", "", "0  fine/unmasked"},
		{"-", "500", "", "0  server_error/unmasked"},
		{`\x16\x03\x01\x00`, "400", "", "0  fine/unmasked"},
		{"lv|'|'|user a|", "400", "", "0  fine/unmasked"},
		{"GET /old", "200", "0 /old fine/unmasked", "0 /old fine/unmasked"},
		{"CONNECT x.example:25 HTTP/1.1", "400", "0  fine/unmasked", "0  fine/unmasked"},
	}
	for _, tt := range tests {
		b := parse(t, Options{}, combined(tt.request, tt.status))
		if got := show(b); got != tt.want || (b.Tally.NoRequest == 1) != (tt.want == "") {
			t.Errorf("%s %s = %q, want %q", tt.request, tt.status, got, tt.want)
		}
		if got := show(parse(t, Options{Raw: true}, combined(tt.request, tt.status))); got != tt.wantRaw {
			t.Errorf("raw %s %s = %q, want %q", tt.request, tt.status, got, tt.wantRaw)
		}
	}
}

func TestMasks(t *testing.T) {
	const format = `$remote_addr [$time_local] "$request" $status $upstream_addr $upstream_status $upstream_cache_status $request_time`
	tests := []struct{ name, status, upstream, cache, want string }{
		{"no fault", "200", "200", "-", "fine/unmasked"},
		{"nobody asked", "200", "-", "HIT", "fine/unmasked"},
		{"next server", "200", "502, 503, 200", "-", "fine/retry"},
		{"next server said no", "404", "502, 404", "-", "fine/retry"},
		{"connect failed", "200", "-, 200", "-", "fine/retry"},
		{"no answer", "200", "0, 200", "-", "fine/retry"},
		{"all failed", "502", "502, 502", "-", "unreachable/unmasked"},
		{"stale", "200", "503", "STALE", "fine/stale"},
		{"updating", "200", "502, 504", "UPDATING", "fine/stale"},
		{"stale without fault", "200", "-", "STALE", "fine/unmasked"},
		{"redirect inside", "200", "503 : 200", "-", "fine/fallback"},
		{"redirect to a page", "200", "503 : -", "-", "fine/fallback"},
		{"page of the server", "200", "503", "-", "fine/fallback"},
		{"redirect without fault", "200", "200 : 200", "-", "fine/unmasked"},
		{"retry, then inside", "200", "502, 200 : 200", "-", "fine/retry"},
		{"error page", "404", "503 : 404", "-", "fine/unmasked"},
		{"left", "499", "502, -", "-", "fine/unmasked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			line := `192.0.2.7 [` + minute + `] "GET /a HTTP/1.1" ` + tt.status + ` 10.0.0.1:80, 10.0.0.2:80 : unix:/x ` + tt.upstream + ` ` + tt.cache + ` 0.010`
			b := parse(t, Options{Format: format}, line)
			want := "0 /a " + tt.want + " 10ms"
			if tt.status == "404" { // nobody's journey
				want = "0  " + tt.want + " 10ms"
			}
			if tt.want != "fine/unmasked" {
				want += " [GET /a]"
			}
			if got := show(b); got != want {
				t.Errorf("Parse(%q) = %q, want %q (%v)", line, got, want, b.Tally.Rejects)
			}
		})
	}
}

func TestApacheMasks(t *testing.T) {
	const format = `%h %t \"%r\" %>s orig=%<s changed=%{BALANCER_ROUTE_CHANGED}e session=%{BALANCER_SESSION_ROUTE}e`
	tests := []struct{ end, want string }{
		{"200 orig=200 changed=- session=-", "fine/unmasked"},
		{"200 orig=503 changed=- session=-", "fine/fallback"},
		{"200 orig=200 changed=1 session=a", "fine/retry"},
		{"200 orig=200 changed=1 session=-", "fine/unmasked"},
		{"503 orig=503 changed=1 session=a", "unreachable/unmasked"},
	}
	for _, tt := range tests {
		b := parse(t, Options{Format: format}, `192.0.2.7 [`+minute+`] "GET /a HTTP/1.1" `+tt.end)
		if got := show(b); !strings.HasPrefix(got, "0 /a "+tt.want) {
			t.Errorf("%s = %q, want %q", tt.end, got, tt.want)
		}
	}
}

func TestWaits(t *testing.T) {
	tests := []struct{ format, value, want string }{
		{`$request_time`, "0.000", ""},
		{`$request_time`, "0.001", "1ms"},
		{`$request_time`, "-", ""},
		{`$request_time`, "9.000", "too_slow"},
		{`$request_time`, "8.000", "8000ms"},
		{`$request_time`, "99999999.9", "4294967295ms"},
	}
	for _, tt := range tests {
		b := parse(t, Options{Format: `$remote_addr $msec $status ` + tt.format}, "192.0.2.7 1795464069.000 200 "+tt.value)
		got := show(b)
		if !strings.Contains(got, tt.want) || (tt.want == "" && strings.Contains(got, "ms")) {
			t.Errorf("%s %s = %q, want %q", tt.format, tt.value, got, tt.want)
		}
	}
	for value, want := range map[string]int64{"": -1, "-": -1, "x": -1, "1": 1, "0": 0, "1000": 1, "1001": 2, "1.5x": -1} {
		if got := duration([]byte(value), 1); got != want {
			t.Errorf("duration(%q) = %d, want %d", value, got, want)
		}
	}
}

func TestRobotsAreSetApart(t *testing.T) {
	lines := []string{
		combined("GET / HTTP/1.1", "200"),
		strings.Replace(combined("GET / HTTP/1.1", "200"), firefox, "curl/8.1", 1),
		strings.Replace(combined("GET / HTTP/1.1", "200"), firefox, "Uptime-Kuma/1.23", 1),
		strings.Replace(combined("GET / HTTP/1.1", "200"), firefox, "-", 1),
	}
	for _, tt := range []struct {
		o    Options
		want int
	}{{Options{}, 2}, {Options{Robots: true}, 4}, {Options{Raw: true}, 4}} {
		b := parse(t, tt.o, lines...)
		if len(b.Items) != tt.want || b.Tally.Robots != 1 || b.Tally.Probes != 1 || b.Tally.Parsed != 4 {
			t.Errorf("%+v: %d experiences, tally %+v; want %d, one robot, one probe", tt.o, len(b.Items), b.Tally, tt.want)
		}
	}
}

func TestSinceUntil(t *testing.T) {
	line := combined("GET / HTTP/1.1", "200")
	for _, tt := range []struct {
		since, until int64
		want         int
	}{{0, 0, 1}, {minuteMS, minuteMS + 1, 1}, {minuteMS + 1, 0, 0}, {0, minuteMS, 0}} {
		b := parse(t, Options{Since: tt.since, Until: tt.until}, line)
		if len(b.Items) != tt.want || b.Tally.Parsed != 1 {
			t.Errorf("since %d until %d: %d experiences, want %d", tt.since, tt.until, len(b.Items), tt.want)
		}
	}
}

func TestJourneysAndSteps(t *testing.T) {
	long := strings.Repeat("long", 40)
	tests := []struct{ target, journey, step string }{
		{"/", "/", "GET /"},
		{"", "/", "GET /"},
		{"*", "/", "GET /"},
		{"/shop", "/shop", "GET /shop"},
		{"//shop//x", "/shop", "GET //shop//x"},
		{"/robots.txt", "/", "GET /robots.txt"},
		{"/v1.0/a", "/v1.0", "GET /v1.0/a"},
		{"/17/a", "/", "GET /:id/a"},
		{"/deadbeef/a", "/", "GET /:id/a"},
		{"/beef/a", "/beef", "GET /beef/a"},
		{"/u/0f8fad5b-d9cb-469f-a165-70867728950e/edit", "/u", "GET /u/:id/edit"},
		{"/img/4711.webp", "/img", "GET /img/:id.webp"},
		{"/v1.2/list", "/v1.2", "GET /v1.2/list"},
		{"/reset/eyJhbGciOiJIUzI1NiJ9abc", "/reset", "GET /reset/:id"},
		{"/mail/jan@example.org", "/mail", "GET /mail/:id"},
		{"/a%20b/c", "/a%20b", "GET /a%20b/c"},
		{"http://shop.example/x/1?y", "/x", "GET /x/:id"},
		{"https://shop.example", "/", "GET /"},
		{"/shop;jsessionid=12AB/x", "/shop", "GET /shop"},
		{"/shop#x", "/shop", "GET /shop"},
		{"/" + long, "/" + long[:63], "GET /" + long[:115]},
		{"/" + strings.Repeat("é", 40), "/" + strings.Repeat("é", 31), "GET /" + strings.Repeat("é", 40)},
	}
	for _, tt := range tests {
		path := route.Path([]byte(tt.target))
		if got := string(route.Journey(path, 200)); got != tt.journey {
			t.Errorf("journey of %q = %q, want %q", tt.target, got, tt.journey)
		}
		if got := string(route.AppendStep(nil, []byte("GET"), path)); got != tt.step {
			t.Errorf("step of %q = %q, want %q", tt.target, got, tt.step)
		}
	}
}

// partOf must say what Rules.IsPart says.
func FuzzPart(f *testing.F) {
	for _, s := range []string{"/a.css", "/a.CSS", "/favicon.ico", "/x/favicon.ico", "/xfavicon.ico", "/a.b/c", "/a", ".", "/a.map", "/manifest.json", "/a.abcdefghijk", "/a.abcdefghijkl"} {
		f.Add(s)
	}
	rules := experience.DefaultRules()
	p := mustParser(f, Options{Rules: rules})
	f.Fuzz(func(t *testing.T, path string) {
		for _, c := range []byte(path) {
			if c >= 0x80 { // Unicode has letters that fold to k and s
				t.Skip()
			}
		}
		got := p.partOf([]byte(path))
		if part, noticed := rules.IsPart(path); part != got.part || noticed != got.noticed {
			t.Errorf("partOf(%q) = %+v, want %v, %v", path, got, part, noticed)
		}
	})
}
