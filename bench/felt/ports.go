package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

// portsFrom is where the ports of a run are. They lie below those that a system gives to
// outgoing connections, which would else sit on the port of a server that is gone.
const (
	portsFrom = 12000
	portsTo   = 32000
)

// freePort returns an address that nobody listens at.
func freePort(ip string) (string, error) {
	for range 200 {
		addr := net.JoinHostPort(ip, strconv.Itoa(portsFrom+rand.IntN(portsTo-portsFrom))) //nolint:gosec // any will do
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
		if err == nil {
			return addr, l.Close()
		}
	}
	return "", errors.New("no free port (fix: end what listens on all of them)")
}

func portOf(addr string) string { _, port, _ := net.SplitHostPort(addr); return port }

// swallow listens at an address so that connections to it are neither taken nor refused:
// its queue is full, and the system drops each SYN.
func swallow(addr string) (end func(), err error) {
	a, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return nil, err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err = syscall.Bind(fd, &syscall.SockaddrInet4{Port: a.Port, Addr: [4]byte(a.IP.To4())}); err == nil {
		err = syscall.Listen(fd, 0)
	}
	if err != nil {
		_ = syscall.Close(fd)
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	for range 3 { // the queue holds one more than it is told; the rest are dropped
		go func() {
			if c, err := new(net.Dialer).DialContext(ctx, "tcp", addr); err == nil {
				<-ctx.Done()
				_ = c.Close()
			}
		}()
	}
	return func() { stop(); _ = syscall.Close(fd) }, nil
}
