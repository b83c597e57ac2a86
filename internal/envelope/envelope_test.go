package envelope

import "testing"

func TestCut(t *testing.T) {
	const said = `203.0.113.7 - - [23/Nov/2026:20:01:09 +0000] "GET / HTTP/1.1" 200 2`
	for _, head := range []string{
		`<190>Nov 23 20:01:09 web nginx: `, `<190>Nov 23 20:01:09 nginx: `, `<134>haproxy[12]: `, `<134>`, `<134>Nov  3 20:01:09 web `,
		`Nov 23 20:01:09 lb haproxy[12]: `, `Nov 23 20:01:09.123456 lb haproxy[12]: `, `Nov 23 2026 20:01:09 lb haproxy[12]: `, `2026-11-23T20:01:09.123456+01:00 lb haproxy[12]: `, `2026-11-23T20:01:09+0100 lb nginx: `,
		`<165>1 2026-11-23T20:01:09.003Z lb haproxy 12 - - `, `<165>1 - - - - - - `, `<165>1 2026-11-23T20:01:09Z lb h 1 ID7 [a b="c\"]" d="[x"][e f="g"] `,
		"<165>1 2026-11-23T20:01:09Z lb h 1 - - \xef\xbb\xbf", `<13>2026-11-23T20:01:09Z lb caddy: `,
	} {
		if got, ok := Cut([]byte(head + said)); string(got) != said || !ok {
			t.Errorf("%s: %q, %v", head, got, ok)
		}
	}
	for _, line := range []string{
		said, ``, `<`, `<x>`, `<99999>a`, `Nov 23 20:01:09 no program here at all`, `2026-11-23T20:01:09.186641Z shop 203.0.113.7:2817 10.0.0.1:80 0.000`,
		`2026-11-23 20:01:09 10.0.0.5 GET / - 443`, `Nov 23`, `[2026-11-23T20:01:09.310Z] "GET /"`,
	} {
		if got, ok := Cut([]byte(line)); string(got) != line || ok {
			t.Errorf("%s: %q, %v; want it untouched", line, got, ok)
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add([]byte(`<165>1 2026-11-23T20:01:09Z lb h 1 ID7 [a b="c\"]" d="[x"][e f="g"] x`))
	f.Add([]byte(`<134>Nov 23 20:01:09 lb haproxy[12]: x`))
	f.Fuzz(func(t *testing.T, line []byte) {
		got, ok := Cut(line)
		if !ok && string(got) != string(line) || len(got) > len(line) {
			t.Errorf("%q became %q", line, got)
		}
	})
}
