// Package push takes experiences that programs send: lines of JSON over HTTP, each one
// step of one person. A batch is kept whole before it is answered, or not at all.
package push

import (
	"context"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/admit"
	"github.com/honderd/honderd/internal/reply"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/source"
)

// Options says what a Door takes, and from whom.
type Options struct {
	Rules experience.Rules
	Salts *who.Salts // of the pseudonyms
	Keys  []string   // that senders show; none: only senders on this machine are let in

	// Keep makes a batch durable before it returns nil. It is called by many at once.
	Keep source.Sink
	// Busy reports whether an error of Keep means: later.
	Busy func(err error) bool
	// Refuse is told why a request was refused, each time. nil: nobody is.
	Refuse func(why string)

	Body     int64         // most bytes of a request, unpacked; 0: 8 MB
	Room     int64         // most bytes of all requests at once, unpacked; 0: 256 MB
	Open     int           // most requests at once; 0: 1024
	Each     int           // most requests of one sender at once; 0: 256
	Patience time.Duration // how long a sender may take for its body; 0: 30 s
}

// Limits when Options does not say them.
const (
	defaultBody     = 8 << 20
	defaultRoom     = 256 << 20
	defaultOpen     = 1024 // each waits some 20 ms for the disk: fewer would bound how much comes
	defaultEach     = 256
	defaultPatience = 30 * time.Second
)

// keepFor is how long a batch may take to be kept. It is longer than who keeps it tries.
const keepFor = time.Minute

// Name is what the source of a Door is called.
const Name = "push"

// Path is where a Door is.
const Path = "/api/v1/experiences"

// Door takes experiences over HTTP.
type Door struct {
	options Options
	gate    *admit.Gate
	namers  sync.Pool // *who.Namer
	rooms   sync.Pool // *room
	again   *memory

	mu      sync.Mutex
	bytes   int64 // of the bodies that are there
	refused map[string]uint64
}

// New returns a Door.
func New(o Options) *Door {
	o.Body, o.Room, o.Open, o.Each = or(o.Body, defaultBody), or(o.Room, defaultRoom), or(o.Open, defaultOpen), or(o.Each, defaultEach)
	o.Patience = or(o.Patience, defaultPatience)
	d := &Door{options: o, gate: admit.New(admit.Options{Keys: o.Keys, Most: o.Open, Each: o.Each}), again: newMemory(), refused: map[string]uint64{}}
	d.rooms.New = func() any { return new(room) }
	d.namers.New = func() any { return who.NewNamer(o.Salts) }
	return d
}

func or[T int | int64 | time.Duration](n, other T) T {
	if n == 0 {
		return other
	}
	return n
}

// Refused returns how many requests were refused, by reason.
func (d *Door) Refused() map[string]uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.refused)
}

// ServeHTTP takes one batch.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, no := d.take(w, r)
	if no != nil {
		d.mu.Lock()
		d.refused[no.Why]++
		d.mu.Unlock()
		if d.options.Refuse != nil {
			d.options.Refuse(no.Why)
		}
		no.Write(w, http.MethodPost)
		return
	}
	reply.JSON(w, http.StatusOK, answer)
}

// take reads, judges and keeps one batch.
func (d *Door) take(w http.ResponseWriter, r *http.Request) (*Answer, *admit.Refusal) {
	if no := checkShape(r); no != nil {
		return nil, no
	}
	sender, no := d.gate.Sender(admit.CallerOf(r))
	if no != nil {
		return nil, no
	}
	if no := d.gate.Enter(sender); no != nil {
		return nil, no
	}
	defer d.gate.Leave(sender)
	m, _ := d.rooms.Get().(*room)
	defer d.give(m)
	if no := d.body(w, r, m); no != nil {
		return nil, no
	}
	// What was read whole is kept, also when who sent it has gone.
	ctx, stop := context.WithTimeout(context.WithoutCancel(r.Context()), keepFor)
	defer stop()
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		return d.keep(ctx, m.p)
	}
	return d.again.do(r.Context(), sender+"\x00"+key, m.p, func() (*Answer, *admit.Refusal) { return d.keep(ctx, m.p) })
}

// checkShape refuses what is no batch of lines.
func checkShape(r *http.Request) *admit.Refusal {
	if r.Method != http.MethodPost {
		return admit.BadMethod("experiences are sent with POST")
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-ndjson" && kind != "application/json" && kind != "application/jsonl" {
		return admit.WrongType("content type", "send lines of JSON with Content-Type: application/x-ndjson")
	}
	return nil
}

// keep judges the lines of body and makes them durable.
func (d *Door) keep(ctx context.Context, body []byte) (*Answer, *admit.Refusal) {
	if lines(body) > experience.MaxBatch {
		return nil, &admit.Refusal{Status: http.StatusRequestEntityTooLarge, Why: "too many lines", Detail: fmt.Sprintf("a batch has at most %d lines (fix: send smaller ones)", experience.MaxBatch)}
	}
	namer, _ := d.namers.Get().(*who.Namer)
	defer d.namers.Put(namer)
	b, answer := d.read(body, namer)
	if b.Tally.Lines == 0 {
		return answer, nil
	}
	switch err := d.options.Keep(ctx, b); {
	case err == nil:
		return answer, nil
	case d.options.Busy != nil && d.options.Busy(err):
		return nil, admit.TooMany("no room", "it cannot be kept at present: send it again later")
	default:
		return nil, admit.NotKept("it is not known whether it was kept: send it again with the same Idempotency-Key")
	}
}
