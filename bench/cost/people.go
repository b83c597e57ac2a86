package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// startOrigin serves a page of size bytes to whatever is asked.
func startOrigin(size int) (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends with the program
	if err != nil {
		return nil, err
	}
	answer := []byte(fmt.Sprintf("HTTP/1.1 200 OK\r\nServer: origin\r\nDate: Fri, 27 Nov 2026 00:00:00 GMT\r\nContent-Type: text/html\r\nContent-Length: %d\r\n"+
		"Last-Modified: Thu, 26 Nov 2026 00:00:00 GMT\r\nCache-Control: private\r\n\r\n%s", size, strings.Repeat("x", size)))
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				br := bufio.NewReader(c)
				for skipHead(br) == nil {
					if _, err := c.Write(answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l, nil
}

// skipHead reads to the empty line that ends a head.
func skipHead(br *bufio.Reader) error {
	for {
		line, err := br.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			return nil
		}
	}
}

// person asks on one connection.
type person struct {
	c  net.Conn
	br *bufio.Reader
}

const question = "GET /page/1 HTTP/1.1\r\nHost: site.test\r\nUser-Agent: cost/1\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n"

func newPerson(addr string) (*person, error) {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second) //nolint:noctx // as the others
	if err != nil {
		return nil, err
	}
	return &person{c, bufio.NewReaderSize(c, 8<<10)}, nil
}

// ask asks once, and reads the answer to its end.
func (p *person) ask() error {
	_ = p.c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(p.c, question); err != nil {
		return err
	}
	size := -1
	for first := true; ; first = false {
		line, err := p.br.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
			return fmt.Errorf("the answer was %q", line)
		}
		if len(line) == 2 {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(name, []byte("content-length")) {
			if size, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if size < 0 {
		return errors.New("the answer had no length")
	}
	_, err := p.br.Discard(size)
	return err
}

// flood lets n people ask as fast as they are answered. It returns how many answers came.
func flood(addr string, n int, length time.Duration) (int64, error) {
	var done atomic.Int64
	var wait sync.WaitGroup
	failed := make(chan error, n)
	until := time.Now().Add(length)
	for range n {
		wait.Go(func() {
			p, err := newPerson(addr)
			if err != nil {
				failed <- err
				return
			}
			defer p.c.Close()
			for time.Now().Before(until) {
				if err := p.ask(); err != nil {
					failed <- err
					return
				}
				done.Add(1)
			}
		})
	}
	wait.Wait()
	select {
	case err := <-failed:
		return done.Load(), err
	default:
		return done.Load(), nil
	}
}

// calm lets people ask at calmPace, whatever the answers are. A wait counts from when
// somebody meant to ask.
func calm(addr string, length time.Duration) (waits []time.Duration) {
	const n = 64
	var mu sync.Mutex
	var wait sync.WaitGroup
	begin := time.Now().Add(50 * time.Millisecond)
	for i := range n {
		wait.Go(func() {
			p, err := newPerson(addr)
			if err != nil {
				return
			}
			defer p.c.Close()
			var own []time.Duration
			for k := i; ; k += n {
				at := begin.Add(time.Duration(k) * time.Second / calmPace)
				if at.Sub(begin) > length {
					break
				}
				time.Sleep(time.Until(at))
				if p.ask() != nil {
					return
				}
				own = append(own, time.Since(at))
			}
			mu.Lock()
			defer mu.Unlock()
			waits = append(waits, own...)
		})
	}
	wait.Wait()
	return waits
}
