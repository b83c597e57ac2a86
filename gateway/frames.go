package gateway

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"time"
)

// The frames of WebSockets, as far as a gateway must know them: RFC 6455, 5.2.
const (
	opClose = 0x8
	opPong  = 0xA
	masked  = 0x80
)

// ours is what our own pings carry, so that their answers are known.
const ours = "honderd?"

// errClosed is an end that was said with a frame.
var errClosed = errors.New("closed")

// frame is the head of one frame.
type frame struct {
	head   [14]byte
	size   int // of the head
	op     byte
	length uint64
}

// readFrame reads the head of a frame.
func readFrame(br *bufio.Reader) (f frame, err error) {
	if _, err = io.ReadFull(br, f.head[:2]); err != nil {
		return f, err
	}
	f.size, f.op = 2, f.head[0]&0xF
	switch n := f.head[1] & 0x7F; n {
	case 126:
		_, err = io.ReadFull(br, f.head[2:4])
		f.size, f.length = 4, uint64(binary.BigEndian.Uint16(f.head[2:]))
	case 127:
		_, err = io.ReadFull(br, f.head[2:10])
		f.size, f.length = 10, binary.BigEndian.Uint64(f.head[2:])
		if f.length>>63 != 0 {
			return f, errors.New("a frame of impossible length")
		}
	default:
		f.length = uint64(n)
	}
	if err == nil && f.head[1]&masked != 0 {
		_, err = io.ReadFull(br, f.head[f.size:f.size+4])
		f.size += 4
	}
	return f, err
}

// up passes the frames of the person to the origin.
func (s *socket) up(from *bufio.Reader) error {
	w := bufio.NewWriterSize(s.origin, 4<<10)
	for {
		f, err := readFrame(from)
		if err != nil {
			return err
		}
		s.toOrigin.Lock()
		_, _ = w.Write(f.head[:f.size])
		_, err = io.CopyN(w, from, int64(f.length)) //nolint:gosec // readFrame bounds it
		if err == nil {
			err = w.Flush()
		}
		s.toOrigin.Unlock()
		if err != nil {
			return err
		}
	}
}

// heardReader notes whenever the origin is heard.
type heardReader struct{ s *socket }

// Read reads from the origin.
func (h heardReader) Read(p []byte) (int, error) {
	n, err := h.s.origin.Reader().Read(p)
	if n > 0 {
		h.s.heard.set(time.Now())
	}
	return n, err
}

// down passes the frames of the origin to the person, but the answers to our own pings.
func (s *socket) down() error {
	br := bufio.NewReaderSize(heardReader{s}, 4<<10)
	w := bufio.NewWriterSize(s.client, 4<<10)
	for {
		f, err := readFrame(br)
		if err != nil {
			return err
		}
		if f.op == opPong && f.length == uint64(len(ours)) {
			payload := make([]byte, len(ours))
			if _, err := io.ReadFull(br, payload); err != nil {
				return err
			}
			if string(payload) == ours {
				s.proven.set(time.Now())
				continue
			}
			s.toClient.Lock()
			_, _ = w.Write(f.head[:f.size])
			_, _ = w.Write(payload)
			err = w.Flush()
			s.toClient.Unlock()
			if err != nil {
				return errClosed
			}
			continue
		}
		s.toClient.Lock()
		_, _ = w.Write(f.head[:f.size])
		_, err = io.CopyN(w, br, int64(f.length)) //nolint:gosec // readFrame bounds it
		if err == nil {
			err = w.Flush()
		}
		s.toClient.Unlock()
		switch {
		case err != nil:
			return err
		case f.op == opClose:
			_ = w.Flush()
			return errClosed
		}
	}
}

// ask sends the origin a ping of ours, unless a frame of the person is on its way. It
// reports whether it did.
func (s *socket) ask() bool {
	if !s.toOrigin.TryLock() {
		return false
	}
	defer s.toOrigin.Unlock()
	key := [4]byte{0x5a, 0x17, 0xc3, 0x88}
	ping := append([]byte{0x89, masked | byte(len(ours))}, key[:]...)
	for i := range len(ours) {
		ping = append(ping, ours[i]^key[i%4])
	}
	_ = s.origin.SetWriteDeadline(time.Now().Add(s.x.pool.Patience))
	_, err := s.origin.Write(ping)
	_ = s.origin.SetWriteDeadline(time.Time{})
	return err == nil
}
