package app

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/honderd/honderd/experience"
)

// errHeldEnd is why a file of what is held cannot be read further.
var errHeldEnd = errors.New("what is held ends in the middle of a record")

// readHeld gives each batch of a file from a place on, and the place behind it. It returns
// up to where it could read.
func readHeld(path string, from int64, give func(b *experience.Batch, end int64) error) (int64, error) {
	p, err := os.ReadFile(path)
	if err != nil {
		return from, err
	}
	for from < int64(len(p)) {
		rest := p[from:]
		if len(rest) < heldHead {
			return from, errHeldEnd
		}
		room, n := binary.LittleEndian.Uint32(rest), binary.LittleEndian.Uint32(rest[4:])
		if n > room || int64(room) > int64(len(rest)-heldHead) {
			return from, errHeldEnd
		}
		block := rest[heldHead : heldHead+n]
		var b experience.Batch
		if binary.LittleEndian.Uint32(rest[8:]) != crc32.Checksum(block, crc32.MakeTable(crc32.Castagnoli)) || b.UnmarshalBinary(block) != nil {
			return from, errHeldEnd
		}
		if err := give(&b, from+heldHead+int64(room)); err != nil {
			return from, err
		}
		from += heldHead + int64(room)
	}
	return from, nil
}

// heldRecord returns b as a record that takes at least so much room.
func heldRecord(b *experience.Batch, room int) ([]byte, error) {
	p, err := b.AppendBinary(make([]byte, heldHead))
	if err != nil {
		return nil, err
	}
	block := p[heldHead:]
	n := len(block)
	if n < room {
		p = append(p, make([]byte, room-n)...)
	}
	binary.LittleEndian.PutUint32(p, uint32(len(p)-heldHead))
	binary.LittleEndian.PutUint32(p[4:], uint32(n))
	binary.LittleEndian.PutUint32(p[8:], crc32.Checksum(p[heldHead:heldHead+n], crc32.MakeTable(crc32.Castagnoli)))
	return p, nil
}

// appendSynced writes p at the end of a file, which is made when it is not there.
func appendSynced(path string, at int64, p []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(p, at)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		err = errors.Join(err, f.Truncate(at))
	}
	if err = errors.Join(err, f.Close()); err != nil || at > 0 {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// only returns a batch of some experiences of b, with the names that they need.
func only(b *experience.Batch, list []experience.Experience) *experience.Batch {
	some := &experience.Batch{}
	some.Reset()
	some.Labels = [][]experience.Label{nil}
	journeys, steps, labels := map[uint16]uint16{}, map[uint16]uint16{0: 0}, map[uint16]uint16{0: 0}
	for _, e := range list {
		e.Journey = moved(journeys, e.Journey, b.Journeys, &some.Journeys)
		e.Step = moved(steps, e.Step, b.Steps, &some.Steps)
		e.Labels = moved(labels, e.Labels, b.Labels, &some.Labels)
		some.Items = append(some.Items, e)
	}
	return some
}

// moved returns which number a name of all has in some.
func moved[T any](known map[uint16]uint16, i uint16, all []T, some *[]T) uint16 {
	n, ok := known[i]
	if !ok && int(i) < len(all) {
		n = uint16(len(*some))
		known[i] = n
		*some = append(*some, all[i])
	}
	return n
}
