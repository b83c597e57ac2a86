package ical

import (
	"bytes"
	"strings"
)

// line is one unfolded line of a file.
type line struct {
	number int // of its first part, from 1
	text   string
}

// unfold returns the lines of a file, long ones put together again: a part that begins
// with a space or a tab belongs to what is before it (RFC 5545, 3.1). Lines may end in
// CRLF, LF or, in files of old, CR.
func unfold(data []byte) []line {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	end := []byte{'\n'}
	if !bytes.Contains(data, end) {
		end = []byte{'\r'}
	}
	var lines []line
	var long []byte // the line so far
	began, number := 0, 0
	flush := func() {
		if len(long) > 0 {
			lines = append(lines, line{began, strings.ToValidUTF8(string(long), "\ufffd")})
		}
		long = long[:0]
	}
	for part := range bytes.SplitSeq(data, end) {
		number++
		part = bytes.TrimRight(part, "\r")
		if len(part) > 0 && (part[0] == ' ' || part[0] == '\t') && len(long) > 0 {
			long = append(long, part[1:]...)
			continue
		}
		flush()
		began = number
		long = append(long, bytes.TrimLeft(part, " \t")...)
	}
	flush()
	return lines
}
