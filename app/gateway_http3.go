package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/honderd/honderd/gateway/h1"
	"github.com/honderd/honderd/gateway/h3"
	"github.com/honderd/honderd/internal/perclient"
)

// Limits of what one client has at once, when nobody says otherwise. Behind an address
// may be a whole school, or a telephone network.
const (
	ClientConnections = 1024
	ClientRequests    = 2048
)

// free reports whether an address stands for many people, or is this machine: it has no
// limits of its own.
func (s *GatewayServer) free(a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	g := s.turns.now()
	return g != nil && g.Trusts(a)
}

// third is what serves HTTP/3.
type third struct {
	server *h3.Server
	conns  []net.PacketConn // nil: it is still somebody else's
	wait   sync.WaitGroup
}

// openThird opens what HTTP/3 needs. The ports of a process that hands over are its own
// until it has ended.
func (s *GatewayServer) openThird(ctx context.Context, front h1.Options, clients *perclient.Limit) error {
	if !s.options.HTTP3 {
		return nil
	}
	s.third = &third{server: h3.NewServer(s.server.Limited(), h3.Options{TLS: front.TLS, Clients: clients, Refused: front.Refused})}
	for i, l := range s.listeners {
		c, err := listenUDP(ctx, l.Addr().String())
		if err != nil && (s.options.Open[s.options.Listen[i]] == nil || !errors.Is(err, syscall.EADDRINUSE)) {
			return err
		}
		s.third.conns = append(s.third.conns, c)
	}
	return nil
}

func listenUDP(ctx context.Context, address string) (net.PacketConn, error) {
	c, err := new(net.ListenConfig).ListenPacket(ctx, "udp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s over UDP, for HTTP/3: %w (fix: stop what listens there, or write http3: false)", address, err)
	}
	return c, nil
}

// againEvery is how often a port is tried that another process still has.
const againEvery = 50 * time.Millisecond

// runThird serves HTTP/3 until stopThird, and lets it be announced when all is open.
func (s *GatewayServer) runThird(ctx context.Context, failed chan<- error) {
	if s.third == nil {
		return
	}
	var opened sync.WaitGroup
	for i := range s.third.conns {
		opened.Add(1)
		s.third.wait.Go(func() {
			c := s.third.conns[i]
			for c == nil && ctx.Err() == nil {
				var err error
				if c, err = listenUDP(ctx, s.listeners[i].Addr().String()); err != nil {
					pause(ctx, againEvery)
				}
			}
			opened.Done()
			if c == nil {
				return
			}
			failed <- s.third.server.Serve(c)
			_ = c.Close()
		})
	}
	s.third.wait.Go(func() {
		opened.Wait()
		if ctx.Err() == nil {
			_, port, _ := net.SplitHostPort(s.listeners[0].Addr().String())
			text := `h3=":` + port + `"; ma=86400`
			s.announced.Store(&text)
		}
	})
}

// stopThird lets those end who are served, and gives the ports back.
func (s *GatewayServer) stopThird(ctx context.Context) error {
	if s.third == nil {
		return nil
	}
	s.announced.Store(nil)
	err := s.third.server.Shutdown(ctx)
	s.third.wait.Wait()
	return err
}

// closeThird gives back what is open when it was never served.
func (s *GatewayServer) closeThird() {
	if s.third == nil {
		return
	}
	for _, c := range s.third.conns {
		if c != nil {
			_ = c.Close()
		}
	}
}

// announce returns where HTTP/3 is spoken; "": nowhere.
func (s *GatewayServer) announce() string {
	if text := s.announced.Load(); text != nil {
		return *text
	}
	return ""
}
