package otlp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxDocument is how many bytes one object in a file of traces may have.
const maxDocument = 256 << 20

// splitter cuts a stream of JSON into its objects, whether they stand one after the
// other or in lists.
type splitter struct {
	from *bufio.Reader
	buf  []byte
}

func newSplitter(from io.Reader) *splitter {
	return &splitter{from: bufio.NewReaderSize(from, 256<<10)}
}

// next returns the next object, io.EOF after the last. It holds until next is called again.
func (s *splitter) next() ([]byte, error) {
	for {
		c, err := s.from.ReadByte()
		if err != nil {
			return nil, err
		}
		switch c {
		case '{':
			return s.object()
		case '[', ']', ',', ' ', '\t', '\r', '\n', 0, 0x1e, 0xef, 0xbb, 0xbf: // 0x1e: JSON text sequences; the rest: a byte order mark
		default:
			return nil, fmt.Errorf("%q stands where an object of JSON should", c)
		}
	}
}

// object returns the object whose { was read.
func (s *splitter) object() ([]byte, error) {
	s.buf = append(s.buf[:0], '{')
	depth, text, escaped := 1, false, false
	for depth > 0 {
		if _, err := s.from.Peek(1); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		p, _ := s.from.Peek(s.from.Buffered()) // they are there
		n := 0
		for n < len(p) && depth > 0 {
			c := p[n]
			n++
			switch {
			case escaped:
				escaped = false
			case text:
				escaped, text = c == '\\', c != '"'
			case c == '"':
				text = true
			case c == '{' || c == '[':
				depth++
			case c == '}' || c == ']':
				depth--
			}
		}
		s.buf = append(s.buf, p[:n]...)
		_, _ = s.from.Discard(n)
		if len(s.buf) > maxDocument {
			return nil, fmt.Errorf("one object has more than %d MB", maxDocument>>20)
		}
	}
	return s.buf, nil
}

// documents calls f for each object in from.
func documents(from io.Reader, f func([]byte) error) error {
	s := newSplitter(from)
	for {
		one, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = f(bytes.TrimSpace(one))
		}
		if err != nil {
			return err
		}
	}
}
