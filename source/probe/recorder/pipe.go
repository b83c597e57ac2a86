package recorder

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// maxMessage is the longest message in bytes that a browser may send: a picture of a long
// page as text.
const maxMessage = 64 << 20

// pipe is a connection to a browser: the Chrome DevTools Protocol, messages that end in 0.
type pipe struct {
	out io.WriteCloser

	writing sync.Mutex
	mu      sync.Mutex
	last    int
	waiting map[int]chan<- message
	hear    map[string]func(method string, params json.RawMessage) // by session
	gone    chan struct{}
}

type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// errGone is the answer of a browser that is no longer there.
var errGone = errors.New("the browser is gone")

// newPipe speaks over out and in. It reads until in ends.
func newPipe(out io.WriteCloser, in io.Reader) *pipe {
	p := &pipe{out: out, waiting: map[int]chan<- message{}, hear: map[string]func(string, json.RawMessage){}, gone: make(chan struct{})}
	go p.read(in)
	return p
}

// listen lets f hear all events of a session. It is called by the reader, so it must not
// wait nor ask.
func (p *pipe) listen(session string, f func(method string, params json.RawMessage)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hear[session] = f
}

func (p *pipe) read(in io.Reader) {
	defer close(p.gone)
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxMessage)
	lines.Split(func(data []byte, _ bool) (advance int, token []byte, err error) {
		if end := bytes.IndexByte(data, 0); end >= 0 {
			return end + 1, data[:end], nil
		}
		return 0, nil, nil
	})
	for lines.Scan() {
		var m message
		if json.Unmarshal(lines.Bytes(), &m) != nil {
			continue
		}
		p.mu.Lock()
		answer, hear := p.waiting[m.ID], p.hear[m.Session]
		delete(p.waiting, m.ID)
		p.mu.Unlock()
		switch {
		case m.ID != 0 && answer != nil:
			answer <- m
		case m.ID == 0 && hear != nil:
			hear(m.Method, m.Params)
		}
	}
}

// write sends a message. A browser that reads nothing any more is gone.
func (p *pipe) write(text []byte) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	if f, ok := p.out.(interface{ SetWriteDeadline(time.Time) error }); ok {
		_ = f.SetWriteDeadline(time.Now().Add(maxTimeout))
	}
	_, err := p.out.Write(text)
	return err
}

// call asks the browser, in a session or, with "", as a whole. result may be nil.
func (p *pipe) call(ctx context.Context, session, method string, params, result any) error {
	if params == nil {
		params = struct{}{}
	}
	packed, err := json.Marshal(params)
	if err != nil {
		return err
	}
	answer := make(chan message, 1)
	p.mu.Lock()
	p.last++
	m := message{ID: p.last, Session: session, Method: method, Params: packed}
	p.waiting[m.ID] = answer
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.waiting, m.ID)
		p.mu.Unlock()
	}()
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := p.write(append(text, 0)); err != nil {
		return errGone
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.gone:
		return errGone
	case m := <-answer:
		if m.Error != nil {
			return fmt.Errorf("%s: %s", method, m.Error.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(m.Result, result)
	}
}
