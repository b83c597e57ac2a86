package logfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// errReplaced says that what is in a file is not what was there before: it was cut off
// and written anew.
var errReplaced = errors.New("the file was written anew")

// generation is one life of a log, from its creation or truncation to the next. It is
// known by its content, so it may be open, elsewhere under another name, or compressed.
type generation struct {
	name string
	file *os.File    // nil: lost, it has to be found again
	info fs.FileInfo // who the open file is
	pack packing

	lost      Mark // while file is nil: what to look for
	truncated bool // while file is nil: it was copied away before its file was cut off

	head   []byte // first bytes of the content, at most headMax
	print  Fingerprint
	offset int64  // bytes of the content that were delivered
	lines  cutter // what was read after them

	size    int64     // the file's size and
	changed time.Time // time when it was read to its end
	grew    time.Time // when growth was last seen, by our clock
	asked   bool      // Options.Tail was asked about the unfinished line
	drained bool      // in this round it was read to its end
	damage  error     // where its compressed content broke off; nil: it did not
}

// opened returns a generation that begins with the open file of c, read up to offset.
func opened(c candidate, offset int64, maxLine int) *generation {
	g := &generation{lines: cutter{max: maxLine}}
	g.attach(c, offset)
	return g
}

// attach goes on at offset in the open file of c.
func (g *generation) attach(c candidate, offset int64) {
	g.name, g.file, g.info, g.pack = c.name, c.file, c.info, c.pack
	g.lost, g.truncated = Mark{}, false
	g.offset, g.asked, g.damage = offset, false, nil
	g.size, g.changed = -1, time.Time{}
	g.lines.forget()
	g.setHead(c.head)
	g.grew = time.Now()
	if t := c.info.ModTime(); t.Before(g.grew) {
		g.grew = t // silence before we came counts
	}
}

// lose closes the file: the generation has to be found again.
func (g *generation) lose() {
	g.lost = g.mark()
	_ = g.file.Close() // it was only read
	g.file = nil
	g.lines.forget()
}

// split returns what was in the file of g before it was cut off, as a lost generation,
// and lets g begin anew.
func (g *generation) split() *generation {
	old := &generation{name: g.name, lost: g.mark(), truncated: true, head: bytes.Clone(g.head), lines: cutter{max: g.lines.max}}
	g.offset, g.size, g.pack, g.asked, g.damage = 0, -1, plain, false, nil
	g.grew = time.Now()
	g.lines.forget()
	g.setHead(nil)
	return old
}

// mark says how far g was delivered.
func (g *generation) mark() Mark {
	if g.file == nil {
		return g.lost
	}
	dev, ino := identity(g.info)
	return Mark{Device: dev, Inode: ino, Head: g.print, Offset: g.offset}
}

// fits reports whether c can be the lost generation g.
func (g *generation) fits(c *candidate) bool {
	if g.truncated && len(c.head) < len(g.head) { // copied before the last lines we read
		return alike(g.head, c.head)
	}
	return c.beginsAs(g.lost.Head)
}

// recognisable reports whether the head of g tells it from other generations.
func (g *generation) recognisable() bool { return distinct(g.head) }

// blank reports whether g was empty whenever we looked.
func (g *generation) blank() bool { return len(g.head) == 0 && g.pack == plain }

// vague reports whether nothing was delivered of g and its head could be anyone's.
func (g *generation) vague() bool { return g.file != nil && g.offset == 0 && !g.recognisable() }

// distinct reports whether head has a whole line, or all a head can have.
func distinct(head []byte) bool {
	return len(head) == headMax || bytes.IndexByte(head, '\n') >= 0
}

// alike reports whether two heads are of one content, of which one may have seen more.
func alike(a, b []byte) bool {
	n := min(len(a), len(b))
	return distinct(a[:n]) && bytes.Equal(a[:n], b[:n])
}

func (g *generation) setHead(head []byte) {
	g.head = append(g.head[:0], head...)
	g.print = fingerprint(g.head)
}

// seen is where in the content reading goes on.
func (g *generation) seen() int64 { return g.offset + g.lines.raw }

// verify reads the head again and learns what was added to it. It returns errReplaced
// when it is another one. Done after a read, it proves that the read was of g: what was
// cut off never comes back.
func (g *generation) verify() error {
	var now [headMax]byte
	n, err := g.file.ReadAt(now[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if n < len(g.head) || !bytes.Equal(now[:len(g.head)], g.head) {
		return errReplaced
	}
	if n > len(g.head) {
		g.setHead(now[:n])
	}
	return nil
}

// sniff notices that a file is compressed, which shows only when it has a first byte.
func (g *generation) sniff() error {
	if g.pack != plain || g.offset > 0 {
		return nil
	}
	if len(g.head) < magicMax {
		if err := g.verify(); err != nil {
			return err
		}
	}
	if g.pack = packingOf(g.head); g.pack == plain {
		return nil
	}
	if g.pack.unread() {
		return explainPacked(g.name, g.pack)
	}
	g.lines.forget()
	g.setHead(nil) // that of the content comes when it is read
	return nil
}

// read reads on into buf, up to n bytes before the offset end, and returns the whole lines.
func (g *generation) read(buf []byte, end int64, n int) (whole, used []byte, err error) {
	seen := g.seen()
	buf = append(buf[:0], g.lines.rest...)
	at := len(buf)
	buf = grown(buf, int(min(int64(n), end-seen)))
	got, err := g.file.ReadAt(buf[at:], seen)
	if got == 0 && errors.Is(err, io.EOF) {
		return nil, buf, errReplaced
	}
	if got == 0 && err != nil {
		return nil, buf, err
	}
	if err := g.verify(); err != nil {
		return nil, buf, err
	}
	whole = g.lines.cut(buf[:at+got])
	g.offset = seen + int64(got) - g.lines.raw
	return whole, buf, nil
}

// grown returns buf with n bytes more.
func grown(buf []byte, n int) []byte {
	if len(buf)+n <= cap(buf) {
		return buf[:len(buf)+n]
	}
	return append(buf, make([]byte, n)...)
}
