package accesslog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/source"
)

// A merge reads several logs as one, in the order of time. Only those whose time has
// come are open.
type merge struct {
	whole   *Whole
	waiting []begin // earliest first
	open    []*head
	out     experience.Batch
	read    bool // some log had a line
}

// A begin is a log that is not open yet and when it begins.
type begin struct {
	path string
	at   int64
}

// A head is an open log and where in it we are.
type head struct {
	*reading
	batches  []*experience.Batch // the first is at hand
	i        int
	journeys []uint16 // of the batch at hand: their numbers in the batch that goes out
	steps    []uint16
}

func (w *Whole) newMerge() (*merge, error) {
	m := &merge{whole: w}
	var errs []error
	for _, path := range w.Paths {
		at, err := w.peek(path)
		if err != nil {
			errs = append(errs, err)
		}
		m.waiting = append(m.waiting, begin{path, at})
	}
	slices.SortStableFunc(m.waiting, func(a, b begin) int { return cmp.Compare(a.at, b.at) })
	m.out.Reset()
	return m, errors.Join(errs...)
}

func (m *merge) run(ctx context.Context, sink source.Sink) error {
	for {
		if err := m.openDue(ctx); err != nil {
			return err
		}
		if len(m.open) == 0 {
			break
		}
		h := slices.MinFunc(m.open, func(a, b *head) int { return cmp.Compare(a.time(), b.time()) })
		if len(m.out.Items) == experience.MaxBatch {
			if err := m.flush(ctx, sink); err != nil {
				return err
			}
		}
		h.take(&m.out)
		if err := m.settle(h); err != nil {
			return err
		}
	}
	if !m.read {
		return fmt.Errorf("read %d logs: %w (fix: wait until somebody came, or name other logs)", len(m.whole.Paths), ErrEmpty)
	}
	return m.flush(ctx, sink)
}

// openDue opens the logs that begin before the next experience.
func (m *merge) openDue(ctx context.Context) error {
	for len(m.waiting) > 0 {
		next := m.waiting[0]
		for _, h := range m.open {
			if h.time() < next.at {
				return nil
			}
		}
		m.waiting = m.waiting[1:]
		r, err := m.whole.start(ctx, next.path)
		if errors.Is(err, ErrEmpty) {
			continue
		}
		if err != nil {
			return err
		}
		m.read = true
		h := &head{reading: r}
		m.open = append(m.open, h)
		if err := m.settle(h); err != nil {
			return err
		}
	}
	return nil
}

// settle makes h stand at its next experience, or closes it.
func (m *merge) settle(h *head) error {
	for len(h.batches) == 0 || h.i == len(h.batches[0].Items) {
		if len(h.batches) > 0 {
			h.release(h.batches[0])
			h.batches = h.batches[1:]
		}
		if len(h.batches) == 0 {
			var err error
			if h.batches, err = h.next(); err != nil {
				return err
			}
			if h.batches == nil {
				m.open = slices.DeleteFunc(m.open, func(o *head) bool { return o == h })
				return nil
			}
		}
		h.i, h.journeys, h.steps = 0, nil, nil
		m.count(h.batches[0])
	}
	return nil
}

// count adds the tally of b to what goes out next.
func (m *merge) count(b *experience.Batch) {
	m.out.Tally.Add(&b.Tally)
	m.out.Tally.Addresses = append(m.out.Tally.Addresses, b.Tally.Addresses...)
}

func (m *merge) flush(ctx context.Context, sink source.Sink) error {
	m.out.Source = "accesslog"
	err := sink(ctx, &m.out)
	m.out.Reset()
	for _, h := range m.open {
		h.journeys, h.steps = nil, nil
	}
	return err
}

func (h *head) time() int64 { return h.batches[0].Items[h.i].At }

// take moves the experience at hand to out.
func (h *head) take(out *experience.Batch) {
	b := h.batches[0]
	e := b.Items[h.i]
	h.i++
	if h.journeys == nil {
		h.journeys, h.steps = make([]uint16, len(b.Journeys)), make([]uint16, len(b.Steps))
	}
	if int(e.Journey) < len(h.journeys) {
		e.Journey = renumber(&out.Journeys, b.Journeys[e.Journey], &h.journeys[e.Journey])
	}
	if e.Step != 0 && int(e.Step) < len(h.steps) {
		e.Step = renumber(&out.Steps, b.Steps[e.Step], &h.steps[e.Step])
	}
	out.Items = append(out.Items, e)
}

// renumber returns the number of name in list, to which it is added when it is new;
// known keeps the number, plus one, for the next time.
func renumber(list *[]string, name string, known *uint16) uint16 {
	if *known == 0 {
		i := slices.Index(*list, name)
		if i < 0 {
			i = len(*list)
			*list = append(*list, name)
		}
		*known = uint16(i + 1)
	}
	return *known - 1
}
