package h1

import (
	"errors"
	"io"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// leastPace is how many bytes a second of a body must come in the long run: whoever sends
// one now and then only wants to keep a connection busy. Kestrel has the same.
const leastPace = 240

// pace is how fast a body comes.
type pace struct {
	begun time.Time
	n     int64
}

// until returns when the next byte must have come: within one pause, and in time for
// leastPace.
func (p *pace) until(now time.Time, pause time.Duration) time.Time {
	if p.begun.IsZero() {
		p.begun = now
	}
	next := now.Add(pause)
	if all := p.begun.Add(pause + time.Duration(p.n)*(time.Second/leastPace)); all.Before(next) {
		return all
	}
	return next
}

// Limited returns the handler as a later version of HTTP serves it: with the limits that
// HTTP/1.1 and HTTP/2 have.
func (s *Server) Limited() http.Handler { return http.HandlerFunc(s.serveSecond) }

// serveSecond serves a request in HTTP/2 or later, with the limits that those of HTTP/1.1 have.
func (s *Server) serveSecond(w http.ResponseWriter, r *http.Request) {
	defer func() { s.tellPanic(recover()) }()
	n := 0
	for _, values := range r.Header {
		n += len(values)
	}
	if n > MaxFields {
		p := &Problem{http.StatusRequestHeaderFieldsTooLarge, "too many fields"}
		s.tell(p)
		http.Error(w, p.Why, p.Status)
		return
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") { // its streams may be silent for long
		s.handler.ServeHTTP(w, r)
		return
	}
	control := http.NewResponseController(w)
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &secondBody{ReadCloser: r.Body, control: control, pause: s.options.Body}
	}
	s.handler.ServeHTTP(&secondResponse{w, control, s.options.Write}, r)
	_ = control.SetWriteDeadline(time.Now().Add(s.options.Write)) // for what is still to be sent
}

// tellPanic tells of a panic, but of those that only break an answer off. nil: of none.
func (s *Server) tellPanic(cause any) {
	if cause == nil {
		return
	}
	if err, is := cause.(error); s.options.Refused != nil && (!is || !errors.Is(err, http.ErrAbortHandler)) {
		s.options.Refused(&Problem{http.StatusInternalServerError, "panic: " + string(debug.Stack())})
	}
	panic(http.ErrAbortHandler)
}

// secondBody reads a body in HTTP/2 from a client that must not be too slow.
type secondBody struct {
	io.ReadCloser
	control *http.ResponseController
	pause   time.Duration
	pace    pace
}

// Read reads from the body.
func (b *secondBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(b.pace.until(time.Now(), b.pause))
	n, err := b.ReadCloser.Read(p)
	b.pace.n += int64(n)
	if err == nil {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// secondResponse answers in HTTP/2 to a client that must take what it gets: one whose
// window stays closed would have answers kept for it for ever.
type secondResponse struct {
	http.ResponseWriter
	control *http.ResponseController
	patient time.Duration
}

// Unwrap returns what net/http gave.
func (w *secondResponse) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Write writes to the body.
func (w *secondResponse) Write(p []byte) (int, error) {
	_ = w.control.SetWriteDeadline(time.Now().Add(w.patient))
	n, err := w.ResponseWriter.Write(p)
	_ = w.control.SetWriteDeadline(time.Time{})
	return n, err
}

// Flush sends what was written.
func (w *secondResponse) Flush() { _ = w.FlushError() }

// FlushError sends what was written, and says what was in the way.
func (w *secondResponse) FlushError() error {
	_ = w.control.SetWriteDeadline(time.Now().Add(w.patient))
	err := w.control.Flush()
	_ = w.control.SetWriteDeadline(time.Time{})
	return err
}
