package app

import (
	"context"
	"fmt"
	"time"

	"github.com/honderd/honderd/ledger"
)

// leastRoom is how many bytes are kept free: enough for hours of most sites, and small
// beside any disk (a guess). roomEvery is how often that is looked at.
const (
	leastRoom = 256 << 20
	roomEvery = time.Minute
)

// roomName is what a disk that is nearly full is told under.
const roomName = "room"

// roomy is a ledger that knows how much room there is.
type roomy interface {
	Room(ctx context.Context) (free, used uint64, err error)
}

// trimmable returns up to where the ledger may be trimmed: what is in the archive, and in
// the checkpoint.
func (a *archiver) trimmable() ledger.Sequence { return min(a.archive.UpTo(), a.saved()) }

// makeRoom lets the oldest data go when the disk is nearly full: first from the ledger
// what the archive has too, then from the archive. It says what it did.
func (a *archiver) makeRoom(ctx context.Context, least uint64) error {
	disk, ok := a.ledger.(roomy)
	if !ok {
		return nil
	}
	free, _, err := disk.Room(ctx)
	if err != nil || free >= least {
		a.troubles.set(roomName, nil)
		return err
	}
	a.troubles.set(roomName, fmt.Errorf("the disk is nearly full, %d MB are free: the oldest data goes", free>>20))
	if trimmer, ok := a.ledger.(ledger.Trimmer); ok {
		if _, err := a.archive.Flush(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("what is not archived yet stays in the ledger", "error", err)
		}
		if upTo := a.trimmable(); upTo > 0 {
			if err := trimmer.Trim(ctx, upTo); err != nil {
				return err
			}
			a.log.Warn("the disk is nearly full: archived experiences have left the ledger", "up_to", upTo)
		}
	}
	if free, _, err = disk.Room(ctx); err != nil || free >= least {
		return err
	}
	gone, err := a.archive.DropOldest(ctx, int64(least-free))
	if gone.Rows > 0 {
		a.drops.add(archiveName, inExperiences, "the disk was nearly full: the oldest went", gone.Rows, false)
		a.log.Error("the disk is nearly full: the oldest experiences are dropped",
			"experiences", gone.Rows, "from", gone.Hours[0].From, "to", gone.Hours[len(gone.Hours)-1].From.Add(time.Hour), "bytes", gone.Bytes)
	}
	return err
}
