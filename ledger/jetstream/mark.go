package jetstream

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"log/slog"
	"os"
	"sync"

	"github.com/honderd/honderd/ledger"
)

// markFile holds the highest accepted sequence.
const markFile = "honderd.mark"

const markSize = 12 // sequence, checksum

// mark remembers the highest accepted sequence in a small file of its own. When
// the end of the stream is damaged, the server cuts it off without a word and would
// give its places to the next records; the mark tells that they were there.
//
// It is written after the record is synced and not synced itself: a killed process
// leaves it exact, a power cut may leave it behind, nothing leaves it ahead.
type mark struct {
	mu   sync.Mutex
	file *os.File // nil: only in memory
	high ledger.Sequence
}

// openMark reads the mark in the file name, or makes it. A mark that cannot be
// understood counts as none.
func openMark(name string, log *slog.Logger) (*mark, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	m := &mark{file: f}
	var b [markSize]byte
	switch n, err := f.ReadAt(b[:], 0); {
	case n == 0 && errors.Is(err, io.EOF): // new
	case n < markSize || crc32.ChecksumIEEE(b[:8]) != binary.LittleEndian.Uint32(b[8:]):
		log.Warn("ledger mark not readable", "file", name)
	default:
		m.high = ledger.Sequence(binary.LittleEndian.Uint64(b[:8]))
	}
	return m, nil
}

// value returns the highest accepted sequence, 0 when there is none.
func (m *mark) value() ledger.Sequence {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.high
}

// raise sets the mark to s when s is higher. It holds in memory even when it
// returns an error.
func (m *mark) raise(s ledger.Sequence) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s <= m.high {
		return nil
	}
	m.high = s
	if m.file == nil {
		return nil
	}
	var b [markSize]byte
	binary.LittleEndian.PutUint64(b[:8], uint64(s))
	binary.LittleEndian.PutUint32(b[8:], crc32.ChecksumIEEE(b[:8]))
	_, err := m.file.WriteAt(b[:], 0)
	return err
}

// close syncs the mark and gives its file back.
func (m *mark) close() error {
	if m.file == nil {
		return nil
	}
	return errors.Join(m.file.Sync(), m.file.Close())
}
