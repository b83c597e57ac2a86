package jetstream

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// ears is the server's logger. It passes on what a person may need, and hears what
// the server tells nobody else: that it cannot write.
type ears struct {
	log  *slog.Logger
	fail func(error) // called at a write error; must not wait

	mu  sync.Mutex
	why error // the first fatal error
}

// Noticef passes on what is usual.
func (e *ears) Noticef(format string, v ...any) { e.say(slog.LevelDebug, format, v) }

// Debugf passes on details.
func (e *ears) Debugf(format string, v ...any) { e.say(slog.LevelDebug, format, v) }

// Tracef says nothing: it would hold people's data.
func (e *ears) Tracef(string, ...any) {}

// Warnf passes on what the server does about a crash or damage, and listens for a
// write error. It is no warning to us: what a person must know, Open and Read say.
func (e *ears) Warnf(format string, v ...any) {
	e.listen(format, v)
	e.say(slog.LevelDebug, format, v)
}

// Errorf passes on an error as a warning, but not a write error: Append returns it.
func (e *ears) Errorf(format string, v ...any) {
	level := slog.LevelWarn
	if e.listen(format, v) || strings.Contains(fmt.Sprintf(format, v...), "failed to store a msg") {
		level = slog.LevelDebug
	}
	e.say(level, format, v)
}

// Fatalf keeps why the server did not start.
func (e *ears) Fatalf(format string, v ...any) {
	e.mu.Lock()
	if e.why == nil {
		e.why = cause(format, v)
	}
	e.mu.Unlock()
	e.say(slog.LevelWarn, format, v)
}

// fatal returns why the server did not start, nil when it did.
func (e *ears) fatal() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.why
}

// listen calls fail when the message is about a write error, and reports whether it
// is. The server hands over the error itself, so that its cause can be asked for.
func (e *ears) listen(format string, v []any) bool {
	low := strings.ToLower(format)
	for _, sign := range []string{"critical write error", "will be disabled", "permission denied while writing"} {
		if strings.Contains(low, sign) {
			e.fail(cause(format, v))
			return true
		}
	}
	return false
}

func (e *ears) say(level slog.Level, format string, v []any) {
	e.log.Log(context.Background(), level, "ledger store", "said", fmt.Sprintf(format, v...))
}

// cause returns the error in v, or else the text.
func cause(format string, v []any) error {
	for _, a := range v {
		if err, ok := a.(error); ok {
			return err
		}
	}
	return fmt.Errorf(format, v...)
}
