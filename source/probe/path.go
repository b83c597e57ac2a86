package probe

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// path leads to a field of a JSON value: each part is a name, or a number from 0 on in a
// list.
type path []string

// maxPath is how deep a path may lead.
const maxPath = 64

// parsePath reads data.items[0].id, $.data["a.b"] and the like. $ or nothing is all.
func parsePath(s string) (path, error) {
	var p path
	rest := strings.TrimPrefix(s, "$")
	if rest == s && rest != "" && rest[0] != '[' {
		rest = "." + rest
	}
	for rest != "" {
		var part string
		var ok bool
		if part, rest, ok = cutPart(rest); !ok || len(p) == maxPath {
			return nil, fmt.Errorf("%q is no path to a field (fix: write one like data.items[0].id or data[\"my.key\"])", clean(s))
		}
		p = append(p, part)
	}
	return p, nil
}

// cutPart cuts .name, [0], ["name"] or ['name'] from the front.
func cutPart(s string) (part, rest string, ok bool) {
	if s[0] == '.' {
		end := strings.IndexAny(s[1:], ".[")
		if end < 0 {
			end = len(s) - 1
		}
		part, rest = s[1:1+end], s[1+end:]
		return part, rest, part != "" && !strings.ContainsAny(part, `"']*()?@ `)
	}
	if s[0] != '[' || len(s) < 3 {
		return "", "", false
	}
	if q := s[1]; q == '"' || q == '\'' {
		end := strings.IndexByte(s[2:], q)
		if end < 0 || !strings.HasPrefix(s[2+end+1:], "]") {
			return "", "", false
		}
		return s[2 : 2+end], s[2+end+2:], true
	}
	end := strings.IndexByte(s, ']')
	if end < 0 {
		return "", "", false
	}
	n, err := strconv.ParseUint(s[1:end], 10, 31)
	return strconv.FormatUint(n, 10), s[end+1:], err == nil
}

// find returns what p leads to in tree.
func (p path) find(tree any) (value any, found bool) {
	for _, part := range p {
		switch t := tree.(type) {
		case map[string]any:
			if tree, found = t[part]; !found {
				return nil, false
			}
		case []any:
			n, err := strconv.ParseUint(part, 10, 31)
			if err != nil || n >= uint64(len(t)) {
				return nil, false
			}
			tree = t[n]
		default:
			return nil, false
		}
	}
	return tree, true
}

// textOf returns a JSON value as text: strings without quotes, lists and objects as JSON.
func textOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	}
	b, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(b)
}

// lengthOf returns how long a JSON value is, as text.
func lengthOf(value any) string {
	switch v := value.(type) {
	case []any:
		return strconv.Itoa(len(v))
	case map[string]any:
		return strconv.Itoa(len(v))
	case nil:
		return "0"
	}
	return strconv.Itoa(utf8.RuneCountInString(textOf(value)))
}
