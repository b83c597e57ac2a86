package h1

import (
	"bufio"
	"errors"
	"io"
	"net/http"
)

// maxChunkLine is the longest line with the size of a chunk and its extensions.
const maxChunkLine = 1024

// chunked reads a body in chunks, strictly, with the trailer behind it.
type chunked struct {
	br      *bufio.Reader
	left    int64 // of this chunk
	within  bool  // a chunk has begun: its CR LF is still to come
	trailer http.Header
	err     error
}

// Read reads from the chunks.
func (c *chunked) Read(p []byte) (int, error) {
	if c.err == nil && c.left == 0 {
		c.err = c.next()
	}
	if c.err != nil {
		return 0, c.err
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.br.Read(p)
	c.left -= int64(n)
	if err != nil {
		c.err = cut(err)
	}
	return n, c.err
}

// cut makes an end that comes too early an error.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// next reads up to the next chunk. It returns io.EOF behind the last.
func (c *chunked) next() error {
	if c.within {
		var end [2]byte
		if _, err := io.ReadFull(c.br, end[:]); err != nil {
			return cut(err)
		}
		if end != [2]byte{'\r', '\n'} {
			return bad("a chunk is longer than it says")
		}
		c.within = false
	}
	line, err := c.br.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || len(line) > maxChunkLine {
		return bad("the size of a chunk is too long")
	}
	if err != nil {
		return cut(err)
	}
	n, err := chunkSize(line)
	if err != nil {
		return err
	}
	if n > 0 {
		c.left, c.within = n, true
		return nil
	}
	return c.end()
}

func chunkSize(line []byte) (int64, error) {
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return 0, bad("a chunk's size ends without CR")
	}
	line = line[:len(line)-2]
	n, i := int64(0), 0
	for ; i < len(line) && i < 16; i++ {
		c := line[i]
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | int64(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | int64(c|0x20-'a'+10)
		default:
			return extension(n, i, line[i:])
		}
	}
	if i == 16 || i == 0 {
		return 0, bad("a strange chunk size")
	}
	return n, nil
}

// extension takes what stands behind a size of i digits: only what begins with ; may.
func extension(n int64, i int, rest []byte) (int64, error) {
	for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
		rest = rest[1:]
	}
	if i == 0 || len(rest) == 0 || rest[0] != ';' || !isValue(string(rest)) {
		return 0, bad("a strange chunk size")
	}
	return n, nil
}

// end reads the trailer.
func (c *chunked) end() error {
	var head []byte
	for {
		line, err := c.br.ReadSlice('\n')
		if err != nil {
			return cut(err)
		}
		if len(line) < 2 || line[len(line)-2] != '\r' {
			return bad("a line of the trailer ends without CR")
		}
		if head = append(head, line...); len(head) > MaxHead {
			return &Problem{http.StatusRequestHeaderFieldsTooLarge, "the trailer is too large"}
		}
		if len(line) == 2 {
			break
		}
	}
	if len(head) > 2 {
		if c.trailer == nil {
			c.trailer = http.Header{}
		}
		if err := parseFields(string(head), c.trailer, true); err != nil {
			return err
		}
		StripTrailer(c.trailer)
	}
	return io.EOF
}

// StripTrailer removes what may not come behind a body.
func StripTrailer(h http.Header) {
	for _, name := range notInTrailers() {
		delete(h, name)
	}
}

// notInTrailers are fields that say how a message is framed, routed or proven.
func notInTrailers() []string {
	return []string{"Transfer-Encoding", "Content-Length", "Trailer", "Host", "Connection", "Te", "Upgrade", "Authorization", "Set-Cookie", "Content-Encoding", "Content-Type", "Content-Range", "Expect", "Range", "Max-Forwards", "Cookie"}
}

// exactly reads n bytes, and says when there are fewer.
type exactly struct {
	br   *bufio.Reader
	left int64
}

// Read reads from what is left.
func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > e.left {
		p = p[:e.left]
	}
	n, err := e.br.Read(p)
	e.left -= int64(n)
	if err != nil {
		return n, cut(err)
	}
	return n, nil
}
