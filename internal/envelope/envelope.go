// Package envelope cuts the header from messages of syslog, as they travel and as they stand
// in files.
package envelope

import "bytes"

// maxTag is the longest tag, with its process, that is taken for one.
const maxTag = 128

// Cut returns the message of a line without its header, and whether there was one. A line
// that does not begin with a priority, <134>, only counts when it names a time and a
// program, as Nov 23 20:01:09 host haproxy[12]: ... does.
//
// Sources: RFC 3164, section 4.1; RFC 5424, section 6; rsyslog, RSYSLOG_FileFormat.
func Cut(line []byte) (message []byte, ok bool) {
	rest, sent := cutPriority(line)
	if sent && len(rest) > 2 && rest[0] == '1' && rest[1] == ' ' {
		if message, ok := cutModern(rest[2:]); ok {
			return message, true
		}
	}
	rest, timed := cutTime(rest)
	if !sent && !timed {
		return line, false
	}
	if message, ok := cutTag(rest); ok {
		return message, true
	}
	host, after, more := bytes.Cut(rest, []byte(" "))
	if timed && more && len(host) > 0 {
		if message, ok := cutTag(after); ok {
			return message, true
		}
		if sent {
			return after, true
		}
	}
	if sent {
		return rest, true
	}
	return line, false
}

// cutPriority cuts <134>.
func cutPriority(line []byte) (rest []byte, ok bool) {
	if len(line) < 3 || line[0] != '<' {
		return line, false
	}
	for n := 1; n < len(line) && n <= 4; n++ {
		switch c := line[n]; {
		case c == '>' && n > 1:
			return line[n+1:], true
		case c < '0' || c > '9':
			return line, false
		}
	}
	return line, false
}

// cutModern cuts time, host, program, process, kind and structured data of RFC 5424.
func cutModern(rest []byte) (message []byte, ok bool) {
	for range 5 {
		space := bytes.IndexByte(rest, ' ')
		if space < 1 {
			return nil, false
		}
		rest = rest[space+1:]
	}
	switch {
	case len(rest) > 0 && rest[0] == '-':
		rest = rest[1:]
	case len(rest) > 0 && rest[0] == '[':
		if rest, ok = cutStructured(rest); !ok {
			return nil, false
		}
	default:
		return nil, false
	}
	rest = bytes.TrimPrefix(rest, []byte(" "))
	return bytes.TrimPrefix(rest, []byte("\xef\xbb\xbf")), true // the mark of UTF-8
}

// cutStructured cuts [id name="value"][id ...].
func cutStructured(rest []byte) ([]byte, bool) {
	for len(rest) > 0 && rest[0] == '[' {
		quoted, end := false, -1
		for i := 1; i < len(rest); i++ {
			switch c := rest[i]; {
			case quoted && c == '\\':
				i++
			case c == '"':
				quoted = !quoted
			case c == ']' && !quoted:
				end = i
			}
			if end > 0 {
				break
			}
		}
		if end < 0 {
			return nil, false
		}
		rest = rest[end+1:]
	}
	return rest, true
}

// cutTime cuts a time and the space after it: Nov 23 20:01:09, perhaps with a year or a
// fraction, or 2026-11-23T20:01:09.123+01:00.
func cutTime(line []byte) (rest []byte, ok bool) {
	if len(line) < 16 {
		return line, false
	}
	if line[4] == '-' && line[10] == 'T' {
		space := bytes.IndexByte(line, ' ')
		if space < 19 || space > 40 || line[13] != ':' {
			return line, false
		}
		return line[space+1:], true
	}
	if line[3] != ' ' || line[6] != ' ' || !isMonth(line[:3]) {
		return line, false
	}
	at := 7
	if len(line) > 21 && line[11] == ' ' && line[14] == ':' { // a year before the time
		at = 12
	}
	if line[at+2] != ':' || line[at+5] != ':' {
		return line, false
	}
	space := bytes.IndexByte(line[at:], ' ')
	if space < 8 {
		return line, false
	}
	return line[at+space+1:], true
}

func isMonth(v []byte) bool {
	switch string(v) {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec":
		return true
	}
	return false
}

// cutTag cuts the name of a program, perhaps with its process, and the colon after it.
func cutTag(line []byte) (message []byte, ok bool) {
	space := bytes.IndexByte(line, ' ')
	if space < 2 || space > maxTag || line[space-1] != ':' {
		return line, false
	}
	for _, c := range line[:space-1] {
		if c <= ' ' || c == ':' || c == '"' || c == '{' {
			return line, false
		}
	}
	return line[space+1:], true
}
