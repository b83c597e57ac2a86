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
	numbers numbers // of out
	read    bool    // some log had a line
}

// numbers number what the experiences of a batch point at.
type numbers struct {
	journeys, steps names
	labels          labelSets
}

// open makes n ready to add to b.
func (n *numbers) open(b *experience.Batch) {
	n.journeys.open(b.Journeys)
	n.steps.open(b.Steps)
	n.labels.open(&b.Labels)
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
	journeys []int // of the batch at hand: their numbers in the batch that goes out; 0: not known, else one more
	steps    []int
	labels   []int
	before   []experience.Formerly // of the batch at hand, from i on
}

// forget makes h number all anew: another batch is at hand, or goes out.
func (h *head) forget() { h.journeys, h.steps, h.labels = nil, nil, nil }

func (w *Whole) newMerge() (*merge, error) {
	m := &merge{whole: w, numbers: numbers{journeys: newNames(), steps: newNames(), labels: newLabelSets()}}
	var errs []error
	for _, path := range w.Paths {
		at, err := w.peek(path)
		if err != nil {
			errs = append(errs, err)
		}
		m.waiting = append(m.waiting, begin{path, at})
	}
	m.begin()
	slices.SortStableFunc(m.waiting, func(a, b begin) int { return cmp.Compare(a.at, b.at) })
	m.out.Reset()
	m.numbers.open(&m.out)
	return m, errors.Join(errs...)
}

// begin counts salts from the day of the earliest line.
func (m *merge) begin() {
	at := int64(0)
	for _, one := range m.waiting {
		if one.at > 0 && (at == 0 || one.at < at) {
			at = one.at
		}
	}
	if salts := m.whole.Parser.o.Salts; at > 0 {
		salts.Begin(at)
	}
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
		m.take(h)
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
		h.i, h.before = 0, h.batches[0].Formerly
		h.forget()
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
	m.numbers.open(&m.out)
	for _, h := range m.open {
		h.forget()
	}
	return err
}

func (h *head) time() int64 { return h.batches[0].Items[h.i].At }

// take moves the experience at hand of h to what goes out.
func (m *merge) take(h *head) {
	b := h.batches[0]
	e := b.Items[h.i]
	h.i++
	if h.journeys == nil {
		h.journeys, h.steps, h.labels = make([]int, len(b.Journeys)), make([]int, len(b.Steps)), make([]int, len(b.Labels))
	}
	e.Journey = renumber(h.journeys, e.Journey, func() uint16 {
		return m.numbers.journeys.index([]byte(b.Journeys[e.Journey]), &m.out.Journeys)
	})
	if e.Step != 0 {
		e.Step = renumber(h.steps, e.Step, func() uint16 {
			return m.numbers.steps.index([]byte(b.Steps[e.Step]), &m.out.Steps)
		})
	}
	if e.Labels != 0 {
		e.Labels = renumber(h.labels, e.Labels, func() uint16 {
			return m.numbers.labels.index(keyOf(b.Labels[e.Labels]), &m.out.Labels)
		})
	}
	if len(h.before) > 0 && h.before[0].Item == h.i-1 {
		m.out.Formerly = append(m.out.Formerly, experience.Formerly{Item: len(m.out.Items), Person: h.before[0].Person})
		h.before = h.before[1:]
	}
	m.out.Items = append(m.out.Items, e)
}

// renumber returns the number in the batch that goes out of what has number n in the
// batch at hand; known keeps it, plus one, for the next time.
func renumber(known []int, n uint16, find func() uint16) uint16 {
	if int(n) >= len(known) {
		return n
	}
	if known[n] == 0 {
		known[n] = int(find()) + 1
	}
	return uint16(known[n] - 1)
}
