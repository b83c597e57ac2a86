package archive

import (
	"context"
	"errors"
	"fmt"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
)

// errFound ends the reading of facts at the one that is wanted.
var errFound = errors.New("found")

// Record returns the record that the ledger kept at seq, made anew from the archive. Of a
// batch the experiences stand in order of time; they mean the same. It is false when the
// archive does not have it, or not whole.
func (a *Archive) Record(ctx context.Context, seq ledger.Sequence) (ledger.Record, bool, error) {
	var fact Fact
	err := a.Facts(ctx, seq-1, func(f Fact) error {
		fact = f
		return errFound
	})
	switch {
	case err == nil || errors.Is(err, errFound) && fact.Sequence != seq:
		return ledger.Record{}, false, nil
	case !errors.Is(err, errFound):
		return ledger.Record{}, false, err
	}
	if fact.Batch == nil {
		return ledger.Record{Sequence: seq, Subject: fact.Subject, Data: fact.Data}, true, nil
	}
	b := fact.Batch
	b.Journeys, b.Steps, b.Labels = nil, []string{""}, [][]experience.Label{nil}
	if err := a.Read(ctx, Query{record: seq}, func(part *experience.Batch) error { return join(b, part) }); err != nil {
		return ledger.Record{}, false, err
	}
	if len(b.Items) == 0 && fact.To != 0 {
		return ledger.Record{}, false, nil // its experiences were dropped
	}
	data, err := b.AppendBinary(nil)
	if err != nil {
		return ledger.Record{}, false, fmt.Errorf("archive record %d: %w", seq, err)
	}
	return ledger.Record{Sequence: seq, Subject: fact.Subject, Data: data}, true, nil
}

// join adds the experiences of part, whose names have other numbers, to b.
func join(b, part *experience.Batch) error {
	journeys, steps, labels := len(b.Journeys), len(b.Steps), len(b.Labels)
	if len(b.Items)+len(part.Items) > experience.MaxBatch {
		return errors.New("a record of the ledger has more experiences in the archive than a record can have")
	}
	b.Journeys = append(b.Journeys, part.Journeys...)
	b.Steps = append(b.Steps, part.Steps[1:]...)
	b.Labels = append(b.Labels, part.Labels[1:]...)
	for _, e := range part.Items {
		e.Journey += uint16(journeys)
		if e.Step > 0 {
			e.Step += uint16(steps - 1)
		}
		if e.Labels > 0 {
			e.Labels += uint16(labels - 1)
		}
		b.Items = append(b.Items, e)
	}
	return nil
}
