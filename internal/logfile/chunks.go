package logfile

import (
	"bytes"
	"errors"
	"io"
	"slices"
)

const (
	defaultChunk   = 256 << 10
	defaultMaxLine = 64 << 10
	emptyReads     = 100 // reads in a row that give nothing before we stop believing the reader
)

// Chunks cuts a stream into chunks of whole lines, with bounded memory: about the size
// of a chunk and one longest line, however long the lines are.
type Chunks struct {
	r     io.Reader
	size  int
	lines cutter
	err   error
}

// NewChunks returns the lines of r in chunks of about size bytes (0: 256 KiB). A line
// of more than maxLine bytes (0: 64 KiB), its newline not counted, is given cut: its
// first maxLine+1 bytes and a newline, so that a parser sees that it is too long.
func NewChunks(r io.Reader, size, maxLine int) *Chunks {
	if size <= 0 {
		size = defaultChunk
	}
	if maxLine <= 0 {
		maxLine = defaultMaxLine
	}
	return &Chunks{r: r, size: size, lines: cutter{max: maxLine}}
}

// Next returns the next chunk, in buf when that is large enough: it holds until buf is
// used again. Every chunk ends with a newline, except the last one of a stream whose
// last line has none. At the end it returns io.EOF. When the stream breaks instead, all
// whole lines come first, then its error; the line that was broken off is dropped.
func (c *Chunks) Next(buf []byte) ([]byte, error) {
	for c.err == nil {
		buf = append(buf[:0], c.lines.rest...)
		buf = slices.Grow(buf, c.size)
		at := len(buf)
		n, err := fill(c.r, buf[at:at+c.size])
		c.err = err
		if whole := c.lines.cut(buf[:at+n]); len(whole) > 0 {
			return whole, nil
		}
	}
	if errors.Is(c.err, io.EOF) && c.lines.raw > 0 {
		return c.lines.finish(buf[:0]), nil
	}
	return buf[:0], c.err
}

// fill reads until p is full or r has an error, which it returns as it is.
func fill(r io.Reader, p []byte) (n int, err error) {
	idle := 0
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
		if idle++; m > 0 {
			idle = 0
		}
		if idle >= emptyReads {
			return n, io.ErrNoProgress
		}
	}
	return n, err
}

// cutter finds the whole lines in a stream and keeps the beginning of the unfinished one.
type cutter struct {
	max  int    // longest line in bytes, without its newline
	rest []byte // beginning of the unfinished line, at most max+1 bytes
	raw  int64  // bytes of the unfinished line that were in the stream
}

// cut returns the whole lines in buf, which begins with the unfinished line and goes on
// with what came after it in the stream. It works in place.
func (c *cutter) cut(buf []byte) []byte {
	old := len(c.rest)
	fresh := buf[old:]
	last := bytes.LastIndexByte(fresh, '\n')
	if last < 0 {
		c.raw += int64(len(fresh))
		c.rest = append(c.rest, fresh[:min(len(fresh), c.max+1-old)]...)
		return nil
	}
	after := fresh[last+1:]
	c.raw = int64(len(after))
	c.rest = append(c.rest[:0], after[:min(len(after), c.max+1)]...)
	return shorten(buf[:old+last+1], c.max)
}

// finish appends the unfinished line to buf and forgets it.
func (c *cutter) finish(buf []byte) []byte {
	buf = append(buf, c.rest...)
	if len(c.rest) > c.max {
		buf = append(buf, '\n')
	}
	c.forget()
	return buf
}

func (c *cutter) forget() { c.rest, c.raw = c.rest[:0], 0 }

// shorten cuts the lines of body that are longer than limit, in place. It looks back
// from the far end of a window: lines that all fit in one cost one search together.
func shorten(body []byte, limit int) []byte {
	from, to := 0, 0
	for from < len(body) {
		window := body[from:min(len(body), from+limit+1)]
		n := bytes.LastIndexByte(window, '\n') + 1
		next := from + n
		if n == 0 { // the line is longer than the window
			n = len(window)
			next = from + n + bytes.IndexByte(body[from+n:], '\n') + 1
		}
		if from != to {
			copy(body[to:], body[from:from+n])
		}
		if to += n; body[to-1] != '\n' {
			body[to] = '\n'
			to++
		}
		from = next
	}
	return body[:to]
}
