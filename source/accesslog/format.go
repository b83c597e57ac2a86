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

// readFormat splits format, as it stands in the server's configuration, into items.
// apache says whose language it was in.
func readFormat(format string) (items []item, apache bool, err error) {
	body := unwrap(format)
	if nginxVariable().MatchString(body) {
		items, err = readNginx(body)
		return items, false, err
	}
	if strings.Contains(body, "%") {
		items, err = readApache(body)
		return items, true, err
	}
	return nil, false, errors.New("has no variable (fix: write it as in the server's configuration, as $remote_addr ... or %h ...)")
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
	if m := regexp.MustCompile(`^log_format\s+\S+\s+`).FindString(body); m != "" {
		body = body[len(m):]
	} else if m := regexp.MustCompile(`(?i)^(?:LogFormat|CustomLog\s+\S+)\s+`).FindString(body); m != "" {
		body = body[len(m):]
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
