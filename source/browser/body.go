package browser

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
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
	body, err := json.Marshal(map[string]any{
		"type": "about:blank", "title": http.StatusText(n.status), "status": n.status, "detail": n.detail,
	})
	if err != nil {
		body = nil
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	switch {
	case n.later:
		h.Set("Retry-After", "1")
	case n.status == http.StatusMethodNotAllowed:
		h.Set("Allow", "POST, OPTIONS")
	}
	w.WriteHeader(n.status)
	_, _ = w.Write(body)
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
