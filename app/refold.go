package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/archive"
)

// errUpTo ends the reading of a ledger at the record that was wanted.
var errUpTo = errors.New("read far enough")

// refold counts the people anew of whom something came too late, from all that is known
// of them, so that nothing stays uncounted: what has left the ledger is read in the
// archive. When that is not all there any more, what is late stays counted as late.
func (p *projector) refold(ctx context.Context) error {
	gone, err := p.trimmed(ctx)
	if err != nil {
		return err
	}
	p.mu.Lock()
	late := p.folds.felt.Late()
	if late == 0 || time.Since(p.refolded) < answerRest*p.refoldTook || gone > 0 && !p.archived(gone) {
		p.mu.Unlock()
		return nil
	}
	r := recounting{recount: p.folds.felt.Recount(), upTo: p.seq}
	p.mu.Unlock()
	began := time.Now()
	if gone > 0 {
		if err := r.readArchive(ctx, p.archive); err != nil {
			return err
		}
	}
	if err := r.read(ctx, p.ledger); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r.upTo = p.seq // the little that came meanwhile
	if err := r.read(ctx, p.ledger); err != nil {
		return err
	}
	r.finish()
	p.tellChange()
	p.refolded, p.refoldTook = time.Now(), time.Since(began)
	p.log.Info("late facts are counted", "facts", late)
	return nil
}

// archived reports whether all that the folds know and the ledger no longer has is in the
// archive. It drops whole hours from the beginning.
func (p *projector) archived(gone ledger.Sequence) bool {
	if p.archive == nil || p.archive.UpTo() < gone || p.seq < gone {
		return false
	}
	size, oldest := p.archive.Size(), p.folds.felt.Oldest()
	return size.From != 0 && size.From <= oldest && size.Dropped <= oldest
}

// recounting reads all that some people did, without a lock on the folds; finish applies
// it with one.
type recounting struct {
	recount *felt.Recount
	kept    []*experience.Batch
	done    ledger.Sequence // up to where was read
	upTo    ledger.Sequence // up to where the folds know
}

// readArchive reads what the archive has of the folds.
func (r *recounting) readArchive(ctx context.Context, a *archive.Archive) error {
	r.done = min(a.UpTo(), r.upTo)
	err := a.Read(ctx, archive.Query{UpTo: r.done}, func(b *experience.Batch) error {
		one := *b // its names stay, its items are only lent
		r.keep(&one)
		return nil
	})
	if err != nil {
		return fmt.Errorf("fold late facts: %w", err)
	}
	return nil
}

// read goes on in the ledger.
func (r *recounting) read(ctx context.Context, l ledger.Ledger) error {
	err := l.Read(ctx, r.done, func(one ledger.Record) error {
		if one.Sequence > r.upTo {
			return errUpTo
		}
		if one.Subject == subject {
			b := &experience.Batch{}
			if err := b.UnmarshalBinary(one.Data); err != nil {
				return err
			}
			r.keep(b)
		}
		r.done = one.Sequence
		return ctx.Err()
	})
	if err != nil && !errors.Is(err, errUpTo) {
		return fmt.Errorf("fold late facts: %w", err)
	}
	return nil
}

// keep keeps of b what is of people who are counted anew.
func (r *recounting) keep(b *experience.Batch) {
	if r.recount.Keep(b); len(b.Items) > 0 {
		r.kept = append(r.kept, b)
	}
}

// finish counts the people anew.
func (r *recounting) finish() {
	for _, b := range r.kept {
		r.recount.Apply(b)
	}
	r.recount.Finish()
}
