package probe

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/honderd/honderd/experience"
)

// The opcodes of frames: RFC 6455, 5.2.
const (
	opContinue = 0x0
	opText     = 0x1
	opBinary   = 0x2
	opClose    = 0x8
	opPing     = 0x9
	opPong     = 0xa
)

// socket is an open WebSocket.
type socket struct {
	conn  net.Conn
	in    *bufio.Reader
	came  int      // bytes of messages so far
	piece []byte   // what came of a message that is not whole; nil: none has begun
	early [][]byte // messages that came before anybody waited for them
	said  groups
}

// send sends one whole message. What clients send is masked: RFC 6455, 5.3.
func (w *socket) send(op byte, payload []byte) error {
	frame := []byte{0x80 | op}
	switch n := len(payload); {
	case n < 126:
		frame = append(frame, 0x80|byte(n))
	case n <= 0xffff:
		frame = binary.BigEndian.AppendUint16(append(frame, 0x80|126), uint16(n))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, 0x80|127), uint64(n))
	}
	var key [4]byte
	if _, err := rand.Read(key[:]); err != nil {
		return err
	}
	frame = append(frame, key[:]...)
	for i, c := range payload {
		frame = append(frame, c^key[i%4])
	}
	_, err := w.conn.Write(frame)
	return err
}

// frame is one frame that came.
type frame struct {
	last    bool
	op      byte
	payload []byte
}

func wrongFrame(why string) error {
	return &fault{cause: experience.ServerError, why: "what it sent is no websocket: " + why}
}

// readFrame reads one frame of at most limit bytes.
func readFrame(in *bufio.Reader, limit int) (f frame, err error) {
	var head [8]byte
	if _, err := io.ReadFull(in, head[:2]); err != nil {
		return f, err
	}
	f.last, f.op = head[0]&0x80 != 0, head[0]&0x0f
	if head[0]&0x70 != 0 {
		return f, wrongFrame("a frame with bits that were not agreed on")
	}
	if head[1]&0x80 != 0 {
		return f, wrongFrame("a masked frame from a server")
	}
	size := uint64(head[1] & 0x7f)
	control := f.op >= opClose
	if control && (size > 125 || !f.last) {
		return f, wrongFrame("a control frame that is long or in pieces")
	}
	switch size {
	case 126:
		_, err = io.ReadFull(in, head[:2])
		size = uint64(binary.BigEndian.Uint16(head[:2]))
	case 127:
		_, err = io.ReadFull(in, head[:8])
		size = binary.BigEndian.Uint64(head[:8])
	}
	if err != nil {
		return f, err
	}
	if size > uint64(limit) {
		return f, &fault{cause: experience.ServerError, why: fmt.Sprintf("it sent more than %d bytes that were not asked for", maxTalk)}
	}
	f.payload = make([]byte, size)
	_, err = io.ReadFull(in, f.payload)
	return f, err
}

// next returns the next whole message or pong. Pings are answered on the way.
func (w *socket) next() (op byte, payload []byte, err error) {
	for {
		f, err := readFrame(w.in, maxTalk-w.came)
		if err != nil {
			return 0, nil, err
		}
		w.came = min(maxTalk, w.came+len(f.payload)+2) // empty frames count too
		switch f.op {
		case opPing:
			if err := w.send(opPong, f.payload); err != nil {
				return 0, nil, err
			}
		case opPong:
			return opPong, f.payload, nil
		case opClose:
			return 0, nil, closed(f.payload)
		case opText, opBinary, opContinue:
			if (f.op == opContinue) != (w.piece != nil) {
				return 0, nil, wrongFrame("pieces of messages in no order")
			}
			if w.piece == nil {
				w.piece = []byte{}
			}
			w.piece = append(w.piece, f.payload...)
			if f.last {
				payload, w.piece = w.piece, nil
				return opText, payload, nil
			}
		default:
			return 0, nil, wrongFrame("a frame of an unknown kind")
		}
		if w.came >= maxTalk {
			return 0, nil, &fault{cause: experience.ServerError, why: fmt.Sprintf("it sent more than %d bytes that were not asked for", maxTalk)}
		}
	}
}

func closed(payload []byte) error {
	why := "it closed the websocket"
	if len(payload) >= 2 {
		why += fmt.Sprintf(" with code %d", binary.BigEndian.Uint16(payload))
		if len(payload) > 2 {
			why += " " + quote(string(payload[2:]))
		}
	}
	return &fault{cause: experience.ServerError, why: why}
}

// ping sends a ping and waits for its pong. Messages that come before it are kept for
// the talk that may follow.
func (w *socket) ping(watch *stopwatch) error {
	var token [8]byte
	if _, err := rand.Read(token[:]); err != nil {
		return err
	}
	if err := w.send(opPing, token[:]); err != nil {
		return err
	}
	watch.asked()
	for {
		op, payload, err := w.next()
		if err != nil {
			return err
		}
		if op == opPong && bytes.Equal(payload, token[:]) {
			watch.answered()
			return nil
		}
		if op != opPong {
			w.early = append(w.early, payload)
		}
	}
}

// say makes one turn: each message that comes is matched by itself.
func (w *socket) say(t *turn, watch *stopwatch) error {
	if len(t.send) > 1 || t.send[0] != "" {
		if err := w.send(opText, []byte(t.send.expand(w.said, asItIs))); err != nil {
			return err
		}
	}
	if t.expect == nil {
		return nil
	}
	watch.asked()
	var last []byte
	for {
		payload, err := w.take()
		if err != nil {
			var own *fault
			if last != nil && errors.As(err, &own) {
				return t.missed(last)
			}
			return err
		}
		watch.answered()
		if said, _, ok := t.find(payload); ok {
			w.said = said
			return nil
		}
		last = payload
	}
}

// take returns the next message, those that came early first.
func (w *socket) take() ([]byte, error) {
	if len(w.early) > 0 {
		payload := w.early[0]
		w.early = w.early[1:]
		return payload, nil
	}
	for {
		op, payload, err := w.next()
		if err != nil || op != opPong {
			return payload, err
		}
	}
}

// capped gives at most left bytes, then says that they are too many.
type capped struct {
	from io.Reader
	left int
}

// Read reads on.
func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, &fault{cause: experience.ServerError, why: fmt.Sprintf("its headers have more than %d bytes", maxHeader)}
	}
	n, err := c.from.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// prefixed returns what first has read already, and then what comes on conn.
func prefixed(first *bufio.Reader, conn net.Conn) io.Reader {
	had, _ := first.Peek(first.Buffered())
	return io.MultiReader(bytes.NewReader(had), conn)
}
