package otlp

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

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
	keys    [][sha256.Size]byte
	dropped func(reason string)

	mu      sync.Mutex
	open    int
	each    map[string]int
	refused map[string]uint64
}

// NewDoor returns a Door. keys are what senders show that are not on this machine;
// without any, only those on this machine are let in. dropped is told of each request that
// is refused, unless it is nil.
func NewDoor(to *Receiver, keys []string, metrics Readings, dropped func(reason string)) *Door {
	if dropped == nil {
		dropped = func(string) {}
	}
	d := &Door{to: to, metrics: metrics, dropped: dropped, each: map[string]int{}, refused: map[string]uint64{}}
	for _, key := range keys {
		d.keys = append(d.keys, sha256.Sum256([]byte(key)))
	}
	return d
}

// Refused returns how many requests were refused, by reason.
func (d *Door) Refused() map[string]uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.refused)
}

// kind is why a request is not taken, so that each protocol says it in its own words.
type kind uint8

const (
	badRequest kind = iota
	noKey
	notHere
	tooLarge
	tooSlow
	tooMany // later
	noRoom  // later
	badType
	badMethod
)

// refusal is an answer to a request that is not taken.
type refusal struct {
	kind   kind
	why    string // counted under this; a few words
	detail string // for who reads the answer, with the way out
}

func (n *refusal) later() bool { return n.kind == tooMany || n.kind == noRoom }

// count counts a refusal.
func (d *Door) count(n *refusal) {
	d.dropped(n.why)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refused[n.why]++
}

// caller is who sends, as a protocol knows it.
type caller struct {
	remote        string // host:port
	authorization string
	apiKey        string
	proxied       bool // it came through a proxy, or from a page in a browser
}

// sender returns who sends: from this machine, or by a key.
func (d *Door) sender(c caller) (string, *refusal) {
	host, _, err := net.SplitHostPort(c.remote)
	if err != nil {
		host = c.remote
	}
	addr, parseErr := netip.ParseAddr(host)
	if parseErr == nil && addr.Unmap().IsLoopback() && !c.proxied {
		return host, nil
	}
	if len(d.keys) == 0 {
		return "", &refusal{notHere, "not on this machine", "without receive.keys only programs on this machine may send (fix: write receive.keys in honderd.yaml)"}
	}
	shown, found := strings.CutPrefix(c.authorization, "Bearer ")
	if !found {
		shown = c.apiKey
	}
	sum, match := sha256.Sum256([]byte(shown)), -1
	for i := range d.keys {
		if subtle.ConstantTimeCompare(sum[:], d.keys[i][:]) == 1 {
			match = i
		}
	}
	if match < 0 {
		return "", &refusal{noKey, "key", "no such key (fix: send one of receive.keys as the header Authorization: Bearer KEY)"}
	}
	return "key " + strconv.Itoa(match) + " " + host, nil
}

// enter lets a request in when there is room, for all and for its sender.
func (d *Door) enter(sender string) *refusal {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open >= maxOpen || d.each[sender] >= maxEach {
		return &refusal{tooMany, "too many at once", "too many requests at once: send it again later"}
	}
	d.open++
	d.each[sender]++
	return nil
}

func (d *Door) leave(sender string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open--
	if d.each[sender]--; d.each[sender] == 0 {
		delete(d.each, sender)
	}
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
func (d *Door) keep(ctx context.Context, of signal, body []byte, isJSON bool) (out outcome, no *refusal) {
	r, _ := d.to.readers.Get().(*reader)
	defer d.to.readers.Put(r)
	p := &packet{}
	readings, err := d.unpack(r, p, of, body, isJSON)
	if err != nil {
		return out, &refusal{badRequest, "unreadable", fmt.Sprintf("the body is not what its type says: %.100s", err)}
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
		return outcome{}, &refusal{noRoom, "no room", "it cannot be kept at present: send it again later"}
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
