package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/internal/diag"
	"github.com/honderd/honderd/source/probe"
	"github.com/honderd/honderd/source/probe/monitor"
	"github.com/honderd/honderd/source/probe/recorder"
)

// ProbeOptions says how targets are probed.
type ProbeOptions struct {
	Once     bool   // each one time, now
	Pictures string // folder for pictures of what failed in a browser; "": none are kept

	// Seen takes each result, one at a time.
	Seen func(probe.Result)
}

// ReadTargets returns what args name: addresses, and files of other programs. What could
// not be taken over is said in problems. lookup returns variables that stand in them.
func ReadTargets(args []string, lookup func(string) (string, bool)) (targets []probe.Target, problems diag.Problems, err error) {
	var files []monitor.File
	for _, arg := range args {
		if strings.Contains(arg, "://") {
			t, err := targetOf(arg)
			if err != nil {
				return nil, nil, err
			}
			targets = append(targets, t)
			continue
		}
		info, err := os.Stat(arg)
		if err == nil && info.Size() > monitor.MaxBytes {
			err = fmt.Errorf("%s: is larger than %d bytes", arg, monitor.MaxBytes)
		}
		if err != nil {
			return nil, nil, err
		}
		text, err := os.ReadFile(arg)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, monitor.File{Name: arg, Text: text})
	}
	more, problems := monitor.ReadAll(files, monitor.Options{Getenv: lookup})
	return append(targets, more...), problems, nil
}

// targetOf returns the target of an address.
func targetOf(address string) (probe.Target, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return probe.Target{}, fmt.Errorf("%s: is no address (fix: write https://host/path)", address)
	}
	t := probe.Target{Name: address, Address: address}
	switch u.Scheme {
	case "http", "https":
		t.Kind = probe.HTTP
	case "ws", "wss":
		t.Kind = probe.WebSocket
	case "grpc", "grpcs":
		t.Kind = probe.GRPC
	case "tcp":
		t.Kind, t.Address = probe.TCP, u.Host
	case "tls":
		t.Kind, t.Address = probe.TLS, u.Host
	case "ping", "icmp":
		t.Kind, t.Address = probe.ICMP, u.Hostname()
	default:
		return t, fmt.Errorf("%s: %q cannot be probed (fix: write http, https, ws, wss, grpc, grpcs, tcp, tls or ping)", address, u.Scheme)
	}
	return t, t.Validate()
}

// Probe probes targets until ctx is done, or each one time.
func Probe(ctx context.Context, targets []probe.Target, o ProbeOptions) error {
	errAll := errors.New("each was probed")
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex
	left := map[string]bool{}
	for i := range targets {
		left[targets[i].Name] = true
		if o.Once {
			targets[i].Interval = time.Second // so that they start now
		}
	}
	options := probe.Options{Seen: func(ctx context.Context, r probe.Result) error {
		mu.Lock()
		defer mu.Unlock()
		if o.Once && !left[r.Target] {
			return nil
		}
		delete(left, r.Target)
		o.Seen(r)
		if o.Once && len(left) == 0 {
			stop(errAll)
		}
		return nil
	}}
	if player, err := recorder.New(recorder.Options{Shots: o.Pictures}); err == nil {
		options.Player = player // without a browser recordings are unknown
	}
	p, err := probe.New(targets, options)
	if err != nil {
		return err
	}
	err = p.Run(ctx)
	if errors.Is(context.Cause(ctx), errAll) {
		return nil
	}
	return err
}
