package app

import (
	"context"
	"io"
	"strconv"
	"sync"

	"github.com/honderd/honderd/gateway"
)

// lineLog writes a line of JSON for each exchange. When the writer is slow, lines are
// dropped and counted: nobody waits for a log.
type lineLog struct {
	out   io.Writer
	queue chan []byte
	mu    sync.Mutex
	lost  int64
}

func newLineLog(out io.Writer) *lineLog { return &lineLog{out: out, queue: make(chan []byte, 8192)} }

func (l *lineLog) add(e *gateway.Exchange) {
	select {
	case l.queue <- e.AppendJSON(nil):
	default:
		l.mu.Lock()
		l.lost++
		l.mu.Unlock()
	}
}

// run writes until ctx is done and all is written.
func (l *lineLog) run(ctx context.Context) {
	for {
		select {
		case line := <-l.queue:
			l.write(line)
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
