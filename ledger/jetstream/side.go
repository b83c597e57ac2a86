package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/honderd/honderd/ledger"
)

// A stream never changes a record. What is known of it beside its records is in a
// second stream, which is made when it is first needed: copies of records that can no
// longer be read, by their place, and up to where records were removed on purpose.
const (
	sideName    = "HONDERD_SIDE"
	sidePrefix  = "honderd-side."
	healedWord  = sidePrefix + "healed."
	trimmedWord = sidePrefix + "trimmed"
	trimmedTwin = sidePrefix + "trimmed-twin" // the same once more: one of them may be damaged

	// subjectHeader names the subject of a healed record.
	subjectHeader = "Subject"
)

// sideConfig returns how the side stream has to be.
func sideConfig(o Options) jetstream.StreamConfig {
	c := streamConfig(o)
	c.Name = sideName
	c.Description = "copies of damaged records of " + streamName + ", and what was removed from it"
	c.Subjects = []string{sidePrefix + ">"}
	c.MaxMsgsPerSubject = 1
	c.Discard = jetstream.DiscardOld
	return c
}

// note keeps data under a subject of the side stream.
func (e *engine) note(ctx context.Context, o Options, m *nats.Msg) error {
	if err := e.openStream(ctx, sideConfig(o)); err != nil {
		return err
	}
	_, _, err := e.publish(ctx, m)
	return err
}

// noteTrimmed writes down that records up to a place are removed on purpose.
func (e *engine) noteTrimmed(ctx context.Context, o Options, upTo ledger.Sequence) error {
	for _, word := range []string{trimmedWord, trimmedTwin} {
		if err := e.note(ctx, o, message(word, "", strconv.AppendUint(nil, uint64(upTo), 10))); err != nil {
			return err
		}
	}
	return nil
}

// trimmed returns up to where records were removed on purpose.
func (e *engine) trimmed(ctx context.Context) (ledger.Sequence, error) {
	var upTo uint64
	for _, word := range []string{trimmedWord, trimmedTwin} {
		m, err := e.stored(ctx, sideName, storedRequest{Last: word})
		if err != nil {
			return 0, err
		}
		if m == nil {
			continue
		}
		n, err := strconv.ParseUint(string(m.Data), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("what was trimmed is not readable: %w", err)
		}
		upTo = max(upTo, n)
	}
	return ledger.Sequence(upTo), nil
}

// healed returns the copy that was kept of the record at that place.
func (e *engine) healed(ctx context.Context, place ledger.Sequence) (r ledger.Record, ok bool, err error) {
	m, err := e.stored(ctx, sideName, storedRequest{Last: healedWord + strconv.FormatUint(uint64(place), 10)})
	if m == nil || err != nil {
		return ledger.Record{}, false, err
	}
	return ledger.Record{Sequence: place, Subject: public(m.Header.Get(subjectHeader)), Data: m.Data}, true, nil
}

// healedPlaces returns the places of which copies were kept, in order.
func (e *engine) healedPlaces(ctx context.Context) ([]ledger.Sequence, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := e.lookups.Stream(ctx, sideName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(healedWord+">"))
	if err != nil {
		return nil, err
	}
	var list []ledger.Sequence
	for subject := range maps.Keys(info.State.Subjects) {
		if n, err := strconv.ParseUint(strings.TrimPrefix(subject, healedWord), 10, 64); err == nil {
			list = append(list, ledger.Sequence(n))
		}
	}
	slices.Sort(list)
	return list, nil
}

// storedRequest asks for one message of a stream: at a place, or the last of a subject.
type storedRequest struct {
	Seq  uint64 `json:"seq,omitempty"`
	Last string `json:"last_by_subj,omitempty"`
}

// stored returns one message as the leader of the stream has it, nil when there is none
// that is whole.
func (e *engine) stored(ctx context.Context, stream string, q storedRequest) (*nats.Msg, error) {
	m, _, err := e.storedAt(ctx, stream, q)
	return m, err
}

// storedAt is stored with the place of the message.
func (e *engine) storedAt(ctx context.Context, stream string, q storedRequest) (*nats.Msg, ledger.Sequence, error) {
	request, err := json.Marshal(q)
	if err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, e.patience())
	defer cancel()
	reply, err := e.reads.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, request)
	if err != nil {
		return nil, 0, err
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message struct {
			Subject string `json:"subject"`
			Seq     uint64 `json:"seq"`
			Header  []byte `json:"hdrs"`
			Data    []byte `json:"data"`
		} `json:"message"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return nil, 0, fmt.Errorf("answer of the store: %w", err)
	}
	if answer.Error != nil {
		if answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound || answer.Error.ErrorCode == jetstream.JSErrCodeStreamNotFound {
			return nil, 0, nil
		}
		return nil, 0, answer.Error
	}
	place := ledger.Sequence(answer.Message.Seq)
	header, err := nats.DecodeHeadersMsg(answer.Message.Header)
	if err != nil || header.Get(sumHeader) != sum(answer.Message.Data) {
		return nil, place, nil // damaged: as good as none
	}
	return &nats.Msg{Subject: answer.Message.Subject, Header: header, Data: answer.Message.Data}, place, nil
}
