package jetstream

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"os"

	"github.com/minio/highwayhash"
)

// A record is its length (4 bytes, the highest bit: with headers), place (8), time (8),
// length of the subject (2), subject, [length of the headers (4), headers], data, and
// HighwayHash-64 of all but the lengths (8); little endian. Of a place the two highest bits
// say that it is not a record but the mark of one that was erased.

const (
	recordHead = 22
	recordHash = 8
	recordMost = 32 << 20 // longer is damage; the server thinks so too
	placeMarks = uint64(3) << 62

	// walkWindow is how much of a block is read at once where heads are near each other.
	walkWindow = 16 << 10
)

// head is the head of a record.
type head struct {
	length  int
	headers bool
	place   uint64
	subject int
}

// parseHead reads a head; ok says that its lengths go together.
func parseHead(p []byte) (h head, ok bool) {
	raw := binary.LittleEndian.Uint32(p)
	h = head{length: int(raw &^ (1 << 31)), headers: raw>>31 != 0, place: binary.LittleEndian.Uint64(p[4:]), subject: int(binary.LittleEndian.Uint16(p[20:]))}
	least := recordHead + h.subject + recordHash
	if h.headers {
		least += 4
	}
	return h, h.length >= least && h.length <= recordMost
}

// walker looks at blocks, one after the other, with memory that it keeps.
type walker struct {
	p  []byte
	at int64 // where in the block p begins
}

// heads reports whether the heads of a block follow each other as they should: each place
// is one more than the one before. A block that is cut off, as a crash leaves it, is not
// sound either.
func (w *walker) heads(b block) (sound bool, err error) {
	f, err := os.Open(b.path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	w.p = w.p[:0]
	var last uint64
	for at := int64(0); at < info.Size(); {
		p, err := w.window(f, at)
		if len(p) < recordHead || err != nil {
			return false, err
		}
		h, ok := parseHead(p)
		if !ok || at+int64(h.length) > info.Size() {
			return false, nil
		}
		// At the start of a block, behind what was removed, and of what was erased the
		// hash says whether the place is right.
		if h.place != last+1 {
			if whole, err := wholeAt(f, at, h.length, b.hash()); !whole {
				return false, err
			}
		}
		if h.place&placeMarks == 0 {
			last = h.place
		}
		at += int64(h.length)
	}
	return true, nil
}

// window returns what f has from a place on: at least a head, if there is one.
func (w *walker) window(f *os.File, at int64) ([]byte, error) {
	if from := at - w.at; len(w.p) > 0 && from >= 0 && from+recordHead <= int64(len(w.p)) {
		return w.p[from:], nil
	}
	w.grow(walkWindow)
	n, err := f.ReadAt(w.p[:walkWindow], at)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	w.p, w.at = w.p[:n], at
	return w.p, err
}

// grow makes room for that many bytes.
func (w *walker) grow(size int) {
	if cap(w.p) < size {
		w.p = make([]byte, size)
	}
}

// records returns how many bytes of a block are not part of a record whose hash is right.
// What is cut off at the end does not count.
func (w *walker) records(b block) (cut int, err error) {
	f, err := os.Open(b.path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	w.grow(int(info.Size()))
	w.p = w.p[:info.Size()]
	if n, err := io.ReadFull(f, w.p); errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		w.p = w.p[:n]
	} else if err != nil {
		return 0, err
	}
	eachWhole(w.p, b.hash(), func(_ []byte, lost int) { cut += lost })
	return cut, nil
}

// eachWhole calls f for each record of p whose hash is right, with how many bytes before it
// are not part of any.
func eachWhole(p []byte, hash *highwayhash.Digest64, f func(record []byte, lost int)) {
	lost := 0
	for at := 0; at < len(p); {
		n := wholeRecord(p[at:], hash)
		if n == 0 {
			at++
			lost++
			continue
		}
		f(p[at:at+n], lost)
		at += n
		lost = 0
	}
}

// wholeAt reports whether the record at a place of a file has the right hash.
func wholeAt(f *os.File, at int64, length int, hash *highwayhash.Digest64) (bool, error) {
	p := make([]byte, length)
	if _, err := f.ReadAt(p, at); err != nil {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return false, err
	}
	return wholeRecord(p, hash) == length, nil
}

// wholeRecord returns the length of the record at the start of p, 0 when there is none
// with the right hash.
func wholeRecord(p []byte, hash *highwayhash.Digest64) int {
	if len(p) < recordHead+recordHash {
		return 0
	}
	h, ok := parseHead(p)
	if !ok || h.length > len(p) {
		return 0
	}
	body := p[recordHead : h.length-recordHash]
	data := body[h.subject:]
	if h.headers {
		data = data[4:]
	}
	hash.Reset()
	_, err1 := hash.Write(p[4:20])
	_, err2 := hash.Write(body[:h.subject])
	_, err3 := hash.Write(data)
	if errors.Join(err1, err2, err3) != nil || !bytes.Equal(hash.Sum(nil), p[h.length-recordHash:h.length]) {
		return 0
	}
	return h.length
}

// newHash returns what the server makes hashes with: the key is the name of what they are
// of.
func newHash(name string) *highwayhash.Digest64 {
	key := sha256.Sum256([]byte(name))
	h, err := highwayhash.NewDigest64(key[:])
	if err != nil {
		panic(err) // the key has the right length
	}
	return h
}
