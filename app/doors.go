package app

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/gather"
	"github.com/honderd/honderd/source/push"
)

// openDoors opens what others send to. Many senders share a block of the ledger; each is
// answered when its block is on disk.
func (s *Server) openDoors(ctx context.Context, salts *who.Salts) (err error) {
	if s.gatherer, err = gather.New(s.ledger, gather.Options{Subject: subject}); err != nil {
		return err
	}
	s.push = push.New(push.Options{
		Rules: s.config.Rules(), Salts: salts, Keys: s.config.Receive.Keys, Keep: s.keepSent, Busy: isBusy,
		Refuse: func(why string) { s.drops.add(push.Name, inRequests, why, 1, true) }, Patience: s.patience,
	})
	s.browser = s.newBrowser(salts)
	s.openHooks(salts)
	s.openReadings()
	if err := s.openSyslog(ctx, salts); err != nil {
		return err
	}
	return s.openTraces(salts)
}

// keepSent keeps what somebody sent. While the ledger cannot take it, who sent it is told
// so, and it is shown.
func (s *Server) keepSent(ctx context.Context, b *experience.Batch) error {
	s.crossings.settle(b)
	err := s.held.take(b, time.Now())
	if err == nil {
		err = s.gatherer.Add(ctx, b)
	}
	s.tellTrouble(ctx, b.Source, err)
	return err
}

// keepPassed keeps what has passed the gateway: each batch once, by its name.
func (s *Server) keepPassed(ctx context.Context, b *experience.Batch) error {
	err := s.keepNamed(ctx, b)
	s.tellTrouble(ctx, b.Source, err)
	return err
}

// tellTrouble shows that the ledger does not take what a source gives.
func (s *Server) tellTrouble(ctx context.Context, source string, err error) {
	trouble := err
	if ctx.Err() != nil || errors.Is(err, gather.ErrBacklog) { // the sender's, or over in a moment
		trouble = nil
	}
	if s.troubles.set(source, trouble) && trouble != nil {
		s.log.Error("the ledger cannot take what is sent: senders are told to come again", "source", source, "error", trouble)
	}
}

// isBusy reports whether what was sent is welcome later.
func isBusy(err error) bool {
	return errors.Is(err, gather.ErrBacklog) || errors.Is(err, ledger.ErrFull) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, ledger.ErrAway)
}
