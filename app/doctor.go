package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/archive"
	"github.com/honderd/honderd/ledger/jetstream"
)

// A Finding is one thing that was looked at.
type Finding struct {
	What string // "ledger"
	Says string // what was found
	Bad  bool
	Fix  string // of something bad

	Config []string // lines for the configuration of a server, that mend it
}

// Examine looks at all that is kept: reads the whole ledger and the whole archive, and
// heals what it can. It changes nothing else.
func Examine(ctx context.Context, c config.Config, progress func(read, total int64)) ([]Finding, error) {
	if err := CheckData(c); err != nil {
		return nil, err
	}
	var list []Finding
	log := slog.New(slog.DiscardHandler)
	l, err := jetstream.Open(ctx, ledgerOptions(c, log))
	switch {
	case errors.Is(err, ledger.ErrBusy):
		list = append(list, Finding{What: "ledger", Says: "a server runs on it and reads through it every day: what it finds is on its page"})
	case err != nil:
		f := Finding{What: "ledger", Says: err.Error(), Bad: true}
		if !strings.Contains(f.Says, "(fix: ") {
			f.Fix = "put back a backup with honderd restore"
		}
		list = append(list, f)
	default:
		found, err := examineLedger(ctx, c, l, log)
		list = append(list, found...)
		if err := errors.Join(err, l.Close()); err != nil {
			return list, err
		}
	}
	list = append(list, examinePeople(c), examineCheckpoint(c))
	if len(c.Gateway.Listen) > 0 && len(c.Sources) > 0 {
		list = append(list, Finding{What: "counted twice", Says: "logs are followed and the gateway serves: who passes both counts twice, so leave out the log of a server that stands before or behind the gateway"})
	}
	list = append(list, examineDrops(c)...)
	list = append(list, examineCerts(c)...)
	found, err := examineArchive(ctx, c, progress)
	return append(list, found...), err
}

func examineLedger(ctx context.Context, c config.Config, l *jetstream.Ledger, log *slog.Logger) ([]Finding, error) {
	last, err := l.Last(ctx)
	if err != nil {
		return nil, err
	}
	gone, err1 := l.Trimmed(ctx)
	free, used, err2 := l.Room(ctx)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	says := fmt.Sprintf("%d records, %.1f MB", last-gone, float64(used)/1e6)
	if gone > 0 {
		says += fmt.Sprintf("; %d older ones are in the archive alone", gone)
	}
	list := []Finding{{What: "ledger", Says: says}}
	room := Finding{What: "disk", Says: fmt.Sprintf("%.1f GB free", float64(free)/1e9)}
	if free == math.MaxUint64 {
		room.Says = "as much as the servers have that keep the ledger"
	} else if room.Bad = free < leastRoom; room.Bad {
		room.Fix = "make room, or the oldest data goes"
	}
	list = append(list, room)
	streams, err := l.Streams(ctx)
	if err != nil {
		return list, err
	}
	for _, one := range streams {
		f := Finding{What: "stream", Says: one.String(), Bad: !one.AsItIs}
		if f.Bad {
			f.Fix = "somebody changed it: start the server, which brings it back"
		}
		list = append(list, f)
	}
	list = append(list, Finding{What: "retention", Says: fmt.Sprintf("ledger: %s; archive: %s; small facts stay", keptFor(c.Ledger.Keep), keptFor(c.Archive.Keep))})
	s := scrubber{ledger: l, log: log, troubles: &troubles{}}
	if k, err := newArchiver(ctx, c, l, log, s.troubles); err != nil {
		list = append(list, Finding{What: "archive", Says: err.Error(), Bad: true})
	} else if k != nil {
		s.archive = k.archive
	}
	healed, lost, err := s.scrub(ctx)
	switch {
	case err != nil:
		return list, err
	case lost > 0:
		list = append(list, Finding{What: "records", Says: fmt.Sprintf("%d are lost, %d were healed from the archive", lost, healed), Bad: true, Fix: "put back a backup with honderd restore"})
	case healed > 0:
		list = append(list, Finding{What: "records", Says: fmt.Sprintf("%d were damaged and are healed from the archive", healed)})
	default:
		list = append(list, Finding{What: "records", Says: "every one reads back as it was written"})
	}
	return list, nil
}

// examineCheckpoint looks at the saved state of the numbers.
func examineCheckpoint(c config.Config) Finding {
	f := Finding{What: "checkpoint"}
	state, err := os.ReadFile(filepath.Join(c.Data, checkpointName))
	if err != nil {
		f.Says = "there is none: the next start counts all anew"
		return f
	}
	seq, err := decodeCheckpoint(state, newFolds(feltOptions(c)))
	if err != nil {
		f.Says = err.Error() + ": the next start counts all anew"
		return f
	}
	f.Says = fmt.Sprintf("knows the ledger up to record %d", seq)
	return f
}

func examineArchive(ctx context.Context, c config.Config, progress func(read, total int64)) ([]Finding, error) {
	where := archiveOf(c)
	if where == "" {
		return []Finding{{What: "archive", Says: "off: what the ledger loses cannot be healed", Bad: true, Fix: "take archive.where: off out of honderd.yaml"}}, nil
	}
	a, err := archive.Open(ctx, archive.Options{Where: where})
	if err != nil {
		return []Finding{{What: "archive", Says: err.Error(), Bad: true}}, nil //nolint:nilerr // it is what was found
	}
	size := a.Size()
	list := []Finding{{What: "archive", Says: fmt.Sprintf("%d experiences in %d files, %.1f MB, up to record %d", size.Experiences, size.Files, float64(size.Bytes)/1e6, a.UpTo())}}
	damaged, err := a.Verify(ctx, progress)
	for _, d := range damaged {
		list = append(list, Finding{What: "archive", Says: d.Error(), Bad: true, Fix: "put that file back from a backup"})
	}
	return list, err
}
