package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/archive"
)

// scrubEvery is how often the whole ledger is read through; scrubPace is how fast: slowly
// enough that nobody notices. Both are guesses.
const (
	scrubEvery = 24 * time.Hour
	scrubPace  = 8 << 20 // bytes a second
)

// recordLost is why a record of the ledger is not there.
const recordLost = "damaged on the disk, and in no archive"

// scrubName is what the findings of scrubbing are told under.
const scrubName = "ledger"

// A scrubber reads through a ledger, and heals from the archive what it has lost.
type scrubber struct {
	ledger   ledger.Ledger
	archive  *archive.Archive // nil: nothing can be healed
	pace     int              // bytes a second; 0: as fast as it goes
	log      *slog.Logger
	troubles *troubles
	drops    *drops // nil: nothing is counted
}

// run scrubs now and then until ctx ends.
func (s *scrubber) run(ctx context.Context) {
	for {
		pause(ctx, scrubEvery)
		if ctx.Err() != nil {
			return
		}
		if _, _, err := s.scrub(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("the ledger cannot be read through", "error", err)
		}
	}
}

// scrub reads through all there is now, and returns how many records were healed and how
// many are lost.
func (s *scrubber) scrub(ctx context.Context) (healed, lost int, err error) {
	_, err = ledger.Scrub(ctx, s.ledger, ledger.Scrubbing{Pace: s.pace, Span: spanOf}, func(d ledger.Damage) error {
		for seq := d.From; seq <= d.To; seq++ {
			err := s.heal(ctx, seq)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err == nil {
				healed++
				continue
			}
			lost++
			s.drops.add(scrubName, inRecords, recordLost, 1, false)
			s.log.Error("a record of the ledger is lost", "record", seq, "after", d.After, "before", d.Before, "error", err)
		}
		return nil
	})
	if healed > 0 {
		s.log.Warn("records of the ledger were damaged and are healed from the archive", "records", healed)
	}
	if err == nil && lost > 0 {
		s.troubles.set(scrubName, fmt.Errorf("%d records are lost and could not be healed", lost))
	} else if err == nil {
		s.troubles.set(scrubName, nil)
	}
	return healed, lost, err
}

// heal puts one record back from the archive.
func (s *scrubber) heal(ctx context.Context, seq ledger.Sequence) error {
	healer, ok := s.ledger.(ledger.Healer)
	if !ok || s.archive == nil {
		return errors.New("there is no archive to heal it from")
	}
	r, ok, err := s.archive.Record(ctx, seq)
	if err != nil {
		return err
	}
	if !ok {
		return errors.New("the archive does not have it either")
	}
	return healer.Heal(ctx, r)
}

// spanOf returns from when to when what a record holds happened.
func spanOf(r ledger.Record) (from, to time.Time, ok bool) {
	var b experience.Batch
	if r.Subject != subject || b.UnmarshalBinary(r.Data) != nil || len(b.Items) == 0 {
		return from, to, false
	}
	first, last := b.Items[0].At, b.Items[0].At
	for i := range b.Items {
		first, last = min(first, b.Items[i].At), max(last, b.Items[i].At)
	}
	return time.UnixMilli(first).UTC(), time.UnixMilli(last).UTC(), true
}
