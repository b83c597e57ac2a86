package gateway

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/honderd/honderd/gateway/h1"
)

// inMemory is how much of the body of a request is kept in memory; the rest in a file.
const inMemory = 256 << 10

// spool keeps the body of a request while it comes, so that it can be sent again.
type spool struct {
	mu    sync.Mutex
	more  *sync.Cond
	mem   []byte
	file  *os.File
	n     int64
	ended bool
	quit  bool
	err   error
	done  chan struct{}
}

// tooMuch is the answer to more than may be sent.
func tooMuch() error {
	return &h1.Problem{Status: http.StatusRequestEntityTooLarge, Why: "the request is too large"}
}

// newSpool begins to keep body. What is small is read at once.
func newSpool(body io.Reader, length, most int64) (*spool, error) {
	if length > most {
		return nil, tooMuch()
	}
	s := &spool{done: make(chan struct{})}
	s.more = sync.NewCond(&s.mu)
	if length >= 0 && length <= inMemory/4 {
		defer close(s.done)
		s.mem = make([]byte, length)
		_, err := io.ReadFull(body, s.mem)
		s.n, s.ended = length, true
		return s, err
	}
	go s.fill(body, most)
	return s, nil
}

// fill reads body to its end. Quit and an end of the connection end it.
func (s *spool) fill(body io.Reader, most int64) {
	defer close(s.done)
	p := make([]byte, 32<<10)
	for {
		n, err := body.Read(p)
		s.mu.Lock()
		if n > 0 && s.err == nil {
			if s.n+int64(n) > most {
				s.err = tooMuch()
			} else {
				s.err = s.add(p[:n])
			}
		}
		if err != nil && s.err == nil {
			s.ended = errors.Is(err, io.EOF)
			if !s.ended {
				s.err = err
			}
		}
		over := s.ended || s.err != nil || s.quit
		s.mu.Unlock()
		s.more.Broadcast()
		if over {
			return
		}
	}
}

// add is called with the lock.
func (s *spool) add(p []byte) error {
	s.n += int64(len(p))
	if room := inMemory - len(s.mem); room > 0 {
		k := min(room, len(p))
		s.mem = append(s.mem, p[:k]...)
		p = p[k:]
	}
	if len(p) == 0 {
		return nil
	}
	if s.file == nil {
		f, err := os.CreateTemp("", "honderd-body-")
		if err != nil {
			return err
		}
		_ = os.Remove(f.Name()) // it is gone when it is closed, whatever happens
		s.file = f
	}
	_, err := s.file.Write(p)
	return err
}

// reader returns a reader of the whole body, from its beginning.
func (s *spool) reader() io.Reader { return &spoolReader{s: s} }

// failed returns why the body could not be read to its end; nil if it was or still is.
func (s *spool) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// close ends reading and frees the file.
func (s *spool) close(w http.ResponseWriter) {
	s.mu.Lock()
	s.quit = true
	s.mu.Unlock()
	control := http.NewResponseController(w)
	for {
		select {
		case <-s.done:
			s.mu.Lock()
			if s.file != nil {
				_ = s.file.Close()
			}
			if !s.ended && s.err == nil {
				s.err = io.ErrUnexpectedEOF
			}
			s.mu.Unlock()
			s.more.Broadcast()
			return
		case <-time.After(time.Millisecond):
			_ = control.SetReadDeadline(time.Unix(1, 0))
		}
	}
}

// spoolReader reads a spool, and waits where the body has not come yet.
type spoolReader struct {
	s  *spool
	at int64
}

// position is how much was read.
func (r *spoolReader) position() int64 {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.at
}

// Read reads on.
func (r *spoolReader) Read(p []byte) (int, error) {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for r.at >= s.n && !s.ended && s.err == nil {
		s.more.Wait()
	}
	switch {
	case r.at < int64(len(s.mem)):
		n := copy(p, s.mem[r.at:])
		r.at += int64(n)
		return n, nil
	case r.at < s.n && s.file != nil:
		n, err := s.file.ReadAt(p[:min(int64(len(p)), s.n-r.at)], r.at-int64(len(s.mem)))
		r.at += int64(n)
		return n, err
	case s.err != nil:
		return 0, s.err
	}
	return 0, io.EOF
}
