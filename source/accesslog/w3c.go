package accesslog

import (
	"bytes"
	"strings"
)

// fieldsWord begins the line that names the fields of all lines after it.
const fieldsWord = "#Fields:"

// zeekWord is fieldsWord in logs of Zeek.
const zeekWord = "#fields\t"

// isFields reports whether line names fields.
func isFields(line []byte) bool {
	return bytes.HasPrefix(line, []byte(fieldsWord)) || bytes.HasPrefix(line, []byte(zeekWord))
}

// isDirective reports whether line is # and a word, with : or a space or tab behind it.
func isDirective(line []byte) bool {
	n := 1
	for n < len(line) && n < 32 && (isLetter(line[n]) || line[n] == '-' || line[n] == '_') {
		n++
	}
	return n > 1 && n < len(line) && (line[n] == ':' || line[n] == '\t' || line[n] == ' ')
}

// Ways in which W3C logs are written: with one space between values, with tabs, or with any
// spaces and perhaps quotes.
const (
	bySpace  = " "
	byTab    = "\t"
	bySpaces = "  "
)

// directive reports whether a line that begins with # is one of W3C's extended log file
// format, which nobody asked anything with. What #Fields says holds from there on.
//
// Source: W3C Working Draft WD-logfile-960323.
func (w *Worker) directive(line []byte) bool {
	w.heads.read(line)
	if date, ok := dateOf(line); ok {
		w.clock.date, w.clock.last = date, 0
		return true
	}
	if isFields(line) {
		between := bySpace
		if w.w3c != nil {
			between = w.w3c.between
		}
		if g := compileW3C(string(line), between, w.p.c.wanted(), len(w.p.c.known)+1); g != nil {
			w.w3c = g
			if w.g.number == g.number {
				w.g = g
			}
		}
		return true
	}
	return isDirective(line)
}

// header returns the grammar that a #Fields among lines names, nil when none reads a line.
func (p *Parser) header(lines [][]byte) *Grammar {
	date := int64(0)
	for i, line := range lines {
		if day, ok := dateOf(line); ok {
			date = day
		}
		if !isFields(line) {
			continue
		}
		for _, between := range []string{bySpace, byTab, bySpaces} {
			g := compileW3C(string(line), between, p.c.wanted(), len(p.c.known)+1)
			if g == nil {
				break
			}
			if g.date = date; p.reads(g, lines[i+1:]) > 0 {
				return g
			}
		}
	}
	return nil
}

// cloudfrontFields are those of CloudFront, for logs that have lost their head.
//
// Source: AWS, "Standard log file fields" of Amazon CloudFront.
const cloudfrontFields = `#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) ` +
	`x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type ` +
	`cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end`

// iisFields and iisShortFields are those that IIS writes when nobody changes them, for logs
// that have lost their head.
const (
	iisFields      = `#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken`
	iisShortFields = `#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken`
)

// compileW3C makes a grammar of a line that names fields, nil when they say too little.
func compileW3C(line, between string, want wanted, number int) *Grammar {
	isZeek := strings.HasPrefix(line, zeekWord)
	if n := strings.IndexAny(line, ":\t"); n >= 0 {
		line = line[n+1:]
	}
	names := strings.Fields(line)
	g := &Grammar{name: "w3c", number: number, flags: iisFlags, between: between}
	if isZeek {
		g.name = "zeek"
	}
	if between == bySpaces {
		between = bySpace
	}
	if strings.Contains(line, " x-edge-") { // CloudFront names them with spaces and writes them with tabs
		g.name, g.flags, between, g.between = "cloudfront", cloudfrontFlags, "\t", "\t"
	}
	for _, name := range names {
		if len(g.pieces) == maxPieces {
			return nil
		}
		name = strings.ToLower(name)
		f := w3cField(name, g.flags)
		if g.between == bySpaces {
			f.lead = leadLoose
		}
		if name == "s-reason" {
			g.name, g.flags = "httperr", httpsysFlags
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
	case "x-forwarded-for", "cs(x-forwarded-for)", "x-real-ip":
		f.slot = slotForwarded
	case "date":
		f.slot, f.fit = slotDate, fitNumber
	case "time":
		f.slot, f.fit = slotClock, fitNumber
	case "s-reason":
		f.slot = slotFlags
	case "cs-method":
		f.slot = slotMethod
	case "ts":
		f.slot, f.fit = slotWhen, fitNumber
	case "id.orig_h":
		f.slot = slotAddress
	case "method":
		f.slot = slotMethod
	case "uri":
		f.slot = slotTarget
	case "status_code":
		f.slot, f.fit = slotStatus, fitCode
	case "user_agent":
		f.slot = slotAgent
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

// dateOf returns the day of a #Date line, in Unix milliseconds.
func dateOf(line []byte) (int64, bool) {
	day, ok := bytes.CutPrefix(line, []byte("#Date:"))
	if day = bytes.TrimSpace(day); !ok || len(day) < 10 {
		return 0, false
	}
	return dayOf(day[:10])
}

// dayOf reads 2026-11-23, in Unix milliseconds.
func dayOf(v []byte) (int64, bool) {
	if len(v) != 10 || v[4] != '-' || v[7] != '-' {
		return 0, false
	}
	ms, why := moment{year: number(v[:4]), month: number(v[5:7]), day: number(v[8:])}.ms()
	return ms, why == ""
}

// half is half a day: a time that goes back by more is of the next day.
const half = 12 * 60 * 60 * 1000

// dayAndClock puts a day and a time of day together. Without a day in the line it is that
// of #Date, and goes on at midnight.
func (c *clock) dayAndClock(m *matcher, g *Grammar, line []byte) (int64, string) {
	v := m.value(g, slotClock, line)
	if len(v) < 8 || v[2] != ':' || v[5] != ':' {
		return 0, noTime
	}
	hour, minute, second := number(v[:2]), number(v[3:5]), number(v[6:8])
	if hour < 0 || minute < 0 || second < 0 {
		return 0, noTime
	}
	if hour > 23 || minute > 59 || second > 60 {
		return 0, impossibleTime
	}
	milli, _ := fraction(v[8:])
	ms := int64(hour*60+minute)*60_000 + int64(second)*1000 + milli
	if g.has[slotDate] {
		day, ok := dayOf(m.value(g, slotDate, line))
		if !ok {
			return 0, noTime
		}
		return day + ms, ""
	}
	day := c.date
	if day == 0 {
		day = g.date
	}
	if day == 0 {
		return 0, noTime
	}
	if c.date == 0 {
		c.date = day
	}
	if ms < c.last-half {
		c.date += 2 * half
	}
	c.last = ms
	return c.date + ms, ""
}
