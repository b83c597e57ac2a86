package accesslog

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// httplogHead is how many pieces httplog finds in a line with captures: all of HAProxy's
// httplog but what it captured and the request.
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

// httplogStops end what stands between the time and the captures:
// `ft b/s TR/Tw/Tc/Tr/Ta ST B CC CS tsc ac/fc/bc/sc/rc sq/bq `.
const httplogStops = " / ////      //// / "

// Which of them end what we want, and which end numbers.
const (
	stopServer = 2
	stopWait   = 7
	stopStatus = 8
	stopBytes  = 9
	stopCookie = 10
	stopSet    = 11
	stopFlags  = 12
	stopTries  = 17
	stopLast   = len(httplogStops) - 1
)

// httplog finds what stands in a line of HAProxy's httplog: the same as match would, but
// quicker. It returns how many pieces it found, and where to go on; 0, 0 when the line is
// not that plain.
func (m *matcher) httplog(g *Grammar, line []byte) (pieces, from int) {
	space := bytes.IndexByte(line, ' ')
	colon := space - 1
	for colon > 1 && isDigit(line[colon]) {
		colon--
	}
	at := space + len(" [")
	after := at + httplogWidth
	if colon < 2 || colon == space-1 || line[colon] != ':' || len(line) < after+60 || line[space+1] != '[' || !isDigit(line[at]) ||
		line[after] != ']' || line[after+1] != ' ' || bytes.IndexByte(line[:colon], '"') >= 0 {
		return 0, 0
	}
	var stops [len(httplogStops)]int32
	if !findStops(line, after+len("] "), &stops) || !areNumbers(line, &stops) {
		return 0, 0
	}
	value := func(stop int) span { return span{stops[stop-1] + 1, stops[stop]} }
	status := value(stopStatus)
	if !isCode(line[status.from:status.to]) {
		return 0, 0
	}
	m.found(httplogClient, slotAddress, 0, colon)
	m.found(httplogTime, slotTime, at, after)
	m.from[httplogCookie], m.to[httplogCookie] = stops[stopCookie-1]+1, stops[stopCookie]
	m.from[httplogSet], m.to[httplogSet] = stops[stopSet-1]+1, stops[stopSet]
	m.at[slotMillis], m.at[slotStatus], m.at[slotFlags], m.at[slotRetries] = value(stopWait), status, value(stopFlags), value(stopTries)
	from = int(stops[stopLast]) + 1
	last := len(line) - 1
	if n := len(g.pieces); n == httplogHead+3 && line[from] == '"' && from+1+bytes.IndexByte(line[from+1:], '"') == last && line[last-1] != '\\' {
		m.at[slotRequest] = span{int32(from) + 1, int32(last)}
		return n, len(line)
	}
	return httplogHead, from
}

// Eight bytes at once.
const (
	eachByte = 0x0101010101010101
	lowBits  = 0x7f * eachByte
)

// areByte returns the highest bit of each of the eight bytes in word that is c.
func areByte(word uint64, c byte) uint64 {
	x := word ^ uint64(c)*eachByte
	return ^(x&lowBits + lowBits | x | lowBits)
}

// findStops finds where each of httplogStops stands in line, from at on. It is false when
// another one than the next comes first, or something is empty, or the line is too short
// to tell.
func findStops(line []byte, at int, stops *[len(httplogStops)]int32) bool {
	next, before := 0, at-1
	for ; at+9 <= len(line); at += 8 {
		word := binary.LittleEndian.Uint64(line[at:])
		for found := areByte(word, ' ') | areByte(word, '/'); found != 0; found &= found - 1 {
			n := at + bits.TrailingZeros64(found)/8
			if line[n] != httplogStops[next] || n == before+1 {
				return false
			}
			stops[next] = int32(n)
			if next++; next == len(stops) {
				return true
			}
			before = n
		}
	}
	return false
}

// areNumbers reports whether the values between stops that are numbers are: digits and
// dots, perhaps with a sign before them.
func areNumbers(line []byte, stops *[len(httplogStops)]int32) bool {
	for stop := stopServer + 1; stop <= stopLast; stop++ {
		if stop == stopStatus || stop > stopBytes && stop <= stopFlags {
			continue
		}
		if value := line[stops[stop-1]+1 : stops[stop]]; !allDigits(value) && !isSigned(value) {
			return false
		}
	}
	return true
}

// allDigits reports whether v is one to eight digits. The memory behind v must go on for
// as long as eight bytes from its beginning.
func allDigits(v []byte) bool {
	if len(v) == 0 || len(v) > 8 || cap(v) < 8 {
		return false
	}
	const zeros = '0' * eachByte
	word := binary.LittleEndian.Uint64(v[:8])
	word = word<<(64-8*len(v)) | zeros>>(8*len(v))
	const high = 0xf0 * eachByte
	return word&high|(word+0x06*eachByte)&high>>4 == 0x33*eachByte
}
