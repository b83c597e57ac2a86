package app

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/source"
	"github.com/honderd/honderd/source/accesslog"
)

// Stdin is a log that comes once, as it is written, for NewServer. format is how its lines
// are written; "": it is found out.
func Stdin(in io.Reader, format string) source.Source { return &stdin{in: in, format: format} }

// stdin is a stream that has no parser before the server has its salts.
type stdin struct {
	in     io.Reader
	format string
	stream *accesslog.Stream
}

// open makes the parser.
func (s *stdin) open(c config.Config, salts *who.Salts, log *slog.Logger) error {
	p, err := accesslog.NewParser(parserOptions(c, s.format, salts))
	if err != nil {
		return err
	}
	s.stream = accesslog.NewStream(p, s.in, log)
	return nil
}

// Name returns what the source is called.
func (s *stdin) Name() string { return "accesslog -" }

// Run reads until the input ends.
func (s *stdin) Run(ctx context.Context, position string, sink source.Sink) error {
	if s.stream == nil {
		return errors.New("standard input was not opened")
	}
	return s.stream.Run(ctx, position, sink)
}

// openStdin opens the standard input among sources, if it is there.
func openStdin(c config.Config, salts *who.Salts, log *slog.Logger, sources []source.Source) error {
	for _, one := range sources {
		if in, ok := one.(*stdin); ok {
			return in.open(c, salts, log)
		}
	}
	return nil
}
