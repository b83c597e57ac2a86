package app

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/fold/foresight"
	"github.com/honderd/honderd/source/remotewrite"
	"github.com/honderd/honderd/warning"
)

// How often a reading of one thing is kept: sooner when it has changed by much. What is in
// between says nothing more, and the ledger is no database of metrics.
const (
	readingsSoon  = time.Minute
	readingsLate  = 10 * time.Minute
	readingsTotal = time.Hour // of what there is in all, and of certificates: when it is the same
	muchChange    = 0.01      // of the value that was kept last
)

// maxSeen is how many things are remembered for that; further ones are not watched.
const maxSeen = 12_000

// noRoomToWatch is why readings are let fall.
const noRoomToWatch = "no room to watch more things"

// readings keeps what doors hear of what runs out: as much of it as is needed.
type readings struct {
	s *Server

	mu   sync.Mutex
	seen map[string]kept
}

// kept is what was kept last of one side of one thing.
type kept struct {
	at    time.Time
	value float64
}

func newReadings(s *Server) *readings { return &readings{s: s, seen: map[string]kept{}} }

// keep makes durable what is needed of list.
func (r *readings) keep(ctx context.Context, list []warning.Reading) error {
	wanted, over := r.thin(list, time.Now())
	if over > 0 {
		r.s.drops.add(foresight.Subject, "readings", noRoomToWatch, int64(over), false)
	}
	if len(wanted) == 0 {
		return nil
	}
	data, err := foresight.Encode(wanted)
	if err != nil {
		return err
	}
	_, err = r.s.ledger.Append(ctx, foresight.Subject, "", data) // twice is as good as once
	r.s.tellTrouble(ctx, foresight.Subject, err)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range wanted {
		r.seen[one.Of()+"\x00"+string(one.Side)] = kept{one.At, one.Value}
	}
	return nil
}

// thin returns what is needed of list, and how many things there was no room for.
func (r *readings) thin(list []warning.Reading, now time.Time) (wanted []warning.Reading, over int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.seen) >= maxSeen {
		for key, one := range r.seen {
			if now.Sub(one.at) > 24*time.Hour {
				delete(r.seen, key)
			}
		}
	}
	here := map[string]kept{} // of this list
	for _, one := range list {
		key := one.Of() + "\x00" + string(one.Side)
		last, known := here[key]
		if !known {
			last, known = r.seen[key]
		}
		switch {
		case !known && len(r.seen)+len(here) >= maxSeen:
			over++
			continue
		case known && !last.old(one):
			continue
		}
		here[key] = kept{one.At, one.Value}
		wanted = append(wanted, one)
	}
	return wanted, over
}

// old reports whether a new value is needed after k.
func (k kept) old(next warning.Reading) bool {
	since := next.At.Sub(k.at)
	if next.Side == warning.Total || next.Side == warning.Ends {
		return since >= readingsTotal || since > 0 && next.Value != k.value
	}
	return since >= readingsLate || since >= readingsSoon && math.Abs(next.Value-k.value) > muchChange*math.Abs(k.value)
}

// openReadings opens where metrics come in.
func (s *Server) openReadings() {
	s.readings = newReadings(s)
	s.known = warning.NewKnown(watchOf(s.config))
	s.metrics = remotewrite.New(remotewrite.Options{
		Keys: s.config.Receive.Keys, Known: s.known, Keep: s.readings.keep,
		Refuse: func(why string) { s.drops.add(remotewrite.Name, inRequests, why, 1, true) }, Patience: s.patience,
	})
}

// watchOf returns which metrics somebody named.
func watchOf(c config.Config) (list []warning.Watch) {
	for _, w := range c.Foresight.Watch {
		one := warning.Watch{Metric: w.Metric, Limit: w.Above}
		if w.Below != 0 {
			one.Limit, one.Floor = w.Below, true
		}
		list = append(list, one)
	}
	return list
}
