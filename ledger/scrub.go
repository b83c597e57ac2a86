package ledger

import (
	"context"
	"errors"
	"time"
)

// Scrubbing says how a ledger is read through. The zero value reads as fast as it can.
type Scrubbing struct {
	Pace int // most bytes a second; 0: no limit

	// Span returns from when to when what a record holds happened, false when it
	// does not say. nil: no record says.
	Span func(r Record) (from, to time.Time, ok bool)
}

// Damage is a run of records that are missing, and what is known of when what they held
// happened.
type Damage struct {
	Missing
	After  time.Time // when what the readable record before it holds ended; zero: unknown
	Before time.Time // when what the readable record after it holds began; zero: unknown
}

// Scrubbed is what a whole reading found.
type Scrubbed struct {
	Records int      // that can be read, and hold what was appended
	Bytes   int64    // of those
	Lost    uint64   // that cannot be read
	Last    Sequence // up to where was read
}

// Scrub reads all records that l has now, each of which l checks, and calls report for
// every run that is missing, in order. It goes on behind each; it ends with the first
// error of report, when ctx ends, or when l cannot be read at all.
func Scrub(ctx context.Context, l Ledger, o Scrubbing, report func(Damage) error) (Scrubbed, error) {
	last, err := l.Last(ctx)
	if err != nil {
		return Scrubbed{}, err
	}
	s := scrub{options: o, report: report}
	s.found.Last = last
	after := Sequence(0)
	for {
		err := l.Read(ctx, after, func(r Record) error {
			if r.Sequence > last {
				return errScrubbed
			}
			after = r.Sequence
			return s.take(ctx, r)
		})
		gone, ok := errors.AsType[Missing](err)
		switch {
		case ok && gone.From <= last:
			if err := s.flush(time.Time{}); err != nil {
				return s.found, err
			}
			s.gap(gone, last)
			after = max(after, gone.To)
		case trimmedBehind(err, &after): // somebody trimmed meanwhile
		case err == nil || ok || errors.Is(err, errScrubbed):
			return s.found, s.flush(time.Time{})
		default:
			return s.found, errors.Join(err, s.flush(time.Time{}))
		}
	}
}

// errScrubbed ends the reading at the last record that is wanted.
var errScrubbed = errors.New("scrubbed far enough")

// trimmedBehind moves after behind what was trimmed, if that is why reading failed.
func trimmedBehind(err error, after *Sequence) bool {
	t, ok := errors.AsType[Trimmed](err)
	if ok && t.UpTo > *after {
		*after = t.UpTo
		return true
	}
	return false
}

// scrub is where one reading stands.
type scrub struct {
	options Scrubbing
	report  func(Damage) error
	found   Scrubbed
	ended   time.Time // when what the last readable record holds ended
	open    *Damage   // waits for the next readable record, for its time
	owed    time.Duration
}

// gap notes that records are missing.
func (s *scrub) gap(m Missing, last Sequence) {
	m.To = min(m.To, last)
	s.found.Lost += uint64(m.To-m.From) + 1
	s.open = &Damage{Missing: m, After: s.ended}
}

// take counts one readable record and waits for as long as the pace asks for.
func (s *scrub) take(ctx context.Context, r Record) error {
	s.found.Records++
	s.found.Bytes += int64(len(r.Data))
	var from time.Time
	if s.options.Span != nil {
		if begin, end, ok := s.options.Span(r); ok {
			from, s.ended = begin, end
		}
	}
	if err := s.flush(from); err != nil {
		return err
	}
	if s.options.Pace <= 0 {
		return nil
	}
	s.owed += time.Duration(float64(len(r.Data)) / float64(s.options.Pace) * float64(time.Second))
	if s.owed < 10*time.Millisecond {
		return nil // a timer for less is no use
	}
	pause := time.NewTimer(s.owed)
	defer pause.Stop()
	s.owed = 0
	select {
	case <-pause.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// flush reports the damage that waits, before a record that begins at that time.
func (s *scrub) flush(before time.Time) error {
	if s.open == nil {
		return nil
	}
	d := *s.open
	d.Before, s.open = before, nil
	return s.report(d)
}
