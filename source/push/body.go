package push

import (
	"bytes"
	"errors"
	"io"
	"net/http"

	"github.com/honderd/honderd/internal/admit"
)

const (
	// firstBody is how much memory a body gets at first, and keptBody how much at most is
	// kept for the next one.
	firstBody = 4 << 10
	keptBody  = 64 << 10
)

// errRoom is why a body is not read to its end.
var errRoom = errors.New("too much is being read at once")

// room is the memory of a body.
type room struct {
	p       []byte
	counted int64 // what it grew to for this body, in Door.bytes; not what it had from the last
}

// body reads what was sent into m, unpacked.
func (d *Door) body(w http.ResponseWriter, r *http.Request, m *room) *admit.Refusal {
	b := admit.Body{What: "batch", Most: d.options.Body, Patience: d.options.Patience}
	from, no := b.Open(w, r)
	if no != nil {
		return no
	}
	err := d.fill(m, from)
	if errors.Is(err, errRoom) {
		return admit.TooMany("too much at once", "too much is sent at once: send it again later")
	}
	return b.Refuse(err, len(m.p))
}

// fill reads all of from. Memory is taken as it comes, not as it is promised.
func (d *Door) fill(m *room, from io.Reader) error {
	for m.p = m.p[:0]; ; {
		if len(m.p) == cap(m.p) {
			if !d.grow(m, max(firstBody, 2*cap(m.p))) {
				return errRoom
			}
		}
		n, err := from.Read(m.p[len(m.p):cap(m.p)])
		m.p = m.p[:len(m.p)+n]
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// grow gives m room for size bytes, if there is as much for all.
func (d *Door) grow(m *room, size int) bool {
	d.mu.Lock()
	more := int64(size) - m.counted
	if d.bytes+more > d.options.Room {
		d.mu.Unlock()
		return false
	}
	d.bytes, m.counted = d.bytes+more, int64(size)
	d.mu.Unlock()
	p := make([]byte, len(m.p), size) // append would take more than is counted
	copy(p, m.p)
	m.p = p
	return true
}

// give takes m back.
func (d *Door) give(m *room) {
	d.mu.Lock()
	d.bytes -= m.counted
	d.mu.Unlock()
	m.counted = 0
	if cap(m.p) <= keptBody {
		d.rooms.Put(m)
	}
}

// lines returns how many lines a body has.
func lines(body []byte) int { return bytes.Count(bytes.TrimRight(body, "\r\n"), []byte("\n")) + 1 }
