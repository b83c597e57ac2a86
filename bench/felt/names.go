package main

import (
	"encoding/binary"
	"net"
	"sync"
)

// names is a DNS server that says the same of every name.
type names struct {
	conn net.PacketConn
	mu   sync.Mutex
	ips  []net.IP
	how  string // "": well; lost: no answer; half: every other is lost; fail: SERVFAIL; none: NXDOMAIN
	n    int
}

func newNames() (*names, error) {
	addr, err := freePort("127.0.0.1")
	if err != nil {
		return nil, err
	}
	c, err := net.ListenPacket("udp", addr) //nolint:noctx // the suite ends with its process
	if err != nil {
		return nil, err
	}
	n := &names{conn: c}
	go n.serve()
	return n, nil
}

// set says which addresses names have from now on.
func (n *names) set(ips ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ips = nil
	for _, ip := range ips {
		n.ips = append(n.ips, net.ParseIP(ip).To4())
	}
}

// fail says how questions are answered from now on.
func (n *names) fail(how string) { n.mu.Lock(); n.how = how; n.mu.Unlock() }

func (n *names) serve() {
	p := make([]byte, 1500)
	for {
		size, from, err := n.conn.ReadFrom(p)
		if err != nil {
			return
		}
		if answer := n.answer(p[:size]); answer != nil {
			_, _ = n.conn.WriteTo(answer, from)
		}
	}
}

// answer answers one question for addresses of version 4; none for others. RFC 1035, 4.
func (n *names) answer(q []byte) []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.n++
	if n.how == "lost" || n.how == "half" && n.n%2 == 0 || len(q) < 17 {
		return nil
	}
	end := 12
	for end < len(q) && q[end] != 0 {
		end += int(q[end]) + 1
	}
	if end+5 > len(q) {
		return nil
	}
	kind := binary.BigEndian.Uint16(q[end+1:])
	a := append([]byte{}, q[:2]...)
	a = append(a, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
	a = append(a, q[12:end+5]...)
	switch {
	case n.how == "fail":
		a[3] |= 2
	case n.how == "none":
		a[3] |= 3
	case kind == 1:
		a[7] = byte(len(n.ips))
		for _, ip := range n.ips {
			a = append(a, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4)
			a = append(a, ip...)
		}
	}
	return a
}
