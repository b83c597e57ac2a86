package app

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/internal/wire"
	"github.com/honderd/honderd/ledger"
)

// checkpointName is the file of the checkpoint in the data folder.
const checkpointName = "checkpoint"

// checkpointMagic starts a checkpoint; the last byte is the version of the format.
const checkpointMagic = "hndC\x01"

// checkpointHead is magic, version and checksum.
const checkpointHead = len(checkpointMagic) + 4

// errNoCheckpoint is why everything is folded anew from the ledger. It is no fault.
var errNoCheckpoint = errors.New("no checkpoint that can be used")

// lengthRoom is how many bytes the length of a state takes: it is known, and written, when
// the state is.
const lengthRoom = 6

// encodeCheckpoint returns the state of f after the record at seq:
// magic+version, CRC-32C of the rest, seq, then name, length and state of each fold. It
// takes some size bytes: nobody can count meanwhile, so that nothing is to be copied.
func encodeCheckpoint(f *folds, seq ledger.Sequence, size int) (p []byte, err error) {
	p = append(make([]byte, 0, size+size/2), checkpointMagic...)
	p = append(p, 0, 0, 0, 0)
	p = binary.AppendUvarint(p, uint64(seq))
	for _, one := range f.all() {
		p = append(wire.AppendString(p, one.Name()), make([]byte, lengthRoom)...)
		start := len(p)
		if p, err = one.AppendBinary(p); err != nil {
			return nil, fmt.Errorf("save fold %s: %w", one.Name(), err)
		}
		putLength(p[start-lengthRoom:start], uint64(len(p)-start))
	}
	binary.LittleEndian.PutUint32(p[len(checkpointMagic):], checkpointSum(p))
	return p, nil
}

// putLength fills p with n as a varint that may be longer than it needs to be.
func putLength(p []byte, n uint64) {
	last := len(p) - 1
	for i := range last {
		p[i] = byte(n) | 0x80
		n >>= 7
	}
	p[last] = byte(n)
}

func checkpointSum(p []byte) uint32 {
	return crc32.Checksum(p[checkpointHead:], crc32.MakeTable(crc32.Castagnoli))
}

// readSummed reads a checkpoint and its checksum, piece by piece: what was just read is near.
func readSummed(path string) (p []byte, sum uint32, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	p = make([]byte, info.Size())
	table := crc32.MakeTable(crc32.Castagnoli)
	for at := 0; at < len(p); {
		n, err := io.ReadFull(f, p[at:min(at+1<<20, len(p))])
		if err != nil {
			return nil, 0, err
		}
		from := max(at, checkpointHead)
		if at += n; from < at {
			sum = crc32.Update(sum, table, p[from:at])
		}
	}
	return p, sum, nil
}

// decodeCheckpoint puts the state that p holds into f and returns after which record
// it was.
func decodeCheckpoint(p []byte, f *folds) (ledger.Sequence, error) {
	if len(p) < checkpointHead {
		return 0, errDamagedCheckpoint()
	}
	return decodeSummed(p, checkpointSum(p), f)
}

func errDamagedCheckpoint() error {
	return fmt.Errorf("%w: it is damaged or of another version", errNoCheckpoint)
}

// decodeSummed is decodeCheckpoint of p whose checksum is known.
func decodeSummed(p []byte, sum uint32, f *folds) (ledger.Sequence, error) {
	if len(p) < checkpointHead || string(p[:len(checkpointMagic)]) != checkpointMagic || binary.LittleEndian.Uint32(p[len(checkpointMagic):]) != sum {
		return 0, errDamagedCheckpoint()
	}
	r := wire.NewReader(p[checkpointHead:])
	seq := ledger.Sequence(r.Uvarint())
	for _, one := range f.all() {
		name, state := r.String(), r.Take(r.Count(r.Len()))
		if name != one.Name() {
			return 0, fmt.Errorf("%w: it has no fold %s", errNoCheckpoint, one.Name())
		}
		unmarshal := one.UnmarshalBinary
		if one.Name() == f.felt.Name() {
			unmarshal = func(p []byte) error { return f.felt.UnmarshalWith(p, onEveryCore) }
		}
		if err := unmarshal(state); err != nil {
			return 0, fmt.Errorf("%w: %w", errNoCheckpoint, err)
		}
	}
	if r.Damaged() || r.Len() != 0 {
		return 0, fmt.Errorf("%w: it does not fit", errNoCheckpoint)
	}
	return seq, nil
}

// onEveryCore does work on as many cores as there are, and waits for it.
func onEveryCore(work ...func()) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(len(work), runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(work); i = next.Add(1) - 1 {
				work[i]()
			}
		})
	}
	all.Wait()
}

// writeWhole writes p to path so that, whatever happens, either the old content is
// there or all of the new.
func writeWhole(path string, p []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(p)
	err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// loaded is what was read of a checkpoint.
type loaded struct {
	folds *folds
	seq   ledger.Sequence
	size  int
	err   error
}

// loadCheckpoint reads the checkpoint at path.
func loadCheckpoint(path string, o felt.Options) loaded {
	l := loaded{folds: newFolds(o)}
	state, sum, err := readSummed(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.err = fmt.Errorf("%w: there is none yet", errNoCheckpoint)
	case err != nil:
		l.err = fmt.Errorf("read checkpoint: %w", err)
	default:
		l.size = len(state)
		l.seq, l.err = decodeSummed(state, sum, l.folds)
	}
	return l
}

// loadingCheckpoint is loadCheckpoint in a goroutine, which ends by itself: a large one
// takes as long as opening a large ledger.
func loadingCheckpoint(path string, o felt.Options) <-chan loaded {
	c := make(chan loaded, 1)
	go func() { c <- loadCheckpoint(path, o) }()
	return c
}
