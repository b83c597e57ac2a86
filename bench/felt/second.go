package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// second serves HTTP/2 frame by frame, so that it can leave in the ways that RFC 9113
// allows and Go's server never takes.
func (s *server) second(ctx context.Context, l net.Listener) error {
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go newConn(s, c).serve()
		}
	}()
	<-ctx.Done()
	return l.Close()
}

// conn is one connection of HTTP/2.
type conn struct {
	s    *server
	c    net.Conn
	f    *http2.Framer
	born time.Time

	mu      sync.Mutex
	more    *sync.Cond // of the windows
	write   sync.Mutex
	window  int64
	initial int64
	streams map[uint32]*stream
	newest  uint32
	left    bool // GOAWAY was said
}

// stream is one request.
type stream struct {
	id     uint32
	r      *http.Request
	body   bytes.Buffer
	window int64
	gone   bool
}

func newConn(s *server, c net.Conn) *conn {
	n := &conn{s: s, c: c, f: http2.NewFramer(c, c), born: time.Now(), window: 65535, initial: 65535, streams: map[uint32]*stream{}}
	n.more = sync.NewCond(&n.mu)
	n.f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	return n
}

func (n *conn) serve() {
	defer n.c.Close()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(n.c, preface); err != nil || string(preface) != http2.ClientPreface {
		return
	}
	n.send(func() error { return n.f.WriteSettings() })
	for {
		f, err := n.f.ReadFrame()
		if err != nil || !n.take(f) {
			n.mu.Lock()
			for _, st := range n.streams {
				st.gone = true
			}
			n.more.Broadcast()
			n.mu.Unlock()
			return
		}
	}
}

func (n *conn) send(do func() error) { n.write.Lock(); _ = do(); n.write.Unlock() }

// take takes one frame. It reports whether the connection goes on.
func (n *conn) take(f http2.Frame) bool {
	switch f := f.(type) {
	case *http2.SettingsFrame:
		if f.IsAck() {
			return true
		}
		if size, has := f.Value(http2.SettingInitialWindowSize); has {
			n.mu.Lock()
			n.initial = int64(size)
			n.mu.Unlock()
		}
		n.send(n.f.WriteSettingsAck)
	case *http2.PingFrame:
		if !f.IsAck() {
			n.send(func() error { return n.f.WritePing(true, f.Data) })
		}
	case *http2.WindowUpdateFrame:
		n.mu.Lock()
		if st := n.streams[f.StreamID]; st != nil {
			st.window += int64(f.Increment)
		} else if f.StreamID == 0 {
			n.window += int64(f.Increment)
		}
		n.more.Broadcast()
		n.mu.Unlock()
	case *http2.RSTStreamFrame:
		n.end(f.StreamID)
	case *http2.MetaHeadersFrame:
		return n.begin(f)
	case *http2.DataFrame:
		n.mu.Lock()
		st := n.streams[f.StreamID]
		n.mu.Unlock()
		if k := uint32(len(f.Data())); k > 0 {
			n.send(func() error { return n.f.WriteWindowUpdate(0, k) })
			if st != nil {
				n.send(func() error { return n.f.WriteWindowUpdate(f.StreamID, k) })
			}
		}
		if st != nil {
			st.body.Write(f.Data())
			if f.StreamEnded() {
				go n.answer(st)
			}
		}
	}
	return true
}

// begin begins a stream, or refuses it.
func (n *conn) begin(f *http2.MetaHeadersFrame) bool {
	u, _ := url.ParseRequestURI(f.PseudoValue("path"))
	r := &http.Request{Method: f.PseudoValue("method"), URL: u, Header: http.Header{}, RemoteAddr: n.c.RemoteAddr().String()}
	for _, h := range f.RegularFields() {
		r.Header.Add(h.Name, h.Value)
	}
	leaves, refuses := false, false
	for _, fault := range *n.s.faults.Load() {
		switch fault.Kind {
		case goingAway:
			leaves = time.Since(n.born) > fault.For
		case stormy:
			refuses = n.s.chance(fault.P)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.left: // it was told
		return true
	case leaves: // all before this one are answered; it is not
		n.s.add(injected)
		n.left = true
		last := n.newest
		n.send(func() error { return n.f.WriteGoAway(last, http2.ErrCodeNo, nil) })
		if len(n.streams) == 0 {
			n.bye()
		}
		return true
	case refuses:
		n.s.add(injected)
		n.send(func() error { return n.f.WriteRSTStream(f.StreamID, http2.ErrCodeRefusedStream) })
		return true
	}
	st := &stream{id: f.StreamID, r: r, window: n.initial}
	n.newest = f.StreamID
	n.streams[st.id] = st
	if f.StreamEnded() {
		go n.answer(st)
	}
	return true
}

// end forgets a stream. The last one of a connection that leaves closes it.
func (n *conn) end(id uint32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if st := n.streams[id]; st != nil {
		st.gone = true
		delete(n.streams, id)
	}
	n.more.Broadcast()
	if n.left && len(n.streams) == 0 {
		n.bye()
	}
}

// bye ends the connection for writing. It is read until the other side ends it too: a
// reset would take the GOAWAY from those who have not read it yet.
func (n *conn) bye() {
	if t, ok := n.c.(*net.TCPConn); ok {
		_ = t.CloseWrite()
	}
	_ = n.c.SetReadDeadline(time.Now().Add(2 * time.Second))
}

// answer gives the answer of the server's handler.
func (n *conn) answer(st *stream) {
	defer n.end(st.id)
	st.r.Body = io.NopCloser(&st.body)
	w := &memory{h: http.Header{}, code: http.StatusOK}
	n.s.ServeHTTP(w, st.r)
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	enc.SetMaxDynamicTableSizeLimit(0)
	_ = enc.WriteField(hpack.HeaderField{Name: ":status", Value: strconv.Itoa(w.code)})
	for name, values := range w.h {
		for _, v := range values {
			_ = enc.WriteField(hpack.HeaderField{Name: lower(name), Value: v})
		}
	}
	n.send(func() error {
		return n.f.WriteHeaders(http2.HeadersFrameParam{StreamID: st.id, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: w.body.Len() == 0})
	})
	for w.body.Len() > 0 {
		k := n.room(st, min(w.body.Len(), 16384))
		if k == 0 {
			return
		}
		p := bytes.Clone(w.body.Next(k))
		n.send(func() error { return n.f.WriteData(st.id, w.body.Len() == 0, p) })
	}
}

// room waits until something may be sent, up to k; 0: never.
func (n *conn) room(st *stream, k int) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	for !st.gone && (n.window <= 0 || st.window <= 0) {
		n.more.Wait()
	}
	if st.gone {
		return 0
	}
	got := min(int64(k), n.window, st.window)
	n.window -= got
	st.window -= got
	return int(got)
}

func lower(name string) string {
	p := []byte(name)
	for i, c := range p {
		if c >= 'A' && c <= 'Z' {
			p[i] = c + 32
		}
	}
	return string(p)
}

// memory keeps an answer.
type memory struct {
	h    http.Header
	code int
	body bytes.Buffer
}

// Header returns the fields of the answer.
func (m *memory) Header() http.Header { return m.h }

// Write adds to the body.
func (m *memory) Write(p []byte) (int, error) { return m.body.Write(p) }

// WriteHeader sets the status.
func (m *memory) WriteHeader(code int) { m.code = code }
