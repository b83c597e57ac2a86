package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Memory is a ledger that forgets everything at the end of the process: for
// reports, which keep nothing, and for tests. It remembers every id.
type Memory struct {
	mu      sync.Mutex
	records []Record            // in order; never changed once there
	last    Sequence            // of the newest record
	trimmed Sequence            // up to where records were removed
	facts   map[factName][]Fact // all versions
	ids     map[string]Sequence // where the record with this id is
	grown   chan struct{}       // closed and replaced at every Append
	closed  chan struct{}       // closed by Close
}

var (
	_ Ledger  = (*Memory)(nil)
	_ Trimmer = (*Memory)(nil)
	_ Facts   = (*Memory)(nil)
)

// NewMemory returns an empty ledger in memory.
func NewMemory() *Memory {
	return &Memory{
		facts:  make(map[factName][]Fact),
		ids:    make(map[string]Sequence),
		grown:  make(chan struct{}),
		closed: make(chan struct{}),
	}
}

// Append keeps a copy of data and returns its place.
func (m *Memory) Append(ctx context.Context, subject, id string, data []byte) (Sequence, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := CheckRecord(subject, id, data); err != nil {
		return 0, fmt.Errorf("append: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.isClosed() {
		return 0, ErrClosed
	}
	if first, ok := m.ids[id]; ok && id != "" {
		return first, ErrTwice
	}
	place := m.add(subject, slices.Clone(data))
	if id != "" {
		m.ids[id] = place
	}
	return place, nil
}

// add adds a record, under the lock, and wakes who follows.
func (m *Memory) add(subject string, data []byte) Sequence {
	m.last++
	m.records = append(m.records, Record{Sequence: m.last, Subject: subject, Data: data, Kept: time.Now().UnixMilli()})
	close(m.grown)
	m.grown = make(chan struct{})
	return m.last
}

// Read calls f for each record after the given place that is there now.
func (m *Memory) Read(ctx context.Context, after Sequence, f func(Record) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	records, _, err := m.since(after)
	if err != nil {
		return err
	}
	return m.each(ctx, records, f)
}

// Follow is Read that waits for further records until ctx ends or the ledger is
// closed.
func (m *Memory) Follow(ctx context.Context, after Sequence, f func(Record) error) error {
	for {
		if ctx.Err() != nil {
			return nil
		}
		records, grown, err := m.since(after)
		if err != nil {
			return err
		}
		if len(records) > 0 {
			after = records[len(records)-1].Sequence
		}
		if err := m.each(ctx, records, f); err != nil {
			if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
				return nil
			}
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-m.closed:
			return ErrClosed
		case <-grown:
		}
	}
}

// Last returns the place of the newest record, 0 when there is none.
func (m *Memory) Last(ctx context.Context) (Sequence, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.isClosed() {
		return 0, ErrClosed
	}
	return m.last, nil
}

// Close ends every Follow. Closing twice is harmless.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.isClosed() {
		close(m.closed)
	}
	return nil
}

// each calls f for records until one fails, ctx ends or the ledger is closed.
func (m *Memory) each(ctx context.Context, records []Record, f func(Record) error) error {
	if m.isClosed() {
		return ErrClosed
	}
	for _, r := range records {
		if err := ctx.Err(); err != nil {
			return err
		}
		if m.isClosed() {
			return ErrClosed
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

// since returns the records after the given place and what is closed when there
// are more. The records may be read without the lock: they never change.
func (m *Memory) since(after Sequence) ([]Record, <-chan struct{}, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.isClosed() {
		return nil, nil, ErrClosed
	}
	if after > 0 && after < m.trimmed {
		return nil, nil, Trimmed{UpTo: m.trimmed}
	}
	i, _ := slices.BinarySearchFunc(m.records, after, func(r Record, after Sequence) int {
		if r.Sequence <= after {
			return -1
		}
		return 1
	})
	return m.records[i:len(m.records):len(m.records)], m.grown, nil
}

func (m *Memory) isClosed() bool {
	select {
	case <-m.closed:
		return true
	default:
		return false
	}
}
