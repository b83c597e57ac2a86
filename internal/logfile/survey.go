package logfile

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
)

// surveys is how often in a row we look at the folder anew because it changed under us.
const surveys = 5

// errMoved says that a file was renamed or removed between two looks at it.
var errMoved = errors.New("the folder changed meanwhile")

// candidate is a sibling that was opened.
type candidate struct {
	sibling
	file *os.File // nil: closed, as no generation may take it
	pack packing
	head []byte // first bytes of its content
	used bool   // a generation has taken its file

	prints map[int]Fingerprint // of its head, by length, as far as they were asked for
}

// beginsAs reports whether the content of c begins as f says.
func (c *candidate) beginsAs(f Fingerprint) bool {
	if f.Bytes <= 0 || f.Bytes > len(c.head) {
		return false
	}
	sum, ok := c.prints[f.Bytes]
	if !ok {
		sum = fingerprint(c.head[:f.Bytes])
		c.prints[f.Bytes] = sum
	}
	return sum == f
}

// survey finds lost generations again and new ones. It works on a listing of the folder
// that was the same before and after: while names move, a file could be seen under two
// names or none. Without one it changes nothing; the next round tries again.
func (f *follower) survey() {
	for range surveys {
		before, err := siblings(f.path)
		found, moved := f.inspect(before)
		after, _ := siblings(f.path)
		if moved == nil && sameNames(before, after) {
			if err != nil {
				f.ail(err)
			}
			f.settle(found, currentOf(before))
		}
		for _, c := range found {
			if !c.used && c.file != nil {
				_ = c.file.Close() // it was only read
			}
		}
		if moved == nil && sameNames(before, after) {
			return
		}
	}
}

// currentOf returns who is at the path, nil for nobody; it is listed first.
func currentOf(list []sibling) fs.FileInfo {
	if len(list) > 0 && list[0].current {
		return list[0].info
	}
	return nil
}

// inspect opens the siblings that matter now.
func (f *follower) inspect(list []sibling) (found []*candidate, err error) {
	for _, s := range list {
		if !f.matters(s, list) {
			continue
		}
		c, err := f.examine(s)
		switch {
		case errors.Is(err, errMoved):
			return found, err
		case err != nil && (s.current || f.isNew(s)):
			f.ail(err)
		case err == nil:
			found = append(found, c)
		}
	}
	return found, nil
}

// matters reports whether s can be anything else than known or old.
func (f *follower) matters(s sibling, list []sibling) bool {
	if f.holder(s.info) != nil {
		return false
	}
	if s.current {
		return true
	}
	return (f.fresh || f.anyLost() || f.isNew(s) || f.wroteOn(s)) && !hasPlainTwin(s, list)
}

// hasPlainTwin reports whether s is the compressed form, maybe only half written yet, of
// another sibling.
func hasPlainTwin(s sibling, list []sibling) bool {
	bare, packed := withoutPacking(s.name)
	return packed && slices.ContainsFunc(list, func(o sibling) bool { return o.name == bare && !o.current })
}

// isNew reports whether s may be a generation that came and went unseen.
func (f *follower) isNew(s sibling) bool {
	return s.dated != "" && s.info.ModTime().UnixNano() >= f.since
}

// wroteOn reports whether s is a finished generation that grew after all.
func (f *follower) wroteOn(s sibling) bool {
	return slices.ContainsFunc(f.done, func(m Mark) bool { return sameInode(m, s.info) && s.info.Size() > m.Offset })
}

func sameInode(m Mark, info fs.FileInfo) bool {
	dev, ino := identity(info)
	return ino != 0 && m.Device == dev && m.Inode == ino
}

// holder returns the generation that has this very file open, nil for none.
func (f *follower) holder(info fs.FileInfo) *generation {
	for _, g := range f.gens {
		if g.file != nil && os.SameFile(g.info, info) {
			return g
		}
	}
	return nil
}

// examine opens s and reads the head of its content.
func (f *follower) examine(s sibling) (*candidate, error) {
	file, err := f.open(s.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errMoved
	}
	if err != nil {
		return nil, explain(s.name, err)
	}
	c := &candidate{sibling: s, file: file, head: make([]byte, headMax), prints: map[int]Fingerprint{}}
	info, err := file.Stat()
	if err == nil && !os.SameFile(info, s.info) {
		err = errMoved
	}
	if err == nil {
		c.info = info
		err = c.readHead()
	}
	if err != nil || !f.wants(c) {
		_ = file.Close() // it was only read
		c.file = nil
	}
	if err != nil {
		if !errors.Is(err, errMoved) {
			err = readError(s.name, err)
		}
		return nil, err
	}
	return c, nil
}

// wants reports whether a generation may take the file of c, so that it has to stay open.
func (f *follower) wants(c *candidate) bool {
	lost := slices.ContainsFunc(f.gens, func(g *generation) bool { return g.file == nil && g.fits(c) })
	return c.current || lost || !f.fresh && (f.isNew(c.sibling) || f.wroteOn(c.sibling))
}

// mark is that of a generation which was read to the end c has now.
func (c *candidate) mark() Mark {
	dev, ino := identity(c.info)
	m := Mark{Device: dev, Inode: ino, Head: fingerprint(c.head)}
	if c.pack == plain {
		m.Offset = c.info.Size()
	}
	return m
}

func (c *candidate) readHead() error {
	n, err := c.file.ReadAt(c.head, 0)
	c.head = c.head[:n]
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	c.pack = packingOf(c.head)
	if c.pack == plain || c.pack.unread() {
		return nil
	}
	inside := newContent(bufio.NewReader(io.NewSectionReader(c.file, 0, c.info.Size())), c.pack)
	defer inside.Close()
	c.head = make([]byte, headMax)
	n, _ = fill(inside, c.head) // damage is told when it is read
	c.head = c.head[:n]
	return nil
}
