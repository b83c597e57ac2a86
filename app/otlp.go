package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/fold/chain"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/source/otlp"
)

// traceDoors are where traces come in.
type traceDoors struct {
	receiver *otlp.Receiver
	door     *otlp.Door
	grpc     net.Listener // nil: it is off, or somebody else's
	http     net.Listener
	files    []*otlp.File
}

// isTraces reports whether a source is a file of traces.
func isTraces(s config.Source) bool { return s.Format == "" && looksLikeTraces(s.Log) }

// openTraces opens what traces come in by. A port that is somebody else's, for instance a
// collector's, is said and stops nothing.
func (s *Server) openTraces(salts *who.Salts) (err error) {
	t := &s.traces
	t.receiver, err = otlp.NewReceiver(traceOptions(s.config, salts), filepath.Join(s.config.Data, "otlp"), s.keepCalls, s.log)
	if err != nil {
		return err
	}
	t.door = otlp.NewDoor(t.receiver, otlp.DoorOptions{
		Keys: s.config.Receive.Keys, Metrics: otlp.Readings{Known: s.known, Keep: s.readings.keep}, Patience: s.patience,
		Refuse: func(reason string) { s.drops.add(otlp.Name, inRequests, reason, 1, true) },
	})
	for _, one := range s.config.Sources {
		if isTraces(one) {
			t.files = append(t.files, otlp.NewFile(t.receiver, one.Log, s.log))
		}
	}
	secure, err := secureOTLP(s.config.Receive.OTLP)
	if err != nil {
		return err
	}
	t.grpc = s.listenForTraces("grpc", s.config.Receive.OTLP.GRPC, secure)
	t.http = s.listenForTraces("http", s.config.Receive.OTLP.HTTP, secure)
	return nil
}

// secureOTLP returns how OTLP is encrypted; nil: it is not. A certificate that is renewed
// on disk is taken with the next connection.
func secureOTLP(o config.OTLP) (*tls.Config, error) {
	if o.Cert == "" {
		return nil, nil
	}
	load := func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
		if err != nil {
			return nil, fmt.Errorf("certificate %s with key %s: %w (fix: name two PEM files that belong together)", o.Cert, o.Key, err)
		}
		return &pair, nil
	}
	if _, err := load(nil); err != nil {
		return nil, err
	}
	return &tls.Config{GetCertificate: load, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}, nil
}

func (s *Server) listenForTraces(protocol, address string, secure *tls.Config) net.Listener {
	if address == "" || address == config.Off {
		return nil
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		s.log.Warn("traces do not come in here: the port is not free (fix: stop what has it, or write receive.otlp in honderd.yaml)",
			"protocol", protocol, "address", address, "error", err)
		return nil
	}
	if secure != nil {
		if protocol == "http" { // its server speaks HTTP/1.1 on listeners that are not its own
			secure = secure.Clone()
			secure.NextProtos = []string{"http/1.1"}
		}
		return tls.NewListener(l, secure)
	}
	return l
}

// runTraces takes traces and gives on what they mean, until ctx is done.
func (s *Server) runTraces(ctx context.Context, running *sync.WaitGroup) {
	t := &s.traces
	serve := func(l net.Listener, f func(context.Context, net.Listener, *slog.Logger) error) {
		if l == nil {
			return
		}
		running.Go(func() {
			if err := f(ctx, l, s.log); err != nil && ctx.Err() == nil {
				s.log.Error("traces do not come in any more", "address", l.Addr().String(), "error", err)
			}
		})
	}
	serve(t.grpc, t.door.ServeGRPC)
	serve(t.http, t.door.ServeHTTP)
	running.Go(func() { s.read(ctx, t.receiver) })
	running.Go(func() { s.tellReleases(ctx) })
	for _, f := range t.files {
		running.Go(func() { s.read(ctx, f) })
	}
}

// close gives back what openTraces took.
func (t *traceDoors) close() error {
	var errs []error
	for _, l := range []net.Listener{t.grpc, t.http} {
		if l == nil {
			continue
		}
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if t.receiver != nil {
		errs = append(errs, t.receiver.Close())
	}
	return errors.Join(errs...)
}

// keepCalls keeps a summary of calls in the ledger. While the ledger cannot take it, its
// source waits.
func (s *Server) keepCalls(ctx context.Context, id string, data []byte) error {
	for {
		_, err := s.ledger.Append(ctx, chain.Subject, id, data)
		if err == nil || errors.Is(err, ledger.ErrTwice) {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if s.troubles.set(otlp.Name, err) {
			s.log.Error("the ledger cannot take more: the source waits", "source", otlp.Name, "error", err)
		}
		pause(ctx, retryEvery)
	}
}
