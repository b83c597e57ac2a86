package push

import (
	"context"
	"crypto/sha256"
	"net/http"
	"sync"

	"github.com/honderd/honderd/internal/admit"
)

// maxRemembered is how many batches with an Idempotency-Key are remembered: the oldest
// are forgotten first, and all of them when the process ends.
const maxRemembered = 1 << 14

// memory answers a batch that is sent again as it was answered the first time.
type memory struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]*attempt
	ring  [][sha256.Size]byte
	next  int
}

// attempt is one batch with a key, on its way or kept.
type attempt struct {
	body   [sha256.Size]byte
	done   chan struct{} // closed when answer is there
	answer *Answer       // nil: it was not kept
}

func newMemory() *memory { return &memory{known: map[[sha256.Size]byte]*attempt{}} }

// do runs keep once for a key: whoever comes again with the same batch gets its answer.
// What was refused may be tried again.
func (m *memory) do(ctx context.Context, key string, body []byte, keep func() (*Answer, *admit.Refusal)) (*Answer, *admit.Refusal) {
	id, sum := sha256.Sum256([]byte(key)), sha256.Sum256(body)
	for {
		m.mu.Lock()
		a := m.known[id]
		if a == nil {
			a = &attempt{body: sum, done: make(chan struct{})}
			m.add(id, a)
			m.mu.Unlock()
			answer, no := keep()
			m.mu.Lock()
			if a.answer = answer; no != nil && m.known[id] == a {
				delete(m.known, id)
			}
			m.mu.Unlock()
			close(a.done)
			return answer, no
		}
		m.mu.Unlock()
		if a.body != sum {
			return nil, &admit.Refusal{Status: http.StatusUnprocessableEntity, Why: "key used twice", Detail: "this Idempotency-Key was used for another batch (fix: take a new key for each batch)"}
		}
		select {
		case <-a.done:
		case <-ctx.Done():
			return nil, admit.NotKept("the first try is still on its way: send it again later")
		}
		if a.answer != nil {
			return a.answer, nil
		}
	}
}

// add remembers a, and forgets the oldest when there are too many.
func (m *memory) add(id [sha256.Size]byte, a *attempt) {
	if len(m.ring) < maxRemembered {
		m.ring = append(m.ring, id)
	} else {
		delete(m.known, m.ring[m.next])
		m.ring[m.next] = id
		m.next = (m.next + 1) % maxRemembered
	}
	m.known[id] = a
}
