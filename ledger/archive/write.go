package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
)

const msHour = 3_600_000

// maxPending is how many experiences wait in memory for a Flush: 15 MB of them.
const maxPending = 1 << 18

// pending is what was given and is not in the store yet.
type pending struct {
	texts *texts
	rows  []row
	facts []Fact
	last  ledger.Sequence
}

func newPending() pending { return pending{texts: newTexts()} }

// drop forgets what came with records up to upTo.
func (p *pending) drop(upTo ledger.Sequence) {
	p.rows = slices.DeleteFunc(p.rows, func(r row) bool { return r.seq <= upTo })
	p.facts = slices.DeleteFunc(p.facts, func(f Fact) bool { return f.Sequence <= upTo })
	p.last = max(p.last, upTo)
	if len(p.rows) == 0 {
		p.rows, p.texts = p.rows[:0], newTexts()
	}
}

// grow makes room for n rows more. When many wait already, there will be as many as can:
// copying them again and again would take longer than all else.
func (p *pending) grow(n int) {
	if cap(p.rows)-len(p.rows) < n && len(p.rows) >= maxPending/16 {
		n = max(n, maxPending+experience.MaxBatch-len(p.rows))
	}
	p.rows = slices.Grow(p.rows, n)
}

// Write takes in the batch that the ledger keeps at seq; it does not keep b. Batches must
// come in the order of the ledger. One that the archive has already is passed over, so
// after a restart it is enough to begin anywhere at or before UpTo. When much is waiting,
// Write flushes first; when that fails it has not taken b, which may be offered again.
func (a *Archive) Write(ctx context.Context, seq ledger.Sequence, b *experience.Batch) error {
	if err := a.makeRoom(ctx); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.take(seq, b)
}

// Keep takes in a record of another kind than a batch, as it stands in the ledger. It is
// Write in all else.
func (a *Archive) Keep(ctx context.Context, r ledger.Record) error {
	if err := a.makeRoom(ctx); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.Sequence <= max(a.now.UpTo, a.pending.last) {
		return nil
	}
	a.pending.last = r.Sequence
	a.pending.facts = append(a.pending.facts, Fact{Sequence: r.Sequence, Subject: r.Subject, Data: slices.Clone(r.Data), Kept: r.Kept})
	return nil
}

// makeRoom flushes when much is waiting.
func (a *Archive) makeRoom(ctx context.Context) error {
	a.mu.Lock()
	full := len(a.pending.rows) >= maxPending || len(a.pending.facts) >= maxFacts
	a.mu.Unlock()
	if !full {
		return nil
	}
	_, err := a.Flush(ctx)
	return err
}

func (a *Archive) take(seq ledger.Sequence, b *experience.Batch) error {
	p := &a.pending
	if seq <= max(a.now.UpTo, p.last) {
		return nil
	}
	if err := check(b); err != nil {
		return fmt.Errorf("archive record %d: %w", seq, err)
	}
	source := p.texts.id(toText(b.Source))
	journeys, steps := p.ids(b.Journeys), p.ids(b.Steps)
	labels, err := p.sets(b.Labels)
	if err != nil {
		return fmt.Errorf("archive record %d: %w", seq, err)
	}
	p.grow(len(b.Items))
	for i := range b.Items {
		e := &b.Items[i]
		p.rows = append(p.rows, row{
			at: e.At, person: uint64(e.Person), seq: seq, wait: e.Wait, source: source,
			journey: journeys[e.Journey], step: steps[e.Step], labels: labels[e.Labels],
			cause: e.Cause, mask: e.Mask, flags: flagsOf(e),
		})
	}
	p.facts = append(p.facts, newFact(seq, b))
	p.last = seq
	return nil
}

// check reports whether b can be written and read back.
func check(b *experience.Batch) error {
	causes, masks := len(experience.Causes()), len(experience.Masks())
	for i := range b.Items {
		e := &b.Items[i]
		if int(e.Journey) >= max(1, len(b.Journeys)) || int(e.Step) >= max(1, len(b.Steps)) || int(e.Labels) >= max(1, len(b.Labels)) ||
			int(e.Cause) > causes || int(e.Mask) > masks || !experience.Possible(e.At) {
			return fmt.Errorf("experience %d of the batch makes no sense", i)
		}
	}
	return nil
}

// ids returns the places of names, at least one.
func (p *pending) ids(names []string) []uint32 {
	list := []uint32{0}[:0]
	for _, name := range names {
		list = append(list, p.texts.id(toText(name)))
	}
	if len(list) == 0 {
		list = append(list, 0)
	}
	return list
}

// sets returns the places of sets of labels, at least one.
func (p *pending) sets(sets [][]experience.Label) ([]uint32, error) {
	if len(sets) == 0 {
		sets = [][]experience.Label{nil}
	}
	var list []uint32
	for _, set := range sets {
		text, err := labelsText(set)
		if err != nil {
			return nil, err
		}
		list = append(list, p.texts.id(text))
	}
	return list, nil
}

// Flush makes all that was written durable and returns the record up to which the archive
// is complete. After an error nothing is lost: the next Flush tries again, and after a
// restart the ledger gives again what is after UpTo.
func (a *Archive) Flush(ctx context.Context) (ledger.Sequence, error) {
	a.writing.Lock()
	defer a.writing.Unlock()
	upTo, err := a.flush(ctx)
	if err != nil {
		return upTo, fmt.Errorf("flush archive: %w", err)
	}
	return upTo, nil
}

func (a *Archive) flush(ctx context.Context) (ledger.Sequence, error) {
	if a.settled() {
		return a.UpTo(), nil
	}
	if err := a.own(ctx); err != nil {
		return a.UpTo(), err
	}
	a.mu.Lock()
	texts := *a.pending.texts // its list only grows, and only behind our end
	rows, facts, last := a.pending.rows, slices.Clone(a.pending.facts), a.pending.last
	if last <= a.now.UpTo {
		a.mu.Unlock()
		return last, nil
	}
	a.pending.rows, a.spare = a.spare, nil
	a.mu.Unlock()
	if err := a.add(ctx, rows, facts, &texts, last); err != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.pending.rows = append(rows, a.pending.rows...)
		return a.now.UpTo, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending.drop(last)
	if len(rows) > maxPending/2 { // much is coming: its memory is needed again
		a.spare = rows[:0]
	}
	return last, nil
}

// add writes rows and facts to new files, and makes them part of the archive.
func (a *Archive) add(ctx context.Context, rows []row, facts []Fact, t *texts, last ledger.Sequence) error {
	come, err := a.putHours(ctx, byHour(rows), t)
	if err == nil {
		var f file
		f, err = a.putFacts(ctx, facts)
		come = append(come, f)
	}
	if err == nil {
		err = a.commit(ctx, a.now.without(nil, come), last)
	}
	if err != nil {
		return a.undo(ctx, err, come...)
	}
	return nil
}

// putHours writes each part to a file. While one is read back the next is made.
func (a *Archive) putHours(ctx context.Context, parts [][]row, t *texts) ([]file, error) {
	come, errs := make([]file, len(parts)), make([]error, len(parts))
	var before sync.WaitGroup
	for i, part := range parts {
		p, f, err := encodeRows(part, t)
		before.Wait()
		if err == nil && i > 0 {
			err = errs[i-1]
		}
		if err != nil {
			return come, err
		}
		come[i] = named(f, part)
		before.Go(func() { errs[i] = a.put(ctx, p, &come[i]) })
	}
	before.Wait()
	return come, errors.Join(errs...)
}

// settled reports whether nothing waits for a flush.
func (a *Archive) settled() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pending.last <= a.now.UpTo && !a.unsure
}

// byHour puts rows in order and divides them into files.
func byHour(rows []row) [][]row {
	for i := range rows {
		rows[i].order = uint32(i)
	}
	slices.SortFunc(rows, func(x, y row) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.order, y.order)) })
	var parts [][]row
	for len(rows) > 0 {
		hour := rows[0].at / msHour
		n, _ := slices.BinarySearchFunc(rows, hour+1, func(r row, h int64) int { return cmp.Compare(r.at/msHour, h) })
		n = cut(rows, min(n, maxRows))
		parts, rows = append(parts, rows[:n]), rows[n:]
	}
	return parts
}

// cut returns where to cut rows, near n: rows that nothing but their place tells apart
// stay in one file.
func cut(rows []row, n int) int {
	for at := n; at > 0 && at < len(rows); at-- {
		if rows[at-1].before(&rows[at]) {
			return at
		}
	}
	return n
}

// putRows writes rows of one hour, which are in order, to a new file.
func (a *Archive) putRows(ctx context.Context, rows []row, t *texts) (file, error) {
	p, f, err := encodeRows(rows, t)
	if err != nil {
		return f, err
	}
	f = named(f, rows)
	return f, a.put(ctx, p, &f)
}

// named returns f, which holds rows of one hour, with a name.
func named(f file, rows []row) file {
	f.Hour = rows[0].at / msHour * msHour
	f.Name = experiencesName(f.Hour, f.First, f.Last, token())
	return f
}

// put puts a file and reads it back.
func (a *Archive) put(ctx context.Context, p []byte, f *file) error {
	if err := a.store.Put(ctx, f.Name, p); err != nil {
		return err
	}
	there, err := a.store.Get(ctx, f.Name)
	if err != nil {
		return fmt.Errorf("read %s back: %w", f.Name, err)
	}
	if err := examine(there, f); err != nil {
		return fmt.Errorf("read %s back: %w", f.Name, err)
	}
	return nil
}
