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
		if len(lines) == 0 || p.reads(p.c.given, lines) > 0 {
			return p.c.given, nil
		}
		return nil, fmt.Errorf("no line is as format %q says; the first is %q (fix: copy the format from the server's configuration, or leave it out)",
			shorten([]byte(p.o.Format)), shorten(lines[0]))
	}
	if len(lines) == 0 {
		return nil, ErrEmpty
	}
	if g := p.header(lines); g != nil {
		return g, nil
	}
	best := p.favourite(lines)
	if best == nil {
		return nil, fmt.Errorf("not an access log that is known; its first line is %q (fix: give its format with --format, as log_format or LogFormat in the server's configuration)", shorten(lines[0]))
	}
	return best, nil
}

// favourite returns the known grammar that most lines are read in when each line takes
// the first one that fits; nil when no line fits any.
func (p *Parser) favourite(lines [][]byte) *Grammar {
	read := make([]int, len(p.c.known))
	var best *Grammar
	for _, line := range lines {
		for n, g := range p.c.known {
			if p.reads(g, [][]byte{line}) > 0 {
				read[n]++
				break
			}
		}
	}
	for n, lines := range read {
		if lines > 0 && (best == nil || lines > read[best.number]) {
			best = p.c.known[n]
		}
	}
	return best
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
		if _, why := c.time(&m, g, line); why == "" {
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
