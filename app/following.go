package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/source"
	"github.com/honderd/honderd/source/accesslog"
	"github.com/honderd/honderd/web"
)

// following is what somebody chose on the page to follow, beside what is configured.
type following struct {
	salts *who.Salts
	begin chan *accesslog.Log

	mu     sync.Mutex
	looked time.Time
	found  []web.Found
	chosen []source.Source
}

// openFollowing takes up what was chosen before.
func (s *Server) openFollowing(salts *who.Salts) {
	s.following.salts, s.following.begin = salts, make(chan *accesslog.Log)
	for _, one := range s.projector.said(kindFollow) {
		l, err := s.chosen(one.Key)
		if err != nil {
			s.log.Warn("a log that was chosen is not followed", "log", one.Key, "error", err)
			continue
		}
		s.choose(l)
	}
}

// choose adds a source, and reports whether it is new.
func (s *Server) choose(one source.Source) bool {
	s.following.mu.Lock()
	defer s.following.mu.Unlock()
	same := func(o source.Source) bool { return o.Name() == one.Name() }
	if slices.ContainsFunc(s.sources, same) || slices.ContainsFunc(s.following.chosen, same) {
		return false
	}
	s.following.chosen = append(s.following.chosen, one)
	return true
}

// runFollowing reads what was chosen, and what is chosen from now on, until ctx is done.
func (s *Server) runFollowing(ctx context.Context) {
	var readers sync.WaitGroup
	defer readers.Wait()
	for _, one := range s.allSources()[len(s.sources):] {
		readers.Go(func() { s.read(ctx, one) })
	}
	for {
		select {
		case one := <-s.following.begin:
			if s.choose(one) {
				s.log.Info("source opened", "source", one.Name())
				readers.Go(func() { s.read(ctx, one) })
			}
		case <-ctx.Done():
			return
		}
	}
}

// allSources returns the configured sources, then the chosen ones.
func (s *Server) allSources() []source.Source {
	s.following.mu.Lock()
	defer s.following.mu.Unlock()
	return slices.Concat(s.sources, s.following.chosen)
}
