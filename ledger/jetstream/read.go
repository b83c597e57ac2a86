package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/honderd/honderd/ledger"
)

const (
	// batchBytes and batchRecords limit what is asked for at once. Two batches are
	// held: the one being read and the next one on its way.
	batchBytes   = 1 << 20
	batchRecords = 1000

	// stray is how long Follow may miss a record whose Append was given up before
	// the answer came; all others wake it.
	stray = 2 * time.Second

	// damaged is the place of a record whose data is not what was appended.
	damaged ledger.Sequence = 0

	// directGet is where records are asked for: any server that has them answers.
	directGet = "$JS.API.DIRECT.GET." + streamName
)

// Read calls f for each record after the given place, up to the last one there was
// when it was called. Where records are gone it stops with a ledger.Missing.
func (l *Ledger) Read(ctx context.Context, after ledger.Sequence, f func(ledger.Record) error) error {
	last, err := l.Last(ctx)
	if err != nil {
		return err
	}
	return l.read(ctx, after, last, f)
}

// Follow is Read that waits for further records until ctx ends or the ledger is
// closed. It goes on when servers were away, however long.
func (l *Ledger) Follow(ctx context.Context, after ledger.Sequence, f func(ledger.Record) error) error {
	keep := func(r ledger.Record) error {
		err := f(r)
		if err == nil {
			after = r.Sequence
		}
		return err
	}
	for {
		grown := l.growing()
		last, err := l.Last(ctx)
		if err == nil {
			err = l.read(ctx, after, last, keep)
		}
		if ctx.Err() != nil && (err == nil || errors.Is(err, ctx.Err())) {
			return nil
		}
		if errors.Is(err, ledger.ErrAway) {
			l.options.Log.Warn("ledger is away: it is asked again", "ledger", l.where, "error", err)
			continue
		}
		if err != nil {
			return err
		}
		after = max(after, last)
		look := time.NewTimer(stray)
		select {
		case <-ctx.Done():
		case <-l.done:
		case <-grown:
		case <-look.C:
		}
		look.Stop()
	}
}

// read calls f for the records after the given place up to last.
func (l *Ledger) read(ctx context.Context, after, last ledger.Sequence, f func(ledger.Record) error) error {
	if trimmed, err := l.Trimmed(ctx); err != nil {
		return err
	} else if after > 0 && after < trimmed {
		return ledger.Trimmed{UpTo: trimmed}
	}
	for after < last {
		var stopped error // what f said: it ends the reading in any case
		err := l.withEngine(ctx, func(e *engine) error {
			b, err := newBatches(e, l)
			if err != nil {
				return err
			}
			defer b.close()
			before := after
			b.atStart = after == 0
			err = b.read(ctx, after+1, last, func(r ledger.Record) error {
				stopped = f(r)
				after = r.Sequence
				return stopped
			})
			if stopped != nil || e.shared && isAway(err) && after > before {
				return nil // there was progress: patience begins anew
			}
			if err == nil {
				after = last
			}
			return err
		})
		if stopped != nil {
			return stopped
		}
		if _, ok := errors.AsType[ledger.Missing](err); ok {
			return fmt.Errorf("read ledger %s: %w (fix: put back a backup of the folder, or run honderd rebuild)", l.where, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// batches reads runs of records, each asked for while the one before is used.
type batches struct {
	engine  *engine
	ledger  *Ledger
	sub     *nats.Subscription
	atStart bool // records that were removed on purpose are passed over
	trimmed ledger.Sequence
}

func newBatches(e *engine, l *Ledger) (*batches, error) {
	sub, err := e.reads.SubscribeSync(e.reads.NewInbox())
	if err != nil {
		return nil, err
	}
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return nil, errors.Join(err, sub.Unsubscribe())
	}
	return &batches{engine: e, ledger: l, sub: sub}, nil
}

// close gives the subscription back; answers still on their way are dropped.
func (b *batches) close() {
	_ = b.sub.Unsubscribe() // fails only when the connection is gone, and it with that
}

// read calls f for the records from next to last.
func (b *batches) read(ctx context.Context, next, last ledger.Sequence, f func(ledger.Record) error) error {
	if b.atStart {
		var err error
		if b.trimmed, err = b.ledger.Trimmed(ctx); err != nil {
			return err
		}
	}
	if err := b.ask(next, last); err != nil {
		return err
	}
	var run []ledger.Record
	for tries := 0; next <= last; {
		var err error
		if run, err = b.collect(ctx, run[:0]); err != nil {
			return err
		}
		if next = b.pass(run, next); next > last {
			return nil
		}
		if len(run) == 0 || run[0].Sequence != next {
			if tries++; tries <= b.tries() {
				if err := b.askLater(ctx, next, last); err != nil {
					return err
				}
				continue
			}
			one, err := b.elsewhere(ctx, next, last)
			if err != nil {
				return err
			}
			run = append(run[:0], one)
		}
		tries = 0
		run = b.unbroken(run, last)
		next = run[len(run)-1].Sequence + 1
		if next <= last {
			if err := b.ask(next, last); err != nil {
				return err
			}
		}
		if err := b.each(ctx, run, f); err != nil {
			return err
		}
	}
	return nil
}

// pass returns from where records have to be there: behind those that were removed on
// purpose before the first of run.
func (b *batches) pass(run []ledger.Record, next ledger.Sequence) ledger.Sequence {
	switch {
	case next > b.trimmed:
		return next
	case len(run) == 0:
		return b.trimmed + 1
	case run[0].Sequence == damaged:
		return next
	}
	return max(next, min(run[0].Sequence, b.trimmed+1))
}

// tries is how often the same records are asked for before they are missing. A server
// alone may just have looked away; of several, the one that answered may be behind, or
// its copy damaged.
func (b *batches) tries() int {
	if b.engine.shared {
		return 20
	}
	return 1
}

// askLater asks once more.
func (b *batches) askLater(ctx context.Context, next, last ledger.Sequence) error {
	if b.engine.shared {
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return b.ask(next, last)
}

// elsewhere returns a record that reading did not give: its healed copy, or the one of
// the leader. Else it is missing, or was removed while we read.
func (b *batches) elsewhere(ctx context.Context, place, last ledger.Sequence) (ledger.Record, error) {
	r, ok, err := b.engine.healed(ctx, place)
	if err != nil || ok {
		return r, err
	}
	if b.engine.shared {
		m, _, err := b.engine.storedAt(ctx, streamName, storedRequest{Seq: uint64(place)})
		if err != nil {
			return ledger.Record{}, err
		}
		if m != nil {
			return ledger.Record{Sequence: place, Subject: public(m.Subject), Data: m.Data}, nil
		}
	}
	trimmed, err := b.ledger.Trimmed(ctx)
	if err != nil {
		return ledger.Record{}, err
	}
	if place <= trimmed && trimmed > b.trimmed {
		return ledger.Record{}, ledger.Trimmed{UpTo: trimmed}
	}
	return ledger.Record{}, b.missing(ctx, place, last)
}

// each calls f for every record, until ctx ends or the ledger is closed.
func (b *batches) each(ctx context.Context, run []ledger.Record, f func(ledger.Record) error) error {
	for i := range run {
		if err := ctx.Err(); err != nil {
			return err
		}
		select {
		case <-b.ledger.done:
			return ledger.ErrClosed
		default:
		}
		if err := f(run[i]); err != nil {
			return err
		}
		run[i].Data = nil
	}
	return nil
}

// unbroken returns the records at the head of run without a gap, up to last. The
// gap is looked at when it is next, unless what was there is removed on purpose.
func (b *batches) unbroken(run []ledger.Record, last ledger.Sequence) []ledger.Record {
	for i := range run {
		if run[i].Sequence > last {
			return run[:i]
		}
		if i == 0 || run[i].Sequence == run[i-1].Sequence+1 {
			continue
		}
		if run[i].Sequence == damaged || run[i].Sequence > b.trimmed+1 {
			return run[:i]
		}
	}
	return run
}

// missing returns the ledger.Missing for the gap that starts at from. It ends before
// the next record that can be read or is healed.
func (b *batches) missing(ctx context.Context, from, last ledger.Sequence) error {
	healed, err := b.engine.healedPlaces(ctx)
	if err != nil {
		return err
	}
	if i, _ := slices.BinarySearch(healed, from); i < len(healed) {
		last = min(last, max(healed[i], from+1)-1)
	}
	for s := from; s <= last; s++ {
		if err := b.ask(s, s); err != nil {
			return err
		}
		run, err := b.collect(ctx, nil)
		if err != nil {
			return err
		}
		if len(run) == 0 || run[0].Sequence == damaged {
			continue
		}
		if run[0].Sequence == from {
			return fmt.Errorf("record %d could not be read at first: read again", from)
		}
		return ledger.Missing{From: from, To: min(run[0].Sequence-1, last)}
	}
	return ledger.Missing{From: from, To: last}
}

// facts returns a run of records of a subject from next on, none when there are no more.
// Damaged ones are left out: whoever asks sees it by their versions.
func (b *batches) facts(ctx context.Context, subject string, next ledger.Sequence) ([]ledger.Record, error) {
	for {
		request := fmt.Sprintf(`{"seq":%d,"next_by_subj":%q,"batch":%d,"max_bytes":%d}`, next, subject, batchRecords, batchBytes)
		if err := b.engine.reads.PublishRequest(directGet, b.sub.Subject, []byte(request)); err != nil {
			return nil, err
		}
		run, err := b.collect(ctx, nil)
		if err != nil || len(run) == 0 {
			return nil, err
		}
		whole := slices.DeleteFunc(run, func(r ledger.Record) bool { return r.Sequence == damaged })
		if len(whole) > 0 {
			return whole, nil
		}
		next++ // nothing but damage from here: look behind it, one by one
	}
}

// ask asks for the records from next on, not many more than up to last.
func (b *batches) ask(next, last ledger.Sequence) error {
	request, err := json.Marshal(struct {
		Seq      uint64 `json:"seq"`
		Batch    uint64 `json:"batch"`
		MaxBytes int    `json:"max_bytes"`
	}{uint64(next), min(uint64(last-next)+1, batchRecords), batchBytes})
	if err != nil {
		return err
	}
	return b.engine.reads.PublishRequest(directGet, b.sub.Subject, request)
}

// collect waits for the answer to one ask and appends its records to run: none
// when there is no readable record at its start.
func (b *batches) collect(ctx context.Context, run []ledger.Record) ([]ledger.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, b.engine.patience())
	defer cancel()
	for {
		m, err := b.sub.NextMsgWithContext(ctx)
		if err != nil {
			return nil, fmt.Errorf("read: %w", err)
		}
		status, err := strconv.Atoi(m.Header.Get("Status"))
		switch {
		case err != nil: // no status, or not a number: the headers are damaged
			run = append(run, decode(m))
		case status == http.StatusNoContent || status == http.StatusNotFound: // end of the batch; nothing there
			return run, nil
		case status == http.StatusServiceUnavailable: // nobody there who has the stream
			return nil, fmt.Errorf("read: %w", errSilent)
		default:
			return nil, fmt.Errorf("read: the store answered %d %s", status, m.Header.Get("Description"))
		}
	}
}

// decode returns the record in m, or one at the place damaged.
func decode(m *nats.Msg) ledger.Record {
	s, err := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil || m.Header.Get(sumHeader) != sum(m.Data) {
		return ledger.Record{Sequence: damaged}
	}
	r := ledger.Record{Sequence: ledger.Sequence(s), Subject: public(m.Header.Get("Nats-Subject")), Data: m.Data}
	if at, err := time.Parse(time.RFC3339Nano, m.Header.Get("Nats-Time-Stamp")); err == nil {
		r.Kept = at.UnixMilli()
	}
	return r
}
