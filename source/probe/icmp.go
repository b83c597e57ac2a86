package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/honderd/honderd/experience"
)

// The protocol numbers of ICMP, from IANA.
const (
	protocolICMP   = 1
	protocolICMPv6 = 58
)

// icmpCheck pings: one echo request a try.
type icmpCheck struct {
	host, network string
}

func newICMP(t Target) (*icmpCheck, error) {
	c := &icmpCheck{host: strings.Trim(t.Address, "[]"), network: "ip"}
	if t.Family != "" {
		c.network = t.Family
	}
	if c.host == "" || strings.ContainsAny(c.host, "/?#@ \t\r\n") {
		return nil, fmt.Errorf("address %q is no host (fix: write example.org, without a port)", clean(t.Address))
	}
	return c, nil
}

func (c *icmpCheck) close() {}

func (c *icmpCheck) check(ctx context.Context, _ bool) (out outcome) {
	watch := newStopwatch()
	if err := c.ask(watch.follow(ctx), watch); err != nil {
		out.broke(ctx, err, watch)
		out.silent = out.silent || out.cause == experience.TimedOut
		return out
	}
	out.phases, out.wait = watch.end()
	return out
}

func (c *icmpCheck) ask(ctx context.Context, watch *stopwatch) error {
	ips, err := net.DefaultResolver.LookupNetIP(ctx, c.network, c.host)
	if err != nil {
		return err
	}
	to := ips[0].Unmap()
	conn, datagrams, err := listenICMP(to.Is4())
	if err != nil {
		return fmt.Errorf("%w (fix: let this group ping: sysctl net.ipv4.ping_group_range, or give the program CAP_NET_RAW)", err)
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	watch.reached()
	token := binary.BigEndian.AppendUint64([]byte("honderd "), rand.Uint64())
	id := rand.IntN(1 << 16)
	if err := ping(conn, to, datagrams, id, token); err != nil {
		return err
	}
	watch.asked()
	buffer := make([]byte, 1500)
	for {
		n, _, err := conn.ReadFrom(buffer)
		if err != nil {
			return err
		}
		if isEcho(buffer[:n], to.Is4(), token) {
			watch.answered()
			return nil
		}
	}
}

// listenICMP opens a socket for pings: one that needs no rights, or else a raw one.
func listenICMP(four bool) (conn *icmp.PacketConn, datagrams bool, err error) {
	free, raw, all := "udp4", "ip4:icmp", "0.0.0.0"
	if !four {
		free, raw, all = "udp6", "ip6:ipv6-icmp", "::"
	}
	if conn, err = icmp.ListenPacket(free, all); err == nil {
		return conn, true, nil
	}
	conn, rawErr := icmp.ListenPacket(raw, all)
	return conn, false, errors.Join(rawErr)
}

func ping(conn *icmp.PacketConn, to netip.Addr, datagrams bool, id int, token []byte) error {
	m := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: id, Seq: 1, Data: token}}
	if !to.Is4() {
		m.Type = ipv6.ICMPTypeEchoRequest
	}
	packed, err := m.Marshal(nil)
	if err != nil {
		return err
	}
	var address net.Addr = &net.IPAddr{IP: to.AsSlice(), Zone: to.Zone()}
	if datagrams {
		address = &net.UDPAddr{IP: to.AsSlice(), Zone: to.Zone()}
	}
	_, err = conn.WriteTo(packed, address)
	return err
}

// isEcho reports whether p is the answer to the ping with token. A datagram socket
// changes the id, so the token alone tells.
func isEcho(p []byte, four bool, token []byte) bool {
	protocol := protocolICMP
	if !four {
		protocol = protocolICMPv6
	}
	m, err := icmp.ParseMessage(protocol, p)
	if err != nil || m.Type != ipv4.ICMPTypeEchoReply && m.Type != ipv6.ICMPTypeEchoReply {
		return false
	}
	echo, ok := m.Body.(*icmp.Echo)
	return ok && bytes.Equal(echo.Data, token)
}
