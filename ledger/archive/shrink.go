package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
)

// Dropped is what is no longer in the archive.
type Dropped struct {
	Hours []Hour // in order
	Rows  int64  // experiences
	Bytes int64
}

// Hour is what was dropped of one hour.
type Hour struct {
	From time.Time
	Rows int64
}

func (d *Dropped) add(f *file) {
	d.Rows += f.Rows
	d.Bytes += f.Bytes
	from := time.UnixMilli(f.Hour).UTC()
	if n := len(d.Hours); n == 0 || !d.Hours[n-1].From.Equal(from) {
		d.Hours = append(d.Hours, Hour{From: from})
	}
	d.Hours[len(d.Hours)-1].Rows += f.Rows
}

// Prune drops the hours that end at or before a time, and of the facts before it all but
// where each source went on. It returns what was dropped, also beside an error.
func (a *Archive) Prune(ctx context.Context, before time.Time) (Dropped, error) {
	return a.drop(ctx, func(f *file, _ int64) bool { return f.Hour+msHour <= before.UnixMilli() })
}

// DropOldest drops the oldest hours until so many bytes are free, and of the facts before
// them all but where each source went on. It returns what was dropped, also beside an
// error. It works on a full disk, too.
func (a *Archive) DropOldest(ctx context.Context, bytes int64) (Dropped, error) {
	hour := int64(-1)
	return a.drop(ctx, func(f *file, freed int64) bool {
		if freed >= bytes && f.Hour != hour {
			return false
		}
		hour = f.Hour
		return true
	})
}

// drop drops the first files of experiences as long as more says so.
func (a *Archive) drop(ctx context.Context, more func(f *file, freed int64) bool) (Dropped, error) {
	var d Dropped
	a.writing.Lock()
	defer a.writing.Unlock()
	var gone []file
	choose := func() {
		d, gone = Dropped{}, nil
		for i := range a.now.Files {
			if f := &a.now.Files[i]; f.isExperiences() {
				if !more(f, d.Bytes) {
					return
				}
				d.add(f)
				gone = append(gone, *f)
			}
		}
	}
	if choose(); len(gone) == 0 {
		return d, nil
	}
	err := a.own(ctx)
	if isFull(err) {
		// There is not even room to say what is dropped: the oldest file goes first. A
		// crash now leaves a name without a file, which the next drop takes away.
		a.remove(ctx, gone[0].Name)
		err = a.own(ctx)
	}
	if err != nil {
		return Dropped{}, fmt.Errorf("shrink archive: %w", err)
	}
	choose()
	err = a.commitWithout(ctx, gone)
	if isFull(err) && len(gone) > 0 {
		a.remove(ctx, gone[0].Name)
		if err = a.own(ctx); err == nil {
			err = a.commitWithout(ctx, gone)
		}
	}
	if err == nil && len(gone) > 0 {
		err = a.thin(ctx, gone[len(gone)-1].Hour+msHour)
	} else if err != nil {
		d = Dropped{}
	}
	if err != nil {
		return d, fmt.Errorf("shrink archive: %w", err)
	}
	return d, nil
}

// commitWithout makes the archive one without files of experiences, and remembers that.
func (a *Archive) commitWithout(ctx context.Context, gone []file) error {
	dropped := a.now.Dropped
	for i := range gone {
		dropped = max(dropped, gone[i].Hour+msHour)
	}
	return a.commitDropped(ctx, a.now.without(gone, nil), a.now.UpTo, dropped)
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// thin leaves of the facts whose experiences are all before a time, in Unix milliseconds,
// only where each source went on. What is no batch stays.
func (a *Archive) thin(ctx context.Context, before int64) error {
	var old []file
	known := 0 // files of old up to the last of which a time is known
	for i := range a.now.Files {
		if f := &a.now.Files[i]; f.isFacts() && f.To < before {
			if old = append(old, *f); f.To != 0 {
				known = len(old)
			}
		}
	}
	old = old[:known]
	lists := make([][]Fact, len(old))
	latest := map[string]ledger.Sequence{}
	for i := range old {
		var err error
		if lists[i], err = a.facts(ctx, &old[i]); err != nil {
			return err
		}
		for _, f := range lists[i] {
			if f.Batch != nil {
				latest[f.Batch.Source] = f.Sequence
			}
		}
	}
	var gone, come []file
	for i, list := range lists {
		list = slices.DeleteFunc(list, func(f Fact) bool { return f.Batch != nil && latest[f.Batch.Source] != f.Sequence })
		for _, f := range list {
			if f.Batch != nil {
				f.Batch.Tally = experience.Tally{}
			}
		}
		if gone = append(gone, old[i]); len(list) == 0 {
			continue
		}
		f, err := a.putFacts(ctx, list)
		if come = append(come, f); err != nil {
			return a.undo(ctx, err, come...)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if err := a.commit(ctx, a.now.without(gone, come), a.now.UpTo); err != nil {
		return a.undo(ctx, err, come...)
	}
	return nil
}

// undo removes files that were to be named and are not, after err, which it returns. When
// it is not known whether they are named, they stay.
func (a *Archive) undo(ctx context.Context, err error, files ...file) error {
	if a.unsure {
		return err
	}
	for _, f := range files {
		if f.Name != "" {
			a.remove(context.WithoutCancel(ctx), f.Name)
		}
	}
	return err
}

// Forget takes all experiences of some people out of the archive and returns how many
// there were. All others stay as they are.
func (a *Archive) Forget(ctx context.Context, people ...experience.Person) (int64, error) {
	a.writing.Lock()
	defer a.writing.Unlock()
	gone := map[uint64]bool{}
	for _, p := range people {
		gone[uint64(p)] = true
	}
	is := func(r row) bool { return gone[r.person] }
	var errs []error
	a.mu.Lock()
	n := int64(len(a.pending.rows))
	a.pending.rows = slices.DeleteFunc(a.pending.rows, is)
	n -= int64(len(a.pending.rows))
	a.mu.Unlock()
	if err := a.own(ctx); err != nil {
		return n, fmt.Errorf("forget people: %w", err)
	}
	for _, f := range slices.Clone(a.now.Files) {
		if !f.isExperiences() {
			continue
		}
		found, err := a.rewrite(ctx, []file{f}, is, 1)
		if isDamage(err) { // nobody reads these people in it any more, but they are there
			errs = append(errs, err)
		} else if err != nil {
			return n, fmt.Errorf("forget people: %w", err)
		}
		n += found
	}
	return n, errors.Join(errs...)
}

func isDamage(err error) bool {
	_, is := errors.AsType[*Damage](err)
	return is
}

// rewrite puts what files of one hour hold, but for rows that are gone, in new files and
// returns how many are gone. It does nothing when fewer than least are.
func (a *Archive) rewrite(ctx context.Context, files []file, gone func(row) bool, least int64) (n int64, err error) {
	var come []file
	var t *texts
	var rows []row
	write := func(upTo int) error {
		upTo = cut(rows, upTo)
		f, err := a.putRows(ctx, rows[:upTo], t)
		come = append(come, f)
		rows = slices.Delete(rows, 0, upTo)
		return err
	}
	err = a.merge(ctx, files, Query{}, func(run []row) error {
		for _, r := range run {
			if gone(r) {
				n++
			} else if rows = append(rows, r); len(rows) == 2*maxRows {
				if err := write(maxRows); err != nil {
					return err
				}
			}
		}
		return nil
	}, func(in *texts) { t = in })
	if err == nil && n < least {
		return n, a.undo(ctx, nil, come...)
	}
	for err == nil && len(rows) > 0 {
		err = write(min(len(rows), maxRows))
	}
	if err == nil {
		err = a.commit(ctx, a.now.without(files, come), a.now.UpTo)
	}
	if err != nil {
		return 0, a.undo(ctx, err, come...)
	}
	return n, nil
}

// crowd is how many files there may be where one would do: of the newest hour, and of
// facts.
const crowd = 16

// Compact makes few large files of many small ones and returns how many are gone. The
// content stays. Once an hour is often enough.
func (a *Archive) Compact(ctx context.Context) (int, error) {
	a.writing.Lock()
	defer a.writing.Unlock()
	before := len(a.now.Files)
	list := slices.Clone(a.now.Files)
	newest := int64(0)
	for i := range list {
		newest = max(newest, list[i].Hour)
	}
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].Hour == list[0].Hour && list[n].isFacts() == list[0].isFacts() {
			n++
		}
		part := list[:n]
		list = list[n:]
		err := a.compact(ctx, part, newest)
		if isDamage(err) {
			a.log.Warn("files of the archive not put together", "archive", a.where, "err", err)
		} else if err != nil {
			return before - len(a.now.Files), fmt.Errorf("compact archive: %w", err)
		}
	}
	return before - len(a.now.Files), nil
}

// compact makes few files of those of one hour, or of facts.
func (a *Archive) compact(ctx context.Context, files []file, newest int64) error {
	var small []file
	most := int64(maxRows)
	if files[0].isFacts() {
		most = maxFacts
	}
	var rows int64
	for _, f := range files {
		if f.Rows <= most/2 {
			small = append(small, f)
			rows += f.Rows
		}
	}
	enough := 2
	if files[0].isFacts() || files[0].Hour == newest {
		enough = crowd
	}
	if len(small) < enough {
		return nil
	}
	if err := a.own(ctx); err != nil {
		return err
	}
	if files[0].isFacts() {
		return a.joinFacts(ctx, files)
	}
	_, err := a.rewrite(ctx, small, func(row) bool { return false }, 0)
	return err
}

// maxFacts is how many facts a file holds at most that were put together.
const maxFacts = 1 << 14

// joinFacts puts together the facts of small files that follow each other.
func (a *Archive) joinFacts(ctx context.Context, files []file) error {
	for len(files) > 0 {
		n, rows := 0, int64(0)
		for n < len(files) && files[n].Rows <= maxFacts/2 && rows+files[n].Rows <= maxFacts {
			rows += files[n].Rows
			n++
		}
		if n < 2 {
			files = files[max(1, n):]
			continue
		}
		var list []Fact
		for i := range files[:n] {
			more, err := a.facts(ctx, &files[i])
			if err != nil {
				return err
			}
			list = append(list, more...)
		}
		f, err := a.putFacts(ctx, list)
		if err == nil {
			err = a.commit(ctx, a.now.without(files[:n], []file{f}), a.now.UpTo)
		}
		if err != nil {
			return a.undo(ctx, err, f)
		}
		files = files[n:]
	}
	return nil
}
