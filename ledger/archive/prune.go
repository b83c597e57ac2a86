package archive

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/honderd/honderd/ledger"
)

// PruneRecords drops of each of these subjects the records that the ledger accepted before
// a time, and returns how many there were. Batches are not records in this sense: Prune
// drops them. Facts stay, whatever is asked. It reads all files of facts.
func (a *Archive) PruneRecords(ctx context.Context, before map[string]time.Time) (n int64, err error) {
	for subject := range before {
		if err := ledger.CheckTrim([]string{subject}); err != nil {
			return 0, err
		}
	}
	old := func(f Fact) bool {
		t, named := before[f.Subject]
		return named && f.Batch == nil && f.Kept > 0 && f.Kept < t.UnixMilli()
	}
	a.writing.Lock()
	defer a.writing.Unlock()
	for _, f := range slices.Clone(a.now.Files) {
		if !f.isFacts() {
			continue
		}
		list, err := a.facts(ctx, &f)
		if err != nil {
			return n, fmt.Errorf("prune records: %w", err)
		}
		rest := slices.DeleteFunc(slices.Clone(list), old)
		gone := int64(len(list) - len(rest))
		if gone == 0 {
			continue
		}
		if err := a.replaceFacts(ctx, f, rest); err != nil {
			return n, fmt.Errorf("prune records: %w", err)
		}
		n += gone
	}
	return n, nil
}

// replaceFacts puts rest in place of what a file of facts holds. The caller holds writing.
func (a *Archive) replaceFacts(ctx context.Context, old file, rest []Fact) error {
	if err := a.own(ctx); err != nil {
		return err
	}
	var come []file
	if len(rest) > 0 {
		f, err := a.putFacts(ctx, rest)
		come = append(come, f)
		if err != nil {
			return a.undo(ctx, err, come...)
		}
	}
	if err := a.commit(ctx, a.now.without([]file{old}, come), a.now.UpTo); err != nil {
		return a.undo(ctx, err, come...)
	}
	return nil
}
