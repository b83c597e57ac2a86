package accesslog

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
)

const (
	firefox   = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
	minute    = "23/Nov/2026:20:01:09 +0000"
	minuteMS  = 1795464069000
	getBasket = `"GET /basket/17?sid=1 HTTP/1.1"`
)

func mustParser(tb testing.TB, o Options) *Parser {
	tb.Helper()
	if o.Salts == nil {
		o.Salts = who.Fixed([]byte("salt"))
	}
	p, err := NewParser(o)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// parse reads lines with the rules of everybody, unless o says Raw.
func parse(tb testing.TB, o Options, lines ...string) *experience.Batch {
	tb.Helper()
	if !o.Raw {
		o.Rules = experience.DefaultRules()
	}
	p := mustParser(tb, o)
	log := []byte(strings.Join(lines, "\n"))
	g, err := p.Detect(log)
	if err != nil {
		g = nil
	}
	var b experience.Batch
	b.Reset()
	if rest := p.NewWorker(g).Parse(log, &b); len(rest) != 0 {
		tb.Fatalf("Parse left %d bytes", len(rest))
	}
	return &b
}

// show writes all that can be seen of b but its people.
func show(b *experience.Batch) string {
	var s strings.Builder
	for i, e := range b.Items {
		if i > 0 {
			s.WriteString("; ")
		}
		fmt.Fprintf(&s, "%d %s %s/%s", e.At-minuteMS, b.Journeys[e.Journey], e.Cause, e.Mask)
		if e.Wait > 0 {
			fmt.Fprintf(&s, " %dms", e.Wait)
		}
		if e.Part {
			s.WriteString(" part")
		}
		if e.Step > 0 {
			fmt.Fprintf(&s, " [%s]", b.Steps[e.Step])
		}
	}
	return s.String()
}

func TestFormats(t *testing.T) {
	line := `192.0.2.7 - - [` + minute + `] ` + getBasket + ` 500 12`
	quotes := ` "-" "` + firefox + `"`
	const bad = "0 /basket server_error/unmasked [GET /basket/:id]"
	tests := []struct{ name, format, line, wantName, want string }{
		{"common", "", line, "common", bad},
		{"combined", "", line + quotes, "combined", bad},
		{"combined and CR", "", line + quotes + "\r", "combined", bad},
		{"combined IPv6", "", strings.Replace(line, "192.0.2.7", "2001:db8::7", 1) + quotes, "combined", bad},
		{"main", "", line + quotes + ` "198.51.100.9, 10.0.0.1"`, "main", bad},
		{"main without proxy", "", line + quotes + ` "-"`, "main", bad},
		{"extra", "", line + quotes + ` 0.123 "x" y`, "combined+", bad},
		{"vhost with port", "", "shop.example:443 " + line + quotes, "vhost_combined", bad},
		{"vhost", "", "shop.example " + line + quotes, "vhost_combined", bad},
		{"vhost and extra", "", "shop.example " + line + quotes + ` "-"`, "vhost_combined+", bad},
		{"vhost common", "", "shop.example " + line, "vhost_common", bad},
		{"user with a space", "", strings.Replace(line, "- - [", "- Jan Jansen [", 1) + quotes, "combined", bad},
		{"ingress", "", line + quotes + ` 86 0.002 [default-shop-80] [] 10.0.0.1:80 12 0.002 500 9725ab`, "ingress-nginx", bad[:len(bad)-len("[GET /basket/:id]")] + "2ms [GET /basket/:id]"},
		{"npm", "", `[` + minute + `] - 502 502 - GET https shop.example "/basket/17" [Client 192.0.2.7] [Length 1] [Gzip -] [Sent-to shop] "` + firefox + `" "-"`, "nginx-proxy-manager", "0 /basket unreachable/unmasked [GET /basket/:id]"},
		{"npm own", "", `[` + minute + `] 500 - GET https shop.example "/basket/17" [Client 192.0.2.7] [Length 1] [Gzip -] "` + firefox + `" "-"`, "nginx-proxy-manager", bad},
		{"nginx pieces", "log_format x '$remote_addr [$time_iso8601] '\n  '\"$request\" $status rt=$request_time';", `192.0.2.7 [2026-11-23T21:01:09+01:00] ` + getBasket + ` 500 rt=1.5`, "custom", "0 /basket server_error/unmasked 1500ms [GET /basket/:id]"},
		{"nginx json", `escape=json '{"t":"$msec","a":"$remote_addr","m":"$request_method","u":"$scheme://$host$request_uri","s":$status,"ua":"$http_user_agent"}'`,
			`{"t":"1795464069.250","a":"192.0.2.7","m":"GET","u":"https://shop.example/basket/17?x","s":500,"ua":"a \"quoted\" Mozilla"}`, "custom", "250" + bad[1:]},
		{"nginx tabs", `$msec\t$remote_addr\t$request_method\t$uri$is_args$args\t$status`, "1795464069.250\t192.0.2.7\tGET\t/basket/17?a b\t500", "custom", "250" + bad[1:]},
		{"apache", `LogFormat "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\" %D" timed`, line + quotes + " 1500", "custom", "2 /basket server_error/unmasked 2ms [GET /basket/:id]"},
		{"apache strftime", `%a [%{%d/%b/%Y:%T}t.%{msec_frac}t %{%z}t] "%m %U%q" %s`, `192.0.2.7 [23/Nov/2026:20:01:09.250 +0000] "GET /basket/17?x" 500`, "custom", "250" + bad[1:]},
		{"apache epoch", `%{c}a %{msec}t %{end:usec}t %m %U %s %{us}T`, `192.0.2.7 1795464069250 1795464069250999 GET /basket/17 500 2000`, "custom", "250 /basket server_error/unmasked 2ms [GET /basket/:id]"},
		{"apache compact", `%{%Y%m%d%H%M%S}t %h %s %m %U`, `20261123200109 192.0.2.7 500 GET /basket/17`, "custom", bad},
		{"apache 12 hours", `%{%m/%d/%y %I:%M:%S %p}t %h %s %m %U`, `11/23/26 08:01:09 PM 192.0.2.7 500 GET /basket/17`, "custom", bad},
		{"by name", "common", line, "common", bad},
		{"quote in request", "", strings.Replace(line, "/basket/17", `/basket/17"x" y`, 1) + quotes, "combined", `0 /basket server_error/unmasked [GET /basket/17"x" y]`},
		{"escaped quote", "", strings.Replace(line, "/basket/17", `/basket/17\" 200 1`, 1) + quotes, "combined", `0 /basket server_error/unmasked [GET /basket/17\" 200 1]`},
		{"escaped quote in agent", "", line + ` "-" "a \" \"b\" Mozilla"`, "combined", bad},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := parse(t, Options{Format: tt.format, Robots: true}, tt.line)
			if got := show(b); got != tt.want || b.Tally.Formats[tt.wantName] != 1 {
				t.Errorf("Parse(%q) = %q of %v %v, want %q of %s", tt.line, got, b.Tally.Formats, b.Tally.Rejects, tt.want, tt.wantName)
			}
		})
	}
}

func TestMixed(t *testing.T) {
	common := `192.0.2.7 - - [` + minute + `] "GET /a HTTP/1.1" 200 12`
	combined := common + ` "-" "` + firefox + `"`
	b := parse(t, Options{}, combined, common, "", " \t", "garbage", combined+` "192.0.2.1"`, combined, "host "+combined)
	want := map[string]int64{"combined": 2, "common": 1, "main": 1, "vhost_combined": 1}
	if fmt.Sprint(b.Tally.Formats) != fmt.Sprint(want) || b.Tally.Lines != 6 || b.Tally.Parsed != 5 {
		t.Errorf("tally = %+v, want formats %v", b.Tally, want)
	}
}

func TestRejects(t *testing.T) {
	line := func(time, status string) string {
		return `192.0.2.7 - - [` + time + `] "GET /a HTTP/1.1" ` + status + ` 12 "-" "x"`
	}
	good := line(minute, "200")
	tests := []struct{ name, line, want string }{
		{"garbage", "hello \x1b[31m world", noFormat},
		{"cut off", good[:60], noFormat},
		{"time", line("yesterday", "200"), noTime},
		{"time that looks so", line("23/Foo/2026:20:01:09 +0000", "200"), noTime},
		{"31 November", line("31/Nov/2026:20:01:09 +0000", "200"), impossibleTime},
		{"hour 24", line("23/Nov/2026:24:01:09 +0000", "200"), impossibleTime},
		{"year 1970", line("23/Nov/1970:20:01:09 +0000", "200"), impossibleTime},
		{"status", line(minute, "-"), noStatus},
		{"long", good + strings.Repeat("x", 64<<10), tooLong},
		{"binary", "\x7fELF\x02\x01\x00\x00", notText},
		{"zeros", "\x00\x00\x00", notText},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := parse(t, Options{}, good, tt.line, good)
			r := b.Tally.Rejects[tt.want]
			if r.Count != 1 || b.Tally.Lines != 3 || b.Tally.Parsed != 2 || len(r.Examples) != 1 {
				t.Fatalf("tally = %+v, want one %q", b.Tally, tt.want)
			}
			if x := r.Examples[0]; len(x) > experience.MaxExample || strings.ContainsFunc(x, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("example %q is not short and printable", x)
			}
		})
	}
}

func TestZerosBeforeLine(t *testing.T) {
	if b := parse(t, Options{}, "\x00\x00"+`192.0.2.7 - - [`+minute+`] "GET /a HTTP/1.1" 200 12`); len(b.Items) != 1 {
		t.Errorf("a line behind the zeros of a truncated log is lost: %+v", b.Tally)
	}
}

func TestDetectExplains(t *testing.T) {
	_, err := mustParser(t, Options{}).Detect([]byte("hello\x00 world\nfoo\n"))
	if err == nil || !strings.Contains(err.Error(), `"hello. world"`) || !strings.Contains(err.Error(), "--format") {
		t.Errorf("Detect() = %v, want the first line and the way out", err)
	}
	if _, err := mustParser(t, Options{}).Detect([]byte("\n\r\n")); !errors.Is(err, ErrEmpty) {
		t.Errorf("Detect(nothing) = %v, want ErrEmpty", err)
	}
	if _, err := mustParser(t, Options{Format: `$msec $status`}).Detect([]byte("hello\n")); err == nil || !strings.Contains(err.Error(), "no line is as format") {
		t.Errorf("Detect() with a format that does not fit = %v", err)
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		name string
		give Options
		want string // part of the error; "" for none
	}{
		{"zero", Options{}, ""},
		{"unknown variable", Options{Format: `$foo $remote_addr $msec $status`}, ""},
		{"unterminated", Options{Format: `${foo $msec $status`}, "fix: close it with }"},
		{"unterminated Apache", Options{Format: `%h %t %>s %{Referer`}, "fix: close it with }"},
		{"cut off", Options{Format: `%h %t %>s %`}, "cut off"},
		{"no status", Options{Format: `$remote_addr $msec`}, "fix: add $status"},
		{"no time", Options{Format: `$remote_addr $status`}, "fix: add $time_local"},
		{"no variable", Options{Format: `a b`}, "has no variable"},
		{"name", Options{Format: "combned"}, "combined+, common"},
		{"person", Options{Person: "name"}, "header:NAME"},
		{"field in format", Options{Person: "field:cookie_id", Format: `$cookie_id $msec $status`}, ""},
		{"field with its sign", Options{Person: "field:%{ID}C", Format: `%{ID}C %t %s`}, ""},
		{"field not in format", Options{Person: "field:cookie_id", Format: `$msec $status`}, "the log has no such field"},
		{"field of JSON, perhaps", Options{Person: "field:tenant.user"}, ""},
		{"field of a known format", Options{Person: "field:remote_user"}, ""},
		{"header of a known format", Options{Person: "header:X-Forwarded-For"}, ""},
		{"trusted", Options{Trusted: []string{"10.0.0.1"}}, "fix: write it as 10.0.0.0/8"},
		{"bounds", Options{Since: 2, Until: 1}, "fix: swap them"},
		{"two at once", Options{Person: "name", Trusted: []string{"x"}}, "trusted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.give.Validate()
			got := ""
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, tt.want) || (tt.want == "") != (err == nil) {
				t.Errorf("Validate() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	line := func(at string) string { return `192.0.2.7 - - [` + at + `] "GET /a HTTP/1.1" 200 12` }
	tests := []struct{ at, want string }{
		{minute, "2026-11-23T20:01:09Z"},
		{"23/Nov/2026:20:01:60 +0000", "2026-11-23T20:02:00Z"},
		{"25/Oct/2026:02:30:00 +0200", "2026-10-25T00:30:00Z"},
		{"25/Oct/2026:02:30:00 +0100", "2026-10-25T01:30:00Z"},
		{"29/Feb/2024:23:59:59 -0930", "2024-03-01T09:29:59Z"},
		{"01/Jan/2000:00:00:00.250 +0000", "2000-01-01T00:00:00.25Z"},
	}
	for _, tt := range tests {
		b := parse(t, Options{}, line(minute), line(tt.at), line(tt.at))
		if len(b.Items) != 3 || b.Items[1].Time().Format(time.RFC3339Nano) != tt.want || b.Items[2].At != b.Items[1].At {
			t.Errorf("time %s = %v, want %s", tt.at, b.Items, tt.want)
		}
	}
	for year := 1990; year < 2100; year++ {
		for _, m := range []time.Month{1, 2, 3, 12} {
			for _, d := range []int{1, 28} {
				if got, want := days(year, int(m), d), int(time.Date(year, m, d, 0, 0, 0, 0, time.UTC).Unix()/86400); got != want {
					t.Fatalf("days(%d, %d, %d) = %d, want %d", year, m, d, got, want)
				}
			}
		}
	}
}
