// Package vantage lets other machines probe too. An Agent there fetches what is probed
// from the first machine and sends what it finds to a Door of it: each result at least
// once, with an id by which it counts once, and kept on disk while the first is away.
package vantage

import (
	"errors"
	"fmt"
	"time"

	"github.com/honderd/honderd/source/probe"
)

// Where a Door is. Targets are fetched with GET, results are sent with POST.
const (
	TargetsPath = "/api/v1/vantage/targets"
	ResultsPath = "/api/v1/vantage/results"
)

// Limits of what is sent at once.
const (
	MaxResults = 500     // of one batch
	MaxBody    = 4 << 20 // bytes of one batch
	maxID      = 100     // bytes of the id of a batch
	maxTargets = 64 << 20
)

// handout is what a Door answers to who asks for targets.
type handout struct {
	Vantage string         `json:"vantage"` // as which the first machine knows who asks
	Targets []probe.Target `json:"targets"`
}

// batch is what an Agent sends.
type batch struct {
	ID      string         `json:"id"`             // the same whenever it is sent
	Sent    time.Time      `json:"sent"`           // by the clock of who sends
	Lost    int64          `json:"lost,omitempty"` // results there was no room for, since the agent began
	Results []probe.Result `json:"results"`
}

// receipt is the answer to a batch that is kept.
type receipt struct {
	Kept    int   `json:"kept"`
	ClockMS int64 `json:"clock_ms,omitempty"` // how far the clock of the sender is behind, when that was mended
}

// Key is what one vantage point shows.
type Key struct {
	Vantage string // what the place is called: "amsterdam"
	Key     string // long and random
}

// checkKeys reports every mistake in keys.
func checkKeys(keys []Key) error {
	var errs []error
	names, secrets := map[string]bool{}, map[string]bool{}
	for _, k := range keys {
		switch {
		case k.Vantage == "" || len(k.Vantage) > 64:
			errs = append(errs, errors.New("a vantage point has no name, or a long one (fix: write one like amsterdam)"))
		case names[k.Vantage]:
			errs = append(errs, fmt.Errorf("vantage point %q is there twice (fix: rename one)", k.Vantage))
		case len(k.Key) < 16:
			errs = append(errs, fmt.Errorf("the key of vantage point %q can be guessed (fix: write 16 random characters or more)", k.Vantage))
		case secrets[k.Key]:
			errs = append(errs, fmt.Errorf("vantage point %q has the key of another (fix: give each its own)", k.Vantage))
		}
		names[k.Vantage], secrets[k.Key] = true, true
	}
	return errors.Join(errs...)
}
