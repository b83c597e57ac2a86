package otlp

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/robots"
	"github.com/honderd/honderd/internal/wire"
	"github.com/honderd/honderd/source"
)

// Name is what the source of a Receiver is called.
const Name = "otlp"

// How often what is ripe is settled.
const (
	settleEvery = 5 * time.Second
	hurryEvery  = 200 * time.Millisecond // when much waits
	settleMost  = 12_000                 // spans that are settled without letting others in
)

// Receiver takes spans, keeps them on disk until their traces are whole, and gives on
// what they mean. What it has taken is not lost, and is not counted twice.
type Receiver struct {
	o       Options
	calls   func(ctx context.Context, id string, data []byte) error
	log     *slog.Logger
	readers sync.Pool // *reader
	spool   *spool

	begun chan struct{} // closed when Run knows where the ledger is

	mu       sync.Mutex
	joiner   *joiner
	requests *memory
	heard    *builder // what was told beside spans since the last emission
	files    map[string]string
	number   uint64      // of the last emission
	resend   []*emission // that may not be in the ledger
	tree     tree
}

// emission is what is given on at once: it is numbered, so that it is in the ledger once.
type emission struct {
	number uint64
	batch  []byte // a block
	calls  []byte // a service.Summary, empty for none
	files  map[string]string
}

// place is the position of a Receiver in the ledger.
type place struct {
	Number uint64            `json:"number"`
	Files  map[string]string `json:"files,omitempty"`
}

// NewReceiver returns a Receiver that keeps in dir what it has not given on. calls keeps
// the summary of who called whom, under an id, before it returns nil.
func NewReceiver(o Options, dir string, calls func(ctx context.Context, id string, data []byte) error, log *slog.Logger) (*Receiver, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	r := &Receiver{
		o: o, calls: calls, log: log, begun: make(chan struct{}),
		joiner: newJoiner(), requests: newMemory(maxDecided / 8), heard: newBuilder(Name), files: map[string]string{},
	}
	list := robots.New(o.Rules.Robots, o.Rules.Probes)
	r.readers.New = func() any { return newReader(o, list) }
	var err error
	r.spool, err = openSpool(dir, log, r.replay)
	return r, err
}

// Close gives back what NewReceiver took.
func (r *Receiver) Close() error { return r.spool.close() }

// Name returns "otlp".
func (r *Receiver) Name() string { return Name }

// replay takes in one record of the spool.
func (r *Receiver) replay(segment uint64, kind byte, body []byte) error {
	switch kind {
	case recordPacket:
		p, err := readPacket(body)
		if err != nil {
			return err
		}
		r.accept(p, time.Now(), segment)
	case recordSettled:
		e, keys, err := readEmission(body)
		if err != nil {
			return err
		}
		for i := 0; i+9 <= len(keys); i += 9 {
			key := binary.LittleEndian.Uint64(keys[i:])
			r.joiner.forget(key)
			if keys[i+8] != 0 {
				r.joiner.decided.add(key)
			}
		}
		r.heard = newBuilder(Name)
		r.number = max(r.number, e.number)
		r.resend = append(r.resend, e)
	}
	return nil
}

// accept takes in a packet, under the lock or before anybody else can.
func (r *Receiver) accept(p *packet, now time.Time, segment uint64) {
	if p.request != 0 && !r.requests.add(p.request) {
		return
	}
	r.joiner.add(p.spans, now.UnixMilli(), segment)
	p.tally(&r.heard.batch.Tally)
	p.tell(r.heard, now.UnixMilli())
	if p.file != "" {
		r.files[p.file] = p.position
	}
}

// ErrBusy is the answer when nothing more can be taken at present.
var ErrBusy = errors.New("too much waits for the ledger: send it again later")

// take keeps a packet. When it returns nil, the packet is safe.
func (r *Receiver) take(ctx context.Context, p *packet) error {
	body := appendPacket(nil, p)
	r.mu.Lock()
	if r.joiner.spans > 2*r.joiner.most {
		r.mu.Unlock()
		return ErrBusy
	}
	c, segment, err := r.spool.add(recordPacket, body)
	if err == nil {
		r.accept(p, time.Now(), segment)
	}
	r.mu.Unlock()
	if errors.Is(err, errSpoolFull) {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	if err != nil {
		return err
	}
	return c.wait(ctx)
}

// Run gives on what spans mean, once their traces are whole, until ctx is done. Further
// ones then wait on disk for the next start.
func (r *Receiver) Run(ctx context.Context, position string, sink source.Sink) error {
	if err := r.begin(ctx, position, sink); err != nil {
		return err
	}
	tick := time.NewTicker(hurryEvery)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			r.mu.Lock()
			hurry := r.joiner.spans > r.joiner.most
			r.mu.Unlock()
			if !hurry && now.Sub(last) < settleEvery {
				continue
			}
			last = now
			if err := r.settle(ctx, now, sink); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
		}
	}
}

// begin gives on what the ledger does not have of what was settled before.
func (r *Receiver) begin(ctx context.Context, position string, sink source.Sink) error {
	var at place
	if position != "" {
		if err := json.Unmarshal([]byte(position), &at); err != nil {
			return fmt.Errorf("go on with %s: %w", Name, err)
		}
	}
	r.mu.Lock()
	r.number = max(r.number, at.Number)
	for file, position := range at.Files {
		if _, newer := r.files[file]; !newer {
			r.files[file] = position
		}
	}
	resend := r.resend
	r.mu.Unlock()
	for i, e := range resend {
		if e.number > at.Number {
			if err := r.give(ctx, e, sink); err != nil {
				return err
			}
			at.Number = e.number
		}
		r.mu.Lock()
		r.resend = resend[i+1:]
		r.mu.Unlock()
	}
	select {
	case <-r.begun:
	default:
		close(r.begun)
	}
	return nil
}

// settle gives on all that is ripe.
func (r *Receiver) settle(ctx context.Context, now time.Time, sink source.Sink) error {
	for {
		e, c, err := r.emit(now)
		if err != nil || e == nil {
			return err
		}
		if err := c.wait(ctx); err != nil {
			return err
		}
		if err := r.give(ctx, e, sink); err != nil {
			return err
		}
		r.mu.Lock()
		r.resend = r.resend[1:]
		needed, waits := r.joiner.oldest()
		r.mu.Unlock()
		if !waits {
			needed = r.spool.current()
		}
		r.spool.free(needed, now)
	}
}

// emit settles some of what is ripe, and notes in the spool what became of it; nil when
// nothing is.
func (r *Receiver) emit(now time.Time) (*emission, *commit, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ready := r.joiner.due(now.UnixMilli(), false, settleMost)
	b := r.heard
	if len(ready) == 0 && b.empty() {
		return nil, nil, nil
	}
	r.heard = newBuilder(Name)
	var keys []byte
	for _, p := range ready {
		step := r.tree.settle(p.spans, r.joiner.decided.has(p.key), b)
		if step {
			r.joiner.decided.add(p.key)
		}
		keys = append(binary.LittleEndian.AppendUint64(keys, p.key), yes(step))
	}
	r.number++
	e, err := b.emission(r.number, maps.Clone(r.files))
	if err != nil {
		return nil, nil, err
	}
	c, _, err := r.spool.add(recordSettled, appendEmission(nil, e, keys))
	if err == nil {
		r.resend = append(r.resend, e)
	}
	return e, c, err
}

// give puts an emission into the ledger: first the calls, whose reader passes over a
// number that it knows, then the experiences with the position.
func (r *Receiver) give(ctx context.Context, e *emission, sink source.Sink) error {
	if len(e.calls) > 0 {
		if err := r.calls(ctx, Name+"-"+strconv.FormatUint(e.number, 10), e.calls); err != nil {
			return err
		}
	}
	var b experience.Batch
	if err := b.UnmarshalBinary(e.batch); err != nil {
		return fmt.Errorf("the spool of %s: %w", Name, err)
	}
	at, err := json.Marshal(place{Number: e.number, Files: e.files})
	if err != nil {
		return err
	}
	b.Source, b.Position = Name, string(at)
	return sink(ctx, &b)
}

// emission returns what is in b as number.
func (b *builder) emission(number uint64, files map[string]string) (*emission, error) {
	block, err := b.batch.AppendBinary(nil)
	if err != nil {
		return nil, err
	}
	e := &emission{number: number, batch: block, files: files}
	if s := b.summary(); !s.Empty() {
		s.Number = number
		if e.calls, err = json.Marshal(s); err != nil {
			return nil, fmt.Errorf("calls of %s: %w", Name, err)
		}
	}
	return e, nil
}

func appendEmission(dst []byte, e *emission, keys []byte) []byte {
	dst = binary.AppendUvarint(dst, e.number)
	dst = wire.AppendString(dst, string(keys))
	dst = wire.AppendString(dst, string(e.batch))
	dst = wire.AppendString(dst, string(e.calls))
	dst = binary.AppendUvarint(dst, uint64(len(e.files)))
	for file, position := range e.files {
		dst = wire.AppendString(wire.AppendString(dst, file), position)
	}
	return dst
}

func readEmission(p []byte) (e *emission, keys []byte, err error) {
	r := wire.NewReader(p)
	e = &emission{number: r.Uvarint(), files: map[string]string{}}
	keys = []byte(r.String())
	e.batch, e.calls = []byte(r.String()), []byte(r.String())
	for range r.Count(r.Len()) {
		file := r.String()
		e.files[file] = r.String()
	}
	if r.Damaged() || r.Len() > 0 {
		return nil, nil, errPacket
	}
	return e, keys, nil
}

// sleep waits for d, or until ctx is done.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
