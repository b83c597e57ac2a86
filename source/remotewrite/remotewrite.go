// Package remotewrite takes what Prometheus and its kin send by remote-write, version 1 and
// 2. What tells of something that runs out is given on; all else is counted and let go.
package remotewrite

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/exp/api/remote"

	"github.com/honderd/honderd/internal/admit"
	"github.com/honderd/honderd/warning"
)

// Path is where a Door is: where a Prometheus takes it, too.
const Path = "/api/v1/write"

// Name is what the source of a Door is called.
const Name = "remote-write"

// Options says what a Door takes, and from whom.
type Options struct {
	Keys  []string       // that senders show; none: only senders on this machine are let in
	Known *warning.Known // which metrics tell of something that runs out

	// Keep makes readings durable before it returns nil. It is called by many at once.
	Keep func(ctx context.Context, list []warning.Reading) error
	// Refuse is told why a request was refused, each time. nil: nobody is.
	Refuse func(why string)

	Body     int64         // most bytes of a request, as sent; 0: 8 MB. Unpacked: 32 MB
	Open     int           // most requests at once; 0: 32
	Each     int           // most requests of one sender at once; 0: 16
	Patience time.Duration // how long a sender may take for its body; 0: 30 s
}

// Sent is what one sender sent since the start.
type Sent struct {
	Sender   string    `json:"sender"` // the program, as it names itself, and where or by which key
	Requests int64     `json:"requests"`
	Samples  int64     `json:"samples"`
	Readings int64     `json:"readings"` // of those: that tell of something that runs out
	Last     time.Time `json:"last"`
}

// maxSenders is how many senders are told apart.
const maxSenders = 100

// Door takes requests of remote-write over HTTP.
type Door struct {
	o       Options
	gate    *admit.Gate
	handler http.Handler

	mu      sync.Mutex
	senders map[string]*Sent
}

// New returns a Door.
func New(o Options) *Door {
	if o.Body == 0 {
		o.Body = 8 << 20
	}
	if o.Open == 0 {
		o.Open = 32
	}
	if o.Each == 0 {
		o.Each = 16
	}
	if o.Patience == 0 {
		o.Patience = 30 * time.Second
	}
	if o.Refuse == nil {
		o.Refuse = func(string) {}
	}
	d := &Door{o: o, gate: admit.New(admit.Options{Keys: o.Keys, Most: o.Open, Each: o.Each}), senders: map[string]*Sent{}}
	d.handler = remote.NewWriteHandler(store{d}, remote.MessageTypes{remote.WriteV1MessageType, remote.WriteV2MessageType})
	return d
}

// Senders returns who sent, in the order of their names.
func (d *Door) Senders() []Sent {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]Sent, 0, len(d.senders))
	for _, name := range slices.Sorted(maps.Keys(d.senders)) {
		list = append(list, *d.senders[name])
	}
	return list
}

// ServeHTTP takes one request. A sender does not come again with what was refused with 4xx,
// but for 429; with 5xx it does.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sender, no := d.gate.Sender(admit.CallerOf(r))
	if no == nil {
		no = d.gate.Enter(sender)
	}
	if no != nil {
		no.Head(w, http.MethodPost)
		d.refuse(w, no.Status, no.Why, no.Detail)
		return
	}
	defer d.gate.Leave(sender)
	if r.ContentLength > d.o.Body {
		d.tooLarge(w)
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d.o.Patience)) // a server without deadlines has its own
	body := &watched{ReadCloser: http.MaxBytesReader(w, r.Body, d.o.Body)}
	r = r.WithContext(context.WithValue(r.Context(), senderKey{}, sender))
	r.Body = body
	a := &answer{ResponseWriter: w, body: body, door: d, packed: r.Header.Get("Content-Encoding")}
	d.handler.ServeHTTP(a, r)
}

// senderKey is the key of the sender in a context.
type senderKey struct{}

func (d *Door) refuse(w http.ResponseWriter, status int, why, detail string) {
	d.o.Refuse(why)
	http.Error(w, detail, status)
}

func (d *Door) tooLarge(w http.ResponseWriter) {
	d.refuse(w, http.StatusRequestEntityTooLarge, "too large", fmt.Sprintf("a request has at most %d bytes (fix: write max_samples_per_send in queue_config)", d.o.Body))
}

// watched remembers why a body could not be read.
type watched struct {
	io.ReadCloser
	err  error
	head []byte // how it begins
}

// maxUnpacked is how many bytes a request has at most, unpacked: what the handler takes.
const maxUnpacked = 32 << 20

// bomb reports whether a body says of itself that it is too large once it is unpacked.
//
// Source: github.com/google/snappy, format_description.txt: it begins with its length.
func (b *watched) bomb() bool {
	n, ok := binary.Uvarint(b.head)
	return ok > 0 && n > maxUnpacked
}

// Read reads on.
func (b *watched) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if more := binary.MaxVarintLen64 - len(b.head); more > 0 {
		b.head = append(b.head, p[:min(n, more)]...)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// answer counts the refusals of the handler by reason, and names those that it cannot tell
// apart.
type answer struct {
	http.ResponseWriter
	body   *watched
	door   *Door
	packed string // as the sender says
	muted  bool   // the answer was given in the place of the handler
}

// WriteHeader answers with a status.
func (a *answer) WriteHeader(status int) {
	if status < 400 {
		a.ResponseWriter.WriteHeader(status)
		return
	}
	_, long := errors.AsType[*http.MaxBytesError](a.body.err)
	slow, isNet := errors.AsType[net.Error](a.body.err)
	switch {
	case long || status == http.StatusBadRequest && a.body.bomb():
		a.muted = true
		a.door.tooLarge(a.ResponseWriter)
		return
	case isNet && slow.Timeout():
		a.muted = true
		a.door.refuse(a.ResponseWriter, http.StatusRequestTimeout, "too slow", "the request did not come in time")
		return
	}
	why := map[int]string{
		http.StatusMethodNotAllowed: "method", http.StatusUnsupportedMediaType: "content type", http.StatusTooManyRequests: "no room",
		http.StatusServiceUnavailable: "no room", http.StatusRequestEntityTooLarge: "too large",
	}[status]
	if status == http.StatusMethodNotAllowed {
		a.Header().Set("Allow", http.MethodPost)
	}
	if status == http.StatusUnsupportedMediaType && a.packed != "" && a.packed != "snappy" {
		why = "content encoding"
	}
	if why == "" {
		why = "unreadable"
	}
	a.door.o.Refuse(why)
	a.ResponseWriter.WriteHeader(status)
}

// Write writes the words of a refusal.
func (a *answer) Write(p []byte) (int, error) {
	if a.muted {
		return len(p), nil
	}
	return a.ResponseWriter.Write(p)
}

// store takes the unpacked bodies.
type store struct{ d *Door }

// Store keeps what one request tells. All samples that could be read are confirmed as
// written: what tells of nothing that runs out was looked at, and is not missed.
func (s store) Store(r *http.Request, of remote.WriteMessageType) (*remote.WriteResponse, error) {
	w := remote.NewWriteResponse()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.SetStatusCode(http.StatusBadRequest)
		return w, err
	}
	p := parser{known: s.d.o.Known, future: time.Now().Add(ahead)}
	if of == remote.WriteV2MessageType {
		err = p.v2(body)
	} else {
		err = p.v1(body)
	}
	if err != nil {
		w.SetStatusCode(http.StatusBadRequest)
		return w, fmt.Errorf("the body is not what its type says: %w", err)
	}
	if err := s.d.o.Keep(r.Context(), p.readings); err != nil {
		w.SetStatusCode(http.StatusServiceUnavailable)
		w.SetExtraHeader("Retry-After", "5")
		return w, errors.New("it cannot be kept at present: send it again later")
	}
	w.Samples, w.Histograms, w.Exemplars = int(p.samples), int(p.histograms), int(p.exemplars)
	s.d.count(r, p)
	return w, nil
}

// ahead is how far the clock of a sender may be ahead: what is from later is no reading.
const ahead = 10 * time.Minute

// count counts what somebody sent.
func (d *Door) count(r *http.Request, p parser) {
	sender, _ := r.Context().Value(senderKey{}).(string)
	agent, _, _ := strings.Cut(r.UserAgent(), " ")
	name := sender
	if len(agent) > 0 && len(agent) < 64 {
		name = agent + " · " + sender
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	one := d.senders[name]
	if one == nil {
		if len(d.senders) >= maxSenders {
			name = "(other)"
		}
		if one = d.senders[name]; one == nil {
			one = &Sent{Sender: name}
			d.senders[name] = one
		}
	}
	one.Requests++
	one.Samples += p.samples + p.histograms
	one.Readings += int64(len(p.readings))
	one.Last = time.Now().UTC()
}
