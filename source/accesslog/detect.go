package accesslog

import (
	"bytes"
	"fmt"
)

// sampleLines is how many lines Detect looks at.
const sampleLines = 200

// Detect tells the format of a log from some of its first bytes: the one that reads most
// lines, even when some are broken. With Options.Format it only checks that that one
// reads a line. It returns ErrEmpty when sample has no line.
func (p *Parser) Detect(sample []byte) (*Grammar, error) {
	lines := firstLines(sample)
	if p.c.given != nil {
		if len(lines) == 0 || p.reads(p.c.given, lines) > 0 || hasNotes(lines) {
			return p.c.given, nil
		}
		return nil, fmt.Errorf("no line is as format %q says; the first is %q (fix: copy the format from the server's configuration, or leave it out)",
			shorten([]byte(p.o.Format)), shorten(lines[0]))
	}
	if len(lines) == 0 {
		return nil, ErrEmpty
	}
	best := p.header(lines)
	if best == nil {
		best = p.favourite(lines)
	}
	if best != nil && p.c.key != "" && best.key == slotNone && !p.c.hasKey() {
		return nil, p.o.noKey("the log, of format " + best.name + ",")
	}
	if best == nil && hasNotes(lines) {
		return p.c.known[0], nil
	}
	if best == nil {
		return nil, fmt.Errorf("not an access log that is known; its first line is %q (fix: give its format with --format, as log_format or LogFormat in the server's configuration)", shorten(lines[0]))
	}
	return best, nil
}

// hasNotes reports whether lines are of an error log: most of those that are read are.
func hasNotes(lines [][]byte) bool {
	for _, line := range lines {
		if _, ok := noted(line); ok {
			return true
		}
	}
	return false
}

// favourite returns the known grammar that most lines are read in when each line takes
// the first one that fits; nil when no line fits any.
func (p *Parser) favourite(lines [][]byte) *Grammar {
	n := len(p.c.known)
	read := make([]int, 2*n) // lines as they are, and lines inside others
	wrapped := newWrapped()
	for _, line := range lines {
		if g := p.first(line); g != nil {
			read[g.number]++
		} else if inside := wrapped.inside(line); inside != nil {
			if g := p.first(inside); g != nil {
				read[n+g.number]++
			}
		}
	}
	best := 0
	for i := range read {
		if read[i] > read[best] {
			best = i
		}
	}
	if read[best] == 0 {
		return nil
	}
	g := p.c.known[best%n]
	if best >= n {
		within := *g
		within.inside = true
		g = &within
	}
	return g
}

// first returns the first known grammar that reads line, nil for none.
func (p *Parser) first(line []byte) *Grammar {
	for _, g := range p.c.known {
		if p.reads(g, [][]byte{line}) > 0 {
			return g
		}
	}
	return nil
}

// reads counts the lines that g reads.
func (p *Parser) reads(g *Grammar, lines [][]byte) int {
	var m matcher
	var c clock
	n := 0
	for _, line := range lines {
		if len(line) > maxLine || !m.match(g, line, false) {
			continue
		}
		if _, why := c.time(&m, g, m.line(line)); why == "" {
			n++
		}
	}
	return n
}

// firstLines returns the first lines of sample that are not empty. The last may be cut
// off, so it only counts when it is the only one.
func firstLines(sample []byte) [][]byte {
	var lines [][]byte
	for len(sample) > 0 && len(lines) < sampleLines {
		line, rest, whole := bytes.Cut(sample, []byte("\n"))
		sample = rest
		line = unwrapped(bytes.TrimLeft(bytes.TrimSuffix(line, []byte("\r")), "\x00"))
		if onlySpace(line) || (!whole && len(lines) > 0 && len(lines) >= sampleLines/2) {
			continue
		}
		lines = append(lines, line)
	}
	return lines
}
