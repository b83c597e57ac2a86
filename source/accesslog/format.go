package accesslog

import (
	"errors"
	"regexp"
	"strings"
)

// item is a piece of a format: text that stands there as it is, or a variable.
type item struct {
	literal string
	field   *field
}

// language is how a server writes down what its log lines hold.
type language uint8

const (
	ofNginx language = iota
	ofApache
	ofHAProxy
	ofEnvoy
	ofSquid
)

// languageOf tells whose language body is written in, which all but nginx begin with %.
func languageOf(body string) (language, error) {
	percent := strings.IndexByte(body, '%') >= 0
	switch {
	case percent && isEnvoy(body):
		return ofEnvoy, nil
	case !percent && strings.IndexByte(body, '$') >= 0:
		return ofNginx, nil
	case nginxVariable().MatchString(body):
		return ofNginx, nil
	case regexp.MustCompile(`%["\['#/]?(?:>a|<a|Ss|0?[0-9]*>?Hs|ts\.%)|>Hs`).MatchString(body):
		return ofSquid, nil
	case regexp.MustCompile(`%(?:\([^)]*\))?(?:\{[+-][^}]*\})?(?:\[|ST|ci|tsc|HM|HU|TR|Ta\b|ac/)|%\{[+-]`).MatchString(body):
		return ofHAProxy, nil
	case strings.Contains(body, "%"):
		return ofApache, nil
	}
	return 0, errors.New("has no variable (fix: write it as in the server's configuration, as $remote_addr ... or %h ...)")
}

// readItems splits a format, as it stands in the server's configuration, into items for g,
// and sets what follows from whose it is.
func (g *Grammar) readItems(format string) (items []item, err error) {
	body := format
	if !g.plain {
		body = unwrap(format)
	}
	whose, err := languageOf(body)
	if err != nil {
		return nil, err
	}
	switch whose {
	case ofApache:
		g.starts = true
		return readApache(body)
	case ofHAProxy:
		g.starts, g.flags = true, haproxyFlags
		h, err := readHAProxy(body)
		if err != nil {
			return nil, err
		}
		if h.begun {
			g.takeHAProxy(h)
			return nil, nil
		}
		return h.items, nil
	case ofEnvoy:
		g.starts, g.flags = true, envoyFlags
		return readEnvoy(body)
	case ofSquid:
		g.flags = squidFlags
		return readSquid(body)
	default:
		return readNginx(body)
	}
}

// takeHAProxy makes g read lines that HAProxy writes as JSON: %{+json}o.
func (g *Grammar) takeHAProxy(h *haproxyFormat) {
	g.keys = newKey()
	n := 0
	for _, it := range h.items {
		if it.field == nil {
			continue
		}
		name := h.keys[n]
		n++
		if name == "" {
			continue // what has no name is not written
		}
		f := *it.field
		f.lead = leadNone
		switch f.slot {
		case slotTime, slotISO, slotEpoch, slotEpochMS, slotEpochUS:
			f.slot = slotWhen
		}
		g.keys.down([]string{name}).piece = len(g.pieces)
		g.pieces = append(g.pieces, piece{field: f})
	}
}

func nginxVariable() *regexp.Regexp { return regexp.MustCompile(`\$\{?[A-Za-z_]`) }

// isName reports whether format can only be the name of a format.
func isName(format string) bool {
	return !strings.ContainsAny(format, "$% ") && !strings.HasPrefix(format, jsonPrefix)
}

// unwrap removes what the configuration puts around a format: the directive and its
// name, quotes, backslashes and the semicolon.
func unwrap(format string) string {
	body := strings.TrimSpace(format)
	for _, head := range []string{
		`^log_format\s+\S+\s+`, `^(?:error-)?log-format\s+`, `^logformat\s+[^%"'\s]+\s+`, `(?i)^(?:LogFormat|CustomLog\s+\S+)\s+`,
		`^(?:text_format|inline_string|accessLogFormat|format):\s*`,
	} {
		if m := regexp.MustCompile(head).FindString(body); m != "" {
			body = body[len(m):]
			break
		}
	}
	if m := regexp.MustCompile(`^escape=\w+\s+`).FindString(body); m != "" {
		body = body[len(m):]
	}
	body = strings.TrimSuffix(strings.TrimSpace(body), ";")
	if pieces, ok := quotedPieces(body); ok {
		return pieces
	}
	return unescape(body)
}

// quotedPieces joins the quoted pieces that body consists of. A word after them is the
// nickname of Apache's LogFormat. It is not ok when body is a format without quotes
// around it, which may itself begin with a quote.
func quotedPieces(body string) (joined string, ok bool) {
	if body == "" || (body[0] != '\'' && body[0] != '"') {
		return "", false
	}
	var b strings.Builder
	n, rest, escaped := 0, body, false
	for rest != "" && rest[0] == body[0] {
		end := 1
		for end < len(rest) && rest[end] != rest[0] {
			if rest[end] == '\\' {
				escaped = true
				end++
			}
			end++
		}
		if end >= len(rest) {
			return "", false
		}
		b.WriteString(unescape(rest[1:end]))
		rest = strings.TrimSpace(rest[end+1:])
		n++
	}
	if strings.ContainsAny(rest, "$%\"' ") || (body[0] == '"' && n > 1 && !escaped) {
		return "", false
	}
	return b.String(), true
}

// unescape replaces \" by ", \t by a tab and so on, as both servers do.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
