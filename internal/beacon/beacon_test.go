package beacon

import (
	"bytes"
	"strings"
	"testing"
)

func TestThePlaceIsFirstInTheHead(t *testing.T) {
	for _, tt := range []struct{ name, give, want string }{
		{"a page", "<!doctype html><html><head><title>x</title>", "<!doctype html><html><head>|<title>x</title>"},
		{"capitals and attributes", "<!DOCTYPE HTML>\n<HTML lang='a>b'>\n<HEAD data-x=\">\">\n<title>", "<!DOCTYPE HTML>\n<HTML lang='a>b'>\n<HEAD data-x=\">\">|\n<title>"},
		{"a head in a comment", "<!doctype html><!-- <head> --><html><head>x", "<!doctype html><!-- <head> --><html><head>|x"},
		{"no head", "<!doctype html>\n<title>hello</title>", "<!doctype html>\n|<title>hello</title>"},
		{"no html", "<!doctype html><head ><title>", "<!doctype html><head >|<title>"},
		{"only a header element", "<!doctype html><header>the shop</header>", "<!doctype html>|<header>the shop</header>"},
		{"xhtml", `<?xml version="1.0"?><html xmlns="x"><head/><body>`, `<?xml version="1.0"?><html xmlns="x"><head/>|<body>`},
		{"a mark of the byte order", "\ufeff<!doctype html><head>", "\ufeff<!doctype html><head>|"},
		{"a fragment", "<div>more</div>", ""},
		{"a word", "hello", ""},
		{"nothing", "", ""},
		{"it is there", `<!doctype html><head><script src="/honderd.js">`, ""},
		{"not all has come", "<!doctype html><html><head data-x=", ""},
		{"not the end of a comment", "<!doctype html><!-- ", ""},
	} {
		at, ok := Place([]byte(tt.give))
		got := ""
		if ok {
			got = tt.give[:at] + "|" + tt.give[at:]
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestATagStaysOneTag(t *testing.T) {
	evil := `"><script>alert(1)</script><x y='`
	tag := Tag{Source: evil, Key: evil, Journey: evil, Step: evil, Labels: evil, Nonce: evil}.String()
	if strings.Count(tag, "<") != 2 || strings.Count(tag, ">") != 2 || strings.Contains(tag, "'") {
		t.Error(tag)
	}
	if got, want := (Tag{Source: "/honderd.js", Key: "shop"}).String(), `<script src="/honderd.js" data-key="shop" async></script>`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestPoliciesAreKept(t *testing.T) {
	for _, tt := range []struct {
		policy, nonce string
		allows        bool
	}{
		{"", "", true},
		{"default-src 'self'", "", true},
		{"default-src 'none'", "", false},
		{"default-src 'none'; script-src 'self'", "", false},
		{"default-src 'none'; script-src 'self'; connect-src 'self'", "", true},
		{"script-src 'nonce-abc' 'strict-dynamic'", "abc", true},
		{"script-src 'nonce-abc'; connect-src 'none'", "abc", false},
		{"default-src 'nonce-d'; script-src-elem 'nonce-e'", "e", false},
		{"img-src 'nonce-no'; script-src https://cdn.example", "", false},
	} {
		if Nonce(tt.policy) != tt.nonce || Allows(tt.policy) != tt.allows {
			t.Errorf("%q: nonce %q, allows %v", tt.policy, Nonce(tt.policy), Allows(tt.policy))
		}
	}
}

func FuzzInsert(f *testing.F) {
	for _, page := range []string{"<!doctype html><html><head><title>", "<!--", "<head>", "<html a='>'><HEAD >x"} {
		f.Add([]byte(page))
	}
	tag := Tag{Source: "/honderd.js"}
	f.Fuzz(func(t *testing.T, page []byte) {
		with, ok := Insert(page, tag)
		if !ok && !bytes.Equal(with, page) || ok && len(with) != len(page)+len(tag.String()) {
			t.Fatalf("%q became %q", page, with)
		}
		if again, twice := Insert(with, tag); ok && twice {
			t.Fatalf("twice: %q", again)
		}
	})
}
