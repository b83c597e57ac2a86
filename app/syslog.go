package app

import (
	"context"

	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/source/accesslog"
	"github.com/honderd/honderd/source/syslog"
)

// inMessages is what drops of syslog are counted in.
const inMessages = "messages"

// openSyslog opens the addresses that servers send their logs to, if there are any.
func (s *Server) openSyslog(ctx context.Context, salts *who.Salts) error {
	c := s.config.Receive.Syslog
	if len(c.Listen) == 0 {
		return nil
	}
	p, err := accesslog.NewParser(parserOptions(s.config, c.Format, salts))
	if err != nil {
		return err
	}
	s.syslog, err = syslog.New(ctx, syslog.Options{
		Listen: c.Listen, From: c.From, Log: s.log, Keep: s.keepSent, Busy: isBusy,
		NewReader: func(sample []byte) (syslog.Reader, bool) {
			g, err := p.Detect(sample)
			return p.NewWorker(g), err == nil
		},
		Refuse: func(why string, n int) { s.drops.add(syslog.Name, inMessages, why, int64(n), false) }, Patience: s.patience, Rate: s.pace,
	})
	return err
}

// runSyslog takes messages until ctx is done.
func (s *Server) runSyslog(ctx context.Context) {
	if err := s.syslog.Run(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("syslog is no longer listened to", "error", err)
	}
}
