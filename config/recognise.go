package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/diag"
)

// Recognise is what tells people apart: address, address+agent, header:NAME or
// field:NAME; how long they are recognised, such as 14d; or both, with a space between.
type Recognise string

// The rules that need no name.
const (
	// ByAddress tells people apart by their address alone.
	ByAddress Recognise = "address"
	// ByAddressAndAgent tells people apart by their address and their browser.
	ByAddressAndAgent Recognise = "address+agent"
)

// Limits of how long people are recognised. The most is a choice: two years of summers.
const (
	// StrictDays is the shortest: whether somebody comes back is not known then.
	StrictDays = 1
	// DefaultDays is how long it is when nobody says it.
	DefaultDays = 14
	maxKnown    = 400
)

// ParseRecognise reads a rule, a time, or a rule and a time, as a person writes them.
func ParseRecognise(text string) (Recognise, error) {
	rule, long, both := strings.Cut(strings.TrimSpace(text), " ")
	if rule != "" && rule[0] >= '0' && rule[0] <= '9' {
		return parseKnown(strings.TrimSpace(text))
	}
	if !both || strings.HasPrefix(rule, "header:") && !strings.ContainsAny(long, "0123456789") {
		return ParseRule(text)
	}
	r, err := ParseRule(rule)
	if err != nil {
		return "", err
	}
	known, err := parseKnown(strings.TrimSpace(long))
	return r + " " + known, err
}

// parseKnown reads how long people are recognised.
func parseKnown(text string) (Recognise, error) {
	d, ok := duration(text)
	if !ok {
		return "", fmt.Errorf("%q is not how long people are recognised (fix: write %s)", text, meantDuration(text))
	}
	days := int(d / (24 * time.Hour))
	if d%(24*time.Hour) != 0 || days < StrictDays || days > maxKnown {
		return "", fmt.Errorf("people are recognised for whole days, from 24h to %dd, but %q is not (fix: write 14d)", maxKnown, text)
	}
	return Recognise(strconv.Itoa(days) + "d"), nil
}

// By returns the rule that tells people apart.
func (r Recognise) By() string {
	rule, _, _ := strings.Cut(string(r), " ")
	if rule == "" || rule[0] >= '0' && rule[0] <= '9' {
		return string(ByAddressAndAgent)
	}
	return rule
}

// Days returns for how many days people are recognised, 0 when that is not written.
func (r Recognise) Days() int {
	last := r[strings.LastIndexByte(string(r), ' ')+1:]
	days, err := strconv.Atoi(strings.TrimSuffix(string(last), "d"))
	if err != nil {
		return 0
	}
	return days
}

// With returns r with another rule, for as long as r says.
func (r Recognise) With(rule Recognise) Recognise {
	if days := r.Days(); days > 0 && rule.Days() == 0 {
		return Recognise(rule.By() + " " + strconv.Itoa(days) + "d")
	}
	return rule
}

// Kept returns r with a time: DefaultDays when none is written.
func (r Recognise) Kept() Recognise {
	if r.Days() > 0 {
		return r
	}
	return Recognise(fmt.Sprintf("%s %dd", r.By(), DefaultDays))
}

// ParseRule reads a rule as a person writes it.
func ParseRule(text string) (Recognise, error) {
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
	name, found := strings.CutPrefix(r.By(), prefix)
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
