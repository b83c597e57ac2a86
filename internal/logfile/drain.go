package logfile

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// stopped is an error that ends Follow: of the receiver of chunks or of the context.
type stopped struct{ error }

// Unwrap returns the error that Follow returns.
func (s stopped) Unwrap() error { return s.error }

// drain delivers what g has grown since it was last read. It reads no further than the
// file was when it began, so that a busy generation does not starve the next ones.
func (f *follower) drain(ctx context.Context, g *generation) error {
	info, err := g.file.Stat()
	if err != nil {
		return err
	}
	size, changed := info.Size(), info.ModTime()
	if g.blank() && g == f.newest() {
		g.drained, g.changed = true, changed
		return nil // its first bytes are seen to in the next round
	}
	if size != g.size || !changed.Equal(g.changed) {
		if err := g.sniff(); err != nil {
			return err
		}
		read := f.drainPlain
		if g.pack != plain {
			read = f.drainPacked
		}
		if err := read(ctx, g, size); err != nil {
			return err
		}
		if size != g.size && g.size >= 0 || !changed.Equal(g.info.ModTime()) && g.size < 0 {
			g.grew, g.asked = time.Now(), false
		}
		g.size, g.changed = size, changed
	}
	g.drained = true
	if g.damage != nil && g == f.newest() {
		f.ail(g.damage) // it may still be on its way to us: it is read on when it grows
	}
	if time.Since(g.grew) < f.o.TailAfter {
		return nil
	}
	return f.takeTail(ctx, g)
}

func (f *follower) drainPlain(ctx context.Context, g *generation, size int64) error {
	if size <= g.seen() { // shorter, or as long as it was but changed
		if size < g.seen() {
			return errReplaced
		}
		return g.verify()
	}
	if err := f.skipHole(ctx, g, size); err != nil {
		return err
	}
	for g.seen() < size {
		whole, used, err := g.read(f.buf, size, f.o.Chunk)
		f.buf = used
		if err != nil {
			return err
		}
		if err := f.deliver(ctx, whole); err != nil {
			return err
		}
	}
	return nil
}

// skipHole steps over the NUL bytes that a file begins with when it was cut off under a
// server that does not append: the server writes on where it was, behind a hole.
func (f *follower) skipHole(ctx context.Context, g *generation, size int64) error {
	for g.seen() == g.offset && g.seen() < size && len(g.head) > 0 && g.head[0] == 0 {
		if ctx.Err() != nil {
			return stopped{context.Cause(ctx)}
		}
		f.buf = grown(f.buf[:0], int(min(size-g.offset, readAhead)))
		n, err := g.file.ReadAt(f.buf, g.offset)
		if n == 0 && err != nil && err != io.EOF {
			return err
		}
		if err := g.verify(); err != nil {
			return err
		}
		text := bytes.TrimLeft(f.buf[:n], "\x00")
		g.offset += int64(n - len(text))
		if len(text) > 0 || n == 0 {
			return nil
		}
	}
	return nil
}

// drainPacked unpacks g from its beginning and delivers what comes after its offset. A
// compressed file hardly ever grows, so nothing is kept open to go on from.
func (f *follower) drainPacked(ctx context.Context, g *generation, size int64) error {
	g.lines.forget()
	disk := &meter{r: io.NewSectionReader(g.file, 0, size)}
	inside := newContent(bufio.NewReaderSize(disk, readAhead), g.pack)
	defer inside.Close()
	head := make([]byte, headMax)
	n, err := fill(inside, head)
	head = head[:n]
	if n < len(g.head) || !bytes.Equal(head[:len(g.head)], g.head) {
		return errReplaced
	}
	g.setHead(head)
	g.damage = nil
	rest := io.MultiReader(bytes.NewReader(head), inside)
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, ErrDamaged) {
		err = f.skip(ctx, rest, g.offset)
	}
	for err == nil {
		err = f.unpack(ctx, g, rest)
	}
	if errors.Is(err, ErrDamaged) {
		g.damage = fmt.Errorf("read log %s: %w", g.name, err)
		return nil
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// skip reads n bytes of r that were delivered before.
func (f *follower) skip(ctx context.Context, r io.Reader, n int64) error {
	for n > 0 {
		if err := ctx.Err(); err != nil {
			return stopped{context.Cause(ctx)}
		}
		got, err := io.CopyN(io.Discard, r, min(n, int64(f.o.Chunk)))
		if err != nil {
			return err
		}
		n -= got
	}
	return nil
}

// unpack delivers about one chunk of r, which stands where g was read to.
func (f *follower) unpack(ctx context.Context, g *generation, r io.Reader) error {
	buf := append(f.buf[:0], g.lines.rest...)
	at := len(buf)
	buf = grown(buf, f.o.Chunk)
	f.buf = buf
	got, err := fill(r, buf[at:])
	seen := g.seen()
	whole := g.lines.cut(buf[:at+got])
	g.offset = seen + int64(got) - g.lines.raw
	if stop := f.deliver(ctx, whole); stop != nil {
		return stop
	}
	return err
}

// takeTail delivers the unfinished line of g if Options.Tail says that it is one.
func (f *follower) takeTail(ctx context.Context, g *generation) error {
	if g.lines.raw == 0 || g.asked || g.damage != nil || f.o.Tail == nil {
		return nil
	}
	g.asked = true
	if !f.o.Tail(g.lines.rest) {
		return nil
	}
	raw := g.lines.raw
	f.buf = g.lines.finish(f.buf[:0])
	g.offset += raw
	return f.deliver(ctx, f.buf)
}

// deliver hands chunk on with the position after it.
func (f *follower) deliver(ctx context.Context, chunk []byte) error {
	if ctx.Err() != nil {
		return stopped{context.Cause(ctx)}
	}
	if len(chunk) == 0 {
		return nil
	}
	if err := f.out(ctx, chunk, f.position()); err != nil {
		return stopped{err}
	}
	return nil
}
