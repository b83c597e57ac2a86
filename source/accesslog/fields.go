package accesslog

import (
	"bytes"
	"strings"

	"github.com/honderd/honderd/internal/who"
)

// slot is where the value of a variable goes, and so what it means to us.
type slot uint8

// The slots. A new kind of knowledge gets a slot here, a name in nginx.go or apache.go,
// and its meaning in judge.go.
const (
	slotNone      slot = iota // read over
	slotKey                   // what a person is recognised by, if the options name it
	slotAddress               // client
	slotPeer                  // client as the connection has it; used without slotAddress
	slotForwarded             // list of addresses, the client first
	slotTime                  // 23/Nov/2026:20:01:09 +0000
	slotISO                   // 2026-11-23T20:01:09+00:00
	slotEpoch                 // seconds since 1970, perhaps with a fraction
	slotEpochMS               // milliseconds since 1970
	slotEpochUS               // microseconds since 1970
	slotYear                  // 2026; from here to slotZone: pieces of a strftime
	slotYear2                 // 26
	slotMonth
	slotMonthName
	slotDay
	slotHour
	slotHour12
	slotHalf // AM or PM
	slotMinute
	slotSecond
	slotMilli
	slotMicro
	slotZone
	slotRequest  // GET /basket HTTP/1.1
	slotMethod   // GET
	slotTarget   // /basket?id=1, or http://shop.example/basket
	slotStatus   // what the client got
	slotOriginal // what there was before an error document took its place
	slotSeconds  // duration, as 0.251
	slotMillis
	slotMicros
	slotAgent
	slotUpstream // statuses of each attempt: 502, 503 : 200
	slotBackends // who was asked, in the same order: 10.0.0.1:80, 10.0.0.2:80
	slotCache    // STALE
	slotChanged  // Apache: 1 when another server than last time was chosen
	slotSession  // Apache: the server that the session belongs to
	slotExtra    // whatever stands after a known format
	slotWhen     // a time in whatever notation
	slotNanos    // duration
	slotMore     // seconds to add to the duration
	slotMore2    // seconds to add to the duration
	slotRetries  // how often another server was tried
	slotAttempts // how many servers were tried: 1 is none other
	slotFlags    // how it ended, in the words of the proxy
	slotHosts    // the servers that were tried: a,b
	slotFraction // of a second: digits behind the dot
	slotDate     // 2026-11-23, of W3C
	slotClock    // 20:01:09, of W3C
	slotRobot    // what the server, or the client itself, says of not being a person
	slotClass    // the same, in another field
	slots
)

// shape is what a value looks like, which decides where it ends.
type shape uint8

const (
	word   shape = iota // no space inside, when a space follows
	text                // anything: when the rest does not fit, it may end later
	quoted              // anything, ends at the first quote that is not escaped
	list                // items with ", " or " : " between them
	fixed               // so many bytes
)

// field is one variable of a format.
type field struct {
	slot  slot
	shape shape
	width int    // of fixed
	name  string // as nginx would call it, without $
	fit   fit
	lead  lead

	origin string // how its server calls it, where several mean the same
}

// lead is what may stand around a value.
type lead uint8

const (
	leadNone   lead = iota
	leadSpaces      // spaces before it
	leadQuotes      // quotes around it, or none
	leadLoose       // spaces before it, and quotes around it or none
	leadBraces      // { } around it; without, it is not there, nor the space after it
)

// fit is what a value must look like for the line to fit.
type fit uint8

const (
	fitAny fit = iota
	fitStatus
	fitTime
	fitNumber    // digits, dots or -
	fitDash      // only -
	fitForwarded // addresses, or -
	fitAddress   // not empty, not -
	fitDigits    // digits alone
	fitSigned    // digits, perhaps with a sign before and a dot between them
	fitCode      // as fitStatus, or what stands there when there was no answer: 0, 000, -1, -
)

// headerName returns the variable of a request header: X-User is http_x_user.
func headerName(header string) string {
	return "http_" + strings.ReplaceAll(strings.ToLower(header), "-", "_")
}

// fieldName returns the variable that somebody means by name, which they may have
// copied with the sign of their server: $cookie_id, %{id}C, %u.
func fieldName(name string) string {
	if strings.HasPrefix(name, "%") {
		if items, _, err := apacheDirective(name[1:]); err == nil && len(items) == 1 {
			return items[0].field.name
		}
	}
	return strings.ToLower(strings.Trim(name, "${}"))
}

// spelled returns what field:NAME or header:NAME asks for as a key of JSON, in which the
// case of letters matters.
func spelled(by string) string {
	if name, ok := strings.CutPrefix(by, who.ByField); ok {
		return strings.Trim(name, "${}")
	}
	return by
}

// fits reports whether value is what f must look like.
func (f *field) fits(value []byte) bool {
	switch f.fit {
	case fitStatus:
		return len(value) == 3 && isDigit(value[0]) && isDigit(value[1]) && isDigit(value[2])
	case fitTime:
		return len(value) >= 20 && isDigit(value[0])
	case fitNumber:
		return len(value) > 0 && (isDigit(value[0]) || (value[0] == '-' && len(value) == 1))
	case fitDash:
		return len(value) == 1 && value[0] == '-'
	case fitForwarded:
		return looksForwarded(value)
	case fitAddress:
		return len(value) > 1 && bytes.IndexByte(value, '"') < 0 && bytes.IndexByte(value, ' ') < 0
	case fitDigits:
		return len(value) > 0 && number(value) >= 0 && value[0] != ' '
	case fitSigned:
		return isSigned(value)
	case fitCode:
		return isCode(value)
	default:
		return true
	}
}

func isDigit(c byte) bool { return c-'0' < 10 }

func isSigned(v []byte) bool {
	if len(v) > 1 && (v[0] == '-' || v[0] == '+') {
		v = v[1:]
	}
	for _, c := range v {
		if !isDigit(c) && c != '.' {
			return false
		}
	}
	return len(v) > 0
}

// isCode reports whether v is a status, or says that there was none.
func isCode(v []byte) bool {
	switch string(v) {
	case "0", "-1", "-":
		return true
	}
	return len(v) == 3 && isDigit(v[0]) && isDigit(v[1]) && isDigit(v[2])
}

// looksForwarded reports whether value is - or a list of what may be addresses.
func looksForwarded(value []byte) bool {
	if len(value) == 1 && value[0] == '-' {
		return true
	}
	dots, colons := 0, 0
	for _, c := range value {
		switch {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' || c == ',' || c == ' ' || c == '[' || c == ']':
		default:
			return false
		}
	}
	return dots >= 3 || colons >= 2
}
