package gateway

import "sync"

// buffers are those that answers are held in.
var buffers = sync.Pool{New: func() any { p := make([]byte, 0, 32<<10); return &p }} //nolint:gochecknoglobals // a pool has no state

// takeBuffer returns an empty buffer with room for n bytes, if n is known.
func takeBuffer(n int64) []byte {
	if n > 64<<10 {
		return make([]byte, 0, n+1)
	}
	p, _ := buffers.Get().(*[]byte)
	return (*p)[:0]
}

// giveBuffer gives a buffer back, which nobody may use any more.
func giveBuffer(p []byte) {
	if cap(p) >= 4<<10 && cap(p) <= 256<<10 {
		buffers.Put(&p)
	}
}
