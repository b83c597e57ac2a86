package jetstream

import (
	"context"
	"fmt"
	"math"

	"github.com/nats-io/nats.go/jetstream"
)

// Room returns how many bytes can still be written and how many the records take. Of
// servers elsewhere it is what the account may use; free is math.MaxUint64 when there
// is no limit, and then their own disks are not known here.
func (l *Ledger) Room(ctx context.Context) (free, used uint64, err error) {
	err = l.withEngine(ctx, func(e *engine) error {
		s, err := e.state(ctx)
		if err != nil {
			return err
		}
		used = s.bytes
		if l.folder != nil {
			free, err = freeBytes(l.folder.dir)
			return err
		}
		free, err = accountRoom(ctx, e.lookups)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("room of ledger %s: %w", l.where, err)
	}
	return free, used, nil
}

// accountRoom returns how many bytes the account may still store.
func accountRoom(ctx context.Context, js jetstream.JetStream) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, sharedPatience)
	defer cancel()
	a, err := js.AccountInfo(ctx)
	if err != nil {
		return 0, err
	}
	if a.Limits.MaxStore < 0 {
		return math.MaxUint64, nil
	}
	limit := uint64(a.Limits.MaxStore)
	return limit - min(a.Store, limit), nil
}
