package accesslog

import (
	"bytes"
	"strings"
)

// fieldsWord begins the line that names the fields of all lines after it.
const fieldsWord = "#Fields:"

// directive reports whether a line that begins with # is one of W3C's extended log file
// format, which nobody asked anything with. What #Fields says holds from there on.
//
// Source: W3C Working Draft WD-logfile-960323.
func (w *Worker) directive(line []byte) bool {
	if bytes.HasPrefix(line, []byte(fieldsWord)) {
		if g := compileW3C(string(line), w.p.c.wanted(), len(w.p.c.known)+1); g != nil {
			w.w3c = g
			if w.g.number == g.number {
				w.g = g
			}
		}
		return true
	}
	for _, word := range []string{"#Version:", "#Date:", "#Software:", "#Start-Date:", "#End-Date:", "#Remark:"} {
		if bytes.HasPrefix(line, []byte(word)) {
			return true
		}
	}
	return false
}

// header returns the grammar that a #Fields among lines names, nil when none reads a line.
func (p *Parser) header(lines [][]byte) *Grammar {
	for i, line := range lines {
		if !bytes.HasPrefix(line, []byte(fieldsWord)) {
			continue
		}
		if g := compileW3C(string(line), p.c.wanted(), len(p.c.known)+1); g != nil && p.reads(g, lines[i+1:]) > 0 {
			return g
		}
	}
	return nil
}

// cloudfrontFields are those of CloudFront, for logs that have lost their head.
//
// Source: AWS, "Standard log file fields" of Amazon CloudFront.
const cloudfrontFields = `date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) ` +
	`x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type ` +
	`cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end`

// compileW3C makes a grammar of a line that names fields, nil when they say too little.
func compileW3C(line string, want wanted, number int) *Grammar {
	names := strings.Fields(strings.TrimPrefix(line, fieldsWord))
	g := &Grammar{name: "w3c", number: number, flags: iisFlags}
	between := " "
	if strings.Contains(line, " x-edge-") { // CloudFront names them with spaces and writes them with tabs
		g.name, g.flags, between = "cloudfront", cloudfrontFlags, "\t"
	}
	for i := 0; i < len(names); i++ {
		if len(g.pieces) == maxPieces {
			return nil
		}
		name := strings.ToLower(names[i])
		f := w3cField(name, g.flags)
		if name == "date" && i+1 < len(names) && strings.EqualFold(names[i+1], "time") {
			f.slot, f.shape, f.width = slotISO, fixed, len("2026-11-23 20:01:09")
			i++
		}
		g.pieces = append(g.pieces, piece{field: f, after: []byte(between)})
	}
	if len(g.pieces) == 0 {
		return nil
	}
	g.pieces[len(g.pieces)-1].after = nil
	g.labels = g.find(want.labels)
	g.settle(want.key)
	if g.check() != nil {
		return nil
	}
	return g
}

// w3cField returns what a field means. The name of a request header, cs(Referer), is that
// which nginx would have for it.
func w3cField(name string, whose flags) field {
	f := field{name: name, shape: word}
	if header, ok := strings.CutPrefix(name, "cs("); ok {
		f.name = headerName(strings.TrimSuffix(header, ")"))
	}
	switch name {
	case "c-ip":
		f.slot, f.fit = slotAddress, fitAddress
	case "x-forwarded-for", "cs(x-forwarded-for)":
		f.slot = slotForwarded
	case "cs-method":
		f.slot = slotMethod
	case "cs-uri-stem", "cs-uri":
		f.slot = slotTarget
	case "sc-status":
		f.slot, f.fit = slotStatus, fitCode
	case "cs(user-agent)":
		f.slot = slotAgent
	case "sc-win32-status":
		f.slot = slotFlags
	case "time-taken":
		f.slot, f.fit = slotMillis, fitSigned
		if whose == cloudfrontFlags {
			f.slot = slotSeconds
		}
	}
	return f
}
