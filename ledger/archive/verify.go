package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/honderd/honderd/ledger"
)

// Damage is the error of a file that is not what was written.
type Damage struct {
	Name        string
	From, To    time.Time       // of its first and last experience; zero: it holds none
	First, Last ledger.Sequence // of the records that it holds something of
	Rows        int64           // experiences or facts in it
	Reason      error
}

// Error says which file, which time and why.
func (d *Damage) Error() string {
	when := fmt.Sprintf("records %d to %d", d.First, d.Last)
	if !d.From.IsZero() {
		when = fmt.Sprintf("%d experiences from %s to %s", d.Rows, d.From.Format(time.RFC3339), d.To.Format(time.RFC3339))
	}
	return fmt.Sprintf("%s, with %s: %v (fix: put the file back from a backup)", d.Name, when, d.Reason)
}

// Unwrap returns why.
func (d *Damage) Unwrap() error { return d.Reason }

func damage(f *file, reason error) error {
	d := &Damage{Name: f.Name, First: f.First, Last: f.Last, Rows: f.Rows, Reason: reason}
	if f.isExperiences() {
		d.From, d.To = time.UnixMilli(f.From).UTC(), time.UnixMilli(f.To).UTC()
	}
	return d
}

// errBytes is why bytes are not those of a file.
var errBytes = errors.New("its checksum does not match")

// fetch returns the bytes of a file, which are those that were written. Otherwise it is a
// Damage.
func (a *Archive) fetch(ctx context.Context, f *file) ([]byte, error) {
	p, err := a.store.Get(ctx, f.Name)
	if isGone(err) {
		return nil, damage(f, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read archive: %w", err)
	}
	if int64(len(p)) != f.Bytes {
		return nil, damage(f, fmt.Errorf("it has %d bytes, not %d", len(p), f.Bytes))
	}
	if sum(p) != f.Sum {
		return nil, damage(f, errBytes)
	}
	return p, nil
}

// examine reports whether p is the file f, by all that can be known of it.
func examine(p []byte, f *file) error {
	if int64(len(p)) != f.Bytes || sum(p) != f.Sum {
		return errBytes
	}
	if f.isFacts() {
		_, err := decodeFacts(p, f)
		return err
	}
	t := newTexts()
	c, err := newCursor(p, f, t, allColumns)
	if err != nil {
		return err
	}
	defer c.close()
	s, n, last := newRowSum(), int64(0), row{}
	for {
		if r, err := c.head(); err != nil || r == nil {
			want, _ := c.open.Lookup(keySum)
			if err == nil && (n != f.Rows || s.text() != want) {
				err = fmt.Errorf("%w: its rows are not those that were written", errRows)
			}
			return err
		}
		for i := range c.rows {
			if r := &c.rows[i]; r.before(&last) || r.at < f.From || r.at > f.To || r.seq < f.First || r.seq > f.Last {
				return fmt.Errorf("%w: its rows are not in order", errRows)
			}
			last = c.rows[i]
		}
		s.add(c.rows, t)
		n += int64(len(c.rows))
		c.rows = nil
	}
}

// Verify reads the whole archive back and returns every file that is not what was
// written. progress, which may be nil, hears how many bytes of how many were read.
func (a *Archive) Verify(ctx context.Context, progress func(read, total int64)) ([]*Damage, error) {
	m, leave := a.enter()
	defer leave(context.WithoutCancel(ctx))
	var list []*Damage
	var read, total int64
	for i := range m.Files {
		total += m.Files[i].Bytes
	}
	for i := range m.Files {
		f := &m.Files[i]
		p, err := a.fetch(ctx, f)
		if err == nil {
			if reason := examine(p, f); reason != nil {
				err = damage(f, reason)
			}
		}
		if found, is := errors.AsType[*Damage](err); is {
			list = append(list, found)
		} else if err != nil {
			return list, err
		}
		if read += f.Bytes; progress != nil {
			progress(read, total)
		}
		if err := ctx.Err(); err != nil {
			return list, err
		}
	}
	return list, nil
}
