package jetstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/honderd/honderd/ledger"
)

// Heal keeps r, a copy of a record that is missing. A stream gives no place away twice,
// so the copy is kept in a stream beside it, and reading gives it in its place.
func (l *Ledger) Heal(ctx context.Context, r ledger.Record) error {
	last, err := l.Last(ctx)
	if err != nil {
		return err
	}
	if r.Sequence == 0 || r.Sequence > last {
		return fmt.Errorf("heal record %d of ledger %s: the newest is %d", r.Sequence, l.where, last)
	}
	var there *ledger.Record
	err = l.Read(ctx, r.Sequence-1, func(have ledger.Record) error {
		if have.Sequence == r.Sequence {
			have.Data = bytes.Clone(have.Data)
			there = &have
		}
		return errFound
	})
	if gone, ok := errors.AsType[ledger.Missing](err); !ok && !errors.Is(err, errFound) {
		return err
	} else if ok && gone.From != r.Sequence {
		return err
	}
	if there != nil {
		if there.Subject == r.Subject && bytes.Equal(there.Data, r.Data) {
			return nil
		}
		return fmt.Errorf("heal record %d of ledger %s: it can be read, and holds something else", r.Sequence, l.where)
	}
	if err := l.checkCopy(r); err != nil {
		return err
	}
	m := message(healedWord+strconv.FormatUint(uint64(r.Sequence), 10), "", bytes.Clone(r.Data))
	m.Header.Set(subjectHeader, r.Subject)
	if err := l.withEngine(ctx, func(e *engine) error { return e.note(ctx, l.options, m) }); err != nil {
		return l.refused(err)
	}
	l.options.Log.Info("ledger record healed", "ledger", l.where, "record", r.Sequence)
	return nil
}

// errFound ends a reading at its first record.
var errFound = errors.New("found")

// checkCopy says what is wrong with a copy of a record. A fact may be healed, though it
// cannot be appended.
func (l *Ledger) checkCopy(r ledger.Record) error {
	_, ok, err := ledger.ParseFact(r)
	if !ok {
		err = ledger.CheckRecord(r.Subject, "", r.Data)
	}
	if err != nil {
		return fmt.Errorf("heal record %d of ledger %s: %w", r.Sequence, l.where, err)
	}
	return nil
}
