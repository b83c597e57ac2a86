package gateway

import "sync"

// buffers are those that answers are held in.
type buffers struct{ pool sync.Pool }

// smallest and largest buffer that is kept for the next answer.
const (
	smallBuffer = 32 << 10
	largeBuffer = 256 << 10
)

// take returns an empty buffer with room for n bytes, if n is known.
func (b *buffers) take(n int64) []byte {
	if n > 2*smallBuffer {
		return make([]byte, 0, n+1)
	}
	if p, ok := b.pool.Get().(*[]byte); ok {
		return (*p)[:0]
	}
	return make([]byte, 0, smallBuffer)
}

// give gives a buffer back, which nobody may use any more.
func (b *buffers) give(p []byte) {
	if cap(p) >= smallBuffer && cap(p) <= largeBuffer {
		b.pool.Put(&p)
	}
}
