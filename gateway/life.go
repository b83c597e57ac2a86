package gateway

import (
	"context"
	"net"
	"sync"
	"time"
)

// life is that of one attempt, which can be ended from outside whatever it waits for. It
// does what a context does, without one where a connection is all that is waited for.
type life struct {
	mu   sync.Mutex
	over bool
	conn net.Conn        // that it waits on; nil: none
	ctx  context.Context //nolint:containedctx // it lives exactly as long
	stop context.CancelFunc
}

// context returns a context that ends with l.
func (l *life) context() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx == nil {
		l.ctx, l.stop = context.WithCancel(context.Background())
		if l.over {
			l.stop()
		}
	}
	return l.ctx
}

// holds says what l waits on. It reports false when l is over.
func (l *life) holds(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn = c
	return !l.over
}

// lets says that l no longer waits on its connection, which is as it was if l reports true.
func (l *life) lets() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn = nil
	return !l.over
}

// end ends l.
func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.over = true
	if l.conn != nil {
		_ = l.conn.SetDeadline(time.Unix(1, 0))
	}
	if l.stop != nil {
		l.stop()
	}
}
