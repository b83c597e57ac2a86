package accesslog

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Limits of names that come from outside.
const (
	maxJourney = 64
	maxStep    = 120
	maxMethod  = 24
)

// pathOf returns the path of a target: without its host, its query and what else an
// application hangs behind it. It is empty for targets without a path.
func pathOf(target []byte) []byte {
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

// journeyOf names the journey of a path: its first part, or / for the home page, files
// beside it and what looks like an id. "" when the path is nobody's journey.
func journeyOf(path []byte, status int) []byte {
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
	return cut(path[:end], maxJourney)
}

// appendStep appends the name of a step: GET /shop/:id/edit.
func appendStep(dst, method, path []byte) []byte {
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
	return cut(dst, maxStep)
}

// appendPlace appends one part of a path; what names one thing among many becomes :id,
// and keeps its file ending.
func appendPlace(dst, part []byte) []byte {
	dst = append(dst, '/')
	if looksLikeID(part) {
		return append(dst, ":id"...)
	}
	if dot := bytes.LastIndexByte(part, '.'); dot > 0 && len(part)-dot <= maxEnding && looksLikeID(part[:dot]) {
		return append(append(dst, ":id"...), part[dot:]...)
	}
	return append(dst, part...)
}

// cut shortens name to at most limit bytes, between characters.
func cut(name []byte, limit int) []byte {
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
		case isDigit(c):
			digits++
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			hex++
		case isLetter(c):
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

// part says whether a path is a part of a page, and whether anybody would miss it.
type part struct{ part, noticed bool }

// maxEnding is the longest file ending, with its dot, that Rules.IsPart looks at.
const maxEnding = 12

// learnParts asks the rules about each ending that they name once, instead of for each
// line.
func (p *Parser) learnParts() {
	p.endings, p.unseen = map[string]part{}, map[string]struct{}{}
	for _, ending := range p.o.Rules.Parts {
		ending = strings.ToLower(ending)
		var a part
		a.part, a.noticed = p.o.Rules.IsPart("/a." + ending)
		p.endings[ending] = a
	}
	for _, name := range p.o.Rules.Unseen {
		p.unseen[name] = struct{}{}
	}
}

// partOf is Rules.IsPart from what learnParts learned.
func (p *Parser) partOf(path []byte) part {
	dot := -1
	for i := len(path) - 1; i >= 0 && i >= len(path)-maxEnding; i-- {
		if path[i] == '/' {
			break
		}
		if path[i] == '.' {
			dot = i
			break
		}
	}
	if dot < 0 {
		return part{noticed: true}
	}
	if _, ok := p.unseen[string(path[bytes.LastIndexByte(path, '/')+1:])]; ok {
		return part{part: true}
	}
	var low [maxEnding]byte
	n := copy(low[:], path[dot+1:])
	for i, c := range low[:n] {
		if c >= 'A' && c <= 'Z' {
			low[i] = c + 'a' - 'A'
		}
	}
	if a, ok := p.endings[string(low[:n])]; ok {
		return a
	}
	return part{noticed: true}
}
