package archive

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
)

// Query says what to read. The zero value is everything.
type Query struct {
	From, To  time.Time // experiences from From until just before To; zero: no bound
	NoSteps   bool      // steps are not asked for: all are ""
	NoLabels  bool      // nor labels
	NoSources bool      // nor sources: experiences of all of them come together, in order of time

	UpTo ledger.Sequence // only what came with records up to this one; 0: all

	// Damaged, when not nil, hears of every file that cannot be read, and lets reading
	// go on without it when it returns nil. Otherwise Read ends with a *Damage.
	Damaged func(*Damage) error

	record ledger.Sequence // only what came with this record; 0: all
}

func (q *Query) columns() columns {
	want := allColumns
	for _, one := range []struct {
		no     bool
		column columns
	}{{q.NoSteps, columnSteps}, {q.NoLabels, columnLabels}, {q.NoSources, columnSources}} {
		if one.no {
			want &^= one.column
		}
	}
	return want
}

// mingle is how far, in milliseconds, batches of different sources may lie in each
// other: far less than any fold needs, long enough for batches that are worth it.
const mingle = 10_000

// Read gives the experiences in order of time, and of the ledger at the same time, in
// batches of one source each. Batches of different sources may overlap by 10 seconds. A
// batch has no position and no tally, those are in Facts; it is only valid until give
// returns.
func (a *Archive) Read(ctx context.Context, q Query, give func(*experience.Batch) error) error {
	m, leave := a.enter()
	defer leave(context.WithoutCancel(ctx))
	r := &reading{query: q, give: give}
	r.from, r.to = bound(q.From, -1<<62), bound(q.To, 1<<62)
	files := slices.DeleteFunc(slices.Clone(m.Files), func(f file) bool {
		return !f.isExperiences() || f.To < r.from || f.From >= r.to ||
			q.UpTo != 0 && f.First > q.UpTo ||
			q.record != 0 && (f.Last < q.record || f.First > q.record)
	})
	for len(files) > 0 {
		n := 1
		for n < len(files) && files[n].Hour == files[0].Hour {
			n++
		}
		if err := a.merge(ctx, files[:n], q, r.add, r.begin); err != nil {
			return err
		}
		if err := r.giveAll(); err != nil {
			return err
		}
		files = files[n:]
	}
	return ctx.Err()
}

func bound(t time.Time, none int64) int64 {
	if t.IsZero() {
		return none
	}
	return t.UnixMilli()
}

// merge gives the rows of files, which are of one hour, in order and in runs. begin hears
// first where their texts will be.
func (a *Archive) merge(ctx context.Context, files []file, q Query, add func([]row) error, begin func(*texts)) error {
	t := newTexts()
	begin(t)
	var list []*cursor
	defer func() {
		for _, c := range list {
			c.close()
		}
	}()
	for i := range files {
		c, err := a.cursor(ctx, &files[i], t, q.columns())
		if err == nil {
			list = append(list, c)
		} else if err = q.heed(err); err != nil {
			return err
		}
	}
	for len(list) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		first, second, err := lowest(list)
		if err != nil {
			if err := q.heed(err); err != nil {
				return err
			}
		}
		c := list[first]
		if len(c.rows) == 0 {
			c.close()
			list = slices.Delete(list, first, first+1)
			continue
		}
		n := len(c.rows)
		if second >= 0 {
			// Of two that are alike, the one from the earlier file comes first.
			limit, tie := &list[second].rows[0], first < second
			n, _ = slices.BinarySearchFunc(c.rows, limit, func(r row, limit *row) int {
				if r.before(limit) || tie && !limit.before(&r) {
					return -1
				}
				return 1
			})
		}
		run := c.rows[:n]
		c.rows = c.rows[n:]
		if err := add(run); err != nil {
			return err
		}
	}
	return nil
}

// lowest returns which of list comes first, one that has ended or failed before all, and
// which second, -1 for none.
func lowest(list []*cursor) (first, second int, err error) {
	first, second = -1, -1
	for i, c := range list {
		r, err := c.head()
		switch {
		case r == nil:
			return i, -1, err
		case first < 0:
			first = i
		case r.before(&list[first].rows[0]):
			first, second = i, first
		case second < 0 || r.before(&list[second].rows[0]):
			second = i
		}
	}
	return first, second, nil
}

// cursor opens a file. What cannot be read of it is a Damage.
func (a *Archive) cursor(ctx context.Context, f *file, t *texts, want columns) (*cursor, error) {
	p, err := a.fetch(ctx, f)
	if err != nil {
		return nil, err
	}
	return newCursor(p, f, t, want)
}

// heed lets whoever asked decide about a damaged file.
func (q *Query) heed(err error) error {
	if d, is := errors.AsType[*Damage](err); is && q.Damaged != nil {
		return q.Damaged(d)
	}
	return err
}

// reading makes batches of rows.
type reading struct {
	query    Query
	from, to int64 // Unix milliseconds
	give     func(*experience.Batch) error
	texts    *texts
	builders []*builder // by text of their source
	open     []*builder // that hold something, by their first experience
}

// builder makes batches of one source.
type builder struct {
	batch                   experience.Batch
	journeys, steps, labels []uint16 // by text: its index and 1; 0: it has none yet
}

// begin begins an hour, whose texts are in t.
func (r *reading) begin(t *texts) { r.texts, r.builders = t, nil }

// add takes in rows, which come after all before.
func (r *reading) add(rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	if rows[0].at < r.from || rows[len(rows)-1].at >= r.to {
		low, _ := slices.BinarySearchFunc(rows, r.from, func(x row, at int64) int { return cmp.Compare(x.at, at) })
		high, _ := slices.BinarySearchFunc(rows, r.to, func(x row, at int64) int { return cmp.Compare(x.at, at) })
		rows = rows[low:high]
	}
	for i := range rows {
		x := &rows[i]
		if r.query.record != 0 && x.seq != r.query.record || r.query.UpTo != 0 && x.seq > r.query.UpTo {
			continue
		}
		b := r.builder(x.source)
		if len(b.batch.Items) == 0 || len(b.batch.Items) == experience.MaxBatch || b.full() || r.mingles(x.at) {
			if err := r.room(b, x.at); err != nil {
				return err
			}
		}
		if err := b.add(x, r.texts); err != nil {
			return err
		}
	}
	return nil
}

// mingles reports whether what is open must go before something at a time.
func (r *reading) mingles(at int64) bool {
	return len(r.open) > 1 && at-r.open[0].batch.Items[0].At > mingle
}

// room makes room in b for an experience at a time.
func (r *reading) room(b *builder, at int64) error {
	if len(b.batch.Items) > 0 || r.mingles(at) {
		if err := r.giveAll(); err != nil {
			return err
		}
	}
	if !slices.Contains(r.open, b) {
		r.open = append(r.open, b)
	}
	return nil
}

func (r *reading) giveAll() error {
	for _, b := range r.open {
		if err := r.give(&b.batch); err != nil {
			return err
		}
		b.batch.Items = b.batch.Items[:0]
		if b.full() {
			b.empty()
		}
	}
	r.open = r.open[:0]
	return nil
}

func (r *reading) builder(source uint32) *builder {
	for int(source) >= len(r.builders) {
		r.builders = append(r.builders, nil)
	}
	if r.builders[source] == nil {
		b := &builder{}
		b.empty()
		b.batch.Source = fromText(r.texts.list[source])
		b.batch.Items = make([]experience.Experience, 0, 1024)
		r.builders[source] = b
	}
	return r.builders[source]
}

// full reports whether one more name could be one too many.
func (b *builder) full() bool {
	const most = 1<<16 - 2
	return len(b.batch.Journeys) >= most || len(b.batch.Steps) >= most || len(b.batch.Labels) >= most
}

// empty forgets all names.
func (b *builder) empty() {
	b.batch.Journeys, b.batch.Steps, b.batch.Labels = nil, []string{""}, [][]experience.Label{nil}
	clear(b.journeys)
	clear(b.steps)
	clear(b.labels)
}

func (b *builder) add(x *row, t *texts) error {
	if len(b.journeys) < len(t.list) {
		more := len(t.list) - len(b.journeys)
		b.journeys = append(b.journeys, make([]uint16, more)...)
		b.steps = append(b.steps, make([]uint16, more)...)
		b.labels = append(b.labels, make([]uint16, more)...)
	}
	journey := b.journeys[x.journey]
	if journey == 0 {
		b.batch.Journeys = append(b.batch.Journeys, fromText(t.list[x.journey]))
		journey = uint16(len(b.batch.Journeys))
		b.journeys[x.journey] = journey
	}
	step := b.steps[x.step]
	if step == 0 && x.step != 0 {
		b.batch.Steps = append(b.batch.Steps, fromText(t.list[x.step]))
		step = uint16(len(b.batch.Steps))
		b.steps[x.step] = step
	}
	labels := b.labels[x.labels]
	if labels == 0 && x.labels != 0 {
		set, err := labelsOf(t.list[x.labels])
		if err != nil {
			return err
		}
		labels = 1
		if len(set) > 0 {
			b.batch.Labels = append(b.batch.Labels, set)
			labels = uint16(len(b.batch.Labels))
		}
		b.labels[x.labels] = labels
	}
	b.batch.Items = append(b.batch.Items, experience.Experience{
		Person: experience.Person(x.person), At: x.at, Wait: x.wait, Cause: x.cause, Mask: x.mask,
		Journey: journey - 1, Step: max(step, 1) - 1, Labels: max(labels, 1) - 1,
		Part: x.flags&flagPart != 0, Critical: x.flags&flagCritical != 0, Rage: x.flags&flagRage != 0,
	})
	return nil
}
