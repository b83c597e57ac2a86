package probe

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// written returns a frame as a server writes it.
func written(head byte, payload string) string {
	if len(payload) < 126 {
		return string([]byte{head, byte(len(payload))}) + payload
	}
	return string(binary.BigEndian.AppendUint16([]byte{head, 126}, uint16(len(payload)))) + payload
}

// heard reads a frame as a client writes it, and takes its mask off.
func heard(in *bufio.Reader) (op byte, payload []byte, err error) {
	var head [6]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, nil, err
	}
	payload = make([]byte, head[1]&0x7f)
	if _, err := io.ReadFull(in, payload); err != nil {
		return 0, nil, err
	}
	for i := range payload {
		payload[i] ^= head[2+i%4]
	}
	if head[1]&0x80 == 0 {
		return 0, nil, fmt.Errorf("frame %x is not masked", head)
	}
	return head[0] & 0xf, payload, nil
}

// socketServer answers handshakes, pings with pong, and texts with what say makes of them.
func socketServer(t *testing.T, accept func(key string) string, pong bool, say func(text string) []string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		speak(conn, rw, r, accept, pong, say)
	}))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http") + "/live"
}

func speak(conn net.Conn, rw *bufio.ReadWriter, r *http.Request, accept func(string) string, pong bool, say func(string) []string) {
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		accept(r.Header.Get("Sec-WebSocket-Key")))
	for {
		op, payload, err := heard(rw.Reader)
		if err != nil || op == 8 {
			return
		}
		switch {
		case op == 9 && pong:
			_, _ = io.WriteString(conn, written(0x81, "news")+written(0x8a, string(payload))) // a text comes first
		case op == 9:
			return
		case op == 1:
			for _, frame := range say(string(payload)) {
				_, _ = io.WriteString(conn, frame)
			}
		}
	}
}

func rightKey(key string) string {
	sum := sha1.Sum([]byte(key + socketGUID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func TestAWebSocketThatAnswersIsGood(t *testing.T) {
	pieces := func(text string) []string { // in three pieces, with a ping between them
		return []string{written(0x01, "you said "), written(0x89, "?"), written(0x00, text), written(0x80, strings.Repeat(".", 300))}
	}
	target := Target{Name: "live", Kind: WebSocket, Address: socketServer(t, rightKey, true, pieces), Talk: []Turn{{Expect: "^news$"}, {Send: "hello", Expect: "^you said hello[.]{300}$"}}}
	if r := once(t, target); r.Bad() || r.Unknown || r.Why != "" {
		t.Errorf("%+v", r)
	}
	target.Timeout = time.Second // it never comes
	target.Talk = []Turn{{Expect: "^news$"}, {Send: "hello", Expect: "bye"}}
	if r := once(t, target); !r.Bad() || r.Why == "" {
		t.Errorf("another answer: %+v", r)
	}
}

func TestABadWebSocketIsBad(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	defer plain.Close()
	none := func(string) []string { return nil }
	for name, address := range map[string]string{
		"a page":        "ws" + strings.TrimPrefix(plain.URL, "http"),
		"another key":   socketServer(t, func(string) string { return "x" }, true, none),
		"no pong":       socketServer(t, rightKey, false, none),
		"a masked pong": socketServer(t, rightKey, true, none),
	} {
		target := Target{Kind: WebSocket, Address: address, Timeout: 2 * time.Second}
		if name == "a masked pong" {
			target.Address = socketServer(t, rightKey, true, func(string) []string { return []string{"\x81\x81aaaab"} })
			target.Talk = []Turn{{Expect: "news"}, {Send: "x", Expect: "."}}
		}
		if r := once(t, target); !r.Bad() || !r.Confirmed || r.Why == "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte(written(0x81, "hello") + written(0x8a, "")))
	f.Add([]byte{0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0x81, 0x81, 1, 2, 3, 4, 5})
	f.Fuzz(func(t *testing.T, p []byte) {
		in := bufio.NewReader(bytes.NewReader(p))
		for range 100 {
			if _, err := readFrame(in, 1000); err != nil {
				return
			}
		}
	})
}

func FuzzWhatPeopleWrite(f *testing.F) {
	for _, s := range []string{"status 200-299", "body contains ok", "a.b[0].c", "${token}/x", "$${", "header x-a: b", "json a.b = 1", "time < 2s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = parsePath(s)
		_, _ = parseTemplate(s)
		e, err := ParseExpect([]string{s})
		if err != nil {
			return
		}
		again, err := ParseExpect(e.Lines())
		if err != nil || strings.Join(again.Lines(), "\n") != strings.Join(e.Lines(), "\n") {
			t.Fatalf("%q is written as %q, which is read as %q, %v", s, e.Lines(), again.Lines(), err)
		}
	})
}
