package otlp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/honderd/honderd/internal/logfile"
	"github.com/honderd/honderd/source"
)

// Sizes of what is followed: a collector writes one line for each batch that it got.
const (
	followLine  = 16 << 20
	followChunk = 4 << 20
	wholeSpans  = 10_000 // of a file that is no lines are kept at once
)

// read is the position of a file that was read to its end, once.
const read = "read"

// File is a file of traces whose spans a Receiver takes: one object a line is followed as
// it grows, through rotations and restarts; anything else is read once.
type File struct {
	to   *Receiver
	path string
	log  *slog.Logger
}

// NewFile returns the file at path.
func NewFile(to *Receiver, path string, log *slog.Logger) *File { return &File{to, path, log} }

// Name returns "traces" and the path.
func (f *File) Name() string { return "traces " + f.path }

// Run follows the file until ctx is done. Where it goes on is kept with what the Receiver
// took, so that no span is lost or taken twice; neither position nor sink is of use.
func (f *File) Run(ctx context.Context, _ string, _ source.Sink) error {
	select {
	case <-f.to.begun:
	case <-ctx.Done():
		return nil
	}
	f.to.mu.Lock()
	position := f.to.files[f.path]
	f.to.mu.Unlock()
	if position == read {
		return nil
	}
	lines, err := f.isLines()
	if err == nil && position == "" && !lines {
		err = f.whole(ctx)
	} else if err == nil {
		err = f.follow(ctx, position)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// isLines reports whether the first line is an object of its own. A file that is not
// there yet is taken to become such.
func (f *File) isLines() (bool, error) {
	file, err := logfile.Open(f.path, nil)
	if err != nil {
		return true, nil //nolint:nilerror // who follows it waits for it, and says what is wrong
	}
	defer func() { _ = file.Close() }() // it was only read
	line, err := bufio.NewReaderSize(file, 64<<10).ReadBytes('\n')
	line = bytes.TrimSpace(line)
	switch {
	case len(line) == 0:
		return true, nil
	case errors.Is(err, io.EOF): // one line, and no end to it yet
		return line[0] == '{' && bytes.Contains(line[:min(len(line), 4096)], []byte(`"resource`)), nil
	}
	return json.Valid(line) && line[0] == '{', err
}

// whole takes a file that is not lines: what is in it now.
func (f *File) whole(ctx context.Context) error {
	file, err := logfile.Open(f.path, nil)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	r, _ := f.to.readers.Get().(*reader)
	defer f.to.readers.Put(r)
	p := &packet{}
	err = documents(file, func(one []byte) error {
		r.document(&p.intake, one, 0)
		if len(p.spans) < wholeSpans {
			return nil
		}
		full := p
		p = &packet{}
		return f.patiently(ctx, full)
	})
	if err != nil && ctx.Err() == nil {
		if len(p.spans)+len(p.heard) == 0 {
			return fmt.Errorf("read traces %s: %w (fix: give traces as JSON of OpenTelemetry, Zipkin or Jaeger)", f.path, err)
		}
		p.reject("the rest of a file cannot be read", 1, []byte(err.Error()))
	}
	p.file, p.position = f.path, read
	return f.patiently(ctx, p)
}

func (f *File) follow(ctx context.Context, position string) error {
	from, err := logfile.ParsePosition(position)
	if err != nil {
		return fmt.Errorf("go on with traces %s: %w", f.path, err)
	}
	r, _ := f.to.readers.Get().(*reader)
	defer f.to.readers.Put(r)
	o := logfile.Options{
		Chunk: followChunk, MaxLine: followLine,
		Tail: json.Valid,
		Gap:  func(reason string) { f.log.Warn("traces have a gap", "file", f.path, "reason", reason) },
		Trouble: func(err error) {
			if err != nil {
				f.log.Warn("traces cannot be read", "file", f.path, "error", err)
			}
		},
	}
	err = logfile.Follow(ctx, f.path, from, o, func(ctx context.Context, chunk []byte, next logfile.Position) error {
		p := &packet{file: f.path, position: next.String()}
		for line := range bytes.Lines(chunk) {
			err := documents(bytes.NewReader(line), func(one []byte) error {
				r.document(&p.intake, one, 0)
				return nil
			})
			if err != nil { // the next line stands for itself
				p.reject("a line that is no JSON", 1, line)
			}
		}
		return f.patiently(ctx, p)
	})
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// patiently takes p, however long it has to wait for room: the file keeps what comes.
func (f *File) patiently(ctx context.Context, p *packet) error {
	for {
		err := f.to.take(ctx, p)
		if !errors.Is(err, ErrBusy) {
			return err
		}
		if err := sleep(ctx, comeAgain); err != nil {
			return err
		}
	}
}
