package browser

import (
	"crypto/sha256"
	"sync"
)

// maxRemembered is how many messages are remembered: the oldest are forgotten first, and
// all of them when the process ends.
const maxRemembered = 1 << 16

// memory knows which messages were told already, by a hash of their id.
type memory struct {
	mu    sync.Mutex
	known map[[16]byte]bool
	ring  [][16]byte
	next  int
}

func newMemory() *memory { return &memory{known: map[[16]byte]bool{}} }

func idOf(text []byte) (id [16]byte) {
	sum := sha256.Sum256(text)
	copy(id[:], sum[:])
	return id
}

// take notes a message, and reports whether it is a new one.
func (m *memory) take(id [16]byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known[id] {
		return false
	}
	if len(m.ring) < maxRemembered {
		m.ring = append(m.ring, id)
	} else {
		delete(m.known, m.ring[m.next])
		m.ring[m.next] = id
		m.next = (m.next + 1) % maxRemembered
	}
	m.known[id] = true
	return true
}

// forget lets a message that was not kept be told again.
func (m *memory) forget(id [16]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.known, id)
}
