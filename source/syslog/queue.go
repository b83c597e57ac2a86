package syslog

import (
	"bytes"
	"sync"
	"time"
)

// Sizes of what waits to be parsed.
const (
	queueEach = 256 << 10 // bytes of one sender
	queueAll  = 16 << 20  // bytes of all of them
	queueTurn = 128 << 10 // bytes that are parsed at once
)

// queue holds lines until they are parsed. Senders take turns, so that one who sends much
// makes nobody wait but themself.
type queue struct {
	mu     sync.Mutex
	room   *sync.Cond          // told when lines were taken
	lines  *sync.Cond          // told when there are lines, or no more will come
	of     map[string]*waiting // by sender; only those with lines
	turns  []*waiting          // in the order in which they came
	size   int
	closed bool
}

// waiting are the lines of one sender.
type waiting struct {
	sender string
	text   []byte // lines with their ends
}

func newQueue() *queue {
	q := &queue{of: map[string]*waiting{}}
	q.room, q.lines = sync.NewCond(&q.mu), sync.NewCond(&q.mu)
	return q
}

// add adds a line of sender. When there is no room it waits for some, or reports false.
func (q *queue) add(sender string, line []byte, wait bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		w := q.of[sender]
		if q.closed && !wait {
			return false
		}
		full := w != nil && len(w.text)+len(line) >= queueEach || q.size+len(line) >= queueAll
		if !full || q.closed {
			if w == nil {
				w = &waiting{sender: sender}
				q.of[sender] = w
				q.turns = append(q.turns, w)
			}
			w.text = append(append(w.text, line...), '\n')
			q.size += len(line) + 1
			q.lines.Signal()
			return true
		}
		if !wait {
			return false
		}
		q.room.Wait()
	}
}

// take appends some lines of each sender whose turn it is to dst. It waits until there are
// some; ok is false when there are none and no more will come.
func (q *queue) take(dst []byte) (chunk []byte, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.size == 0 {
		if q.closed {
			return dst, false
		}
		q.lines.Wait()
	}
	if q.size < queueTurn/8 && !q.closed { // others come within a moment
		q.mu.Unlock()
		<-time.After(flushWithin)
		q.mu.Lock()
	}
	share := max(queueTurn/len(q.turns), 4<<10)
	for n := len(q.turns); n > 0 && len(dst) < queueTurn; n-- {
		w := q.turns[0]
		q.turns = q.turns[1:]
		part := w.text
		if len(part) > share {
			if end := bytes.LastIndexByte(part[:share], '\n'); end >= 0 {
				part = part[:end+1]
			} else {
				part = part[:bytes.IndexByte(part, '\n')+1]
			}
		}
		dst = append(dst, part...)
		q.size -= len(part)
		if w.text = append(w.text[:0], w.text[len(part):]...); len(w.text) == 0 {
			delete(q.of, w.sender)
		} else {
			q.turns = append(q.turns, w)
		}
	}
	q.room.Broadcast()
	return dst, true
}

// close says that nothing more will come but from those who are adding now.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.room.Broadcast()
	q.lines.Broadcast()
}
