// Package app wires the parts of honderd together: what there is, in which order it
// starts, and in which order it stops.
package app

import (
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/fold"
	"github.com/honderd/honderd/fold/chain"
	"github.com/honderd/honderd/fold/checks"
	"github.com/honderd/honderd/fold/faults"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/fold/foresight"
	"github.com/honderd/honderd/fold/intake"
	"github.com/honderd/honderd/fold/said"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/ledger/jetstream"
	"github.com/honderd/honderd/source"
	"github.com/honderd/honderd/source/accesslog"
)

// folds is every fold there is.
type folds struct {
	felt   *felt.Fold
	faults *faults.Fold
	intake *intake.Fold
	said   *said.Fold
	chain  *chain.Fold
	checks *checks.Fold

	foresight *foresight.Fold
}

func newFolds(o felt.Options) *folds {
	return &folds{
		felt: felt.New(o), faults: faults.New(), intake: intake.New(), said: said.New(), chain: chain.New(), checks: checks.New(), foresight: foresight.New(),
	}
}

// all returns the folds in the order in which they are saved.
func (f *folds) all() []fold.Fold {
	return []fold.Fold{f.felt, f.faults, f.intake, f.said, f.chain, f.checks, f.foresight}
}

// newSources returns every source that c names.
func newSources(c config.Config, salts *who.Salts, causes *accesslog.Causes, log *slog.Logger) ([]source.Source, error) {
	var list []source.Source
	for _, s := range c.Sources {
		if isTraces(s) {
			continue // its spans go where those go that are sent
		}
		o := parserOptions(c, s.Format, salts)
		o.Causes = causes
		p, err := accesslog.NewParser(o)
		if err != nil {
			return nil, err
		}
		list = append(list, accesslog.NewLog(p, s.Log, log))
	}
	return list, nil
}

func parserOptions(c config.Config, format string, salts *who.Salts) accesslog.Options {
	o := accesslog.Options{
		Rules:  c.Rules(),
		Person: c.People.Recognise.By(),
		Salts:  salts,
		Format: format,
		Robots: c.RobotsCount(),
		Steps:  slices.Contains(c.By, felt.ByStep),
	}
	for _, label := range c.Labels {
		o.Labels = append(o.Labels, accesslog.LabelField(label))
	}
	if c.People.TrustedProxies != nil {
		o.Trusted = []string{} // an empty list trusts nobody; nil is the default
	}
	for _, network := range c.People.TrustedProxies {
		o.Trusted = append(o.Trusted, network.String())
	}
	return o
}

// ledgerOptions returns where c keeps the ledger.
func ledgerOptions(c config.Config, log *slog.Logger) jetstream.Options {
	l := c.Ledger
	replicas, _ := strconv.Atoi(l.Replicas) // checked, or nothing
	return jetstream.Options{
		Dir: filepath.Join(c.Data, "ledger"), Log: log, Replicas: replicas,
		External: jetstream.External{
			URLs: l.URLs, Credentials: l.Credentials, User: l.User, Password: l.Password, Token: l.Token, NKey: l.NKey,
			TLS: jetstream.TLS{CA: l.CA, Cert: l.Cert, Key: l.Key},
		},
		Cluster: jetstream.Cluster(l.Cluster),
	}
}

// feltOptions returns how c wants people's time to be counted.
func feltOptions(c config.Config) felt.Options {
	return felt.Options{Cutoff: c.Cutoff, Lateness: c.Lateness, By: c.By}
}
