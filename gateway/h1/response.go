package h1

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// response writes the answer to one request.
type response struct {
	conn    *conn
	request *http.Request
	asks    *requestBody // nil: it has no body
	header  http.Header
	status  int
	held    []byte // written before it is known whether there is more
	length  int64  // announced; -1: not
	written int64
	begun   bool // the head is out
	chunked bool
	bodless bool // HEAD, 204, 304
	taken   bool // by Hijack
	close   bool
}

// maxHeld is how much of an answer without a length is held back, so that it gets one.
const maxHeld = 4 << 10

// Header returns the fields of the answer.
func (w *response) Header() http.Header { return w.header }

// WriteHeader sets the status. Those below 200, but 101, are sent at once.
func (w *response) WriteHeader(status int) {
	if w.taken || w.status != 0 {
		return
	}
	if status < 200 && status != http.StatusSwitchingProtocols {
		if w.request.ProtoMinor > 0 {
			b := appendHead(w.conn.out[:0], status, w.header)
			w.conn.out = append(b, "\r\n"...)
			_ = w.conn.write(w.conn.out)
			_ = w.conn.bw.Flush()
		}
		return
	}
	w.status = status
	w.bodless = w.request.Method == http.MethodHead || status == http.StatusNoContent || status == http.StatusNotModified || status < 200
	w.length = -1
	if have := w.header["Content-Length"]; len(have) > 0 {
		if n, ok := parseLength(have[0]); ok && len(have) == 1 {
			w.length = n
		} else {
			delete(w.header, "Content-Length")
		}
	}
}

// Write writes to the body.
func (w *response) Write(p []byte) (int, error) {
	if w.taken {
		return 0, http.ErrHijacked
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.bodless {
		return len(p), nil
	}
	if w.length >= 0 && w.written+int64(len(p)) > w.length {
		return 0, http.ErrContentLength
	}
	w.written += int64(len(p))
	if !w.begun && w.length < 0 && len(w.held)+len(p) <= maxHeld {
		w.held = append(w.held, p...)
		return len(p), nil
	}
	w.begin()
	if err := w.body(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush sends what was written.
func (w *response) Flush() {
	if w.taken {
		return
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	w.begin()
	w.conn.extend()
	if err := w.conn.bw.Flush(); err != nil {
		w.conn.broken = true
	}
}

// begin sends the head, and what was held back.
func (w *response) begin() {
	if w.begun {
		return
	}
	w.begun = true
	w.close = w.close || w.request.Close || w.conn.server.draining() || HasToken(w.header, "Connection", "close")
	if w.length < 0 && !w.bodless && w.status != http.StatusSwitchingProtocols {
		if w.request.ProtoMinor > 0 {
			w.chunked = true
		} else {
			w.close = true
		}
	}
	b := appendHead(w.conn.out[:0], w.status, w.header)
	if w.chunked {
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	if w.close && !HasToken(w.header, "Connection", "close") {
		b = append(b, "Connection: close\r\n"...)
	} else if w.request.ProtoMinor == 0 && !w.close {
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	if _, dated := w.header["Date"]; !dated {
		b = append(append(append(b, "Date: "...), w.conn.server.date()...), "\r\n"...)
	}
	w.conn.out = append(b, "\r\n"...)
	_ = w.conn.write(w.conn.out)
	if len(w.held) > 0 {
		_ = w.body(w.held)
		w.held = nil
	}
}

// body sends p, framed.
func (w *response) body(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if !w.chunked {
		return w.conn.write(p)
	}
	b := strconv.AppendInt(w.conn.out[:0], int64(len(p)), 16)
	w.conn.out = append(b, "\r\n"...)
	_ = w.conn.write(w.conn.out)
	_ = w.conn.write(p)
	return w.conn.write([]byte("\r\n"))
}

// finish ends the answer. It reports whether the connection can be used again.
func (w *response) finish() bool {
	if w.taken {
		return false
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.begun && w.length < 0 && !w.bodless && !w.hasTrailer() {
		w.length = int64(len(w.held))
		w.header["Content-Length"] = []string{strconv.Itoa(len(w.held))}
	}
	w.begin()
	if w.chunked {
		w.conn.out = append(w.conn.out[:0], "0\r\n"...)
		w.conn.out = appendTrailer(w.conn.out, w.header)
		w.conn.out = append(w.conn.out, "\r\n"...)
		_ = w.conn.write(w.conn.out)
	}
	w.conn.extend()
	if err := w.conn.bw.Flush(); err != nil {
		return false
	}
	short := w.length >= 0 && !w.bodless && w.written < w.length
	return !w.close && !short && !w.conn.broken
}

func (w *response) hasTrailer() bool {
	for name := range w.header {
		if strings.HasPrefix(name, http.TrailerPrefix) {
			return true
		}
	}
	return len(w.header["Trailer"]) > 0
}

// Hijack hands the connection over.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.taken || w.begun {
		return nil, nil, http.ErrHijacked
	}
	w.taken = true
	_ = w.conn.rwc.SetDeadline(time.Time{})
	return w.conn.rwc, bufio.NewReadWriter(w.conn.br, w.conn.bw), nil
}

// SetReadDeadline sets until when the body may come.
func (w *response) SetReadDeadline(t time.Time) error { return w.conn.rwc.SetReadDeadline(t) }

// SetWriteDeadline sets until when the answer may go.
func (w *response) SetWriteDeadline(t time.Time) error { return w.conn.rwc.SetWriteDeadline(t) }

// Gone reports whether the client has closed the connection.
func (w *response) Gone() bool {
	if w.taken {
		return false
	}
	if w.asks != nil {
		if !w.asks.mu.TryLock() {
			return false // somebody reads the body
		}
		defer w.asks.mu.Unlock()
	}
	return w.conn.br.Buffered() == 0 && closed(w.conn.rwc)
}

// appendHead appends a first line and fields, without the empty line.
func appendHead(b []byte, status int, h http.Header) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(append(append(b, ' '), http.StatusText(status)...), "\r\n"...)
	for name, values := range h {
		switch name {
		case "Transfer-Encoding", "Connection":
			if status != http.StatusSwitchingProtocols || name == "Transfer-Encoding" {
				continue
			}
		case "Content-Length":
			if status < 200 || status == http.StatusNoContent {
				continue
			}
		}
		if strings.HasPrefix(name, http.TrailerPrefix) {
			continue
		}
		b = appendField(b, name, values)
	}
	return b
}

func appendField(b []byte, name string, values []string) []byte {
	if !isToken(name) {
		return b
	}
	for _, v := range values {
		b = append(append(b, name...), ": "...)
		if isValue(v) {
			b = append(b, v...)
		} else {
			b = append(b, strings.Map(printable, v)...)
		}
		b = append(b, "\r\n"...)
	}
	return b
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

// appendTrailer appends the fields that were announced or have the prefix of trailers.
func appendTrailer(b []byte, h http.Header) []byte {
	var names []string
	for name := range h {
		if bare, found := strings.CutPrefix(name, http.TrailerPrefix); found {
			b = appendField(b, bare, h[name])
			names = append(names, bare)
		}
	}
	for _, list := range h["Trailer"] {
		for name := range strings.SplitSeq(list, ",") {
			name = http.CanonicalHeaderKey(strings.TrimSpace(name))
			if !slices.Contains(names, name) {
				b = appendField(b, name, h[name])
			}
		}
	}
	return b
}

// requestBody is the body of a request as the handler reads it.
type requestBody struct {
	io.Reader
	conn     *conn
	pace     pace
	request  *http.Request
	expects  bool // 100-continue
	mu       sync.Mutex
	ended    bool
	failed   bool
	answered *response
}

// Read reads from the body, and first says that it may come when the client waits for that.
func (b *requestBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended || b.failed {
		return 0, io.EOF
	}
	if b.expects {
		b.expects = false
		if !b.answered.begun {
			_ = b.conn.write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
			_ = b.conn.bw.Flush()
		}
	}
	_ = b.conn.rwc.SetReadDeadline(b.pace.until(time.Now(), b.conn.server.options.Body))
	n, err := b.Reader.Read(p)
	b.pace.n += int64(n)
	if err == io.EOF {
		b.ended = true
		if c, ok := b.Reader.(*chunked); ok {
			b.request.Trailer = c.trailer
		}
	} else if err != nil {
		b.failed = true
	}
	return n, err
}

// Close ends reading.
func (b *requestBody) Close() error { return nil }
