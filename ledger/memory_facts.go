package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// factName is what tells facts apart.
type factName struct{ kind, key string }

// Put keeps f as the next version of its kind and key.
func (m *Memory) Put(ctx context.Context, expected uint64, f Fact) (Fact, error) {
	if err := ctx.Err(); err != nil {
		return Fact{}, err
	}
	if f.Time.IsZero() {
		f.Time = time.Now()
	}
	f.Version, f.Time = expected+1, f.Time.UTC().Round(0)
	data, err := f.Encode()
	if err != nil {
		return Fact{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.isClosed() {
		return Fact{}, ErrClosed
	}
	name := factName{f.Kind, f.Key}
	if newest := uint64(len(m.facts[name])); newest != expected {
		return Fact{}, fmt.Errorf("fact %s %q is at version %d, not %d: %w", f.Kind, f.Key, newest, expected, ErrConflict)
	}
	f, _, err = ParseFact(Record{Subject: FactSubject(f.Kind), Data: data}) // as every ledger gives it back
	if err != nil {
		return Fact{}, err
	}
	m.facts[name] = append(m.facts[name], f)
	m.add(FactSubject(f.Kind), data)
	return f, nil
}

// Versions returns all versions of one key, the first one first.
func (m *Memory) Versions(ctx context.Context, kind, key string) ([]Fact, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := CheckFactName(kind, key); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.isClosed() {
		return nil, ErrClosed
	}
	return copies(m.facts[factName{kind, key}]), nil
}

// Newest returns the newest version of each key of that kind, in the order of the keys.
func (m *Memory) Newest(ctx context.Context, kind string) ([]Fact, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.isClosed() {
		return nil, ErrClosed
	}
	var list []Fact
	for name, versions := range m.facts {
		if name.kind == kind {
			list = append(list, versions[len(versions)-1])
		}
	}
	slices.SortFunc(list, func(a, b Fact) int { return cmp.Compare(a.Key, b.Key) })
	return copies(list), nil
}

// copies returns facts whose bodies the caller may change.
func copies(list []Fact) []Fact {
	list = slices.Clone(list)
	for i := range list {
		list[i].Body = slices.Clone(list[i].Body)
	}
	return list
}

// Trim removes the records of these subjects up to the given place, without any all but
// facts.
func (m *Memory) Trim(ctx context.Context, upTo Sequence, subjects ...string) error {
	if err := errors.Join(ctx.Err(), CheckTrim(subjects)); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.isClosed():
		return ErrClosed
	case upTo > m.last:
		return fmt.Errorf("trim up to %d: the newest record is %d", upTo, m.last)
	case upTo <= m.trimmed && len(subjects) == 0:
		return nil
	}
	var stay []Record // a new list: somebody may be reading the old one
	for _, r := range m.records {
		if r.Sequence > upTo || strings.HasPrefix(r.Subject, factSubject+".") || len(subjects) > 0 && !slices.Contains(subjects, r.Subject) {
			stay = append(stay, r)
		}
	}
	m.records, m.trimmed = stay, max(m.trimmed, upTo)
	return nil
}

// Trimmed returns the place up to which records were removed, 0 when none was.
func (m *Memory) Trimmed(ctx context.Context) (Sequence, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.isClosed() {
		return 0, ErrClosed
	}
	return m.trimmed, nil
}
