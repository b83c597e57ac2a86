package accesslog

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/honderd/honderd/internal/envelope"
)

// unwrapped returns line without what is written before it on its way: by the runtime of a
// container, by docker compose, by syslog.
//
// Source: Kubernetes, CRI logging format.
func unwrapped(line []byte) []byte {
	const least = len("2026-11-23T20:01:09Z stdout F ")
	if len(line) <= least {
		return line
	}
	switch c := line[0]; {
	case c == '{' || c == '[':
		return line
	case c == 0x1b:
		return composed(line)
	case line[4] == '-' && line[10] == 'T' && line[13] == ':':
		if space := bytes.IndexByte(line, ' '); space >= 19 && space <= 36 && len(line) >= space+10 {
			switch string(line[space : space+10]) {
			case " stdout F ", " stderr F ", " stdout P ", " stderr P ":
				return unwrapped(line[space+10:])
			}
		}
		fallthrough
	case c == '<' || line[3] == ' ' && line[6] == ' ':
		if message, ok := envelope.Cut(line); ok {
			return message
		}
	case !isDigit(c) && line[1] != ' ':
		return composed(line)
	}
	return line
}

// maxService is the longest name of a service of docker compose.
const maxService = 64

// composed returns line without the name of a service, spaces and a bar, with or without
// colours: "web-1  | ".
func composed(line []byte) []byte {
	rest := uncoloured(line)
	n := 0
	for n < len(rest) && n < maxService && (isDigit(rest[n]) || isLetter(rest[n]) || rest[n] == '-' || rest[n] == '_' || rest[n] == '.') {
		n++
	}
	name := n
	for n < len(rest) && n < maxService && rest[n] == ' ' {
		n++
	}
	if name == 0 || n == name || n+1 >= len(rest) || rest[n] != '|' {
		return line
	}
	space := []byte(" ")
	return bytes.TrimPrefix(uncoloured(bytes.TrimPrefix(uncoloured(rest[n+1:]), space)), space)
}

// uncoloured returns line without the colours that it begins with: ESC [ 36 m.
func uncoloured(line []byte) []byte {
	for len(line) > 2 && line[0] == 0x1b && line[1] == '[' {
		end := bytes.IndexByte(line, 'm')
		if end < 0 || end > 16 {
			break
		}
		line = line[end+1:]
	}
	return line
}

// wrapping are the keys that a whole line stands at when something carries logs as JSON:
// Docker, Fluent Bit, Filebeat, journald, Google Cloud.
func wrapping() *Grammar {
	g := &Grammar{name: "wrapped", keys: newKey(), pieces: []piece{{field: field{slot: slotExtra}}}}
	for rank, path := range []string{"log", "MESSAGE", "event.original", "message", "msg", "textPayload", "jsonPayload.message", "line", "_raw", "log.original"} {
		k := g.keys.place(path)
		if k.piece < 0 {
			k.piece, k.rank = 0, uint8(rank)
		}
	}
	g.has[slotExtra] = true
	return g
}

// minInside is the shortest text that is taken for a line inside another.
const minInside = 24

// inside returns the line that a line of JSON carries, without what is written before it;
// nil when it carries none. It is good until the next call with the same memory.
func (w *wrapped) inside(line []byte) []byte {
	if len(line) == 0 || line[0] != '{' {
		return nil
	}
	var found []byte
	for depth := 0; depth < len(w.memory) && len(line) > 0 && line[0] == '{'; depth++ {
		if !w.m.matchJSON(w.g, line, true) {
			break
		}
		value := w.m.value(w.g, slotExtra, w.m.line(line))
		if len(value) < minInside {
			break
		}
		w.memory[depth] = append(w.memory[depth][:0], value...)
		line = unwrapped(bytes.TrimRight(w.memory[depth], "\r\n"))
		found = line
	}
	return found
}

// wrapped is memory for what is inside lines.
type wrapped struct {
	g      *Grammar
	m      matcher
	memory [2][]byte // of what is inside, and inside that
}

func newWrapped() *wrapped { return &wrapped{g: wrapping()} }

// unescapeJSON appends the text that a JSON string stands for to dst. What is no escape of
// JSON, as nginx's \x22, stays as it is.
func unescapeJSON(dst, v []byte) []byte {
	for len(v) > 0 {
		n := bytes.IndexByte(v, '\\')
		if n < 0 || n+1 == len(v) {
			return append(dst, v...)
		}
		dst = append(dst, v[:n]...)
		c := v[n+1]
		v = v[n+2:]
		switch c {
		case '"', '\\', '/':
			dst = append(dst, c)
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'b', 'f':
			dst = append(dst, ' ')
		case 'u':
			r, rest := unicodeEscape(v)
			dst, v = utf8.AppendRune(dst, r), rest
		default:
			dst = append(dst, '\\', c)
		}
	}
	return dst
}

// unicodeEscape reads the four digits behind \u, and the other half of a pair.
func unicodeEscape(v []byte) (rune, []byte) {
	r, ok := hex4(v)
	if !ok {
		return utf8.RuneError, v
	}
	v = v[4:]
	if utf16.IsSurrogate(r) && len(v) >= 6 && v[0] == '\\' && v[1] == 'u' {
		if low, ok := hex4(v[2:]); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				return both, v[6:]
			}
		}
	}
	return r, v
}

func hex4(v []byte) (rune, bool) {
	if len(v) < 4 {
		return 0, false
	}
	r := rune(0)
	for _, c := range v[:4] {
		switch {
		case isDigit(c):
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
