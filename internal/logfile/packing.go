package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// packing is how a file is compressed, by the first bytes of its content.
type packing string

const (
	plain   packing = ""
	gzipped packing = "gzip"
	zstded  packing = "zstd"
	xzed    packing = "xz"
	bzipped packing = "bzip2"
	zipped  packing = "zip"
)

const (
	magicMax   = 10        // bytes that are enough to recognise every packing
	zstdWindow = 128 << 20 // most memory one zstd stream may ask for: its own "--ultra" limit
)

// packingOf recognises a packing by the first bytes of a file.
func packingOf(head []byte) packing {
	starts := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case starts("\x1f\x8b\x08"):
		return gzipped
	case starts("\x28\xb5\x2f\xfd"):
		return zstded
	case len(head) >= 4 && head[0]&0xf0 == 0x50 && starts(string(head[0])+"\x2a\x4d\x18"):
		return zstded // a skippable frame: pzstd and seekable zstd begin with one
	case starts("\xfd7zXZ\x00"):
		return xzed
	case starts("BZh") && len(head) >= 10 && string(head[4:10]) == "1AY&SY":
		return bzipped
	case starts("PK\x03\x04"):
		return zipped
	}
	return plain
}

// unread reports whether p is recognised but cannot be read here.
func (p packing) unread() bool { return p == xzed || p == bzipped || p == zipped }

// unpackCommand is the command that writes a file of packing p decompressed to standard output.
func (p packing) unpackCommand() string {
	switch p {
	case xzed:
		return "xz -dc"
	case bzipped:
		return "bzip2 -dc"
	}
	return "unzip -p"
}

// withoutPacking returns name without the ending a compressor added, and whether there was one.
func withoutPacking(name string) (string, bool) {
	for _, end := range []string{".gz", ".zst", ".zstd", ".xz", ".bz2", ".zip"} {
		if bare, ok := strings.CutSuffix(name, end); ok && bare != "" {
			return bare, true
		}
	}
	return name, false
}

// content reads what is inside a file. It is made before the first byte is unpacked, so
// that damage at the very beginning is found by Read, as all damage is.
type content struct {
	raw   io.Reader
	p     packing
	r     io.Reader
	zstd  *zstd.Decoder
	given int64
	err   error // found earlier; it stays
}

func newContent(raw io.Reader, p packing) *content { return &content{raw: raw, p: p} }

// Read reads the next bytes. An error other than io.EOF in something compressed is ErrDamaged.
func (c *content) Read(p []byte) (int, error) {
	if c.err != nil || len(p) == 0 {
		return 0, c.err
	}
	if c.r == nil {
		if c.err = c.start(); c.err != nil {
			return 0, c.err
		}
	}
	n, err := c.r.Read(p)
	c.given += int64(n)
	if err != nil {
		c.err = c.judge(err)
	}
	return n, c.err
}

func (c *content) start() (err error) {
	switch c.p {
	case gzipped:
		c.r, err = gzip.NewReader(c.raw)
	case zstded:
		// One goroutine is plenty: it unpacks faster than lines are parsed.
		c.zstd, err = zstd.NewReader(c.raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdWindow))
		c.r = c.zstd
	default:
		c.r = c.raw
	}
	if err != nil {
		return c.judge(err)
	}
	return nil
}

// judge says what err means for somebody who reads the content.
func (c *content) judge(err error) error {
	var why string
	_, unreadable := errors.AsType[diskError](err)
	switch {
	case errors.Is(err, io.EOF) && c.r != nil, c.p == plain, unreadable:
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		why = "it ends too early"
	default:
		why = err.Error()
	}
	return fmt.Errorf("%w after %d bytes of log: %s (fix: what came before was read; if it is still being "+
		"compressed read it again later, else restore it from a copy)", &damage{c.p}, c.given, why)
}

// Close frees the memory of the decompressor; the raw reader stays open.
func (c *content) Close() {
	if c.zstd != nil {
		c.zstd.Close()
	}
}

// damage is ErrDamaged with the name of the packing.
type damage struct {
	packing packing
}

// Error says what is damaged.
func (d *damage) Error() string { return string(d.packing) + " " + ErrDamaged.Error() }

// Is lets errors.Is find ErrDamaged. What the decompressor said stays inside: it may be
// io.EOF, which callers must not take for a good end.
func (d *damage) Is(target error) bool { return target == ErrDamaged }
