package probe

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync"
	"time"
)

// Phases is where the time of a run went. Over redirects and steps they add up. What a
// kept connection made needless is 0.
type Phases struct {
	Resolve  time.Duration `json:"resolve_ns,omitempty"`  // from name to address
	Connect  time.Duration `json:"connect_ns,omitempty"`  // until the connection was there
	TLS      time.Duration `json:"tls_ns,omitempty"`      // until it was secure
	Wait     time.Duration `json:"answer_ns,omitempty"`   // from the question to the first byte of the answer
	Transfer time.Duration `json:"transfer_ns,omitempty"` // from that to the last
	Reused   bool          `json:"reused,omitempty"`      // a kept connection served the last request
}

func (p *Phases) add(o Phases) {
	p.Resolve += o.Resolve
	p.Connect += o.Connect
	p.TLS += o.TLS
	p.Wait += o.Wait
	p.Transfer += o.Transfer
	p.Reused = o.Reused
}

// stopwatch follows a run through its phases. Connections are made in the background,
// so what it hears may come from many goroutines and after the end.
type stopwatch struct {
	mu                              sync.Mutex
	began                           time.Time
	resolving, connecting, securing time.Time // zero: not now
	wrote, first                    time.Time
	connected                       bool
	remote                          net.Addr
	p                               Phases
}

func newStopwatch() *stopwatch { return &stopwatch{began: time.Now()} }

// follow returns a context whose connections and requests tell s what they do.
func (s *stopwatch) follow(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart:             func(httptrace.DNSStartInfo) { s.start(&s.resolving) },
		DNSDone:              func(httptrace.DNSDoneInfo) { s.stop(&s.resolving, &s.p.Resolve) },
		ConnectStart:         func(_, _ string) { s.start(&s.connecting) },
		ConnectDone:          func(_, _ string, err error) { s.connectDone(err) },
		TLSHandshakeStart:    func() { s.start(&s.securing) },
		TLSHandshakeDone:     func(tls.ConnectionState, error) { s.stop(&s.securing, &s.p.TLS) },
		GotConn:              s.gotConn,
		WroteRequest:         func(httptrace.WroteRequestInfo) { s.asked() },
		GotFirstResponseByte: s.answered,
	})
}

// start begins a phase that does not run yet: of several addresses that are tried at
// once, the first counts.
func (s *stopwatch) start(at *time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at.IsZero() {
		*at = time.Now()
	}
}

func (s *stopwatch) stop(at *time.Time, sum *time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !at.IsZero() {
		*sum += time.Since(*at)
		*at = time.Time{}
	}
}

func (s *stopwatch) connectDone(err error) {
	if err == nil {
		s.stop(&s.connecting, &s.p.Connect)
	}
}

func (s *stopwatch) gotConn(info httptrace.GotConnInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected, s.p.Reused = true, info.Reused
	s.connecting = time.Time{}
	if info.Conn != nil {
		s.remote = info.Conn.RemoteAddr()
	}
}

// from returns the address that the last connection leads to.
func (s *stopwatch) from() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.remote == nil {
		return ""
	}
	host, _, _ := net.SplitHostPort(s.remote.String())
	return host
}

// nobody reports whether no sign of life came: no connection, not even an insecure one.
func (s *stopwatch) nobody() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.connected && s.p.Connect == 0 && s.securing.IsZero()
}

// reached notes that the connection is there.
func (s *stopwatch) reached() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected, s.connecting = true, time.Time{}
}

// asked notes that the question is on its way.
func (s *stopwatch) asked() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected, s.wrote = true, time.Now()
}

// answered notes the first byte of an answer.
func (s *stopwatch) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first.After(s.wrote) {
		return // more of the same answer
	}
	s.first = time.Now()
	if !s.wrote.IsZero() {
		s.p.Wait += s.first.Sub(s.wrote)
	}
}

// end returns the phases and the whole time until now.
func (s *stopwatch) end() (Phases, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	p := s.p
	if !s.first.IsZero() && s.first.After(s.wrote) {
		p.Transfer += now.Sub(s.first)
	}
	return p, now.Sub(s.began)
}

// doing says what goes on now.
func (s *stopwatch) doing() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.securing.IsZero():
		return "while the connection was made secure"
	case !s.resolving.IsZero():
		return "while its name was looked up"
	case !s.connecting.IsZero() || !s.connected:
		return "while connecting"
	case s.first.Before(s.wrote) || s.first.IsZero():
		return "while waiting for its answer"
	default:
		return "in the middle of its answer"
	}
}
