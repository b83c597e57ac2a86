package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/honderd/honderd/fold/chain"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/release"
	"github.com/honderd/honderd/source/otlp"
	"github.com/honderd/honderd/view"
)

// chain returns which service calls which.
func (p *projector) chain() view.Chain {
	g := &p.glances
	if !p.mu.TryLock() { // an answer is made, or facts are folded
		g.mu.Lock()
		last, asOf := g.chain, g.chainAsOf
		g.mu.Unlock()
		if last != nil && time.Since(asOf) < glanceOld {
			return *last
		}
		p.mu.Lock()
	}
	answer := p.folds.chain.Answer(view.ChainHours)
	p.mu.Unlock()
	c := view.NewChain(answer)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.chain, g.chainAsOf = &c, time.Now()
	return c
}

// chainLately returns the chain as it was made last, when that is not long ago: for those
// who need the names of services, and must not make the folds wait.
func (p *projector) chainLately() view.Chain {
	g := &p.glances
	g.mu.Lock()
	last, asOf := g.chain, g.chainAsOf
	g.mu.Unlock()
	if last != nil && time.Since(asOf) < glanceOld {
		return *last
	}
	return p.chain()
}

// releasesEvery is how often versions are looked at that were not seen before.
const releasesEvery = 10 * time.Second

// tellReleases says that a version of a service went live, once it is seen in traces for
// the first time, until ctx is done.
func (s *Server) tellReleases(ctx context.Context) {
	said := map[string]bool{}
	for ctx.Err() == nil {
		for _, r := range s.seenReleases() {
			key := releaseKey(r)
			if said[key] {
				continue
			}
			if s.knowsRelease(key) {
				said[key] = true
				continue
			}
			if _, err := s.say(ctx, 0, view.KindRelease, key, otlp.Name, r); err != nil {
				s.log.Warn("a release is not kept: it is tried again", "service", r.Service, "version", r.Version, "error", err)
				break
			}
			said[key] = true
		}
		pause(ctx, releasesEvery)
	}
}

// seenReleases returns every version that traces were seen of.
func (s *Server) seenReleases() (list []release.Release) {
	s.projector.mu.Lock()
	answer := s.projector.folds.chain.Answer(1)
	s.projector.mu.Unlock()
	for _, n := range answer.Nodes {
		list = append(list, releasesOf(n)...)
	}
	return list
}

// releasesOf returns the versions of one service as releases. The one before is the
// newest that was seen in the same environment.
func releasesOf(n chain.Node) (list []release.Release) {
	before := map[string]string{}
	for _, v := range n.Versions {
		r := release.Release{
			Service: n.Service, Version: v.Version, Environment: v.Environment, Previous: before[v.Environment],
			At: v.First, Source: otlp.Name, Phase: release.Succeeded,
		}.Clean()
		before[v.Environment] = v.Version
		if r.Validate() == nil {
			list = append(list, r)
		}
	}
	return list
}

// releaseKey returns the key of the fact that tells of a release, whatever it is called.
func releaseKey(r release.Release) string {
	key := "otlp " + strings.ReplaceAll(r.Key(), "\x00", " ")
	if ledger.CheckFactName(view.KindRelease, key) != nil {
		sum := sha256.Sum256([]byte(key))
		key = "otlp " + hex.EncodeToString(sum[:16])
	}
	return key
}

// knowsRelease reports whether the fact is there already.
func (s *Server) knowsRelease(key string) bool {
	_, known := s.projector.saidOne(view.KindRelease, key)
	return known
}
