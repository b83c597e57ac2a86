package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
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
// closed.
func (l *Ledger) Follow(ctx context.Context, after ledger.Sequence, f func(ledger.Record) error) error {
	for {
		grown := l.growing()
		last, err := l.Last(ctx)
		if err == nil {
			err = l.read(ctx, after, last, f)
		}
		if ctx.Err() != nil && (err == nil || errors.Is(err, ctx.Err())) {
			return nil
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
	for after < last {
		var stopped error // what f said: it ends the reading in any case
		err := l.withEngine(ctx, func(e *engine) error {
			b, err := newBatches(e, l.done)
			if err != nil {
				return err
			}
			defer b.close()
			err = b.read(ctx, after+1, last, func(r ledger.Record) error {
				stopped = f(r)
				after = r.Sequence
				return stopped
			})
			if stopped != nil {
				return nil
			}
			return err
		})
		if stopped != nil {
			return stopped
		}
		if _, ok := errors.AsType[ledger.Missing](err); ok {
			return fmt.Errorf("read ledger %s: %w (fix: put back a backup of the folder, or run honderd rebuild)", l.folder.dir, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// batches reads runs of records, each asked for while the one before is used.
type batches struct {
	engine *engine
	sub    *nats.Subscription
	done   <-chan struct{} // the ledger is closed
}

func newBatches(e *engine, done <-chan struct{}) (*batches, error) {
	sub, err := e.reads.SubscribeSync(e.reads.NewInbox())
	if err != nil {
		return nil, err
	}
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return nil, errors.Join(err, sub.Unsubscribe())
	}
	return &batches{engine: e, sub: sub, done: done}, nil
}

// close gives the subscription back; answers still on their way are dropped.
func (b *batches) close() {
	_ = b.sub.Unsubscribe() // fails only when the connection is gone, and it with that
}

// read calls f for the records from next to last.
func (b *batches) read(ctx context.Context, next, last ledger.Sequence, f func(ledger.Record) error) error {
	if err := b.ask(next, last); err != nil {
		return err
	}
	var run []ledger.Record
	for again := false; next <= last; {
		var err error
		if run, err = b.collect(ctx, run[:0]); err != nil {
			return err
		}
		if len(run) == 0 || run[0].Sequence != next {
			if again {
				return b.missing(ctx, next, last)
			}
			again = true // ask once more: the server may just have looked away
			if err := b.ask(next, last); err != nil {
				return err
			}
			continue
		}
		again = false
		run = unbroken(run, last)
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

// each calls f for every record, until ctx ends or the ledger is closed.
func (b *batches) each(ctx context.Context, run []ledger.Record, f func(ledger.Record) error) error {
	for i := range run {
		if err := ctx.Err(); err != nil {
			return err
		}
		select {
		case <-b.done:
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
// gap is looked at when it is next.
func unbroken(run []ledger.Record, last ledger.Sequence) []ledger.Record {
	for i := range run {
		if run[i].Sequence > last || run[i].Sequence != run[0].Sequence+ledger.Sequence(i) {
			return run[:i]
		}
	}
	return run
}

// missing returns the ledger.Missing for the gap that starts at from.
func (b *batches) missing(ctx context.Context, from, last ledger.Sequence) error {
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
	return b.engine.reads.PublishRequest("$JS.API.DIRECT.GET."+streamName, b.sub.Subject, request)
}

// collect waits for the answer to one ask and appends its records to run: none
// when there is no readable record at its start.
func (b *batches) collect(ctx context.Context, run []ledger.Record) ([]ledger.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
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
		case status == 204 || status == 404: // end of the batch; nothing there
			return run, nil
		default:
			return nil, fmt.Errorf("read: the store answered %d %s", status, m.Header.Get("Description"))
		}
	}
}

// sumHeader names the checksum of the data. The store has one of its own, but it
// leaves out the length of the headers: a flipped bit there moves the border
// between headers and data, and no one else would notice.
const sumHeader = "Sum"

// sum returns the checksum of data.
func sum(data []byte) string {
	return strconv.FormatUint(uint64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))), 16)
}

// decode returns the record in m, or one at the place damaged.
func decode(m *nats.Msg) ledger.Record {
	s, err := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil || m.Header.Get(sumHeader) != sum(m.Data) {
		return ledger.Record{Sequence: damaged}
	}
	return ledger.Record{
		Sequence: ledger.Sequence(s),
		Subject:  strings.TrimPrefix(m.Header.Get("Nats-Subject"), subjectPrefix),
		Data:     m.Data,
	}
}
