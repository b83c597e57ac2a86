package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/archive"
)

// noArchive is what stands in the configuration when there is to be no archive.
const noArchive = "off"

// archiveName is what the troubles of the archive are told under.
const archiveName = "archive"

// compactEvery is how often files of one hour are made one, and old ones are dropped.
const compactEvery = time.Hour

// archiveRetry is how long the archive waits after a failure; the ledger keeps what comes
// meanwhile.
const archiveRetry = 10 * time.Second

// archiveOf returns where the archive of c is, "" for none.
func archiveOf(c config.Config) string {
	switch c.Archive.Where {
	case "":
		return filepath.Join(c.Data, "archive")
	case noArchive:
		return ""
	}
	return c.Archive.Where
}

// An archiver writes to the archive what the ledger keeps.
type archiver struct {
	ledger  ledger.Ledger
	archive *archive.Archive
	every   time.Duration
	keep    config.Keep
	saved   func() ledger.Sequence // up to where the checkpoint knows the ledger

	pruned      time.Time                  // when records beside experiences were pruned last
	trimmedUpTo map[string]ledger.Sequence // by subject, as far as this process has trimmed the ledger

	keepLedger config.Keep // how long records stay in the ledger, too
	log        *slog.Logger
	troubles   *troubles
	drops      *drops // nil: nothing is counted
}

// newArchiver opens the archive of c. It is nil when there is to be none.
func newArchiver(ctx context.Context, c config.Config, l ledger.Ledger, log *slog.Logger, t *troubles) (*archiver, error) {
	where := archiveOf(c)
	if where == "" {
		return nil, nil
	}
	a, err := archive.Open(ctx, archive.Options{Where: where, Log: log})
	if err != nil {
		return nil, err
	}
	last, err := l.Last(ctx)
	if err != nil {
		return nil, err
	}
	if a.UpTo() > last {
		return nil, fmt.Errorf("the archive in %s knows %d records, the ledger in %s only %d: they do not belong together, or the ledger was lost (fix: put back a backup, or name another archive)",
			where, a.UpTo(), c.Data, last)
	}
	return &archiver{
		ledger: l, archive: a, every: c.Archive.Every, keep: c.Archive.Keep, keepLedger: c.Ledger.Keep,
		trimmedUpTo: map[string]ledger.Sequence{}, saved: func() ledger.Sequence { return 0 }, log: log, troubles: t,
	}, nil
}

// run archives until ctx ends, and what is left then.
func (a *archiver) run(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() {
		for ctx.Err() == nil {
			if err := a.follow(ctx, a.archive.UpTo()); err != nil && ctx.Err() == nil {
				a.failed(err)
				pause(ctx, archiveRetry)
			}
		}
	})
	both.Go(func() { a.flushEvery(ctx) })
	both.Wait()
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	if _, err := a.archive.Flush(last); err != nil {
		a.log.Warn("not all is archived: the next start goes on with it", "error", err)
	}
}

// follow takes in all that the ledger has after a place. What the ledger has lost is
// passed over: the projector says so.
func (a *archiver) follow(ctx context.Context, after ledger.Sequence) error {
	for {
		err := a.ledger.Follow(ctx, after, func(r ledger.Record) error { return archiveRecord(ctx, a.archive, r) })
		gone, ok := errors.AsType[ledger.Missing](err)
		if !ok {
			return err
		}
		after = gone.To
	}
}

// archiveRecord takes one record of a ledger into an archive.
func archiveRecord(ctx context.Context, a *archive.Archive, r ledger.Record) error {
	if r.Subject != archive.Batches {
		return a.Keep(ctx, r)
	}
	var b experience.Batch
	if err := b.UnmarshalBinary(r.Data); err != nil {
		return fmt.Errorf("record %d of the ledger: %w", r.Sequence, err)
	}
	return a.Write(ctx, r.Sequence, &b)
}

// flushEvery makes durable what was taken in, now and then.
func (a *archiver) flushEvery(ctx context.Context) {
	flush, compact, room := time.NewTicker(a.every), time.NewTicker(compactEvery), time.NewTicker(roomEvery)
	defer room.Stop()
	defer flush.Stop()
	defer compact.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-flush.C:
			_, err = a.archive.Flush(ctx)
		case <-compact.C:
			err = errors.Join(a.tidy(ctx), a.trimOld(ctx))
		case <-room.C:
			err = a.makeRoom(ctx, leastRoom)
		}
		switch {
		case ctx.Err() != nil:
		case err != nil:
			a.failed(err)
		default:
			a.troubles.set(archiveName, nil)
		}
	}
}

// tidy makes files of one hour one, and drops what need not be kept.
func (a *archiver) tidy(ctx context.Context) error {
	_, err := a.archive.Compact(ctx)
	return errors.Join(err, a.prune(ctx, time.Now()))
}

func (a *archiver) failed(err error) {
	if a.troubles.set(archiveName, err) {
		a.log.Error("the archive cannot be written: the ledger keeps what comes", "error", err)
	}
}
