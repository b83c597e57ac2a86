package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/honderd/honderd/ledger"
)

// A change of the archive goes in this order, in a folder as in a bucket:
//
//  1. new files, under names that were never used, each read back;
//  2. the next manifest, under a name that must be free and the newest: who finds it
//     taken, or a newer one, has lost;
//  3. its twin;
//  4. away with the manifest before, and with files that are named no more.
//
// A crash before 2 leaves files that nobody names, and the next one to write removes
// them. A crash after 2 leaves too much, never too little.

// load returns the newest manifest.
func (a *Archive) load(ctx context.Context) (manifest, error) {
	names, err := a.store.List(ctx, manifests)
	if err != nil {
		return manifest{}, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { _, ok := generationOf(name); return !ok })
	for len(names) > 0 {
		newest, _ := generationOf(names[len(names)-1])
		m, both, err := a.loadOne(ctx, newest)
		if err == nil {
			return m, nil
		}
		before := slices.DeleteFunc(slices.Clone(names), func(name string) bool { g, _ := generationOf(name); return g == newest })
		// Without a twin nobody was told that it is there: the one before still holds.
		if !errors.Is(err, errManifest) || both || len(before) == 0 {
			return m, err
		}
		names = before
	}
	return manifest{}, a.checkEmpty(ctx)
}

// loadOne returns the manifest of a generation, and whether it has a twin.
func (a *Archive) loadOne(ctx context.Context, generation uint64) (m manifest, both bool, err error) {
	var errs []error
	found := 0
	name, twin := manifestName(generation)
	for _, one := range []string{name, twin} {
		p, err := a.store.Get(ctx, one)
		if isGone(err) {
			continue
		}
		if err != nil {
			return m, false, err
		}
		found++
		m, err := decodeManifest(p)
		if err == nil && m.Generation != generation {
			err = fmt.Errorf("%w: it is of another generation", errManifest)
		}
		if err == nil {
			return m, true, nil
		}
		a.log.Warn("manifest of the archive damaged", "archive", a.where, "name", one, "err", err)
		errs = append(errs, fmt.Errorf("%s: %w", one, err))
	}
	errs = append(errs, errors.New("nothing says which files are the archive (fix: put back a backup of the archive)"))
	return m, found == 2, errors.Join(errs...)
}

// checkEmpty fails when there are files and no manifest: to take the archive for empty
// would remove them.
func (a *Archive) checkEmpty(ctx context.Context) error {
	for _, prefix := range []string{experiences, facts} {
		names, err := a.store.List(ctx, prefix)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(names, isOurs); i >= 0 {
			return fmt.Errorf("%w: there is %s, and nothing that names it (fix: put back a backup of the archive, or name another place)", errManifest, names[i])
		}
	}
	return nil
}

// own makes the newest manifest ours, so that whoever wrote before notices, and removes
// what is named no more. The caller holds writing.
func (a *Archive) own(ctx context.Context) error {
	if a.owned && !a.unsure {
		return nil
	}
	now, err := a.load(ctx)
	if err != nil {
		return err
	}
	if a.owned && now.Owner != a.owner {
		return a.taken()
	}
	a.mu.Lock()
	a.now = now
	a.pending.drop(now.UpTo)
	a.mu.Unlock()
	if err := a.commit(ctx, now.Files, now.UpTo); err != nil {
		return err
	}
	return a.clean(ctx)
}

func (a *Archive) taken() error {
	return fmt.Errorf("archive %s: %w (fix: stop the other one, or name another place)", a.where, ledger.ErrBusy)
}

// commit makes files the archive. The caller holds writing.
func (a *Archive) commit(ctx context.Context, files []file, upTo ledger.Sequence) error {
	return a.commitDropped(ctx, files, upTo, a.now.Dropped)
}

// commitDropped is commit that also says up to when experiences have been dropped.
func (a *Archive) commitDropped(ctx context.Context, files []file, upTo ledger.Sequence, dropped int64) error {
	next := manifest{Generation: a.now.Generation + 1, Owner: a.owner, UpTo: upTo, Dropped: dropped, Files: files}
	body, err := next.encode()
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.unsure = true
	a.mu.Unlock()
	name, twin := manifestName(next.Generation)
	if err := a.store.PutNew(ctx, name, body); errors.Is(err, fs.ErrExist) {
		there, err := a.store.Get(ctx, name)
		if err != nil {
			return err
		}
		if !bytes.Equal(there, body) { // ours, when an answer was lost, is as good as put
			return a.lost(ctx, next.Generation, there)
		}
	} else if err != nil {
		return err
	}
	if err := a.checkNewest(ctx, next.Generation); err != nil {
		return err
	}
	if err := a.store.Put(ctx, twin, body); err != nil {
		return err
	}
	old := a.now
	a.mu.Lock()
	a.now, a.owned, a.unsure = next, true, false
	a.mu.Unlock()
	name, twin = manifestName(old.Generation)
	a.remove(ctx, twin, name)
	named := map[string]bool{}
	for _, f := range next.Files {
		named[f.Name] = true
	}
	for _, f := range old.Files {
		if !named[f.Name] {
			a.remove(ctx, f.Name)
		}
	}
	return nil
}

// checkNewest fails when there is a manifest after that of a generation, which is ours:
// its name was only free because another process has gone on and removed what it had
// there.
func (a *Archive) checkNewest(ctx context.Context, generation uint64) error {
	names, err := a.store.List(ctx, manifests)
	if err != nil {
		return err
	}
	for _, name := range names {
		if g, ok := generationOf(name); ok && g > generation {
			name, _ := manifestName(generation)
			return errors.Join(a.taken(), a.store.Remove(ctx, name))
		}
	}
	return nil
}

// lost says why there is another manifest where ours should be.
func (a *Archive) lost(ctx context.Context, generation uint64, there []byte) error {
	m, err := decodeManifest(there)
	switch {
	case err == nil && m.Owner == a.owner: // an earlier try of ours came through
		return fmt.Errorf("archive %s: an answer came late (fix: try again)", a.where)
	case err == nil:
		return a.taken()
	case !errors.Is(err, errManifest):
		return err
	}
	// A damaged one that nobody was told of: load looks past it, so it must go.
	_, twin := manifestName(generation)
	if _, err := a.store.Get(ctx, twin); !isGone(err) {
		return errors.Join(a.taken(), err)
	}
	name, _ := manifestName(generation)
	return errors.Join(fmt.Errorf("archive %s: a damaged manifest was in the way (fix: try again)", a.where), a.store.Remove(ctx, name))
}

// clean removes what is ours and named no more: what a crash left. What is not ours
// stays.
func (a *Archive) clean(ctx context.Context) error {
	named := map[string]bool{}
	for _, f := range a.now.Files {
		named[f.Name] = true
	}
	for _, prefix := range []string{experiences, facts, manifests} {
		names, err := a.store.List(ctx, prefix)
		if err != nil {
			return err
		}
		for _, name := range names {
			generation, is := generationOf(name)
			if is && generation < a.now.Generation || isOurs(name) && !named[name] {
				a.remove(ctx, name)
			}
		}
	}
	return nil
}

// remove removes names, or has them removed when nobody reads any more. What cannot be
// removed is removed by the next one to own the archive.
func (a *Archive) remove(ctx context.Context, names ...string) {
	a.mu.Lock()
	if a.readers > 0 {
		a.garbage = append(a.garbage, names...)
		names = nil
	}
	a.mu.Unlock()
	for _, name := range names {
		if err := a.store.Remove(ctx, name); err != nil {
			a.log.Warn("file of the archive not removed", "archive", a.where, "name", name, "err", err)
		}
	}
}

// enter counts a reader in and returns the files that are the archive now. They stay
// until the reader calls leave.
func (a *Archive) enter() (m manifest, leave func(context.Context)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.readers++
	return a.now, func(ctx context.Context) {
		a.mu.Lock()
		a.readers--
		var names []string
		if a.readers == 0 {
			names, a.garbage = a.garbage, nil
		}
		a.mu.Unlock()
		a.remove(ctx, names...)
	}
}
