package h1

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// smuggled is a request that is to be taken for the next one.
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

// TestNothingIsSmuggled sends what servers in a row have read in different ways.
//
// Source: Kettle, HTTP Desync Attacks, 2019, and HTTP/1.1 Must Die, 2025; RFC 9112, 11.2.
func TestNothingIsSmuggled(t *testing.T) {
	address := serve(t, http.HandlerFunc(echo), Options{})
	coding := func(line string) string { return "POST / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n\r\n0\r\n\r\n" }
	for name, give := range map[string]string{
		"length, then coding":       coding("Content-Length: 5\r\nTransfer-Encoding: chunked"),
		"coding, then length":       coding("Transfer-Encoding: chunked\r\nContent-Length: 5"),
		"length 0 and coding":       coding("Content-Length: 0\r\nTransfer-Encoding: chunked"),
		"two lengths":               coding("Content-Length: 0\r\nContent-Length: 5"),
		"negative length":           coding("Content-Length: -1"),
		"hexadecimal length":        coding("Content-Length: 0x5"),
		"length with a space":       coding("Content-Length: 5 5"),
		"length with underscores":   coding("Content-Length: 1_0"),
		"length with a point":       coding("Content-Length: 5.0"),
		"length in other digits":    coding("Content-Length: \u0665"),
		"space before the colon":    coding("Transfer-Encoding : chunked"),
		"tab before the colon":      coding("Transfer-Encoding\t: chunked"),
		"space before length":       coding("Content-Length : 5"),
		"chunked, identity":         coding("Transfer-Encoding: chunked, identity"),
		"identity, chunked":         coding("Transfer-Encoding: identity, chunked"),
		"gzip, chunked":             coding("Transfer-Encoding: gzip, chunked"),
		"quoted":                    coding("Transfer-Encoding: \"chunked\""),
		"with a parameter":          coding("Transfer-Encoding: chunked;a=b"),
		"with a comma":              coding("Transfer-Encoding: chunked,"),
		"with a comma before":       coding("Transfer-Encoding: ,chunked"),
		"empty":                     coding("Transfer-Encoding: "),
		"empty beside a length":     coding("Transfer-Encoding:\r\nContent-Length: 5"),
		"cut by a NUL":              coding("Transfer-Encoding: chunked\x00"),
		"folded":                    coding("Transfer-Encoding:\r\n chunked"),
		"folded onto another":       coding("X: 1\r\n\tTransfer-Encoding: chunked"),
		"behind a bare CR":          coding("X: 1\rTransfer-Encoding: chunked"),
		"behind a bare LF":          coding("X: 1\nTransfer-Encoding: chunked"),
		"behind a vertical tab":     coding("Transfer-Encoding:\x0bchunked"),
		"with a letter that lowers": coding("Transfer-Encoding: chun\u212Aed"),
		"a name with a letter":      coding("Transfer-Enc\u00f6ding: chunked\r\nContent-Length: 0x"),
		"LF before CR LF":           coding("X: 1\n\r\nTransfer-Encoding: chunked"),
		"CR before CR LF":           coding("X: 1\r\r\nContent-Length: 5"),
		"a line before the first":   "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"an expectation, twice":     coding("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 5"),
		"a tab in the first line":   "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
		"a request in the target":   "GET / HTTP/1.1\rX: / HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := say(t, address, give+smuggled)
			status := 0
			_, _ = fmt.Sscanf(got, "HTTP/1.1 %d ", &status)
			if status < 400 || status > 501 || strings.Count(got, "HTTP/1.1 ") != 1 || !strings.Contains(got, "Connection: close\r\n") {
				t.Errorf("%q was answered %.200q, want one refusal and the end", give, got)
			}
		})
	}
}

func TestNoChunkIsReadInTwoWays(t *testing.T) {
	address := serve(t, http.HandlerFunc(echo), Options{})
	for _, body := range []string{
		"-1\r\n\r\n", "+1\r\na\r\n0\r\n\r\n", "0x1\r\na\r\n0\r\n\r\n", "1_0\r\n", " 1\r\na\r\n0\r\n\r\n", "\t1\r\na\r\n0\r\n\r\n",
		"ffffffffffffffff\r\na\r\n0\r\n\r\n", "10000000000000001\r\na\r\n0\r\n\r\n", "00000000000000001\r\na\r\n0\r\n\r\n",
		"1\r\nab0\r\n\r\n", "1\r\na0\r\n\r\n", "1\r\na\n0\r\n\r\n", "1\r\na\r0\r\n\r\n", "1\ra\r\n0\r\n\r\n", "1\n\r\na\r\n0\r\n\r\n",
		"1;\x00\r\na\r\n0\r\n\r\n", "1;a\rb\r\na\r\n0\r\n\r\n", "1;a\nb\r\na\r\n0\r\n\r\n", "1;" + strings.Repeat("a", 2000) + "\r\na\r\n0\r\n\r\n",
		"0\n\r\n", "0\r\n\n", "0\r\nX\r\n\r\n", "0\r\n X: 1\r\n\r\n", "0\r\nX: \x00\r\n\r\n", "0\r\n" + strings.Repeat("X: 1\r\n", MaxFields+2) + "\r\n",
		"\u0661\r\na\r\n0\r\n\r\n",
	} {
		got := say(t, address, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"+body+smuggled)
		if strings.Contains(got, "200 OK") || strings.Contains(got, "/smuggled") {
			t.Errorf("%.60q was answered %.200q, want the end", body, got)
		}
	}
}
