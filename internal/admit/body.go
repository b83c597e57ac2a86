package admit

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Body says how the body of a request is read.
type Body struct {
	What     string        // what it is called: "batch"
	Most     int64         // most bytes, unpacked
	Patience time.Duration // how long it may take
}

// Open returns what was sent, unpacked, as it comes: at most one byte more than b takes.
// What went wrong while it was read, Refuse tells.
func (b Body) Open(w http.ResponseWriter, r *http.Request) (io.Reader, *Refusal) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(b.Patience)) // a server without deadlines has its own
	if r.ContentLength > b.Most {
		return nil, b.tooLarge()
	}
	var from io.Reader = http.MaxBytesReader(w, r.Body, b.Most)
	switch coding := strings.ToLower(r.Header.Get("Content-Encoding")); coding {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(from)
		if err != nil {
			return nil, b.Refuse(err, 0)
		}
		from = unpacked
	default:
		return nil, WrongType("content encoding", fmt.Sprintf("%.40q is not unpacked (fix: send gzip, or nothing)", coding))
	}
	return io.LimitReader(from, b.Most+1), nil
}

// Refuse tells why so many bytes are not taken, with the error that ended them; nil: they
// are.
func (b Body) Refuse(err error, n int) *Refusal {
	_, long := errors.AsType[*http.MaxBytesError](err)
	slow, isNet := errors.AsType[net.Error](err)
	switch {
	case long || int64(n) > b.Most:
		return b.tooLarge()
	case isNet && slow.Timeout():
		return &Refusal{Status: http.StatusRequestTimeout, Why: "too slow", Detail: "the " + b.What + " did not come in time"}
	case err != nil:
		return Wrong("unreadable", "the "+b.What+" could not be read to its end")
	}
	return nil
}

func (b Body) tooLarge() *Refusal {
	return TooLarge(fmt.Sprintf("a %s has at most %d bytes, unpacked (fix: send smaller ones)", b.What, b.Most))
}

// Read returns what was sent, unpacked.
func (b Body) Read(w http.ResponseWriter, r *http.Request) ([]byte, *Refusal) {
	from, no := b.Open(w, r)
	if no != nil {
		return nil, no
	}
	body, err := io.ReadAll(from)
	return body, b.Refuse(err, len(body))
}

// Patient lets a request take so long for its body, and no longer: for pages, whose
// handlers read it as they like. Once it is there, they have all the time they need.
func Patient(next http.Handler, patience time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			c := http.NewResponseController(w)
			if c.SetReadDeadline(time.Now().Add(patience)) == nil {
				r.Body = &timed{ReadCloser: r.Body, done: func() { _ = c.SetReadDeadline(time.Time{}) }}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// timed is a body that says when it is there.
type timed struct {
	io.ReadCloser
	done func()
}

// Read reads on.
func (t *timed) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && t.done != nil {
		t.done()
		t.done = nil
	}
	return n, err
}
