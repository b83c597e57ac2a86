package accesslog

import "slices"

// httplogHead is how many pieces httplog finds: all of HAProxy's httplog but what it
// captured and the request.
const httplogHead = 23

// Which of them the long way may find longer.
const (
	httplogClient = 0
	httplogTime   = 2
	httplogCookie = 13
	httplogSet    = 14
)

// httplogWidth is how long 23/Nov/2026:20:01:09.459 is.
const httplogWidth = 24

// httplog finds what stands before the captures and the request in a line of HAProxy's
// httplog: the same as match would, but quicker. It returns how many pieces it found, and
// where to go on; 0, 0 when the line is not that plain.
func (m *matcher) httplog(line []byte) (pieces, from int) {
	space := 0
	for space < len(line) && line[space] != ' ' {
		space++
	}
	colon := space - 1
	for colon > 1 && isDigit(line[colon]) {
		colon--
	}
	at := space + len(" [")
	after := at + httplogWidth
	if colon < 2 || colon == space-1 || line[colon] != ':' || len(line) < after+60 || line[space+1] != '[' || !isDigit(line[at]) ||
		line[after] != ']' || line[after+1] != ' ' {
		return 0, 0
	}
	if slices.Contains(line[:colon], '"') {
		return 0, 0
	}
	p := scan{line: line, at: after + len("] ")}
	p.word(' ')
	p.word('/')
	p.word(' ')
	p.number('/')
	p.number('/')
	p.number('/')
	p.number('/')
	wait := p.number(' ')
	status := p.word(' ')
	p.number(' ')
	cookie, set := p.word(' '), p.word(' ')
	flags := p.word(' ')
	p.number('/')
	p.number('/')
	p.number('/')
	p.number('/')
	retries := p.number(' ')
	p.number('/')
	p.number(' ')
	if p.at < 0 || !isCode(line[status.from:status.to]) {
		return 0, 0
	}
	m.found(httplogClient, slotAddress, 0, colon)
	m.found(httplogTime, slotTime, at, after)
	m.from[httplogCookie], m.to[httplogCookie] = cookie.from, cookie.to
	m.from[httplogSet], m.to[httplogSet] = set.from, set.to
	m.at[slotMillis], m.at[slotStatus], m.at[slotFlags], m.at[slotRetries] = wait, status, flags, retries
	return httplogHead, p.at
}

// scan reads on in a line. at is -1 once something was not as it must be.
type scan struct {
	line []byte
	at   int
}

// word reads up to stop.
func (s *scan) word(stop byte) span {
	if s.at < 0 {
		return span{}
	}
	n := s.at
	for n < len(s.line) && s.line[n] != stop {
		n++
	}
	return s.end(n)
}

// number reads digits and dots, perhaps with a sign before them, and stop.
func (s *scan) number(stop byte) span {
	if s.at < 0 {
		return span{}
	}
	n := s.at
	if n < len(s.line) && (s.line[n] == '-' || s.line[n] == '+') {
		n++
	}
	first := n
	for n < len(s.line) && (isDigit(s.line[n]) || s.line[n] == '.') {
		n++
	}
	if n == first || n == len(s.line) || s.line[n] != stop {
		s.at = -1
		return span{}
	}
	return s.end(n)
}

// end goes on behind the byte at n, which ended a value.
func (s *scan) end(n int) span {
	if n == len(s.line) {
		s.at = -1
		return span{}
	}
	found := span{int32(s.at), int32(n)}
	s.at = n + 1
	return found
}
