package app

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/honderd/honderd/internal/wire"
	"github.com/honderd/honderd/ledger"
)

// checkpointMagic starts a checkpoint; the last byte is the version of the format.
const checkpointMagic = "hndC\x01"

// errNoCheckpoint is why everything is folded anew from the ledger. It is no fault.
var errNoCheckpoint = errors.New("no checkpoint that can be used")

// encodeCheckpoint returns the state of f after the record at seq:
// magic+version, CRC-32C of the rest, seq, then name and state of each fold.
func encodeCheckpoint(f *folds, seq ledger.Sequence) ([]byte, error) {
	p := append([]byte(checkpointMagic), 0, 0, 0, 0)
	p = binary.AppendUvarint(p, uint64(seq))
	for _, one := range f.all() {
		state, err := one.AppendBinary(nil)
		if err != nil {
			return nil, fmt.Errorf("save fold %s: %w", one.Name(), err)
		}
		p = append(binary.AppendUvarint(wire.AppendString(p, one.Name()), uint64(len(state))), state...)
	}
	binary.LittleEndian.PutUint32(p[len(checkpointMagic):], checkpointSum(p))
	return p, nil
}

func checkpointSum(p []byte) uint32 {
	return crc32.Checksum(p[len(checkpointMagic)+4:], crc32.MakeTable(crc32.Castagnoli))
}

// decodeCheckpoint puts the state that p holds into f and returns after which record
// it was.
func decodeCheckpoint(p []byte, f *folds) (ledger.Sequence, error) {
	head := len(checkpointMagic) + 4
	if len(p) < head || string(p[:len(checkpointMagic)]) != checkpointMagic ||
		binary.LittleEndian.Uint32(p[len(checkpointMagic):]) != checkpointSum(p) {
		return 0, fmt.Errorf("%w: it is damaged or of another version", errNoCheckpoint)
	}
	r := wire.NewReader(p[head:])
	seq := ledger.Sequence(r.Uvarint())
	for _, one := range f.all() {
		name, state := r.String(), r.Take(r.Count(r.Len()))
		if name != one.Name() {
			return 0, fmt.Errorf("%w: it has no fold %s", errNoCheckpoint, one.Name())
		}
		if err := one.UnmarshalBinary(state); err != nil {
			return 0, fmt.Errorf("%w: %w", errNoCheckpoint, err)
		}
	}
	if r.Damaged() || r.Len() != 0 {
		return 0, fmt.Errorf("%w: it does not fit", errNoCheckpoint)
	}
	return seq, nil
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
