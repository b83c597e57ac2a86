package syslog

import (
	"bytes"
	"context"
	"errors"
	"net"
	"time"
)

// maxSenders is how many senders of datagrams are told apart: addresses can be forged, so
// those who come later share one place.
const maxSenders = 4096

// datagrams takes the messages that come to p, one in each datagram, until it is closed.
func (d *Door) datagrams(ctx context.Context, p net.PacketConn) {
	buf := make([]byte, d.options.Line+1)
	paces := map[string]*pace{}
	for {
		n, from, err := p.ReadFrom(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
				return
			}
			d.refuse(unreadable, 1)
			continue
		}
		sender := senderOf(from)
		of := paces[sender]
		if of == nil {
			if len(paces) >= maxSenders {
				sender = "others"
			}
			if of = paces[sender]; of == nil {
				of = &pace{}
				paces[sender] = of
			}
		}
		line := message(buf[:n])
		switch {
		case !d.mayEnter(from):
			d.refuse(notAllowed, 1)
		case n > d.options.Line:
			d.refuse(tooLong, 1)
		case of.take(time.Now(), d.options.Rate) > 0:
			d.refuse(tooMany, 1)
		case len(line) > 0 && !d.queue.add(sender, line, false):
			d.refuse(noRoom, 1)
		}
	}
}

// senderOf returns what a sender is told from others by: its host, without the port.
func senderOf(address net.Addr) string {
	switch a := address.(type) {
	case *net.TCPAddr:
		return a.IP.String()
	case *net.UDPAddr:
		return a.IP.String()
	}
	return "unix"
}

// message returns one message as a line: without breaks at its end, and none inside.
func message(m []byte) []byte {
	m = bytes.TrimRight(m, "\r\n\x00")
	for i, c := range m {
		if c == '\n' {
			m[i] = ' '
		}
	}
	return m
}

// pace is how many messages somebody may still send. What is not used is kept for a second.
type pace struct {
	left float64
	last time.Time
}

// take takes the right to one message, and returns how long there is none.
func (p *pace) take(now time.Time, rate int) time.Duration {
	most := float64(rate)
	if p.last.IsZero() {
		p.left = most
	} else {
		p.left = min(most, p.left+now.Sub(p.last).Seconds()*most)
	}
	p.last = now
	if p.left >= 1 {
		p.left--
		return 0
	}
	return time.Duration((1 - p.left) / most * float64(time.Second))
}
