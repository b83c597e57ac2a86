package accesslog

import "bytes"

// span is where a value stands in its line.
type span struct{ from, to int32 }

// maxTries bounds how often values are made longer because the rest of a line did not
// fit, so that a line made for it cannot hold us up.
const maxTries = 200

// matcher lays a grammar over a line. It is memory for one worker.
type matcher struct {
	at       [slots]span      // where each value was found
	from, to [maxPieces]int32 // where each piece was found
	ranks    [maxPieces]uint8 // of JSON: which of the keys of a piece was found
	text     []byte           // of JSON: the line that the values stand in, when some had escapes; nil: as it is
	memory   []byte           // of text
}

// value returns the value in slot s, nil when the format has none.
func (m *matcher) value(g *Grammar, s slot, line []byte) []byte {
	if !g.has[s] {
		return nil
	}
	return line[m.at[s].from:m.at[s].to]
}

// line returns what the values stand in, after match of line.
func (m *matcher) line(line []byte) []byte {
	if m.text != nil {
		return m.text
	}
	return line
}

// match reports whether line fits g, and remembers where the values stand. lenient
// lets time and status be anything.
func (m *matcher) match(g *Grammar, line []byte, lenient bool) bool {
	m.text = nil
	if g.keys != nil {
		return m.matchJSON(g, line, lenient)
	}
	if len(g.prefix) > 0 && !bytes.HasPrefix(line, g.prefix) {
		return false
	}
	i, from, tries := 0, len(g.prefix), maxTries
	switch {
	case g.common:
		i, from = m.head(line)
	case g.httplog:
		i, from = m.httplog(g, line)
	}
	for search := from; ; {
		if i == len(g.pieces) {
			if onlySpace(line[from:]) {
				break
			}
			i, from, search, tries = m.back(g, i, tries)
			if i < 0 {
				return false
			}
		}
		p := &g.pieces[i]
		if p.quick != slowly || p.lead != leadNone {
			if next := m.easy(p, i, line, from, lenient); next >= 0 {
				from, search = next, next
				i++
			} else if i, from, search, tries = m.back(g, i, tries); i < 0 {
				return false
			}
			continue
		}
		end := p.end(line, from, search)
		if end >= 0 && (p.field.fit == fitAny || p.fits(line[from:end]) || (lenient && (p.field.fit == fitStatus || p.field.fit == fitCode || p.field.fit == fitTime))) {
			m.found(i, p.slot, from, end)
			from = end + len(p.after)
			search = from
			i++
			continue
		}
		if end >= 0 && end < len(line) && (p.shape == text || p.shape == list) && tries > 0 {
			search = end + 1
			tries--
			continue
		}
		if i, from, search, tries = m.back(g, i, tries); i < 0 {
			return false
		}
	}
	if g.has[slotExtra] {
		m.forwarded(line)
	}
	return true
}

// found remembers where the value of piece i stands.
func (m *matcher) found(i int, s slot, from, to int) {
	m.from[i], m.to[i] = int32(from), int32(to)
	m.at[s] = span{int32(from), int32(to)}
}

// head finds what stands first in most lines of most logs, as far as the status: the
// same as match would, but quicker. It returns how many pieces it found, and where to go
// on; 0, 0 when the line is not that plain.
func (m *matcher) head(line []byte) (pieces, from int) {
	const nobody, behind = " - - [", `] "`
	host := bytes.IndexByte(line, ' ')
	at := host + len(nobody)
	request := at + clfWidth + len(behind)
	if host < 2 || len(line) < request || string(line[host:at]) != nobody ||
		!isDigit(line[at]) || string(line[request-len(behind):request]) != behind {
		return 0, 0
	}
	end := request + bytes.IndexByte(line[request:], '"')
	if end < request || isEscaped(line, request, end) {
		return 0, 0
	}
	status := end + 2
	from = status + 4
	if len(line) < from || line[end+1] != ' ' || line[from-1] != ' ' ||
		!isDigit(line[status]) || !isDigit(line[status+1]) || !isDigit(line[status+2]) {
		return 0, 0
	}
	m.found(0, slotAddress, 0, host)
	m.found(1, slotNone, host+1, host+2)
	m.found(2, slotNone, host+3, host+4)
	m.found(3, slotTime, at, at+clfWidth)
	m.found(4, slotRequest, request, end)
	m.found(5, slotStatus, status, from-1)
	return commonHead, from
}

// commonHead is how many pieces head finds.
const commonHead = 6

// back returns to the last piece before i that may end later, and where to look on for
// its end. The piece is -1 when there is none.
func (m *matcher) back(g *Grammar, i, tries int) (piece, from, search, left int) {
	for i--; i >= 0 && tries > 0; i-- {
		if s := g.pieces[i].shape; s == text || s == list {
			return i, int(m.from[i]), int(m.to[i]) + 1, tries - 1
		}
	}
	return -1, 0, 0, 0
}

// end returns where the value that begins at from ends, looking from search on; -1 when
// it does not.
func (p *piece) end(line []byte, from, search int) int {
	if search > len(line) {
		return -1
	}
	if p.shape == fixed {
		if end := from + p.width; search == from && end <= len(line) && bytes.HasPrefix(line[end:], p.after) {
			return end
		}
		return -1
	}
	if len(p.after) == 0 {
		if p.shape == word && bytes.IndexByte(line[search:], ' ') >= 0 {
			return -1
		}
		return len(line)
	}
	if p.shape == word {
		n := search + indexByte(line[search:], p.after[0])
		if n < search || (len(p.after) > 1 && !bytes.HasPrefix(line[n:], p.after)) {
			return -1
		}
		return n
	}
	if p.slot == slotTime && search == from && bytes.HasPrefix(line[min(from+clfWidth, len(line)):], p.after) {
		return from + clfWidth
	}
	return p.textEnd(line, from, search)
}

// easy finds piece i, whose value has one way to be there, and returns where the next one
// begins; -1 when it is not there.
func (m *matcher) easy(p *piece, i int, line []byte, from int, lenient bool) int {
	if p.quick == slowly {
		value, next, ok := p.dressed(line, from)
		if !ok || !lenient && !p.fits(line[value.from:value.to]) {
			return -1
		}
		m.found(i, p.slot, int(value.from), int(value.to))
		return next
	}
	end := p.quickEnd(line, from)
	if end < 0 {
		return -1
	}
	m.found(i, p.slot, from, end)
	return end + len(p.after)
}

// quickEnd returns where a value that has a quick way ends, -1 when it does not.
func (p *piece) quickEnd(line []byte, from int) int {
	n, stop := from, p.after[0]
	if p.quick == quickWord {
		for near := min(len(line), from+24); n < near; n++ {
			if line[n] == stop {
				return p.ends(line, n)
			}
		}
		far := bytes.IndexByte(line[min(n, len(line)):], stop)
		if far < 0 {
			return -1
		}
		return p.ends(line, n+far)
	}
	if n+1 < len(line) && (line[n] == '-' || line[n] == '+') {
		n++
	}
	first := n
	for n < len(line) && (isDigit(line[n]) || line[n] == '.') {
		n++
	}
	if n == first || n == len(line) || line[n] != stop {
		return -1
	}
	return p.ends(line, n)
}

// ends returns n if what ends p stands there, -1 if not.
func (p *piece) ends(line []byte, n int) int {
	if len(p.after) > 1 && !bytes.HasPrefix(line[n:], p.after) {
		return -1
	}
	return n
}

// dressed finds the value that begins at from with what may stand around it, and where
// the next one begins.
func (p *piece) dressed(line []byte, from int) (value span, next int, ok bool) {
	none := len(p.after) == 0 && from == len(line)
	if p.lead == leadLoose || p.lead == leadSpaces {
		for from < len(line) && line[from] == ' ' {
			from++
		}
	}
	switch {
	case p.lead == leadBraces && (from == len(line) || line[from] != '{'):
		skip := p.after
		if len(skip) > 0 && skip[0] == ' ' {
			skip = skip[1:]
		}
		return span{int32(from), int32(from)}, from + len(skip), bytes.HasPrefix(line[from:], skip)
	case (p.lead == leadQuotes || p.lead == leadLoose) && !none && from < len(line) && line[from] == '"':
		for end := from + 1; end < len(line); end++ {
			if line[end] == '"' && !isEscaped(line, from+1, end) && bytes.HasPrefix(line[end+1:], p.after) {
				return span{int32(from) + 1, int32(end)}, end + 1 + len(p.after), true
			}
		}
		return span{}, 0, false
	case p.lead == leadBraces:
		for end := from + 1; end < len(line); end++ {
			if line[end] == '}' && bytes.HasPrefix(line[end+1:], p.after) {
				return span{int32(from) + 1, int32(end)}, end + 1 + len(p.after), true
			}
		}
		return span{}, 0, false
	}
	end := p.end(line, from, from)
	if end < 0 {
		return span{}, 0, false
	}
	return span{int32(from), int32(end)}, end + len(p.after), true
}

// indexByte is bytes.IndexByte, quicker for words of a few bytes.
func indexByte(s []byte, c byte) int {
	near := min(len(s), 4)
	for n := range near {
		if s[n] == c {
			return n
		}
	}
	if n := bytes.IndexByte(s[near:], c); n >= 0 {
		return near + n
	}
	return -1
}

// textEnd is end for values that may hold parts of the text that ends them.
func (p *piece) textEnd(line []byte, from, search int) int {
	for search <= len(line) {
		n := indexByte(line[search:], p.after[0])
		if n < 0 {
			return -1
		}
		n += search
		if len(p.after) > 1 && !bytes.HasPrefix(line[n:], p.after) {
			search = n + 1
			continue
		}
		if p.after[0] == '"' && isEscaped(line, from, n) {
			search = n + 1
			continue
		}
		if p.shape == list && p.inList(line, from, n) {
			search = n + 1
			continue
		}
		return n
	}
	return -1
}

// isEscaped reports whether a backslash takes its meaning from line[n].
func isEscaped(line []byte, from, n int) bool {
	if n == from || line[n-1] != '\\' {
		return false
	}
	slashes := 0
	for i := n - 1; i >= from && line[i] == '\\'; i-- {
		slashes++
	}
	return slashes%2 == 1
}

// inList reports whether line[n] belongs to the ", " or " : " between two items.
func (p *piece) inList(line []byte, from, n int) bool {
	switch p.after[0] {
	case ' ':
		return (n > from && line[n-1] == ',') || bytes.HasPrefix(line[n:], []byte(" : ")) || (n > from+1 && line[n-1] == ':' && line[n-2] == ' ')
	case ',':
		return n+1 < len(line) && line[n+1] == ' ' && (len(p.after) == 1 || p.after[1] != ' ')
	default:
		return false
	}
}

// onlySpace reports whether nothing but space is left of a line.
func onlySpace(rest []byte) bool {
	for _, c := range rest {
		if c != ' ' && c != '\t' {
			return false
		}
	}
	return true
}

// forwarded takes the last quoted text of what stands after a known format for the
// forwarded addresses, if it looks like such.
func (m *matcher) forwarded(line []byte) {
	extra := m.at[slotExtra]
	m.at[slotForwarded] = span{extra.from, extra.from}
	value := bytes.TrimRight(line[extra.from:extra.to], " ")
	if len(value) < 2 || value[len(value)-1] != '"' {
		return
	}
	open := bytes.LastIndexByte(value[:len(value)-1], '"')
	if open >= 0 && looksForwarded(value[open+1:len(value)-1]) {
		m.at[slotForwarded] = span{extra.from + int32(open) + 1, extra.from + int32(len(value)) - 1}
	}
}
