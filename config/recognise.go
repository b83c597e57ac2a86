package config

import (
	"fmt"
	"strings"

	"github.com/honderd/honderd/internal/diag"
)

// Recognise is what tells people apart: address, address+agent, header:NAME or
// field:NAME.
type Recognise string

// The rules that need no name.
const (
	// ByAddress tells people apart by their address alone.
	ByAddress Recognise = "address"
	// ByAddressAndAgent tells people apart by their address and their browser.
	ByAddressAndAgent Recognise = "address+agent"
)

// ParseRecognise reads a rule as a person writes it.
func ParseRecognise(text string) (Recognise, error) {
	by, name, named := strings.Cut(text, ":")
	switch {
	case text == string(ByAddress), text == string(ByAddressAndAgent):
		return Recognise(text), nil
	case !named && (by == "header" || by == "field"):
		return "", fmt.Errorf("%q does not say which (fix: write %s:NAME)", text, by)
	case !named || by != "header" && by != "field":
		return "", unknownRule(text, by, name, named)
	case name == "":
		return "", fmt.Errorf("%q has no name after the colon (fix: write %s:NAME)", text, by)
	case by == "header" && !isToken(name):
		return "", fmt.Errorf("%q is not the name of a header (fix: write letters, digits and dashes, such as header:X-User-Id)", name)
	case strings.ContainsAny(name, " \t\r\n"):
		return "", fmt.Errorf("the name of a field has no spaces, but %q has (fix: write the name as it is in the log, such as field:user_id)", name)
	}
	return Recognise(text), nil
}

// unknownRule says that a rule is none, and which one was probably meant.
func unknownRule(text, by, name string, named bool) error {
	if named {
		if near := diag.Nearest(by, []string{"header", "field"}); near != "" {
			return fmt.Errorf("%q recognises nobody (fix: write %s:%s)", text, near, name)
		}
	} else if near := diag.Nearest(strings.ReplaceAll(text, " ", ""), []string{string(ByAddressAndAgent), string(ByAddress)}); near != "" {
		return fmt.Errorf("%q recognises nobody (fix: write %s)", text, near)
	}
	return fmt.Errorf("%q recognises nobody (fix: write address, address+agent, header:NAME or field:NAME)", text)
}

// Header returns the name of the request header that holds who it is, "" if that is
// not how people are told apart.
func (r Recognise) Header() string { return r.after("header:") }

// Field returns the name of the field of a log that holds who it is, "" if that is not
// how people are told apart.
func (r Recognise) Field() string { return r.after("field:") }

func (r Recognise) after(prefix string) string {
	name, found := strings.CutPrefix(string(r), prefix)
	if !found {
		return ""
	}
	return name
}

// isToken reports whether name can be the name of a header.
//
// Source: RFC 9110, section 5.6.2.
func isToken(name string) bool {
	for _, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return name != ""
}
