package otlp

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/honderd/honderd/internal/admit"
	"github.com/honderd/honderd/warning"
)

// Limits of what a Door takes.
const (
	maxBody     = 16 << 20         // bytes of a request, unpacked
	maxOpen     = 32               // requests at once
	maxEach     = 12               // of one sender
	maxConns    = 1024             // connections
	patience    = 30 * time.Second // for the body of a request
	keepTimeout = 20 * time.Second // for the disk
	comeAgain   = time.Second      // after which a sender that was refused may come again
)

// Door takes what OpenTelemetry sends, over gRPC and HTTP, for a Receiver.
type Door struct {
	to      *Receiver
	metrics Readings
	gate    *admit.Gate
	dropped func(reason string)
	patient time.Duration

	mu      sync.Mutex
	refused map[string]uint64
}

// DoorOptions says whom a Door lets in, and who hears what it does not take.
type DoorOptions struct {
	Keys     []string            // that senders show that are not on this machine; none: only those are let in
	Metrics  Readings            // who takes what runs out
	Refuse   func(reason string) // is told of each request that is refused; nil: nobody is
	Patience time.Duration       // how long a sender may take for its body; 0: 30 s
}

// NewDoor returns a Door.
func NewDoor(to *Receiver, o DoorOptions) *Door {
	if o.Refuse == nil {
		o.Refuse = func(string) {}
	}
	return &Door{
		to: to, metrics: o.Metrics, dropped: o.Refuse, patient: cmp.Or(o.Patience, patience), refused: map[string]uint64{},
		gate: admit.New(admit.Options{Keys: o.Keys, Most: maxOpen, Each: maxEach, Here: true}),
	}
}

// Refused returns how many requests were refused, by reason.
func (d *Door) Refused() map[string]uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.refused)
}

// count counts a refusal.
func (d *Door) count(n *admit.Refusal) {
	d.dropped(n.Why)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refused[n.Why]++
}

// signal is what is sent.
type signal uint8

const (
	traces signal = iota
	logs
	metrics
)

// outcome is the answer to what was taken.
type outcome struct {
	rejected int64
	message  string // with the reason, or with what the sender should know
}

// keep takes in the body of a request.
func (d *Door) keep(ctx context.Context, of signal, body []byte, isJSON bool) (out outcome, no *admit.Refusal) {
	r, _ := d.to.readers.Get().(*reader)
	defer d.to.readers.Put(r)
	p := &packet{}
	readings, err := d.unpack(r, p, of, body, isJSON)
	if err != nil {
		return out, admit.Wrong("unreadable", fmt.Sprintf("the body is not what its type says: %.100s", err))
	}
	if of != traces {
		sum := sha256.Sum256(body)
		p.request = max(binary.LittleEndian.Uint64(sum[:]), 1)
	}
	future := time.Now().Add(maxAhead).UnixMilli()
	p.dropAfter(future)
	for _, w := range p.wrong {
		out.rejected += w.n
	}
	if out.rejected > 0 {
		out.message = fmt.Sprintf("%d spans without an id or a time, or from the future, are left out", out.rejected)
	}
	// What was read whole is kept, also when who sent it has gone.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), keepTimeout)
	defer stop()
	err = d.to.take(ctx, p)
	if err == nil && len(readings) > 0 {
		err = d.metrics.Keep(ctx, readings)
	}
	if err != nil {
		return outcome{}, &admit.Refusal{Status: http.StatusServiceUnavailable, Why: "no room", Detail: "it cannot be kept at present: send it again later", Again: comeAgain}
	}
	return out, nil
}

// maxAhead is how far ahead of our clock a sender's may be.
const maxAhead = 26 * time.Hour

// dropAfter leaves out the spans that end after a time.
func (p *packet) dropAfter(ms int64) {
	kept := p.spans[:0]
	for _, s := range p.spans {
		if s.end <= ms {
			kept = append(kept, s)
		}
	}
	p.reject("from the future: a clock was wrong", int64(len(p.spans)-len(kept)), nil)
	p.spans = kept
	for i := range p.heard {
		if p.heard[i].at > ms {
			p.heard[i].at = 0
		}
	}
}

// unpack reads the body of a request, and returns what it tells of that runs out.
func (d *Door) unpack(r *reader, p *packet, of signal, body []byte, isJSON bool) (readings []warning.Reading, err error) {
	switch of {
	case traces:
		q := ptraceotlp.NewExportRequest()
		if isJSON {
			err = q.UnmarshalJSON(body)
		} else {
			err = q.UnmarshalProto(body)
		}
		if err == nil {
			r.takeTraces(&p.intake, q.Traces())
		}
	case logs:
		q := plogotlp.NewExportRequest()
		if isJSON {
			err = q.UnmarshalJSON(body)
		} else {
			err = q.UnmarshalProto(body)
		}
		if err == nil {
			r.takeLogs(&p.intake, q.Logs())
		}
	case metrics:
		q := pmetricotlp.NewExportRequest()
		if isJSON {
			err = q.UnmarshalJSON(body)
		} else {
			err = q.UnmarshalProto(body)
		}
		if err == nil {
			r.takeMetrics(&p.intake, q.Metrics())
			readings = d.metrics.of(q.Metrics(), time.Now())
		}
	}
	return readings, err
}

// answer returns the body of the answer to what was taken.
func (o outcome) answer(of signal, isJSON bool) (body []byte, err error) {
	switch of {
	case traces:
		a := ptraceotlp.NewExportResponse()
		if o.message != "" {
			a.PartialSuccess().SetRejectedSpans(o.rejected)
			a.PartialSuccess().SetErrorMessage(o.message)
		}
		if isJSON {
			return a.MarshalJSON()
		}
		return a.MarshalProto()
	case logs:
		a := plogotlp.NewExportResponse()
		if o.message != "" {
			a.PartialSuccess().SetRejectedLogRecords(o.rejected)
			a.PartialSuccess().SetErrorMessage(o.message)
		}
		if isJSON {
			return a.MarshalJSON()
		}
		return a.MarshalProto()
	}
	a := pmetricotlp.NewExportResponse()
	if o.message != "" {
		a.PartialSuccess().SetRejectedDataPoints(o.rejected)
		a.PartialSuccess().SetErrorMessage(o.message)
	}
	if isJSON {
		return a.MarshalJSON()
	}
	return a.MarshalProto()
}
