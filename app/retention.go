package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/archive"
)

// keptSubject returns under which subject the records of a kind are.
func keptSubject(kind string) string {
	if kind == config.KindExperiences {
		return subject
	}
	return kind
}

// prune drops from the archive what need not be kept any longer, kind by kind.
func (a *archiver) prune(ctx context.Context, now time.Time) error {
	var errs []error
	if d := a.keep.Of(config.KindExperiences); d > 0 {
		gone, err := a.archive.Prune(ctx, now.Add(-d))
		if gone.Rows > 0 {
			a.log.Info("old experiences have left the archive", "experiences", gone.Rows, "hours", len(gone.Hours), "bytes", gone.Bytes)
		}
		errs = append(errs, err)
	}
	before := map[string]time.Time{}
	for _, kind := range config.KeptKinds() {
		if d := a.keep.Of(kind); d > 0 && kind != config.KindExperiences {
			before[keptSubject(kind)] = now.Add(-d)
		}
	}
	if len(before) > 0 && now.Sub(a.pruned) >= pruneEvery {
		n, err := a.archive.PruneRecords(ctx, before)
		if n > 0 {
			a.log.Info("old records have left the archive", "records", n)
		}
		if err == nil {
			a.pruned = now
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// pruneEvery is how often records beside experiences are pruned: all files of facts are
// read for it.
const pruneEvery = 24 * time.Hour

// trimOld trims what has been in the ledger for longer than it is to be kept, kind by
// kind: never what the archive or the checkpoint does not have.
func (a *archiver) trimOld(ctx context.Context) error {
	trimmer, ok := a.ledger.(ledger.Trimmer)
	if !ok || len(a.keepLedger) == 0 {
		return nil
	}
	for _, kind := range config.KeptKinds() {
		d := a.keepLedger.Of(kind)
		if d == 0 {
			continue
		}
		name := keptSubject(kind)
		upTo, err := a.oldUpTo(ctx, name, time.Now().Add(-d).UnixMilli(), a.trimmedUpTo[name])
		if err != nil {
			return err
		}
		if upTo == a.trimmedUpTo[name] {
			continue
		}
		if err := trimmer.Trim(ctx, upTo, name); err != nil {
			return err
		}
		a.trimmedUpTo[name] = upTo
		a.log.Info("archived records have left the ledger", "kind", kind, "up_to", upTo)
	}
	return nil
}

// oldUpTo returns up to which record all of a subject are older than a time, in Unix
// milliseconds, from behind a place on.
func (a *archiver) oldUpTo(ctx context.Context, subject string, oldest int64, after ledger.Sequence) (ledger.Sequence, error) {
	most, upTo := a.trimmable(), after
	err := a.archive.Facts(ctx, after, func(f archive.Fact) error {
		switch {
		case f.Sequence > most:
			return errUpTo
		case f.Subject != subject:
			return nil
		case f.Batch != nil && f.To > oldest:
			upTo = max(upTo, f.Sequence-1) // what has left the archive before it was older still
			return errUpTo
		case f.Batch == nil && (f.Kept == 0 || f.Kept > oldest):
			return errUpTo
		}
		upTo = f.Sequence
		return nil
	})
	if errors.Is(err, errUpTo) {
		err = nil
	}
	return upTo, err
}

// keptFor says in words how long each kind of record is kept.
func keptFor(k config.Keep) string {
	var list []string
	for _, kind := range config.KeptKinds() {
		if d := k.Of(kind); d > 0 {
			list = append(list, fmt.Sprintf("%s %.4g days", kind, d.Hours()/24))
		}
	}
	if len(list) == 0 {
		return "all stays"
	}
	return strings.Join(list, ", ") + ", all else stays"
}
