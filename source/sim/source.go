package sim

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/source"
)

// tick is how often the living town is looked at.
const tick = time.Second

// Source gives the experiences of a town: those of the past at once, then those of the
// present as they happen.
type Source struct {
	town *Town
	once time.Time // when not zero: stop there
}

// NewSource returns the source of a town that goes on living.
func NewSource(t *Town) *Source { return &Source{town: t} }

// NewPast returns the source of a town's past, up to a time.
func NewPast(t *Town, until time.Time) *Source { return &Source{town: t, once: until} }

// Name returns "sim".
func (s *Source) Name() string { return "sim" }

// Run gives what happened since position, which is a time in Unix milliseconds.
func (s *Source) Run(ctx context.Context, position string, sink source.Sink) error {
	from := s.town.o.Start
	if position != "" {
		ms, err := strconv.ParseInt(position, 10, 64)
		if err != nil {
			return fmt.Errorf("position %q of the town: not a time (fix: empty the data folder)", position)
		}
		from = time.UnixMilli(ms)
	}
	flow := s.town.flow(from)
	clock := time.NewTicker(tick)
	defer clock.Stop()
	for ctx.Err() == nil {
		until := s.once
		if until.IsZero() {
			until = time.Now()
		}
		to := from.Add(time.Hour).Truncate(time.Hour)
		live := !to.Before(until)
		if live {
			to = until
		}
		if err := s.give(ctx, flow.steps(from, to), to, sink); err != nil {
			return err
		}
		from = to
		if !live {
			continue
		}
		if !s.once.IsZero() {
			return nil
		}
		select {
		case <-clock.C:
		case <-ctx.Done():
		}
	}
	return nil
}

// give gives all steps until a time, in batches. After the last of them the source goes
// on at that time, after the others at the step that follows.
func (s *Source) give(ctx context.Context, steps []experience.Experience, to time.Time, sink source.Sink) error {
	for len(steps) > 0 {
		n := min(len(steps), experience.MaxBatch)
		position := to.UnixMilli()
		if n < len(steps) {
			for n > 1 && steps[n].At == steps[n-1].At { // never cut between two of one instant
				n--
			}
			position = steps[n].At
		}
		b := &experience.Batch{
			Source: s.Name(), Position: strconv.FormatInt(position, 10), Items: steps[:n],
			Journeys: journeyNames(), Steps: stepNames(), Labels: s.town.used(steps[:n]),
			Tally: experience.Tally{Lines: int64(n), Parsed: int64(n), Formats: map[string]int64{"simulated": int64(n)}},
		}
		if err := sink(ctx, b); err != nil {
			return err
		}
		steps = steps[n:]
	}
	return nil
}
