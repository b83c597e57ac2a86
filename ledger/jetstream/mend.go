package jetstream

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/minio/highwayhash"
)

// The server trusts the numbers at the head of each record in a block. One bit of the
// disk in the wrong place there, and it fills the memory with records that never were, or
// drops all that is behind. So before it starts the heads are walked, and a block with
// one that cannot be is written anew without it. The damaged block is kept aside.
//
// Where the server will not use its index, as after a crash, it reads every record, and
// drops all that is behind a damaged one. So then every record is read here first, too.

const (
	// damagedFolder keeps the blocks that were mended, as they were.
	damagedFolder = "damaged"

	indexFile = "index.db" // of the server
	indexEnd  = 16         // the hash of the newest record, and that of the index
)

// block is a file of records of a stream.
type block struct {
	path string
	key  string // what the hashes of its records are made with
	nth  uint64
}

// hash returns what hashes of the records of b are made with.
func (b block) hash() *highwayhash.Digest64 { return newHash(b.key) }

// blocksOf returns the blocks of the stream in that folder.
func blocksOf(stream string) (list []block, err error) {
	paths, err := filepath.Glob(filepath.Join(stream, "msgs", "*.blk"))
	for _, path := range paths {
		n, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(path), ".blk"), 10, 32)
		if err != nil {
			continue // not one of the server's
		}
		list = append(list, block{path, filepath.Base(stream) + "-" + strconv.FormatUint(n, 10), n})
	}
	return list, err
}

// mendBlocks mends the blocks of all streams below dir, the folder of the server. In a
// cluster it refuses instead: the other nodes have the records, and copy them again to one
// that begins anew, but would not put back what was cut out of a block.
func mendBlocks(dir string, cluster bool, log *slog.Logger) error {
	streams, err := filepath.Glob(filepath.Join(dir, "jetstream", "$G", "streams", streamName+"*"))
	if err != nil {
		return err
	}
	for _, stream := range streams {
		spoilt, err := spoiltOf(stream)
		if err != nil {
			return err
		}
		for _, b := range spoilt {
			if cluster {
				return fmt.Errorf("%s: %w (fix: move %s away and start again: the other nodes copy all of it; do so on one node at a time)",
					b.path, errDamagedNode, filepath.Join(dir, "jetstream"))
			}
			if err := b.mend(dir, log); err != nil {
				return fmt.Errorf("mend %s: %w (fix: %s)", b.path, err, folderFix(err))
			}
		}
	}
	return nil
}

// errDamagedNode is why a node of a cluster is not opened.
var errDamagedNode = errors.New("a block of this node is damaged")

// spoiltOf returns the blocks of a stream that cannot be left as they are.
func spoiltOf(stream string) ([]block, error) {
	blocks, err := blocksOf(stream)
	if err != nil {
		return nil, err
	}
	// The server reads what it replaces in the small stream, and gives up when that is
	// damaged: so there every record is looked at.
	if filepath.Base(stream) != sideName && indexServes(stream, blocks) {
		odd, err := look(blocks, func(w *walker, b block) (bool, error) { return w.heads(b) })
		if len(odd) == 0 || err != nil {
			return nil, err
		}
		// A block that is written anew costs the index.
	}
	return look(blocks, func(w *walker, b block) (bool, error) {
		cut, err := w.records(b)
		return cut == 0, err
	})
}

// indexServes reports whether the server will use its index of these blocks: it is whole,
// and knows the newest record.
func indexServes(stream string, blocks []block) bool {
	p, err := os.ReadFile(filepath.Join(stream, "msgs", indexFile))
	if err != nil || len(p) < 2*indexEnd {
		return false
	}
	hash := newHash(filepath.Base(stream))
	if _, err := hash.Write(p[:len(p)-recordHash]); err != nil || !bytes.Equal(hash.Sum(nil), p[len(p)-recordHash:]) {
		return false
	}
	var newest block
	for _, b := range blocks {
		if b.nth >= newest.nth {
			newest = b
		}
	}
	f, err := os.Open(newest.path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	var last [recordHash]byte
	if err == nil && info.Size() >= recordHash {
		_, err = f.ReadAt(last[:], info.Size()-recordHash)
	}
	return err == nil && bytes.Equal(last[:], p[len(p)-indexEnd:len(p)-recordHash])
}

// look returns the blocks that are not sound, in order. It looks at one on each core.
func look(blocks []block, sound func(*walker, block) (bool, error)) (odd []block, err error) {
	verdicts, errs := make([]bool, len(blocks)), make([]error, len(blocks))
	var next atomic.Int64
	var looking sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(blocks)) {
		looking.Go(func() { // ends when all are looked at
			var w walker
			for i := next.Add(1) - 1; i < int64(len(blocks)); i = next.Add(1) - 1 {
				verdicts[i], errs[i] = sound(&w, blocks[i])
			}
		})
	}
	looking.Wait()
	for i, b := range blocks {
		switch {
		case errs[i] != nil:
			return nil, fmt.Errorf("look at %s: %w (fix: %s)", b.path, errs[i], folderFix(errs[i]))
		case !verdicts[i]:
			odd = append(odd, b)
		}
	}
	return odd, nil
}

// mend writes a block anew from the records that are whole.
func (b block) mend(dir string, log *slog.Logger) error {
	p, err := os.ReadFile(b.path)
	if err != nil {
		return err
	}
	var whole []byte
	cut := 0
	eachWhole(p, b.hash(), func(record []byte, lost int) {
		whole = append(whole, record...)
		cut += lost
	})
	aside := filepath.Join(dir, damagedFolder)
	if err := os.MkdirAll(aside, 0o750); err != nil {
		return err
	}
	name := fmt.Sprintf("%s.%x.blk", b.key, sha256.Sum256(p))
	if err := writeSynced(filepath.Join(aside, name), p); err != nil {
		return err
	}
	if err := writeSynced(b.path+".tmp", whole); err != nil {
		return err
	}
	if err := os.Rename(b.path+".tmp", b.path); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(filepath.Dir(b.path), indexFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	log.Warn("a block of the ledger is damaged: what was whole in it is kept", "block", b.path, "cut_out_bytes", cut, "copy", filepath.Join(aside, name))
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
