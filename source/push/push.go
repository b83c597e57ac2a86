// Package push takes experiences that programs send: lines of JSON over HTTP, each one
// step of one person. A batch is kept whole before it is answered, or not at all.
package push

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/reply"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/source"
)

// Options says what a Door takes, and from whom.
type Options struct {
	Rules experience.Rules
	Salt  []byte   // of the pseudonyms
	Keys  []string // that senders show; none: only senders on this machine are let in

	// Keep makes a batch durable before it returns nil. It is called by many at once.
	Keep source.Sink
	// Busy reports whether an error of Keep means: later.
	Busy func(err error) bool
	// Refuse is told why a request was refused, each time. nil: nobody is.
	Refuse func(why string)

	Body     int64         // most bytes of a request, unpacked; 0: 8 MB
	Open     int           // most requests at once; 0: 256
	Each     int           // most requests of one sender at once; 0: 64
	Patience time.Duration // how long a sender may take for its body; 0: 30 s
}

// Limits when Options does not say them.
const (
	defaultBody     = 8 << 20
	defaultOpen     = 256
	defaultEach     = 64
	defaultPatience = 30 * time.Second
)

// Name is what the source of a Door is called.
const Name = "push"

// Path is where a Door is.
const Path = "/api/v1/experiences"

// Door takes experiences over HTTP.
type Door struct {
	options Options
	keys    [][sha256.Size]byte
	namers  sync.Pool // *who.Namer
	again   *memory

	mu      sync.Mutex
	open    int
	each    map[string]int
	refused map[string]uint64
}

// New returns a Door.
func New(o Options) *Door {
	o.Body, o.Open, o.Each = or(o.Body, defaultBody), or(o.Open, defaultOpen), or(o.Each, defaultEach)
	o.Patience = or(o.Patience, defaultPatience)
	d := &Door{options: o, again: newMemory(), each: map[string]int{}, refused: map[string]uint64{}}
	for _, key := range o.Keys {
		d.keys = append(d.keys, sha256.Sum256([]byte(key)))
	}
	d.namers.New = func() any { return who.NewNamer(o.Salt) }
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

// refusal is an answer to a request that is not taken.
type refusal struct {
	status int
	why    string // counted under this; a few words
	detail string // for who reads the answer, with the way out
	later  bool
}

// ServeHTTP takes one batch.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, no := d.take(w, r)
	if no != nil {
		d.mu.Lock()
		d.refused[no.why]++
		d.mu.Unlock()
		if d.options.Refuse != nil {
			d.options.Refuse(no.why)
		}
		no.write(w)
		return
	}
	reply.JSON(w, http.StatusOK, answer)
}

func (n *refusal) write(w http.ResponseWriter) {
	switch {
	case n.later:
		w.Header().Set("Retry-After", "1")
	case n.status == http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case n.status == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="honderd"`)
	}
	reply.Wrong(w, n.status, n.detail)
}

// take reads, judges and keeps one batch.
func (d *Door) take(w http.ResponseWriter, r *http.Request) (*Answer, *refusal) {
	if no := checkShape(r); no != nil {
		return nil, no
	}
	sender, no := d.sender(r)
	if no != nil {
		return nil, no
	}
	if no := d.enter(sender); no != nil {
		return nil, no
	}
	defer d.leave(sender)
	body, no := d.body(w, r)
	if no != nil {
		return nil, no
	}
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		return d.keep(r.Context(), body)
	}
	return d.again.do(r.Context(), sender+"\x00"+key, body, func() (*Answer, *refusal) { return d.keep(r.Context(), body) })
}

// checkShape refuses what is no batch of lines.
func checkShape(r *http.Request) *refusal {
	if r.Method != http.MethodPost {
		return &refusal{http.StatusMethodNotAllowed, "method", "experiences are sent with POST", false}
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-ndjson" && kind != "application/json" && kind != "application/jsonl" {
		return &refusal{http.StatusUnsupportedMediaType, "content type", "send lines of JSON with Content-Type: application/x-ndjson", false}
	}
	return nil
}

// sender returns who sends: by a key, or from this machine. A page in somebody's browser
// is neither.
func (d *Door) sender(r *http.Request) (string, *refusal) {
	if len(d.keys) > 0 {
		shown, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !found {
			shown = r.Header.Get("X-Api-Key")
		}
		sum, match := sha256.Sum256([]byte(shown)), -1
		for i := range d.keys {
			if subtle.ConstantTimeCompare(sum[:], d.keys[i][:]) == 1 {
				match = i
			}
		}
		if match < 0 {
			return "", &refusal{http.StatusUnauthorized, "key", "no such key (fix: send one of receive.keys as Authorization: Bearer KEY)", false}
		}
		return "key " + strconv.Itoa(match), nil
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	addr, parseErr := netip.ParseAddr(host)
	proxied := r.Header.Get("Origin") != "" || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != ""
	if err != nil || parseErr != nil || !addr.Unmap().IsLoopback() || proxied {
		return "", &refusal{http.StatusForbidden, "not on this machine", "without receive.keys only programs on this machine may send (fix: write receive.keys in honderd.yaml)", false}
	}
	return host, nil
}

// enter lets a request in when there is room, for all and for its sender.
func (d *Door) enter(sender string) *refusal {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open >= d.options.Open || d.each[sender] >= d.options.Each {
		return &refusal{http.StatusTooManyRequests, "too many at once", "too many requests at once: send it again later", true}
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

// body returns what was sent, unpacked.
func (d *Door) body(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d.options.Patience)) // a server without deadlines has its own
	var from io.Reader = http.MaxBytesReader(w, r.Body, d.options.Body)
	switch coding := strings.ToLower(r.Header.Get("Content-Encoding")); coding {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(from)
		if err != nil {
			return nil, unreadable(err)
		}
		from = unpacked
	default:
		return nil, &refusal{http.StatusUnsupportedMediaType, "content encoding", fmt.Sprintf("%.40q is not unpacked (fix: send gzip, or nothing)", coding), false}
	}
	body, err := io.ReadAll(io.LimitReader(from, d.options.Body+1))
	if _, long := errors.AsType[*http.MaxBytesError](err); long || int64(len(body)) > d.options.Body {
		return nil, &refusal{http.StatusRequestEntityTooLarge, "too large", fmt.Sprintf("a batch has at most %d bytes, unpacked (fix: send smaller ones)", d.options.Body), false}
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return body, nil
}

func unreadable(err error) *refusal {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return &refusal{http.StatusRequestTimeout, "too slow", "the batch did not come in time", false}
	}
	return &refusal{http.StatusBadRequest, "unreadable", "the batch could not be read to its end", false}
}

// keep judges the lines of body and makes them durable.
func (d *Door) keep(ctx context.Context, body []byte) (*Answer, *refusal) {
	if n := bytes.Count(bytes.TrimRight(body, "\r\n"), []byte("\n")) + 1; n > experience.MaxBatch {
		return nil, &refusal{http.StatusRequestEntityTooLarge, "too many lines", fmt.Sprintf("a batch has at most %d lines (fix: send smaller ones)", experience.MaxBatch), false}
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
		return nil, &refusal{http.StatusTooManyRequests, "no room", "it cannot be kept at present: send it again later", true}
	default:
		return nil, &refusal{http.StatusServiceUnavailable, "not kept", "it is not known whether it was kept: send it again with the same Idempotency-Key", true}
	}
}
