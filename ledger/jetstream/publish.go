package jetstream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/honderd/honderd/ledger"
)

const (
	// sumHeader names the checksum of the data. The store has one of its own, but it
	// leaves out the length of the headers: a flipped bit there moves the border
	// between headers and data, and no one else would notice.
	sumHeader = "Sum"

	// tryHeader names the call of Append that a record is of, where a record is sent
	// again when no answer came: it tells our own first try from somebody else's.
	tryHeader = "Try"

	// afterHeader names the place of the newest record of the same subject.
	afterHeader = jetstream.ExpectedLastSubjSeqHeader
)

// sum returns the checksum of data.
func sum(data []byte) string {
	return strconv.FormatUint(uint64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))), 16)
}

// message returns what is sent to keep data under a subject of the stream.
func message(subject, id string, data []byte) *nats.Msg {
	m := &nats.Msg{Subject: subject, Data: data, Header: nats.Header{sumHeader: []string{sum(data)}}}
	if id != "" {
		m.Header.Set(nats.MsgIdHdr, id)
	}
	return m
}

// publish writes one record and waits until it is on the disk. twice reports that
// the stream has the id already; place is then that of the first.
func (e *engine) publish(ctx context.Context, m *nats.Msg) (place ledger.Sequence, twice bool, err error) {
	if !e.shared {
		ack, err := e.send(ctx, m)
		if err != nil {
			return 0, false, err
		}
		return ledger.Sequence(ack.Sequence), ack.Duplicate, nil
	}
	try := m.Header.Get(tryHeader)
	if try == "" {
		try = rand.Text()
		m.Header.Set(tryHeader, try)
	}
	if m.Header.Get(nats.MsgIdHdr) == "" {
		m.Header.Set(nats.MsgIdHdr, "try-"+try)
	}
	return e.publishAgain(ctx, m, try)
}

// publishAgain sends m until a server answers: the leader may die with the answer, and
// the next one needs some seconds.
func (e *engine) publishAgain(ctx context.Context, m *nats.Msg, try string) (ledger.Sequence, bool, error) {
	for n, deadline := 0, time.Now().Add(patience); ; n++ {
		ack, err := e.send(ctx, m)
		if err == nil && ack.Sequence > 0 {
			place := ledger.Sequence(ack.Sequence)
			twice := ack.Duplicate
			if twice && n > 0 {
				twice, err = e.isOther(ctx, place, try)
			}
			if err == nil {
				return place, twice, nil
			}
		}
		if err == nil {
			err = errSilent // a duplicate of one on its way: its place is not known yet
		}
		switch {
		case ctx.Err() != nil:
			return 0, false, ctx.Err()
		case e.isStopped() || e.failure() != nil || !isAway(err):
			return 0, false, err
		case time.Now().After(deadline):
			return 0, false, fmt.Errorf("%w: %w", ledger.ErrAway, err)
		}
		if err := pause(ctx); err != nil {
			return 0, false, err
		}
	}
}

// isOther reports whether the record at place is not of that try.
func (e *engine) isOther(ctx context.Context, place ledger.Sequence, try string) (bool, error) {
	m, err := e.stored(ctx, streamName, storedRequest{Seq: uint64(place)})
	if err != nil || m == nil {
		return true, err
	}
	return m.Header.Get(tryHeader) != try, nil
}

// send sends m once and waits for the answer.
func (e *engine) send(ctx context.Context, m *nats.Msg) (*jetstream.PubAck, error) {
	answer, err := e.stream.PublishMsgAsync(&nats.Msg{Subject: m.Subject, Data: m.Data, Header: m.Header})
	if err != nil {
		return nil, err
	}
	late := time.NewTimer(e.patience())
	defer late.Stop()
	select {
	case ack := <-answer.Ok():
		return ack, nil
	case err := <-answer.Err():
		return nil, e.silence(err)
	case <-e.failed:
		return nil, e.failure()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late.C:
		if e.shared {
			return nil, errSilent
		}
		return nil, e.silence(fmt.Errorf("no answer from the disk in %v", patience))
	}
}

// isConflict reports whether a record was refused because its subject has a newer one.
func isConflict(err error) bool {
	said, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (said.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || said.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
