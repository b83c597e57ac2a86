package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/honderd/honderd/ledger"
)

// Retain is served with a step that never cuts a young ledger to pieces: the share of
// all records that is removed for room at once.
const retainStep = 0.1

// Trim removes the records of these subjects up to the given place, without any all but
// facts. It writes down that they are removed before it does so: whatever happens then,
// nobody takes them for lost.
func (l *Ledger) Trim(ctx context.Context, upTo ledger.Sequence, subjects ...string) error {
	if err := ledger.CheckTrim(subjects); err != nil {
		return err
	}
	last, err := l.Last(ctx)
	if err != nil {
		return err
	}
	if upTo > last {
		return fmt.Errorf("trim ledger %s up to %d: the newest record is %d", l.where, upTo, last)
	}
	l.trimming.Lock()
	defer l.trimming.Unlock()
	before, err := l.Trimmed(ctx)
	if err != nil {
		return err
	}
	if upTo < before && len(subjects) == 0 {
		return nil
	}
	err = l.withEngine(ctx, func(e *engine) error {
		if upTo > before {
			if err := e.noteTrimmed(ctx, l.options, upTo); err != nil {
				return err
			}
		}
		l.trimmed.Store(uint64(max(upTo, before)))
		return e.purge(ctx, upTo, subjects)
	})
	if err != nil {
		return fmt.Errorf("trim ledger %s up to %d: %w", l.where, upTo, err)
	}
	return nil
}

// Trimmed returns the place up to which records were removed, 0 when none was.
func (l *Ledger) Trimmed(ctx context.Context) (ledger.Sequence, error) {
	if !l.options.shared() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if _, err := l.current(); err != nil {
			return 0, err
		}
		return ledger.Sequence(l.trimmed.Load()), nil
	}
	var place ledger.Sequence
	err := l.withEngine(ctx, func(e *engine) (err error) {
		place, err = e.trimmed(ctx)
		return err
	})
	return place, err
}

// purge removes the records of these subjects up to a place, without any all but facts.
func (e *engine) purge(ctx context.Context, upTo ledger.Sequence, subjects []string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*patience) // many records one by one, where there are facts between them
	defer cancel()
	info, err := e.answers.Info(ctx, jetstream.WithSubjectFilter(subjectPrefix+">"))
	if err != nil {
		return err
	}
	var others []string
	stay := false
	for subject := range info.State.Subjects {
		if isFact(subject) || len(subjects) > 0 && !slices.Contains(subjects, public(subject)) {
			stay = true
		} else {
			others = append(others, subject)
		}
	}
	if !stay {
		return purgeError(e.answers.Purge(ctx, jetstream.WithPurgeSequence(uint64(upTo)+1)))
	}
	for _, subject := range others {
		if err := purgeError(e.answers.Purge(ctx, jetstream.WithPurgeSubject(subject), jetstream.WithPurgeSequence(uint64(upTo)+1))); err != nil {
			return err
		}
	}
	return nil
}

// purgeError says what to do when a stream lets nobody remove anything.
func purgeError(err error) error {
	if said, ok := errors.AsType[*jetstream.APIError](err); ok && said.Code == 500 {
		return fmt.Errorf("%w (fix: copy the records to a new stream: this one was made so that nothing can be removed)", err)
	}
	return err
}

// lost returns how many records are gone that were not removed on purpose.
func (e *engine) lost(ctx context.Context, s standing, trimmed ledger.Sequence) (uint64, error) {
	if trimmed == 0 {
		return uint64(s.last) - min(s.records, uint64(s.last)), nil
	}
	if s.last <= trimmed {
		return 0, nil
	}
	there, err := e.count(ctx, trimmed+1)
	if err != nil {
		return 0, err
	}
	behind := uint64(s.last - trimmed)
	return behind - min(there, behind), nil
}

// count returns how many records there are from a place on.
func (e *engine) count(ctx context.Context, from ledger.Sequence) (uint64, error) {
	m, err := e.first(ctx, fmt.Sprintf(`{"seq":%d,"batch":1}`, from))
	if m == nil || err != nil {
		return 0, err
	}
	more, err := strconv.ParseUint(m.Header.Get("Nats-Num-Pending"), 10, 64)
	return more + 1, err
}

// first returns the first message of the answer to a direct request, nil for none.
func (e *engine) first(ctx context.Context, request string) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, e.patience())
	defer cancel()
	m, err := e.reads.RequestWithContext(ctx, directGet, []byte(request))
	if err != nil || m.Header.Get("Status") != "" {
		return nil, err
	}
	return m, nil
}

// retain trims what o.Retain says, until the ledger is closed.
func (l *Ledger) retain() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tick := time.NewTicker(l.options.Retain.Every)
	defer tick.Stop()
	for {
		select {
		case <-l.done:
			return
		case <-tick.C:
		}
		upTo, err := l.surplus(ctx)
		if err == nil && upTo > 0 {
			err = l.Trim(ctx, upTo)
		}
		if err != nil && !errors.Is(err, ledger.ErrClosed) {
			l.options.Log.Warn("ledger not trimmed", "ledger", l.where, "error", err)
		}
	}
}

// surplus returns up to where there is more than o.Retain wants kept, 0 for nothing.
// Age is counted back from the newest record, so that a clock that jumps removes
// nothing as long as nothing is appended.
func (l *Ledger) surplus(ctx context.Context) (upTo ledger.Sequence, err error) {
	o := l.options.Retain
	err = l.withEngine(ctx, func(e *engine) error {
		s, err := e.state(ctx)
		if err != nil || s.records == 0 {
			return err
		}
		from := max(s.first, ledger.Sequence(l.trimmed.Load())+1)
		if o.Bytes > 0 && s.bytes > o.Bytes && s.last > from {
			share := min(float64(s.bytes-o.Bytes)/float64(s.bytes), retainStep)
			upTo = from + ledger.Sequence(share*float64(s.last-from))
		}
		if o.Age <= 0 {
			return nil
		}
		info, err := e.answers.Info(ctx)
		if err != nil {
			return err
		}
		oldest := info.State.LastTime.Add(-o.Age)
		m, err := e.first(ctx, fmt.Sprintf(`{"start_time":%q,"batch":1}`, oldest.UTC().Format(time.RFC3339Nano)))
		if m == nil || err != nil {
			return err
		}
		if young, err := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64); err == nil && ledger.Sequence(young) > from {
			upTo = max(upTo, ledger.Sequence(young)-1)
		}
		return nil
	})
	return upTo, err
}
