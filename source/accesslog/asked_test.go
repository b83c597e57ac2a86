package accesslog

import (
	"reflect"
	"testing"

	"github.com/honderd/honderd/experience"
	"pgregory.net/rapid"
)

// What is remembered of a request is what it says, whatever it says.
func TestARequestIsRememberedAsItIs(t *testing.T) {
	p := mustParser(t, Options{Rules: experience.DefaultRules()})
	g := p.c.known[0]
	for _, one := range p.c.known {
		if one.name == "common" {
			g = one
		}
	}
	w := p.NewWorker(g)
	rapid.Check(t, func(t *rapid.T) {
		said := rapid.StringMatching(`(GET|POST|OPTIONS|get|)( ?)(/|//|http://shop\.example|\*|)[a-z0-9./?;#é%\x00-]{0,20}( HTTP/1\.1|)`).Draw(t, "request")
		line := []byte(`203.0.113.7 - - [23/Nov/2026:20:01:09 +0000] "` + said + `" 200 2`)
		if !w.m.match(g, line, false) {
			t.Skip("no line of this format")
		}
		want := w.ask(w.request(g, line))
		for range 2 {
			if got := w.asks(g, line); !reflect.DeepEqual(texts(got), texts(want)) || got.what != want.what || (got.target == nil) != (want.target == nil) || (got.path == nil) != (want.path == nil) {
				t.Fatalf("%q is remembered as %q, want %q", said, texts(got), texts(want))
			}
		}
	})
}

func texts(a asked) []string {
	return []string{string(a.method), string(a.target), string(a.path), string(a.journey)}
}
