package app

import (
	"context"
	"log/slog"
	"net/url"
	"path/filepath"

	"github.com/honderd/honderd/source/probe"
	"github.com/honderd/honderd/source/probe/recorder"
	"github.com/honderd/honderd/source/probe/vantage"
)

// JoinOptions says for whom this machine probes.
type JoinOptions struct {
	URL    string // of the first machine
	Key    string // of this vantage point
	Folder string // where results wait while the first machine is away
	Plain  bool   // http:// to another machine is allowed
	Log    *slog.Logger
}

// Join probes from this machine for another one, until ctx is done.
func Join(ctx context.Context, o JoinOptions) error {
	options := probe.Options{}
	if player, err := recorder.New(recorder.Options{Shots: filepath.Join(o.Folder, "pictures")}); err == nil {
		options.Player = player // without a browser recordings are unknown
	}
	a, err := vantage.NewAgent(vantage.AgentOptions{URL: o.URL, Key: o.Key, Folder: o.Folder, Plain: o.Plain, Probe: options, Log: o.Log})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// ProbeSetting returns an address as a target of honderd.yaml.
func ProbeSetting(address string) (probe.Setting, error) {
	t, err := targetOf(address)
	if err != nil {
		return probe.Setting{}, err
	}
	s := probe.Setting{Name: shownAddress(address)}
	switch t.Kind {
	case probe.TCP:
		s.TCP = t.Address
	case probe.TLS:
		s.TLS = t.Address
	case probe.ICMP:
		s.Ping = t.Address
	default:
		s.URL = t.Address
	}
	return s, nil
}

// shownAddress is an address without the password in it, as it is shown and kept.
func shownAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.User = nil
	return u.String()
}
