package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// sockets keeps WebSockets open as pages do: one that ends is opened anew. Each says
// something every quarter of a second.
func (s *suite) sockets(ctx context.Context) {
	const every = 250 * time.Millisecond
	var wait sync.WaitGroup
	until := s.begin.Add(s.length)
	for i := range crowd {
		wait.Go(func() {
			p := &pageSocket{s: s}
			for k, at := 0, s.begin.Add(time.Duration(i)*every/crowd); at.Before(until) && ctx.Err() == nil; k, at = k+1, at.Add(every) {
				free := time.Now() // what a frozen socket delays is late from the moment it was meant
				time.Sleep(time.Until(at))
				late := min(time.Since(at), time.Since(free))
				p.say(fmt.Sprintf("%d.%d", i, k), at, late)
			}
			p.close()
		})
	}
	wait.Wait()
}

// pageSocket is the socket of one page.
type pageSocket struct {
	s  *suite
	c  net.Conn
	br *bufio.Reader
}

func (p *pageSocket) close() {
	if p.c != nil {
		_ = p.c.Close()
		p.c = nil
	}
}

// say sends one message and waits for its echo. When the socket ends the page opens
// another and sends it again.
func (p *pageSocket) say(text string, at time.Time, late time.Duration) {
	why := "late message"
	for why != "" && time.Since(at) < p.s.patience {
		if p.c == nil && !p.open(at) {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		_ = p.c.SetDeadline(at.Add(p.s.patience))
		if writeWS(p.c, 1, []byte(text), true) != nil || !p.hears(text) {
			p.close()
			continue
		}
		why = ""
	}
	if why != "" {
		p.close()
	}
	p.s.tally.note(meant{at: at, within: p.s.patience}, time.Since(at), late, why, false, 1)
}

// hears reports whether the echo comes.
func (p *pageSocket) hears(text string) bool {
	for {
		op, got, err := readWS(p.br)
		if err != nil || op == 8 {
			return false
		}
		if op == 1 && string(got) == text {
			return true
		}
	}
}

func (p *pageSocket) open(at time.Time) bool {
	c, err := net.DialTimeout("tcp", p.s.listen, time.Until(at.Add(p.s.patience))) //nolint:noctx // the deadline is there
	if err != nil {
		return false
	}
	_ = c.SetDeadline(at.Add(p.s.patience))
	fmt.Fprintf(c, "GET /ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", p.s.listen)
	br := bufio.NewReader(c)
	line, err := br.ReadString('\n')
	for err == nil {
		var more string
		if more, err = br.ReadString('\n'); strings.TrimSpace(more) == "" {
			break
		}
	}
	if err != nil || !strings.Contains(line, "101") {
		_ = c.Close()
		return false
	}
	p.c, p.br = c, br
	return true
}
