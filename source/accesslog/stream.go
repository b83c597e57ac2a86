package accesslog

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/source"
)

// Stream is a log that comes once, as it is written: standard input. It cannot be read
// again, so it goes on after a restart with what comes then.
type Stream struct {
	parser *Parser
	in     io.Reader
	log    *slog.Logger
	worker *Worker // nil until the format is known
}

// NewStream returns the log that comes from in.
func NewStream(p *Parser, in io.Reader, log *slog.Logger) *Stream {
	return &Stream{parser: p, in: in, log: log}
}

// Name returns what the source is called.
func (s *Stream) Name() string { return "accesslog -" }

// Run reads until in ends or ctx is done. Nobody can interrupt a read, so its goroutine
// ends with in, or with the next line.
func (s *Stream) Run(ctx context.Context, _ string, sink source.Sink) error {
	chunks := make(chan []byte)
	failed := make(chan error, 1)
	go func() {
		failed <- s.lines(ctx, chunks)
		close(chunks)
	}()
	run := strconv.FormatInt(time.Now().UnixNano(), 36)
	var b experience.Batch
	for n := 0; ; {
		var chunk []byte
		var more bool
		select {
		case chunk, more = <-chunks:
		case <-ctx.Done():
			return nil
		}
		if !more {
			return <-failed
		}
		for len(chunk) > 0 {
			b.Reset()
			chunk = s.parse(chunk, &b)
			n++
			b.Source, b.Position = s.Name(), run+" "+strconv.Itoa(n)
			if err := sink(ctx, &b); err != nil {
				return err
			}
		}
	}
}

// lines gives whole lines to chunks, many at once when they come quickly.
func (s *Stream) lines(ctx context.Context, chunks chan<- []byte) error {
	in := bufio.NewReaderSize(s.in, maxLine+1)
	var chunk []byte
	give := func() bool {
		select {
		case chunks <- chunk:
			chunk = nil
			return true
		case <-ctx.Done():
			return false
		}
	}
	for {
		line, err := in.ReadSlice('\n')
		chunk = append(chunk, line...)
		for errors.Is(err, bufio.ErrBufferFull) { // what is longer is rejected, so its rest need not be kept
			_, err = in.ReadSlice('\n')
		}
		if n := len(chunk); n > 0 && chunk[n-1] != '\n' {
			chunk = append(chunk, '\n')
		}
		quiet := in.Buffered() == 0
		if len(chunk) > 0 && (quiet || len(chunk) > followChunk/2 || err != nil) && !give() {
			return nil
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// parse parses chunk, in the format of the first chunk that had one.
func (s *Stream) parse(chunk []byte, b *experience.Batch) []byte {
	if s.worker == nil {
		g, err := s.parser.Detect(chunk)
		if err != nil {
			s.log.Warn("log is of no known format so far", "log", "-", "error", err)
			return s.parser.NewWorker(nil).Parse(chunk, b)
		}
		s.worker = s.parser.NewWorker(g)
	}
	return s.worker.Parse(chunk, b)
}
