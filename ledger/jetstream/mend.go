package jetstream

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/minio/highwayhash"
)

// The server trusts the numbers at the head of each record in a block. One bit of the
// disk in the wrong place there, and it fills the memory with records that never were, or
// drops all that is behind. So before it starts the heads are walked, and a block with
// one that cannot be is written anew without it. The damaged block is kept aside.
//
// A record is its length (4 bytes, the highest bit: with headers), place (8), time (8),
// length of the subject (2), subject, [length of the headers (4), headers], data, and
// HighwayHash-64 of all but the lengths (8); little endian. Of a place the two highest bits
// say that it is not a record but the mark of one that was erased.

const (
	recordHead = 22
	recordHash = 8
	recordMost = 32 << 20 // longer is damage; the server thinks so too
	placeMarks = uint64(3) << 62
)

// damagedFolder keeps the blocks that were mended, as they were.
const damagedFolder = "damaged"

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

// mendBlocks mends the blocks of all streams below dir, the folder of the server. In a
// cluster it refuses instead: the other nodes have the records, and copy them again to one
// that begins anew, but would not put back what was cut out of a block.
func mendBlocks(dir string, cluster bool, log *slog.Logger) error {
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "$G", "streams", streamName+"*", "msgs", "*.blk"))
	if err != nil {
		return err
	}
	for _, path := range blocks {
		number, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(path), ".blk"), 10, 32)
		if err != nil {
			continue // not one of the server's
		}
		key := filepath.Base(filepath.Dir(filepath.Dir(path))) + "-" + strconv.FormatUint(number, 10)
		sound := false
		if strings.HasPrefix(key, sideName) {
			// The server reads what it replaces, and gives up when that is damaged: so of
			// this small stream every record is looked at.
		} else if _, err = os.Stat(filepath.Join(filepath.Dir(path), "index.db")); err == nil { // else the server reads every record anew, and drops what is behind a bad one
			sound, err = walkHeads(path, key)
		} else if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		if err != nil {
			return fmt.Errorf("look at %s: %w (fix: %s)", path, err, folderFix(err))
		}
		if sound {
			continue
		}
		mend := func() error { return mendBlock(dir, path, key, log) }
		if cluster {
			mend = func() error { return refuseBlock(path, key) }
		}
		if err := mend(); errors.Is(err, errDamagedNode) {
			return fmt.Errorf("%s: %w (fix: move %s away and start again: the other nodes copy all of it; do so on one node at a time)", path, err, filepath.Join(dir, "jetstream"))
		} else if err != nil {
			return fmt.Errorf("mend %s: %w (fix: %s)", path, err, folderFix(err))
		}
	}
	return nil
}

// walkHeads reports whether the heads of a block follow each other as they should: each
// place is one more than the one before. A block that is cut off, as a crash leaves it, is
// not sound either; mendBlock leaves it to the server, which knows that.
func walkHeads(path, key string) (sound bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	var p [recordHead]byte
	var last uint64
	for at := int64(0); at < info.Size(); {
		if _, err := f.ReadAt(p[:], at); errors.Is(err, io.EOF) {
			return false, nil
		} else if err != nil {
			return false, err
		}
		h, ok := parseHead(p[:])
		if !ok || at+int64(h.length) > info.Size() {
			return false, nil
		}
		// At the start of a block, behind what was removed, and of what was erased the
		// hash says whether the place is right.
		if h.place != last+1 {
			if whole, err := wholeAt(f, at, h.length, key); !whole {
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

// wholeAt reports whether the record at a place of a file has the right hash.
func wholeAt(f *os.File, at int64, length int, key string) (bool, error) {
	p := make([]byte, length)
	if _, err := f.ReadAt(p, at); err != nil {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return false, err
	}
	whole, _ := wholeRecords(p, key)
	return len(whole) == length, nil
}

// errDamagedNode is why a node of a cluster is not opened.
var errDamagedNode = errors.New("a block of this node is damaged")

// refuseBlock returns errDamagedNode when a block has a record that is not whole before
// its end.
func refuseBlock(path, key string) error {
	p, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if _, cut := wholeRecords(p, key); cut > 0 {
		return errDamagedNode
	}
	return nil
}

// mendBlock writes a block anew from the records that are whole, if any is not. key is
// what their hashes are made with.
func mendBlock(dir, path, key string, log *slog.Logger) error {
	p, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	whole, cut := wholeRecords(p, key)
	if cut == 0 {
		return nil
	}
	if len(whole) == 0 {
		return nil // the server drops such a block, and that is said
	}
	aside := filepath.Join(dir, damagedFolder)
	if err := os.MkdirAll(aside, 0o750); err != nil {
		return err
	}
	name := fmt.Sprintf("%s.%x.blk", key, sha256.Sum256(p))
	if err := writeSynced(filepath.Join(aside, name), p); err != nil {
		return err
	}
	if err := writeSynced(path+".tmp", whole); err != nil {
		return err
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(filepath.Dir(path), "index.db")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	log.Warn("a block of the ledger is damaged: what was whole in it is kept", "block", path, "cut_out_bytes", cut, "copy", filepath.Join(aside, name))
	return nil
}

// writeSynced writes a file that is on the disk when it returns: a power cut right after it
// took the place of another leaves it whole.
func writeSynced(path string, p []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(p)
	return errors.Join(err, f.Sync(), f.Close())
}

// wholeRecords returns the records of p whose hash is right, and how many bytes are not
// part of any. What is cut off at the end does not count.
func wholeRecords(p []byte, key string) (whole []byte, cut int) {
	sum := sha256.Sum256([]byte(key))
	h, err := highwayhash.NewDigest64(sum[:])
	if err != nil {
		return p, 0 // the key has the right length
	}
	lost := 0
	for at := 0; at < len(p); {
		n := wholeRecord(p[at:], h)
		if n == 0 {
			at++
			lost++
			continue
		}
		whole = append(whole, p[at:at+n]...)
		at += n
		cut += lost
		lost = 0
	}
	return whole, cut
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
