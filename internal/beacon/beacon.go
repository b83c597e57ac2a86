// Package beacon puts the script that tells what people saw into pages that pass by.
package beacon

import (
	"bytes"
	"html"
	"strings"
)

// Tag is the script tag of a page. Source is required.
type Tag struct {
	Source  string // where the script is: /honderd.js, or https://honderd.example/honderd.js
	Key     string // that the page shows; "": none
	Journey string // what the page belongs to; "": from its address
	Step    string // what the page is; "": from its address
	Labels  string // release=1.4,region=eu
	Nonce   string // of the page's Content-Security-Policy, see Nonce; "": none
}

// String returns the tag as HTML. Whatever its fields are, it stays one tag.
func (t Tag) String() string {
	var b strings.Builder
	b.WriteString("<script src=\"" + html.EscapeString(t.Source) + "\"")
	for _, one := range [][2]string{
		{"data-key", t.Key}, {"data-journey", t.Journey}, {"data-step", t.Step}, {"data-labels", t.Labels}, {"nonce", t.Nonce},
	} {
		if one[1] != "" {
			b.WriteString(" " + one[0] + "=\"" + html.EscapeString(one[1]) + "\"")
		}
	}
	b.WriteString(" async></script>")
	return b.String()
}

// looked is how much of a page is looked at: a head begins before.
const looked = 16 << 10

// Place returns where in a page, or in its beginning, the tag belongs: first in its head,
// so that what happens while the page loads is seen. It returns false for what is no
// whole page, which stays as it is: a fragment, a page that has the script, or one whose
// head has not come yet.
//
// Source: HTML Living Standard, 13.1.2 (start tags) and 13.2.6.4.3 (before head).
func Place(page []byte) (at int, ok bool) {
	page = page[:min(len(page), looked)]
	if bytes.Contains(page, []byte("honderd.js")) {
		return 0, false
	}
	whole := false // a doctype or the element html came: it is no fragment
	for at < len(page) {
		at += len(page[at:]) - len(bytes.TrimLeft(page[at:], " \t\r\n\f\ufeff"))
		rest := page[at:]
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			end := bytes.Index(rest, []byte("-->"))
			if end < 0 {
				return 0, false
			}
			at += end + len("-->")
		case begins(rest, "<!doctype"), begins(rest, "<?xml"), begins(rest, "<html"):
			end := tagEnd(rest)
			if end < 0 {
				return 0, false
			}
			whole = whole || !begins(rest, "<?xml")
			at += end
		case begins(rest, "<head"):
			end := tagEnd(rest)
			return at + end, end >= 0
		default: // the head begins without saying so
			return at, whole && len(rest) > len("<!doctype")
		}
	}
	return 0, false
}

// begins reports whether page begins with a tag, in any case.
func begins(page []byte, tag string) bool {
	return len(page) > len(tag) && bytes.EqualFold(page[:len(tag)], []byte(tag)) && bytes.IndexByte([]byte(" \t\r\n\f/>"), page[len(tag)]) >= 0
}

// tagEnd returns where a tag ends, -1 when its end has not come.
func tagEnd(tag []byte) int {
	quote := byte(0)
	for i, c := range tag {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return -1
}

// Insert returns page with the tag in its Place, and whether it has one. page itself is
// not changed.
func Insert(page []byte, t Tag) ([]byte, bool) {
	at, ok := Place(page)
	if !ok {
		return page, false
	}
	tag := t.String()
	with := make([]byte, 0, len(page)+len(tag))
	return append(append(append(with, page[:at]...), tag...), page[at:]...), true
}

// Nonce returns the nonce that a Content-Security-Policy asks scripts for, "" for none.
//
// Source: Content Security Policy Level 3, 2.3.1.
func Nonce(policy string) string {
	var spare string
	for directive := range strings.SplitSeq(policy, ";") {
		words := strings.Fields(directive)
		if len(words) == 0 {
			continue
		}
		name := strings.ToLower(words[0])
		if name != "script-src-elem" && name != "script-src" && name != "default-src" {
			continue
		}
		nonce := ""
		for _, word := range words[1:] {
			if inner, found := strings.CutPrefix(word, "'nonce-"); found && nonce == "" {
				nonce = strings.TrimSuffix(inner, "'")
			}
		}
		if name != "default-src" && nonce != "" {
			return nonce
		}
		if name == "default-src" {
			spare = nonce
		}
	}
	return spare
}

// Allows reports whether a Content-Security-Policy lets a page load the script from its
// own host, or with its nonce, and tell its own host. "" allows everything.
func Allows(policy string) bool {
	return policy == "" || (Nonce(policy) != "" || allows(policy, "script-src-elem", "script-src", "default-src")) && allows(policy, "connect-src", "default-src")
}

// allows reports whether the first of these directives that a policy has lets its own
// host in.
func allows(policy string, names ...string) bool {
	for _, name := range names {
		for directive := range strings.SplitSeq(policy, ";") {
			words := strings.Fields(strings.ToLower(directive))
			if len(words) == 0 || words[0] != name {
				continue
			}
			for _, word := range words[1:] {
				if word == "'self'" || word == "*" {
					return true
				}
			}
			return false
		}
	}
	return true
}
