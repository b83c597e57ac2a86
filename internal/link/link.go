// Package link says which addresses can be shown as links on a page.
package link

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Most is how many bytes an address has at most.
const Most = 512

// Shows reports whether s can be shown as a link: of the web, to a host, and without
// somebody's password.
func Shows(s string) bool {
	rest, secure := strings.CutPrefix(s, "https://")
	if !secure {
		var plain bool
		if rest, plain = strings.CutPrefix(s, "http://"); !plain {
			return false
		}
	}
	host := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		host = rest[:end]
	}
	hidden := func(c rune) bool { return !unicode.IsPrint(c) || c == utf8.RuneError }
	return host != "" && host[0] != ':' && !strings.Contains(host, "@") && len(s) <= Most && !strings.ContainsFunc(s, hidden) && !strings.ContainsAny(s, " \\\"<>`")
}
