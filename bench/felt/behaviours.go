package main

import (
	"bufio"
	"bytes"
	"crypto/sha1" //nolint:gosec // RFC 6455 wants it
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// sometimes misbehaves with probability p.
func sometimes(p float64, b behaviour) behaviour {
	return func(o *origin, w http.ResponseWriter, r *http.Request) bool { return o.chance(p) && b(o, w, r) }
}

func resetMid(o *origin, w http.ResponseWriter, r *http.Request) bool {
	return half(o, w, r, func(c net.Conn) { time.Sleep(5 * time.Millisecond); reset(c) })
}

func truncate(o *origin, w http.ResponseWriter, r *http.Request) bool {
	return half(o, w, r, func(c net.Conn) { _ = c.Close() })
}

func hang(_ *origin, w http.ResponseWriter, r *http.Request) bool {
	select {
	case <-r.Context().Done():
	case <-time.After(30 * time.Second):
	}
	panic(http.ErrAbortHandler)
}

// trickle sends a head at once and then a byte each 100 ms.
func trickle(o *origin, w http.ResponseWriter, r *http.Request) bool {
	body := o.body(w, r)
	w.Header().Set("X-Shop", "yes")
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	for i := range body {
		select {
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		case <-time.After(100 * time.Millisecond):
		}
		if _, err := w.Write(body[i : i+1]); err != nil {
			panic(http.ErrAbortHandler)
		}
		_ = http.NewResponseController(w).Flush()
	}
	return true
}

func status(code int) behaviour {
	return func(_ *origin, w http.ResponseWriter, _ *http.Request) bool {
		http.Error(w, "no", code)
		return true
	}
}

// after answers well, but only after d.
func after(d time.Duration) behaviour {
	return func(_ *origin, _ http.ResponseWriter, _ *http.Request) bool { time.Sleep(d); return false }
}

// poison answers 200 with something that is no answer.
func poison(o *origin, w http.ResponseWriter, r *http.Request) bool {
	body := o.body(w, r)
	digest := w.Header().Get("Content-Digest")
	switch {
	case digest != "":
		body = bytes.Clone(body)
		body[len(body)/2] ^= 0x20
		w.Header().Set("X-Shop", "yes")
		_, _ = w.Write(body)
	case o.chance(0.5):
		w.Header().Set("X-Shop", "yes")
		w.Header().Set("Content-Length", "0")
	default:
		_, _ = io.WriteString(w, "<html><h1>Oops</h1><p>Something went wrong.</p></html>")
	}
	return true
}

// slots lets n requests be answered at once, each after d, which may change.
type slots struct {
	free chan struct{}
	mu   sync.Mutex
	each time.Duration
}

func newSlots(n int, each time.Duration) *slots {
	return &slots{free: make(chan struct{}, n), each: each}
}

func (s *slots) set(d time.Duration) { s.mu.Lock(); s.each = d; s.mu.Unlock() }

func (s *slots) behave(_ *origin, _ http.ResponseWriter, r *http.Request) bool {
	select {
	case s.free <- struct{}{}:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	d := s.each
	s.mu.Unlock()
	time.Sleep(d)
	<-s.free
	return false
}

// post breaks POSTs in ways of which nobody can say whether they were executed.
func post(o *origin, w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	_, _ = io.Copy(io.Discard, r.Body)
	o.mu.Lock()
	which := o.random.IntN(4)
	o.mu.Unlock()
	switch which {
	case 0:
		if c, _, ok := take(w); ok {
			reset(c)
		}
	case 1:
		o.orders.execute(r)
		if c, _, ok := take(w); ok {
			reset(c)
		}
	case 2:
		o.orders.execute(r)
		return hang(o, w, r)
	default:
		http.Error(w, "no", http.StatusServiceUnavailable)
	}
	return true
}

// idleCloser closes connections that were idle just as the next request comes.
func idleCloser() behaviour {
	var mu sync.Mutex
	last := map[string]time.Time{}
	return func(o *origin, w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		at, known := last[r.RemoteAddr]
		last[r.RemoteAddr] = time.Now()
		mu.Unlock()
		if known && time.Since(at) > 50*time.Millisecond && o.chance(0.25) {
			if c, _, ok := take(w); ok {
				reset(c)
				return true
			}
		}
		return false
	}
}

// cutUpload resets after the first MiB of a body.
func cutUpload(_ *origin, w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPut {
		return false
	}
	_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
	if c, _, ok := take(w); ok {
		reset(c)
	}
	return true
}

// large answers with a strong validator, and knows parts. Broken: it resets half-way.
func large(broken bool) behaviour {
	return func(o *origin, w http.ResponseWriter, r *http.Request) bool {
		body := page(r.URL.Path, sizeOf(r))
		w.Header().Set("Etag", `"v1"`)
		w.Header().Set("X-Shop", "yes")
		from := 0
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil && r.Header.Get("If-Range") == `"v1"` {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(body)-1, len(body)))
			w.Header().Set("Content-Length", fmt.Sprint(len(body)-from))
			w.WriteHeader(http.StatusPartialContent)
		} else {
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		}
		rest := body[from:]
		if broken && from == 0 && o.chance(0.5) {
			_, _ = w.Write(rest[:len(rest)*2/3])
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(rest)
		return true
	}
}

// events is a stream that must pass at once.
func events(_ *origin, w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path != "/events" {
		return false
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Shop", "yes")
	for i := range 5 {
		fmt.Fprintf(w, "data: %d %d\n\n", i, time.Now().UnixNano())
		_ = http.NewResponseController(w).Flush()
		time.Sleep(50 * time.Millisecond)
	}
	return true
}

// frozen tells all sockets of an origin to say nothing.
type frozen struct {
	mu sync.Mutex
	is map[int]bool
}

func (f *frozen) set(id int, is bool) { f.mu.Lock(); f.is[id] = is; f.mu.Unlock() }

func (f *frozen) get(id int) bool { f.mu.Lock(); defer f.mu.Unlock(); return f.is[id] }

var silence = &frozen{is: map[int]bool{}} //nolint:gochecknoglobals // one suite a process

// socket echoes frames, unless it is frozen.
func (o *origin) socket(w http.ResponseWriter, r *http.Request) {
	c, rw, ok := take(w)
	if !ok {
		return
	}
	o.mu.Lock()
	o.conns[c] = true
	o.mu.Unlock()
	defer c.Close()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // RFC 6455
	fmt.Fprintf(rw, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	_ = rw.Flush()
	for {
		op, payload, err := readWS(rw.Reader)
		if err != nil {
			return
		}
		for silence.get(o.id) {
			time.Sleep(20 * time.Millisecond)
		}
		if op == 9 {
			op = 10
		}
		if op == 10 && payload == nil {
			continue
		}
		if writeWS(c, op, payload, false) != nil || op == 8 {
			return
		}
	}
}

func readWS(br *bufio.Reader) (op byte, payload []byte, err error) {
	var head [8]byte
	if _, err = io.ReadFull(br, head[:2]); err != nil {
		return 0, nil, err
	}
	op, n, isMasked := head[0]&0xf, uint64(head[1]&0x7f), head[1]&0x80 != 0
	if n == 126 {
		if _, err = io.ReadFull(br, head[:2]); err != nil {
			return 0, nil, err
		}
		n = uint64(binary.BigEndian.Uint16(head[:]))
	}
	var key [4]byte
	if isMasked {
		if _, err = io.ReadFull(br, key[:]); err != nil {
			return 0, nil, err
		}
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(br, payload)
	if isMasked {
		for i := range payload {
			payload[i] ^= key[i%4]
		}
	}
	return op, payload, err
}

func writeWS(w io.Writer, op byte, payload []byte, mask bool) error {
	b := []byte{0x80 | op, byte(len(payload))}
	if mask {
		b[1] |= 0x80
		b = append(b, 0, 0, 0, 0)
	}
	_, err := w.Write(append(b, payload...))
	return err
}
