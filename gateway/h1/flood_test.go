package h1

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Frames of HTTP/2, by hand: RFC 9113, 4.1 and 6.
const (
	frameHeaders      = 1
	frameReset        = 3
	frameSettings     = 4
	framePing         = 6
	frameGoAway       = 7
	frameContinuation = 9
	flagAck           = 1
	flagEndStream     = 1
	flagEndHeaders    = 4
)

func frame(kind, flags byte, stream uint32, payload string) string {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	head = binary.BigEndian.AppendUint32(append(head, flags), stream)
	return string(head) + payload
}

// getRoot is GET / of http://a, in HPACK: RFC 7541.
const getRoot = "\x82\x84\x86\x41\x01a"

// attack sends what send writes, and returns the code of the GOAWAY that it gets;
// -1: the connection ended without one.
func attack(t *testing.T, address string, send func(w *bufio.Writer) error) (code int) {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	done := make(chan int, 1)
	go func() { done <- goAway(bufio.NewReader(c)) }()
	w := bufio.NewWriterSize(c, 32<<10)
	_, _ = w.WriteString(preface + frame(frameSettings, 0, 0, "") + frame(frameSettings, flagAck, 0, ""))
	_ = send(w)
	_ = w.Flush()
	return <-done
}

func goAway(br *bufio.Reader) int {
	for {
		var head [9]byte
		if _, err := io.ReadFull(br, head[:]); err != nil {
			return -1
		}
		payload := make([]byte, binary.BigEndian.Uint32(head[:])>>8)
		if _, err := io.ReadFull(br, payload); err != nil {
			return -1
		}
		if head[3] == frameGoAway && len(payload) >= 8 {
			return int(binary.BigEndian.Uint32(payload[4:]))
		}
	}
}

// memory returns how much is in use.
func memory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// TestFloodsInHTTP2EndTheConnection tries CVE-2023-44487 (rapid reset), CVE-2024-27316
// and its kin (CONTINUATION), and lists of fields beyond the limit.
func TestFloodsInHTTP2EndTheConnection(t *testing.T) {
	var most, now atomic.Int64
	open := make(chan struct{})
	address := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if r.URL.Path == "/" && r.Proto == "HTTP/2.0" {
			<-open
		}
	}), Options{})
	before := memory()
	tests := []struct {
		name string
		send func(w *bufio.Writer) error
		want []int
	}{
		{"rapid reset", func(w *bufio.Writer) (err error) {
			for id := uint32(1); id < 200_001 && err == nil; id += 2 {
				_, _ = w.WriteString(frame(frameHeaders, flagEndHeaders|flagEndStream, id, getRoot))
				_, err = w.WriteString(frame(frameReset, 0, id, "\x00\x00\x00\x08"))
			}
			return err
		}, []int{11}}, // ENHANCE_YOUR_CALM
		{"continuation without an end", func(w *bufio.Writer) (err error) {
			_, _ = w.WriteString(frame(frameHeaders, flagEndStream, 1, getRoot))
			more := frame(frameContinuation, 0, 1, strings.Repeat("\x00\x01x\x7f\x81\x00"+strings.Repeat("y", 256), 60))
			for range 5000 {
				if _, err = w.WriteString(more); err != nil {
					return err
				}
			}
			return nil
		}, []int{1, 11, -1}},
		{"empty continuations", func(w *bufio.Writer) (err error) {
			_, _ = w.WriteString(frame(frameHeaders, flagEndStream, 1, getRoot))
			for range 200_000 {
				if _, err = w.WriteString(frame(frameContinuation, 0, 1, "")); err != nil {
					return err
				}
			}
			_, err = w.WriteString(frame(framePing, 0, 0, "12345678")) // in the midst of a head
			return err
		}, []int{1, 11, -1}},
		{"a frame larger than allowed", func(w *bufio.Writer) error {
			_, err := w.WriteString(frame(frameHeaders, flagEndHeaders|flagEndStream, 1, strings.Repeat("\x82", 64<<10)))
			return err
		}, []int{6, -1}}, // FRAME_SIZE_ERROR
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := attack(t, address, tt.send)
			fits := false
			for _, code := range tt.want {
				fits = fits || got == code
			}
			if !fits {
				t.Errorf("it ended with %d, want one of %v", got, tt.want)
			}
			if more := memory() - before; more > 64<<20 {
				t.Errorf("it costs %d MB", more>>20)
			}
			if got := say(t, address, "GET /other HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 200") {
				t.Errorf("somebody else was answered %.80q", got)
			}
		})
	}
	close(open)
	if n := most.Load(); n > 251 {
		t.Errorf("%d requests of one connection at once, want at most 250", n)
	}
}
