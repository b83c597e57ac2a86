package main

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 wants it
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net/http"

	"bufio"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// socket echoes the frames of a WebSocket.
func (*server) socket(w http.ResponseWriter, r *http.Request) {
	c, rw, ok := take(w)
	if !ok {
		return
	}
	defer c.Close()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // RFC 6455
	fmt.Fprintf(rw, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	_ = rw.Flush()
	for {
		op, payload, err := readWS(rw.Reader)
		if err != nil {
			return
		}
		if op == 9 {
			op = 10
		} else if op == 10 {
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
	payload = make([]byte, n&0xffff)
	_, err = io.ReadFull(br, payload)
	for i := range payload {
		payload[i] ^= key[i%4]
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
