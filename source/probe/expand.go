package probe

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// maxValue is the longest value in bytes that a step may hand on. Some tokens are long.
const maxValue = 16 << 10

// template is a text with ${name} in it: fixed and named pieces, in turn.
type template []string // even: as it stands; odd: the name of a value

// parseTemplate reads s. $${ is ${ as it stands.
func parseTemplate(s string) (template, error) {
	var t template
	fixed := ""
	for {
		before, after, found := strings.Cut(s, "${")
		if !found {
			return append(t, fixed+s), nil
		}
		if dollar, escaped := strings.CutSuffix(before, "$"); escaped {
			fixed, s = fixed+dollar+"${", after
			continue
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed || !isName(name) {
			return nil, fmt.Errorf("%s is not closed or has no name in it (fix: write ${name}, or $${ for ${ itself)", quote("${"+after))
		}
		t = append(t, fixed+before, name)
		fixed, s = "", rest
	}
}

// escape returns s as a template that stands for s itself.
func escape(s string) string { return strings.ReplaceAll(s, "${", "$${") }

// isName reports whether s can be the name of a value: letters, digits and _.
func isName(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// fixed reports whether t is the same whatever the values are.
func (t template) fixed() bool { return len(t) == 1 }

// names returns the values that t needs.
func (t template) names() (names []string) {
	for i := 1; i < len(t); i += 2 {
		names = append(names, t[i])
	}
	return names
}

// expand puts values in t, each as encode writes it at its place.
func (t template) expand(values map[string]string, encode func(before, value string) string) string {
	if t.fixed() {
		return t[0]
	}
	var b strings.Builder
	for i, piece := range t {
		if i%2 == 1 {
			piece = encode(b.String(), values[piece])
		}
		b.WriteString(piece)
	}
	return b.String()
}

// The ways to write a value, each so that it cannot end the place that it stands in.

func asItIs(_, value string) string { return value }

// inURL percent-encodes all that has a meaning in a URL. What stands first may be a
// whole URL and is left alone.
func inURL(before, value string) string {
	if before == "" {
		return value
	}
	return percent(value)
}

func inForm(_, value string) string { return percent(value) }

func inJSON(_, value string) string {
	b, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(b[1 : len(b)-1])
}

func inHeader(_, value string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}, value)
}

// percent encodes all but the unreserved characters of RFC 3986.
func percent(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

// extraction is an Extract that is ready.
type extraction struct {
	Extract
	path path
	re   *regexp.Regexp
}

func (e Extract) prepare() (x extraction, err error) {
	x.Extract = e
	if !isName(e.Name) {
		return x, fmt.Errorf("extract %q: its name is none (fix: use letters, digits and _)", clean(e.Name))
	}
	switch e.From {
	case JSON:
		x.path, err = parsePath(e.Path)
	case Header, Cookie:
		if !isToken(e.Path) {
			err = fmt.Errorf("%s %q is no name (fix: write one)", e.From, clean(e.Path))
		}
	case Body:
		if e.Path != "" || e.Pattern == "" {
			err = fmt.Errorf("from the body by a pattern only (fix: write a regular expression with one group)")
		}
	default:
		err = fmt.Errorf("an answer has no %q (fix: write body, header, json or cookie)", clean(string(e.From)))
	}
	if err == nil && e.Pattern != "" {
		x.re, err = compile(e.Pattern)
	}
	if err != nil {
		return x, fmt.Errorf("extract %q: %w", e.Name, err)
	}
	return x, nil
}

// take returns the value in a; trouble says why there is none.
func (x *extraction) take(a *answer) (value, trouble string) {
	none := fmt.Sprintf("nothing to extract as %s: ", x.Name)
	switch x.From {
	case JSON:
		tree, err := a.tree()
		if err != nil {
			return "", none + "the body is no JSON: " + err.Error()
		}
		found, ok := x.path.find(tree)
		if !ok || found == nil {
			return "", none + "there is no field " + x.Path
		}
		value = textOf(found)
	case Header:
		if len(a.header.Values(x.Path)) == 0 {
			return "", none + "there is no header " + x.Path
		}
		value = a.header.Get(x.Path)
	case Cookie:
		cookie, ok := cookieOf(a.header, x.Path)
		if !ok {
			return "", none + "there is no cookie " + x.Path
		}
		value = cookie
	default:
		value = string(a.body)
	}
	if x.re != nil {
		groups := x.re.FindStringSubmatch(value)
		if groups == nil {
			return "", none + "the pattern is not in the " + string(x.From)
		}
		value = groups[min(1, len(groups)-1)]
	}
	if len(value) > maxValue {
		return "", fmt.Sprintf("what is extracted as %s has %d bytes, more than %d", x.Name, len(value), maxValue)
	}
	return value, ""
}
