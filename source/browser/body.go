package browser

import (
	"compress/gzip"
	"errors"
	"fmt"
	"github.com/honderd/honderd/internal/reply"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// refusal is an answer to a request that is not taken.
type refusal struct {
	status int
	why    string // counted under this; a few words
	detail string // for who reads the answer, with the way out
	later  bool
}

// write answers as RFC 9457 has it.
func (n *refusal) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	switch {
	case n.later:
		h.Set("Retry-After", "1")
	case n.status == http.StatusMethodNotAllowed:
		h.Set("Allow", "POST, OPTIONS")
	}
	reply.Wrong(w, n.status, n.detail)
}

// body returns what was sent, unpacked, at most so many bytes.
func (d *Door) body(w http.ResponseWriter, r *http.Request, most int64) ([]byte, *refusal) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d.options.Patience)) // a server without deadlines has its own
	var from io.Reader = http.MaxBytesReader(w, r.Body, most)
	switch coding := strings.ToLower(r.Header.Get("Content-Encoding")); coding {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(from)
		if err != nil {
			return nil, unreadable(err)
		}
		from = unpacked
	default:
		return nil, &refusal{http.StatusUnsupportedMediaType, "content encoding", fmt.Sprintf("%.40q is not unpacked (fix: send gzip, or nothing)", coding), false}
	}
	body, err := io.ReadAll(io.LimitReader(from, most+1))
	if _, long := errors.AsType[*http.MaxBytesError](err); long || int64(len(body)) > most {
		return nil, &refusal{http.StatusRequestEntityTooLarge, "too large", fmt.Sprintf("a message has at most %d bytes, unpacked (fix: send smaller ones)", most), false}
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return body, nil
}

func unreadable(err error) *refusal {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return &refusal{http.StatusRequestTimeout, "too slow", "the message did not come in time", false}
	}
	return &refusal{http.StatusBadRequest, "unreadable", "the message could not be read to its end", false}
}

// notOurs refuses what is no message of its kind.
func notOurs(what string) *refusal {
	return &refusal{http.StatusBadRequest, "not " + what, "this is not " + what + " (fix: see docs/browser.md)", false}
}
