package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/archive"
	"github.com/honderd/honderd/ledger/jetstream"
)

// Rebuilt says what a rebuild has read.
type Rebuilt struct {
	Archived int64 // experiences from the archive
	Newer    int64 // experiences from the ledger, which were not archived yet
	Damaged  []string
}

// Rebuild makes the state of all folds anew: from the archive and, what is newer, from the
// ledger. No server may run on the folder. What the archive has lost is named, and not
// counted; with salvage false it ends the rebuild, and all stays as it was.
func Rebuild(ctx context.Context, c config.Config, salvage bool, log *slog.Logger, progress func(read, total int64)) (r Rebuilt, err error) {
	l, err := jetstream.Open(ctx, ledgerOptions(c, log))
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	k, err := newArchiver(ctx, c, l, log, &troubles{})
	if err != nil {
		return r, err
	}
	return rebuildFrom(ctx, c, l, k, salvage, progress)
}

// rebuildFrom is Rebuild from a ledger and an archive that are open; k is nil when there
// is no archive.
func rebuildFrom(ctx context.Context, c config.Config, l ledger.Ledger, k *archiver, salvage bool, progress func(read, total int64)) (r Rebuilt, err error) {
	b := rebuild{folds: newFolds(feltOptions(c)), salvage: salvage, progress: progress, result: &r}
	seq := ledger.Sequence(0)
	if k != nil {
		if err := b.archived(ctx, k.archive); err != nil {
			return r, err
		}
		seq = k.archive.UpTo()
	}
	if seq, err = b.newer(ctx, l, seq); err != nil {
		return r, err
	}
	state, err := encodeCheckpoint(b.folds, seq, 0)
	if err != nil {
		return r, err
	}
	return r, writeWhole(filepath.Join(c.Data, checkpointName), state)
}

// rebuild is one rebuild while it is made.
type rebuild struct {
	folds    *folds
	salvage  bool
	progress func(read, total int64)
	result   *Rebuilt
}

// archived folds all of an archive: the experiences in order of time, then what was
// counted beside them, and where each source goes on.
func (b *rebuild) archived(ctx context.Context, a *archive.Archive) error {
	total := a.Size().Experiences
	query := archive.Query{Damaged: func(d *archive.Damage) error {
		if !b.salvage {
			return fmt.Errorf("%w (fix: put back a backup, or go on without it with --salvage)", d)
		}
		b.result.Damaged = append(b.result.Damaged, d.Error())
		return nil
	}}
	err := a.Read(ctx, query, func(one *experience.Batch) error {
		b.folds.apply(one)
		b.result.Archived += int64(len(one.Items))
		if b.progress != nil {
			b.progress(b.result.Archived, total)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = a.Facts(ctx, 0, func(f archive.Fact) error {
		if f.Batch != nil {
			b.folds.intake.Apply(f.Batch)
			return nil
		}
		return b.take(f.Subject, f.Data)
	})
	if d, ok := errors.AsType[*archive.Damage](err); ok && b.salvage {
		b.result.Damaged = append(b.result.Damaged, d.Error())
		return nil
	}
	return err
}

// take folds one record beside experiences. With salvage, one that cannot be read is named
// and passed over.
func (b *rebuild) take(subject string, data []byte) error {
	err := b.folds.take(subject, data)
	if err != nil && b.salvage {
		b.result.Damaged = append(b.result.Damaged, err.Error())
		return nil
	}
	return err
}

// newer folds what the ledger has after a place, and returns up to where that is.
func (b *rebuild) newer(ctx context.Context, l ledger.Ledger, after ledger.Sequence) (ledger.Sequence, error) {
	err := l.Read(ctx, after, func(r ledger.Record) error {
		after = r.Sequence
		if r.Subject != subject {
			return b.take(r.Subject, r.Data)
		}
		var one experience.Batch
		if err := one.UnmarshalBinary(r.Data); err != nil {
			return fmt.Errorf("record %d of the ledger: %w", r.Sequence, err)
		}
		b.folds.apply(&one)
		b.result.Newer += int64(len(one.Items))
		return nil
	})
	if gone, ok := errors.AsType[ledger.Missing](err); ok && b.salvage {
		b.result.Damaged = append(b.result.Damaged, gone.Error())
		return b.newer(ctx, l, gone.To)
	}
	return after, err
}

// CheckData returns what is wrong with the folder that a configuration keeps its data in:
// a rebuild or a backup of nothing is a slip of the finger.
func CheckData(c config.Config) error {
	if err := checkWhole(c.Data); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(c.Data, "ledger")); err != nil {
		return fmt.Errorf("%s holds no data of honderd (fix: name the folder with --data)", c.Data)
	}
	return nil
}
