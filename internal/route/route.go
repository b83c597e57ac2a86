// Package route names what people do from the addresses that they ask for: the journey
// and the step. Every source that sees addresses names them alike.
package route

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of names that come from outside.
const (
	maxJourney = 64
	maxStep    = 120
	maxMethod  = 24
)

// MaxEnding is the longest file ending, with its dot, that means anything.
const MaxEnding = 12

// Path returns the path of a target: without its host, its query and what else an
// application hangs behind it. It is empty for targets without a path.
func Path(target []byte) []byte {
	if len(target) > 0 && target[0] != '/' {
		if n := bytes.Index(target, []byte("://")); n >= 0 {
			target = target[n+len("://"):]
		}
		slash := bytes.IndexByte(target, '/')
		if slash < 0 {
			return nil
		}
		target = target[slash:]
	}
	for i, c := range target {
		if c == '?' || c == '#' || c == ';' {
			return target[:i]
		}
	}
	return target
}

// Journey names the journey of a path: its first part, or / for the home page, files
// beside it and what looks like an id. "" when the path is nobody's journey.
func Journey(path []byte, status int) []byte {
	switch status {
	case 400, 404, 405, 410:
		return nil
	}
	for len(path) > 1 && path[1] == '/' {
		path = path[1:]
	}
	if len(path) < 2 {
		return []byte("/")
	}
	end := 1
	for end < len(path) && path[end] != '/' {
		end++
	}
	file := end == len(path) && bytes.IndexByte(path, '.') >= 0
	if file || looksLikeID(path[1:end]) {
		return []byte("/")
	}
	return Printable(Cut(path[:end], maxJourney))
}

// AppendStep appends the name of a step: GET /shop/:id/edit.
func AppendStep(dst, method, path []byte) []byte {
	dst = append(dst, method[:min(len(method), maxMethod)]...)
	if len(dst) > 0 {
		dst = append(dst, ' ')
	}
	if len(path) == 0 {
		dst = append(dst, '/')
	}
	for len(path) > 0 && len(dst) <= maxStep {
		next := 1
		for next < len(path) && path[next] != '/' {
			next++
		}
		dst = appendPlace(dst, path[1:next])
		path = path[next:]
	}
	return Printable(Cut(dst, maxStep))
}

// Name returns a name that somebody gave, such as it can be shown anywhere: trimmed,
// printable, and not too long.
func Name(name string) string {
	return string(Printable(Cut([]byte(strings.TrimSpace(name)), maxStep)))
}

// Printable returns name with ? in place of what is no printable character: what steers
// terminals, turns the direction of text, or is no text at all.
func Printable(name []byte) []byte {
	for _, c := range name {
		if c < ' ' || c > '~' {
			return bytes.Map(func(r rune) rune {
				if unicode.IsPrint(r) && r != unicode.ReplacementChar {
					return r
				}
				return '?'
			}, name)
		}
	}
	return name
}

// appendPlace appends one part of a path; what names one thing among many becomes :id,
// and keeps its file ending.
func appendPlace(dst, part []byte) []byte {
	dst = append(dst, '/')
	if looksLikeID(part) {
		return append(dst, ":id"...)
	}
	if dot := bytes.LastIndexByte(part, '.'); dot > 0 && len(part)-dot <= MaxEnding && looksLikeID(part[:dot]) {
		return append(append(dst, ":id"...), part[dot:]...)
	}
	return append(dst, part...)
}

// Cut shortens name to at most limit bytes, between characters.
func Cut(name []byte, limit int) []byte {
	if len(name) <= limit {
		return name
	}
	for limit > 0 && !utf8.RuneStart(name[limit]) {
		limit--
	}
	return name[:limit]
}

// longToken is from where letters and digits without a break are a token, not a word.
const longToken = 20

// looksLikeID reports whether one part of a path names one thing among many, and not
// what is done with it: digits, hexadecimal from 8 on, UUIDs, tokens, mail addresses.
func looksLikeID(part []byte) bool {
	digits, hex, dashes, letters, other := 0, 0, 0, 0, 0
	for _, c := range part {
		switch {
		case c-'0' < 10:
			digits++
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			hex++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		case c == '-':
			dashes++
		case c == '@':
			return true
		default:
			other++
		}
	}
	n := len(part)
	switch {
	case n == 0 || other > 0:
		return false
	case digits == n:
		return true
	case digits+hex == n:
		return n >= 8
	case letters == 0 && dashes == 4:
		return n == 36 && part[8] == '-' && part[13] == '-' && part[18] == '-' && part[23] == '-'
	default:
		return dashes == 0 && digits > 0 && n >= longToken
	}
}
