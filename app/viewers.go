package app

import (
	"context"
	"sync"
	"time"
)

// notifyEvery is how often an open page is told of changes at most.
const notifyEvery = time.Second

// viewers are the pages that are open and want to know of changes. One goroutine tells
// them all.
type viewers struct {
	mu   sync.Mutex
	open map[chan struct{}]struct{}
}

// notify returns a channel that gets a value after a change, until ctx ends.
func (v *viewers) notify(ctx context.Context) <-chan struct{} {
	one := make(chan struct{}, 1)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open == nil {
		v.open = map[chan struct{}]struct{}{}
	}
	v.open[one] = struct{}{}
	context.AfterFunc(ctx, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(v.open, one)
	})
	return one
}

// tell tells all of a change. Who has not looked since the last one knows already.
func (v *viewers) tell() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for one := range v.open {
		select {
		case one <- struct{}{}:
		default:
		}
	}
}

// tellViewers has the answer made anew when something changed, and tells who looks once
// there is something new to see, until ctx ends.
func (s *Server) tellViewers(ctx context.Context) {
	var told int64
	for {
		changed := s.projector.notify()
		s.projector.now()
		if v := s.projector.version(); v != told {
			told = v
			s.viewers.tell()
		}
		select {
		case <-changed:
		case <-s.projector.made():
		case <-ctx.Done():
			return
		}
		pause(ctx, notifyEvery)
	}
}
