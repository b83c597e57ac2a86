// Package h1 speaks HTTP/1.1, strictly: a server side that refuses whatever two readers
// could understand in two ways, and a client side that says how far a request came.
package h1

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// Limits of a head.
const (
	MaxHead   = 64 << 10 // bytes of a head
	MaxTarget = 16 << 10 // bytes of a request target
	MaxFields = 200      // fields of a head
)

// Problem is why a message is refused, with the status to answer it with.
type Problem struct {
	Status int
	Why    string
}

// Error says what is wrong.
func (p *Problem) Error() string { return p.Why }

func bad(why string) *Problem { return &Problem{http.StatusBadRequest, why} }

// readHead reads up to and with the empty line that ends a head, and appends it to into.
// Strict: each line ends in CR LF.
func readHead(br *bufio.Reader, into []byte, strict bool) ([]byte, error) {
	from := len(into)
	for {
		line, err := br.ReadSlice('\n')
		into = append(into, line...)
		if len(into)-from > MaxHead {
			return into, tooLong(into[from:])
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			if errors.Is(err, io.EOF) && len(into) > from {
				err = io.ErrUnexpectedEOF
			}
			return into, err
		}
		start := len(into) - len(line)
		if start > from && into[start-1] != '\n' { // the rest of a line that did not fit
			if strict && !strings.HasSuffix(string(into[start-1:]), "\r\n") {
				return into, bad("a line ends without CR")
			}
			continue
		}
		switch {
		case strict && (len(line) < 2 || line[len(line)-2] != '\r'):
			return into, bad("a line ends without CR")
		case len(line) > 2 || len(line) == 2 && line[0] != '\r':
		case start > from:
			return into, nil
		case strict && start == 0 && from == 0: // one empty line before a request is ignored: RFC 9112, 2.2
			into, strict = into[:from], true
			if next, err := br.Peek(1); err == nil && (next[0] == '\r' || next[0] == '\n') {
				return into, bad("empty lines before the request")
			}
		default:
			return into, bad("no first line")
		}
	}
}

func tooLong(head []byte) *Problem {
	if line, _, found := strings.Cut(string(head), "\n"); !found || len(line) > MaxTarget+256 {
		return &Problem{http.StatusRequestURITooLong, "the target is too long"}
	}
	return &Problem{http.StatusRequestHeaderFieldsTooLarge, "the head is too large"}
}

// parseFields reads the lines of s, up to the empty one, into h.
func parseFields(s string, h http.Header, strict bool) error {
	n := strings.Count(s, "\n")
	if n > MaxFields+1 {
		return &Problem{http.StatusRequestHeaderFieldsTooLarge, "too many fields"}
	}
	values := make([]string, 0, n) // one array for all
	for s != "" {
		line, rest, _ := strings.Cut(s, "\n")
		s = rest
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			return nil
		}
		if line[0] == ' ' || line[0] == '\t' {
			return bad("a folded line")
		}
		name, value, found := strings.Cut(line, ":")
		if !found || !isToken(name) {
			return bad("a field without a proper name")
		}
		value = strings.Trim(value, " \t")
		if !isValue(value) {
			return bad("a control character in a field")
		}
		if strict && name[0] == ':' {
			return bad("a field without a proper name")
		}
		key := textproto.CanonicalMIMEHeaderKey(name)
		if have := h[key]; have != nil {
			h[key] = append(have, value)
			continue
		}
		values = append(values, value)
		h[key] = values[len(values)-1 : len(values) : len(values)]
	}
	return nil
}

// tokens are the characters of names and methods: RFC 9110, 5.6.2.
const tokens = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-' || c >= '0' && c <= '9' {
			continue
		}
		if strings.IndexByte(tokens, c) < 0 {
			return false
		}
	}
	return s != ""
}

func isValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// framing says how the body of a message is framed.
type framing struct {
	length  int64 // -1: not known
	chunked bool
}

// requestFraming returns how the body of a request is framed. What two readers could
// frame in two ways is refused: RFC 9112, 6.
func requestFraming(h http.Header, minor int) (framing, error) {
	coding, has := h["Transfer-Encoding"]
	lengths := h["Content-Length"]
	switch {
	case has && len(lengths) > 0:
		return framing{}, bad("both Content-Length and Transfer-Encoding")
	case has && minor == 0:
		return framing{}, bad("Transfer-Encoding in HTTP/1.0")
	case has && len(coding) == 1 && isToken(coding[0]) && strings.EqualFold(coding[0], "chunked"): // isToken: to EqualFold the sign of Kelvin is a k
		return framing{-1, true}, nil
	case has && len(coding) == 1 && isToken(coding[0]) && !strings.Contains(strings.ToLower(coding[0]), "chunked"):
		return framing{}, &Problem{http.StatusNotImplemented, "an unknown Transfer-Encoding"}
	case has:
		return framing{}, bad("a strange Transfer-Encoding")
	case len(lengths) > 1:
		return framing{}, bad("more than one Content-Length")
	case len(lengths) == 1:
		n, ok := parseLength(lengths[0])
		if !ok {
			return framing{}, bad("a strange Content-Length")
		}
		return framing{n, false}, nil
	}
	return framing{}, nil
}

// parseLength reads digits, and nothing but digits.
func parseLength(s string) (int64, bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// HasToken reports whether a list field of h, such as Connection, has this word in it.
func HasToken(h http.Header, field, word string) bool {
	for _, value := range h[field] {
		for part := range strings.SplitSeq(value, ",") {
			if part = strings.Trim(part, " \t"); isToken(part) && strings.EqualFold(part, word) {
				return true
			}
		}
	}
	return false
}
