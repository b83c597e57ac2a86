package syslog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"
)

// readBuffer is how much the kernel keeps of datagrams that come while we are busy. What it
// cannot give, it cuts.
const readBuffer = 4 << 20

// CheckAddress reports what is wrong with an address that a Door is to listen on.
func CheckAddress(address string) error {
	network, where, ok := strings.Cut(address, "://")
	switch {
	case !ok:
		return errAddress(address, "has no kind")
	case network == "udp" || network == "tcp":
		if _, _, err := net.SplitHostPort(where); err != nil {
			return errAddress(address, "has no host and port")
		}
	case network == "unix" || network == "unixgram":
		if !strings.HasPrefix(where, "/") {
			return errAddress(address, "has no path that begins with /")
		}
	default:
		return errAddress(address, "is of no kind that there is")
	}
	return nil
}

// listen opens one address.
func (d *Door) listen(ctx context.Context, address string) error {
	if err := CheckAddress(address); err != nil {
		return err
	}
	network, where, _ := strings.Cut(address, "://")
	isUnix := strings.HasPrefix(network, "unix")
	if isUnix {
		if err := clearSocket(ctx, network, where); err != nil {
			return err
		}
	}
	var config net.ListenConfig
	var err error
	if network == "udp" || network == "unixgram" {
		var p net.PacketConn
		if p, err = config.ListenPacket(ctx, network, where); err == nil {
			d.packets = append(d.packets, p)
			if big, ok := p.(interface{ SetReadBuffer(n int) error }); ok {
				_ = big.SetReadBuffer(readBuffer)
			}
		}
	} else {
		var l net.Listener
		if l, err = config.Listen(ctx, network, where); err == nil {
			d.streams = append(d.streams, l)
		}
	}
	if err != nil {
		return fmt.Errorf("syslog: listen on %s: %w (fix: stop what listens there, or choose another address)", address, err)
	}
	if isUnix {
		d.bound = append(d.bound, where)
		if err := os.Chmod(where, 0o666); err != nil { //nolint:gosec // as /dev/log: servers have users of their own; the folder says who may
			return fmt.Errorf("syslog: let servers write to %s: %w", where, err)
		}
	}
	return nil
}

// clearSocket removes a socket that nobody listens on any more.
func clearSocket(ctx context.Context, network, path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("syslog: %w", err)
	}
	if info.Mode()&os.ModeSocket == 0 {
		return fmt.Errorf("syslog: %s is a file, not a socket (fix: choose another path)", path)
	}
	if c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, path); err == nil {
		_ = c.Close()
		return fmt.Errorf("syslog: somebody listens on %s (fix: stop it, or choose another path)", path)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("syslog: remove a socket that is left over: %w", err)
	}
	return nil
}

// unbind removes the sockets of d. What listens on streams does it itself.
func (d *Door) unbind() {
	for _, path := range d.bound {
		_ = os.Remove(path)
	}
	d.bound = nil
}
