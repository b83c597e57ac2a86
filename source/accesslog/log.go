package accesslog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/logfile"
	"github.com/honderd/honderd/source"
)

// followChunk is small enough that the lines of a chunk always fit in one batch, even
// lines of 16 bytes: so every batch ends where the source can go on.
const followChunk = 16 * experience.MaxBatch

// Log is an access log that is followed as it grows, through rotations and restarts.
type Log struct {
	parser *Parser
	path   string
	log    *slog.Logger
	worker *Worker // nil until the format is known
	heads  heads
	cuts   int // how often the log was cut off while it was followed
}

// NewLog returns the log at path.
func NewLog(p *Parser, path string, log *slog.Logger) *Log {
	l := &Log{parser: p, path: path, log: log}
	l.begins()
	return l
}

// Name returns the kind of source and the path.
func (l *Log) Name() string { return "accesslog " + l.path }

// Run follows the log until ctx is done.
func (l *Log) Run(ctx context.Context, position string, sink source.Sink) error {
	position, head, _ := strings.Cut(position, "\n")
	l.heads.read([]byte(head))
	from, err := logfile.ParsePosition(position)
	if err != nil {
		return fmt.Errorf("go on with log %s: %w", l.path, err)
	}
	l.begins()
	var b experience.Batch
	o := logfile.Options{
		Chunk:   followChunk,
		MaxLine: maxLine,
		Tail:    l.whole,
		Gap:     func(reason string) { l.log.Warn("log has a gap", "log", l.path, "reason", reason) },
		Cut:     l.cut,
		Trouble: l.trouble,
	}
	err = logfile.Follow(ctx, l.path, from, o, func(ctx context.Context, chunk []byte, next logfile.Position) error {
		b.Reset()
		l.listen()
		if rest := l.parse(chunk, &b); len(rest) > 0 {
			return fmt.Errorf("log %s: %d bytes of a chunk did not fit in a batch", l.path, len(rest))
		}
		l.heads.read(chunk)
		if c := l.parser.o.Causes; c != nil {
			c.tells(l, &b, len(chunk))
			l.settle(ctx, &b)
		}
		b.Source, b.Position = l.Name(), next.String()
		if l.heads.text != "" {
			b.Position += "\n" + l.heads.text
		}
		return sink(ctx, &b)
	})
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// begins tells other logs that this one may say something of their requests.
func (l *Log) begins() {
	if c := l.parser.o.Causes; c != nil {
		c.tells(l, nil, 0)
	}
}

// listen makes the worker note what error logs may say more of.
func (l *Log) listen() {
	if l.worker != nil && l.parser.o.Causes != nil {
		l.worker.awaits = l.parser.o.Causes.hasOthers(l)
	}
}

// cut tells that there may be lines that nobody has; how many cannot be known.
func (l *Log) cut() {
	l.cuts++
	l.log.Info("log was cut off: what was written between its copying and that is in no file", "log", l.path, "times", l.cuts)
}

func (l *Log) trouble(err error) {
	if err == nil {
		l.log.Info("log can be read again", "log", l.path)
		return
	}
	l.log.Warn("log cannot be read", "log", l.path, "error", err)
}

// parse parses chunk, in the format of the first chunk that had one.
func (l *Log) parse(chunk []byte, b *experience.Batch) []byte {
	if l.worker != nil {
		return l.worker.Parse(chunk, b)
	}
	g, err := l.parser.Detect(append([]byte(l.heads.text), chunk...))
	if err != nil {
		l.log.Warn("log is of no known format so far", "log", l.path, "error", err)
		return l.parser.NewWorker(nil).Parse(chunk, b)
	}
	for _, name := range l.parser.lacks(g) {
		l.log.Warn("log has no field for a label", "log", l.path, "format", g.Name(), "label", name)
	}
	l.worker = l.parser.NewWorker(g)
	l.worker.holds(l.heads.text)
	l.listen()
	return l.worker.Parse(chunk, b)
}

// whole reports whether a last line without its end is a whole one: it is when it can
// be read.
func (l *Log) whole(rest []byte) bool {
	if l.worker == nil {
		return false
	}
	l.worker.trying = true
	defer func() { l.worker.trying = false }()
	var b experience.Batch
	b.Reset()
	return len(l.worker.Parse(rest, &b)) == 0 && b.Tally.Parsed == 1
}
