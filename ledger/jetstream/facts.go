package jetstream

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/honderd/honderd/ledger"
)

// public returns the subject of a record as the ledger says it: a fact is filed under
// its key too, which readers find in its data.
func public(subject string) string {
	subject = strings.TrimPrefix(subject, subjectPrefix)
	if strings.HasPrefix(subject, ledger.FactSubject("")) {
		if i := strings.LastIndexByte(subject, '.'); i > len(ledger.FactSubject("")) {
			return subject[:i]
		}
	}
	return subject
}

// factPlace returns the subject of the stream for one fact. A key may hold anything, so
// it is written in letters that a subject may have.
func factPlace(kind, key string) string {
	return subjectPrefix + ledger.FactSubject(kind) + "." + base64.RawURLEncoding.EncodeToString([]byte(key))
}

// isFact reports whether a subject of the stream is of a fact.
func isFact(subject string) bool {
	return strings.HasPrefix(subject, subjectPrefix+ledger.FactSubject(""))
}

// Put keeps f as the next version of its kind and key. Of many who put the same version
// at the same time, in whatever process, exactly one does not get ledger.ErrConflict.
func (l *Ledger) Put(ctx context.Context, expected uint64, f ledger.Fact) (ledger.Fact, error) {
	if err := ctx.Err(); err != nil {
		return ledger.Fact{}, err
	}
	if f.Time.IsZero() {
		f.Time = time.Now()
	}
	f.Version, f.Time = expected+1, f.Time.UTC().Round(0)
	data, err := f.Encode()
	if err != nil {
		return ledger.Fact{}, fmt.Errorf("ledger %s: %w", l.where, err)
	}
	try := rand.Text()
	for range 3 { // the stream may have been left between our look and our record
		before, err := l.newest(ctx, f, expected)
		if err != nil {
			return ledger.Fact{}, err
		}
		m := message(factPlace(f.Kind, f.Key), "", data)
		m.Header.Set(afterHeader, strconv.FormatUint(uint64(before), 10))
		m.Header.Set(tryHeader, try)
		place, _, err := l.keep(ctx, m)
		if isConflict(err) {
			place, err = l.ownTry(ctx, m, err)
		}
		if err == nil {
			f, _, err = ledger.ParseFact(ledger.Record{Sequence: place, Subject: ledger.FactSubject(f.Kind), Data: data})
			return f, err
		}
		if !isConflict(err) {
			return ledger.Fact{}, err
		}
	}
	return ledger.Fact{}, fmt.Errorf("fact %s %q: %w", f.Kind, f.Key, ledger.ErrConflict)
}

// ownTry returns the place of the newest record of the subject of m if it is of the same
// call: its answer was lost, and it was sent again. Else it returns the conflict.
func (l *Ledger) ownTry(ctx context.Context, m *nats.Msg, conflict error) (place ledger.Sequence, err error) {
	err = l.withEngine(ctx, func(e *engine) error {
		there, at, err := e.storedAt(ctx, streamName, storedRequest{Last: m.Subject})
		if err == nil && (there == nil || there.Header.Get(tryHeader) != m.Header.Get(tryHeader)) {
			return conflict
		}
		place = at
		return err
	})
	return place, err
}

// newest returns the place of the newest version of the key of f, 0 for none, and
// ledger.ErrConflict when it is not the expected one.
func (l *Ledger) newest(ctx context.Context, f ledger.Fact, expected uint64) (place ledger.Sequence, err error) {
	var version uint64
	err = l.withEngine(ctx, func(e *engine) error {
		m, at, err := e.storedAt(ctx, streamName, storedRequest{Last: factPlace(f.Kind, f.Key)})
		if err != nil {
			return err
		}
		place, version = at, 0
		if at == 0 {
			return nil
		}
		var data []byte
		if m != nil {
			data = m.Data
		} else if r, ok, err := e.healed(ctx, at); err != nil {
			return err
		} else if ok {
			data = r.Data
		} else {
			return ledger.Missing{From: at, To: at}
		}
		old, _, err := ledger.ParseFact(ledger.Record{Sequence: at, Subject: ledger.FactSubject(f.Kind), Data: data})
		version = old.Version
		return err
	})
	if err == nil && version != expected {
		err = fmt.Errorf("fact %s %q is at version %d, not %d: %w", f.Kind, f.Key, version, expected, ledger.ErrConflict)
	}
	return place, err
}

// Versions returns all versions of one key, the first one first. One that is missing
// between them is an error.
func (l *Ledger) Versions(ctx context.Context, kind, key string) ([]ledger.Fact, error) {
	if err := ledger.CheckFactName(kind, key); err != nil {
		return nil, err
	}
	list, err := l.facts(ctx, factPlace(kind, key))
	if err != nil {
		return nil, err
	}
	for i, f := range list {
		if f.Version != uint64(i)+1 {
			return nil, fmt.Errorf("ledger %s: version %d of fact %s %q can no longer be read (fix: heal the ledger from its archive)", l.where, i+1, kind, key)
		}
	}
	return list, nil
}

// Newest returns the newest version of each key of that kind, in the order of the keys.
func (l *Ledger) Newest(ctx context.Context, kind string) ([]ledger.Fact, error) {
	if err := ledger.CheckFactName(kind, "any"); err != nil {
		return nil, err
	}
	list, err := l.facts(ctx, subjectPrefix+ledger.FactSubject(kind)+".>")
	if err != nil {
		return nil, err
	}
	newest := make(map[string]ledger.Fact)
	for _, f := range list {
		if f.Version > newest[f.Key].Version {
			newest[f.Key] = f
		}
	}
	list = list[:0]
	for _, f := range newest {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b ledger.Fact) int { return cmp.Compare(a.Key, b.Key) })
	return list, nil
}

// facts returns all facts below a subject, in order, with those that were healed. On a
// cluster a copy answers that may be behind: it is asked again until it has what the
// leader has, so that who put a fact reads it.
func (l *Ledger) facts(ctx context.Context, subject string) (list []ledger.Fact, err error) {
	if _, err := l.Last(ctx); err != nil {
		return nil, err
	}
	err = l.withEngine(ctx, func(e *engine) error {
		ctx, cancel := context.WithTimeout(ctx, e.patience())
		defer cancel()
		for {
			var seen ledger.Sequence
			if list, seen, err = l.factsHere(ctx, e, subject); err != nil {
				return err
			}
			behind, err := e.behind(ctx, subject, seen)
			if err != nil || !behind {
				return errors.Join(err, e.addHealed(ctx, subject, &list))
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("the copy of the ledger that answers stays behind: %w", ctx.Err())
			case <-time.After(lag):
			}
		}
	})
	return list, err
}

// lag is how long a copy of the stream gets to receive what the leader has.
const lag = 20 * time.Millisecond

// factsHere returns the facts below a subject as whoever answers first has them, and the
// place of the last one.
func (l *Ledger) factsHere(ctx context.Context, e *engine, subject string) (list []ledger.Fact, seen ledger.Sequence, err error) {
	b, err := newBatches(e, l)
	if err != nil {
		return nil, 0, err
	}
	defer b.close()
	for next := ledger.Sequence(1); ; {
		run, err := b.facts(ctx, subject, next)
		if err != nil || len(run) == 0 {
			return list, seen, err
		}
		for _, r := range run {
			seen = max(seen, r.Sequence)
			next = max(next, r.Sequence) + 1
			f, ok, err := ledger.ParseFact(r)
			if err != nil {
				return nil, 0, err
			}
			if ok {
				list = append(list, f)
			}
		}
	}
}

// behind reports whether the leader has a readable record below subject after seen.
func (e *engine) behind(ctx context.Context, subject string, seen ledger.Sequence) (bool, error) {
	if !e.shared {
		return false, nil
	}
	m, at, err := e.storedAt(ctx, streamName, storedRequest{Last: subject})
	return m != nil && at > seen, err
}

// addHealed adds the healed facts below a subject to list, and puts it in order.
func (e *engine) addHealed(ctx context.Context, subject string, list *[]ledger.Fact) error {
	places, err := e.healedPlaces(ctx)
	if err != nil {
		return err
	}
	for _, place := range places {
		r, ok, err := e.healed(ctx, place)
		if err != nil {
			return err
		}
		f, isFact, err := ledger.ParseFact(r)
		if err != nil {
			return err
		}
		own := factPlace(f.Kind, f.Key)
		if ok && isFact && (own == subject || strings.HasPrefix(own, strings.TrimSuffix(subject, ">"))) {
			*list = append(*list, f)
		}
	}
	slices.SortFunc(*list, func(a, b ledger.Fact) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Version, b.Version))
	})
	*list = slices.CompactFunc(*list, func(a, b ledger.Fact) bool { return a.Key == b.Key && a.Version == b.Version })
	return nil
}
