package syslog

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// accept takes connections until l is closed.
func (d *Door) accept(ctx context.Context, l net.Listener) {
	var conns sync.WaitGroup
	defer conns.Wait()
	for {
		c, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
				return
			}
			d.refuse(unreadable, 1) // no more files, perhaps: it is over in a moment
			pause(ctx, busyPause)
			continue
		}
		sender := senderOf(c.RemoteAddr())
		if why := d.enter(c, sender); why != "" {
			d.refuse(why, 1)
			_ = c.Close()
			continue
		}
		conns.Go(func() {
			defer d.leave(c, sender)
			if why := d.stream(ctx, c, sender); why != "" {
				d.refuse(why, 1)
			}
		})
	}
}

// pause waits for a while, or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// enter lets a connection in, or tells why not.
func (d *Door) enter(c net.Conn, sender string) (why string) {
	if !d.mayEnter(c.RemoteAddr()) {
		return notAllowed
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open >= d.options.Open || d.each[sender] >= d.options.Each {
		return tooManyOpen
	}
	d.open++
	d.each[sender]++
	d.conns[c] = struct{}{}
	return ""
}

func (d *Door) leave(c net.Conn, sender string) {
	_ = c.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.conns, c)
	d.open--
	if d.each[sender]--; d.each[sender] == 0 {
		delete(d.each, sender)
	}
}

// stream takes the messages of one connection: each with its length before it, or with a
// line break behind it. It returns why the connection was ended, "" when its sender did.
//
// Source: RFC 6587, section 3.4.
func (d *Door) stream(ctx context.Context, c net.Conn, sender string) (why string) {
	in := bufio.NewReaderSize(c, d.options.Line+64)
	var of pace
	for {
		_ = c.SetReadDeadline(time.Now().Add(d.options.Idle))
		if ctx.Err() != nil {
			return ""
		}
		if _, err := in.Peek(1); err != nil {
			return "" // it has ended, or was silent for too long
		}
		if in.Buffered() < 2 || bytes.IndexByte(buffered(in), '\n') < 0 {
			_ = c.SetReadDeadline(time.Now().Add(d.options.Patience))
		}
		line, why := d.frame(in)
		if why != "" {
			if ctx.Err() != nil {
				return ""
			}
			return why
		}
		if line = message(line); len(line) == 0 {
			continue
		}
		if wait := of.take(time.Now(), d.options.Rate); wait > 0 {
			pause(ctx, wait)
		}
		d.queue.add(sender, line, true)
	}
}

// buffered returns what in has read already.
func buffered(in *bufio.Reader) []byte {
	p, _ := in.Peek(in.Buffered()) // never more than there is
	return p
}

// maxDigits is how long the length before a message may be.
const maxDigits = 9

// frame returns the next message, good until the next call, or why there is none: "" for
// the end.
func (d *Door) frame(in *bufio.Reader) (line []byte, why string) {
	if n, digits := d.length(in); digits > 0 {
		if n > d.options.Line {
			return nil, tooLong
		}
		if _, err := in.Discard(digits); err != nil {
			return nil, ended(err)
		}
		line, err := in.Peek(n)
		if err != nil {
			return nil, ended(err)
		}
		_, err = in.Discard(n)
		return line, ended(err)
	}
	line, err := in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, tooLong
	case len(line) > d.options.Line+1:
		return nil, tooLong
	case errors.Is(err, io.EOF) && len(line) > 0:
		return line, "" // the last one has no end
	case err != nil:
		return nil, ended(err)
	}
	return line, ""
}

// length returns the length that stands before a message, and how many bytes it takes with
// its space; 0 when there is none. A line that begins with a number, as that of an address,
// has no < behind it.
func (d *Door) length(in *bufio.Reader) (n, digits int) {
	for i := range maxDigits + 2 {
		p, err := in.Peek(i + 1)
		if err != nil {
			return 0, 0
		}
		switch c := p[i]; {
		case c >= '0' && c <= '9' && i < maxDigits && (i > 0 || c != '0'):
			n = n*10 + int(c-'0')
		case c == ' ' && i > 0:
			if next, err := in.Peek(i + 2); err != nil || next[i+1] != '<' {
				return 0, 0
			}
			return n, i + 1
		default:
			return 0, 0
		}
	}
	return 0, 0
}

// ended tells why a connection ended in the middle of a message.
func ended(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, os.ErrDeadlineExceeded):
		return tooSlow
	}
	return unreadable
}
