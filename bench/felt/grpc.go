package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// isGRPC reports whether a request is a call of gRPC.
func isGRPC(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc")
}

// message is one message on the wire: gRPC over HTTP/2, "Length-Prefixed-Message".
func message(p []byte) []byte {
	b := make([]byte, 5, 5+len(p))
	binary.BigEndian.PutUint32(b[1:], uint32(len(p))) //nolint:gosec // they are short
	return append(b, p...)
}

// readMessage reads one message.
func readMessage(r io.Reader) ([]byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	p := make([]byte, binary.BigEndian.Uint32(head[1:])&0xffffff)
	_, err := io.ReadFull(r, p)
	return p, err
}

// call serves a call: /shop.Shop/One answers with one message, /Many with five, 50 ms
// apart, and /Talk says back each that comes.
func (s *server) call(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/grpc")
	h.Set("Trailer", "Grpc-Status, Grpc-Message")
	control := http.NewResponseController(w)
	give := func(p []byte) { _, _ = w.Write(message(p)); _ = control.Flush() }
	_, name, _ := strings.Cut(r.URL.Path[1:], "/")
	for {
		p, err := readMessage(r.Body)
		if err != nil {
			break
		}
		switch name {
		case "Many":
			for i := range 5 {
				give(fmt.Appendf(nil, "%s %d", p, i))
				time.Sleep(50 * time.Millisecond)
			}
		case "Talk":
			give(p)
		default:
			give(bytes.Repeat(p, 32))
		}
	}
	h.Set("Grpc-Status", "0")
	h.Set("Grpc-Message", "")
}

// tryCall makes a call and reports what was wrong with it.
func tryCall(ctx context.Context, client *http.Client, base string, a ask) string {
	name := strings.TrimPrefix(a.target, "/shop.Shop/")
	text := []byte(a.body)
	hear, say := io.Pipe()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+a.target, hear)
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Content-Type", "application/grpc")
	r.Header.Set("Te", "trailers")
	heard := make(chan struct{}, 1)
	go func() {
		defer say.Close()
		for range map[string]int{"Talk": 3}[name] {
			_, _ = say.Write(message(text))
			select {
			case <-heard:
			case <-ctx.Done():
				return
			}
		}
		if name != "Talk" {
			_, _ = say.Write(message(text))
		}
	}()
	resp, err := client.Do(r)
	if err != nil {
		return "no call"
	}
	defer resp.Body.Close()
	want := map[string]int{"Many": 5, "Talk": 3, "One": 1}[name]
	for i := range want {
		p, err := readMessage(resp.Body)
		if err != nil {
			return "call broken off: " + resp.Trailer.Get("Grpc-Status") + resp.Header.Get("Grpc-Status")
		}
		good := text
		switch name {
		case "Many":
			good = fmt.Appendf(nil, "%s %d", text, i)
		case "One":
			good = bytes.Repeat(text, 32)
		}
		if !bytes.Equal(p, good) {
			return "another message"
		}
		select {
		case heard <- struct{}{}:
		default:
		}
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return "call cut short"
	}
	if got := resp.Trailer.Get("Grpc-Status"); got != "0" {
		return "call without its end"
	}
	return ""
}
