package app

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/honderd/honderd/gateway"
)

// linesLook is how often it is looked whether the log was renamed.
const linesLook = time.Second

// lineLog writes a line of JSON for each exchange. When the writer is slow, lines are
// dropped and counted: nobody waits for a log.
type lineLog struct {
	out   io.Writer
	queue chan []byte
	mu    sync.Mutex
	lost  int64 // since the last line
	all   int64 // that were lost
}

func newLineLog(out io.Writer) *lineLog { return &lineLog{out: out, queue: make(chan []byte, 8192)} }

func (l *lineLog) add(e *gateway.Exchange) {
	select {
	case l.queue <- e.AppendJSON(nil):
	default:
		l.mu.Lock()
		l.lost++
		l.all++
		l.mu.Unlock()
	}
}

// run writes until ctx is done and all is written.
func (l *lineLog) run(ctx context.Context) {
	tick := time.NewTicker(linesLook)
	defer tick.Stop()
	for {
		select {
		case line := <-l.queue:
			l.write(line)
		case <-tick.C:
			if f, ok := l.out.(*Lines); ok {
				f.Look()
			}
		case <-ctx.Done():
			for {
				select {
				case line := <-l.queue:
					l.write(line)
				default:
					return
				}
			}
		}
	}
}

func (l *lineLog) write(line []byte) {
	l.mu.Lock()
	lost := l.lost
	l.lost = 0
	l.mu.Unlock()
	if lost > 0 {
		line = append([]byte(`{"lines_lost":`+strconv.FormatInt(lost, 10)+"}\n"), line...)
	}
	_, _ = l.out.Write(line)
}

// writeMetrics writes what a scraper of Prometheus reads about the log.
func (l *lineLog) writeMetrics(w io.Writer) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	all := l.all
	l.mu.Unlock()
	_, err := fmt.Fprintf(w, "# HELP honderd_gateway_log_lines_dropped_total Lines of the access log that could not be written in time.\n# TYPE honderd_gateway_log_lines_dropped_total counter\nhonderd_gateway_log_lines_dropped_total %d\n", all)
	return err
}
