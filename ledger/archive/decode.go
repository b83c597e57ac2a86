package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
)

// errRows is why a file of experiences cannot be read.
var errRows = errors.New("damaged file of experiences")

// piece is how many rows are decoded at once.
const piece = 4096

// Columns that a reader can do without.
type columns uint8

const (
	columnSteps columns = 1 << iota
	columnLabels
	columnSources
	allColumns = columnSteps | columnLabels | columnSources
)

// cursor reads a file of experiences, in order.
type cursor struct {
	file   *file
	open   *parquet.File
	texts  *texts
	want   columns
	groups []parquet.RowGroup // that are not read yet
	left   int64              // rows of the group that are not decoded yet
	list   []*column          // of the group, in the order of fields
	rows   []row              // decoded and not taken yet
	room   []row
}

// newCursor returns a cursor of a file whose bytes are those that were written: p has
// been checked. Its texts go to t.
func newCursor(p []byte, f *file, t *texts, want columns) (*cursor, error) {
	var open *parquet.File
	if err := guard(func() (err error) { open, err = openRows(p, f); return err }); err != nil {
		return nil, damage(f, err)
	}
	return &cursor{file: f, open: open, texts: t, want: want, groups: open.RowGroups()}, nil
}

// openRows opens a file of experiences and looks whether it is one.
func openRows(p []byte, f *file) (*parquet.File, error) {
	open, err := parquet.OpenFile(bytes.NewReader(p), int64(len(p)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRows, err)
	}
	version, _ := open.Lookup(keyVersion)
	if n, err := strconv.Atoi(version); err != nil || n > rowsVersion {
		return nil, fmt.Errorf("%w: version %q: this program reads version %d (fix: use a newer honderd)", errRows, version, rowsVersion)
	}
	names := meanings()
	leaves := open.Root().Columns()
	if len(leaves) != len(names) || open.NumRows() != f.Rows {
		return nil, fmt.Errorf("%w: %d columns of %d rows, not %d of %d", errRows, len(leaves), open.NumRows(), len(names), f.Rows)
	}
	for i, leaf := range leaves {
		if leaf.Name() != names[i][0] || !leaf.Leaf() || !leaf.Required() {
			return nil, fmt.Errorf("%w: column %d is %s, not %s", errRows, i, leaf.Name(), names[i][0])
		}
	}
	return open, nil
}

// guard turns a panic of the library in f into an error: it is a damaged file, not our
// bug.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errRows, p)
		}
	}()
	return f()
}

// head returns the first row that was not taken, nil at the end.
func (c *cursor) head() (r *row, err error) {
	if len(c.rows) == 0 {
		if err := guard(c.decode); err != nil {
			return nil, damage(c.file, err)
		}
		if len(c.rows) == 0 {
			return nil, nil
		}
	}
	return &c.rows[0], nil
}

// decode decodes the next rows, none at the end.
func (c *cursor) decode() error {
	for c.left == 0 {
		c.close()
		if len(c.groups) == 0 {
			return nil
		}
		group := c.groups[0]
		c.groups, c.left = c.groups[1:], group.NumRows()
		for _, chunk := range group.ColumnChunks() {
			c.list = append(c.list, &column{pages: chunk.Pages(), texts: c.texts})
		}
	}
	n := int(min(c.left, piece))
	if c.room == nil {
		c.room = make([]row, piece)
	}
	rows := c.room[:n]
	clear(rows)
	for i, field := range fields() {
		if field.optional != 0 && c.want&field.optional == 0 {
			continue
		}
		if err := c.list[i].read(rows, &field); err != nil {
			return fmt.Errorf("%w: column %s: %w", errRows, meanings()[i][0], err)
		}
	}
	c.left -= int64(n)
	c.rows = rows
	return nil
}

// close gives back what the cursor holds of its group.
func (c *cursor) close() {
	for _, one := range c.list {
		one.close()
	}
	c.list = c.list[:0]
}

// field says where the values of a column go.
type field struct {
	optional columns                        // 0: it is always read
	number   func(r *row, v uint64)         // of a number
	text     func(r *row, id uint32)        // of a text
	word     func(s string) (uint32, error) // of a text: what goes to text in the place of an id
	flag     uint8                          // of a truth
}

// fields are those of record, in its order.
func fields() []field {
	return []field{
		{number: func(r *row, v uint64) { r.at = int64(v) }},
		{number: func(r *row, v uint64) { r.person = v }},
		{number: func(r *row, v uint64) { r.wait = uint32(v) }},
		{text: func(r *row, id uint32) { r.journey = id }},
		{optional: columnSteps, text: func(r *row, id uint32) { r.step = id }},
		{optional: columnLabels, text: func(r *row, id uint32) { r.labels = id }},
		{text: func(r *row, id uint32) { r.cause = experience.Cause(id) }, word: causeOf},
		{text: func(r *row, id uint32) { r.mask = experience.Mask(id) }, word: maskOf},
		{flag: flagPart},
		{flag: flagCritical},
		{flag: flagRage},
		{optional: columnSources, text: func(r *row, id uint32) { r.source = id }},
		{number: func(r *row, v uint64) { r.seq = ledger.Sequence(v) }},
	}
}

func causeOf(word string) (uint32, error) {
	for _, c := range append(experience.Causes(), experience.Fine) {
		if c.String() == word {
			return uint32(c), nil
		}
	}
	return 0, fmt.Errorf("cause %q is not known (fix: use a newer honderd)", word)
}

func maskOf(word string) (uint32, error) {
	for _, m := range append(experience.Masks(), experience.Unmasked) {
		if m.String() == word {
			return uint32(m), nil
		}
	}
	return 0, fmt.Errorf("mask %q is not known (fix: use a newer honderd)", word)
}

// column reads a column of a group, page after page.
type column struct {
	pages   parquet.Pages
	page    parquet.Page
	at      int // values of page that were read
	texts   *texts
	ids     []uint32 // of the dictionary of a column of texts
	numbers []uint64 // of one of numbers
	known   bool     // ids or numbers are filled
}

func (c *column) close() {
	if c.page != nil {
		parquet.Release(c.page)
		c.page = nil
	}
	_ = c.pages.Close() // it only gives memory back
}

// read puts the next values into rows.
func (c *column) read(rows []row, to *field) error {
	for len(rows) > 0 {
		for c.page == nil || c.at == int(c.page.NumValues()) {
			if c.page != nil {
				parquet.Release(c.page)
				c.page = nil
			}
			page, err := c.pages.ReadPage()
			if errors.Is(err, io.EOF) {
				return io.ErrUnexpectedEOF
			}
			if err != nil {
				return err
			}
			c.page, c.at = page, 0
			if page.NumNulls() != 0 {
				return errors.New("it has gaps")
			}
		}
		n := min(len(rows), int(c.page.NumValues())-c.at)
		if err := c.fill(rows[:n], to); err != nil {
			return err
		}
		rows, c.at = rows[n:], c.at+n
	}
	return nil
}

// fill puts values of the page into rows.
func (c *column) fill(rows []row, to *field) error {
	data := c.page.Data()
	dictionary := c.page.Dictionary()
	switch {
	case to.flag != 0:
		set := data.Boolean()
		for i := range rows {
			if set[(c.at+i)/8]>>((c.at+i)%8)&1 != 0 {
				rows[i].flags |= to.flag
			}
		}
	case to.text != nil:
		if dictionary == nil {
			return errors.New("it has no dictionary")
		}
		if err := c.learnTexts(dictionary, to); err != nil {
			return err
		}
		for i, id := range data.Int32()[c.at:][:len(rows)] {
			to.text(&rows[i], c.ids[id])
		}
	case dictionary != nil:
		c.learnNumbers(dictionary)
		for i, id := range data.Int32()[c.at:][:len(rows)] {
			to.number(&rows[i], c.numbers[id])
		}
	default:
		for i, v := range data.Int64()[c.at:][:len(rows)] {
			to.number(&rows[i], uint64(v))
		}
	}
	return nil
}

func (c *column) learnTexts(d parquet.Dictionary, to *field) error {
	if c.known {
		return nil
	}
	c.known = true
	for i := range d.Len() {
		text := string(d.Index(int32(i)).ByteArray())
		if to.word == nil {
			c.ids = append(c.ids, c.texts.id(text))
			continue
		}
		id, err := to.word(text)
		if err != nil {
			return err
		}
		c.ids = append(c.ids, id)
	}
	return nil
}

func (c *column) learnNumbers(d parquet.Dictionary) {
	if c.known {
		return
	}
	c.known = true
	for i := range d.Len() {
		v := d.Index(int32(i))
		if v.Kind() == parquet.Int32 {
			c.numbers = append(c.numbers, uint64(v.Uint32()))
		} else {
			c.numbers = append(c.numbers, v.Uint64())
		}
	}
}
