package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/honderd/honderd/fold/said"
	"github.com/honderd/honderd/ledger"
)

// errNoFacts is the answer of a ledger that keeps no small facts.
var errNoFacts = errors.New("this ledger keeps no small facts")

// say keeps what somebody said as the next version of its kind and key. Of two who say
// something about the same version, the second gets ledger.ErrConflict; the one that asks
// with the newest version, whatever it is, asks with anyVersion.
func (s *Server) say(ctx context.Context, expected int64, kind, key, by string, body any) (ledger.Fact, error) {
	facts, ok := s.ledger.(ledger.Facts)
	if !ok {
		return ledger.Fact{}, errNoFacts
	}
	data, err := json.Marshal(body)
	if err != nil {
		return ledger.Fact{}, fmt.Errorf("say %s %q: %w", kind, key, err)
	}
	for {
		version := uint64(max(expected, 0))
		if expected == anyVersion {
			all, err := facts.Versions(ctx, kind, key)
			if err != nil {
				return ledger.Fact{}, err
			}
			if len(all) > 0 {
				version = all[len(all)-1].Version
			}
		}
		f, err := facts.Put(ctx, version, ledger.Fact{Kind: kind, Key: key, Body: data, By: by})
		if expected != anyVersion || !errors.Is(err, ledger.ErrConflict) {
			return f, err
		}
	}
}

// anyVersion is the version of who does not care what was said before.
const anyVersion = -1

// said returns what was said last of a kind, in the order of the keys.
func (p *projector) said(kind string) []said.Said {
	p.saying.RLock()
	defer p.saying.RUnlock()
	return p.folds.said.Newest(kind)
}

// saidOne returns what was said last of a kind under a key, and whether anything was.
func (p *projector) saidOne(kind, key string) (said.Said, bool) {
	p.saying.RLock()
	defer p.saying.RUnlock()
	return p.folds.said.Get(kind, key)
}
