package gateway

import (
	"encoding/binary"
	"encoding/hex"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
)

// Tracing says which exchanges are told of as a trace. The fields traceparent and
// tracestate of clients that are trusted are taken over, those of others are not; backends
// get their own.
type Tracing struct {
	Share float64 // of the traces that begin here, 0 to 1
}

// Trace is an exchange as a part of a trace.
//
// Source: W3C Trace Context, level 2; OpenTelemetry, "TraceState: Probability Sampling".
type Trace struct {
	ID      [16]byte
	Span    [8]byte // of the request of the person
	Parent  [8]byte // zero: it begins here
	State   string  // tracestate
	Sampled bool
	Tries   []Try // requests to backends, in the order in which they began
}

// Try is one request to a backend.
type Try struct {
	Span       [8]byte
	Backend    string // host:port, or its name and an address
	Encrypted  bool
	Start, End time.Time
	Status     int    // 0: there was no answer
	Fault      string // what was wrong; "": nothing
	Left       bool   // nobody waited for its answer any more
	Why        experience.Mask
	Again      bool // it was not the first
}

// begin returns the trace that r is a part of.
func (t *Tracing) begin(r *http.Request, trusted bool) *Trace {
	one := &Trace{}
	binary.BigEndian.PutUint64(one.Span[:], rand.Uint64()|1)
	if trusted && one.follow(r.Header) {
		return one
	}
	binary.BigEndian.PutUint64(one.ID[:8], rand.Uint64())
	binary.BigEndian.PutUint64(one.ID[8:], rand.Uint64()|1)
	const all = 1 << 56
	least := uint64((1 - min(max(t.Share, 0), 1)) * all)
	one.Sampled = t.Share > 0 && binary.BigEndian.Uint64(one.ID[8:])&(all-1) >= least
	if one.Sampled && least > 0 {
		text := strings.TrimRight(hex.EncodeToString(binary.BigEndian.AppendUint64(nil, least)[1:]), "0")
		one.State = "ot=th:" + text
	}
	return one
}

// maxState is the most of a tracestate that is passed on.
const maxState = 512

// follow takes over what a client says of its trace. It reports false when it says
// nothing that can be used.
func (t *Trace) follow(h http.Header) bool {
	values := h["Traceparent"]
	if len(values) != 1 {
		return false
	}
	parts := strings.Split(values[0], "-")
	if len(parts) < 4 || len(parts[0]) != 2 || parts[0] == "ff" || parts[0] == "00" && len(parts) != 4 || len(parts[1]) != 32 || len(parts[2]) != 16 || len(parts[3]) != 2 {
		return false
	}
	if values[0] != strings.ToLower(values[0]) {
		return false
	}
	var flags, version [1]byte
	_, err := hex.Decode(version[:], []byte(parts[0]))
	_, err1 := hex.Decode(t.ID[:], []byte(parts[1]))
	_, err2 := hex.Decode(t.Parent[:], []byte(parts[2]))
	_, err3 := hex.Decode(flags[:], []byte(parts[3]))
	if err != nil || err1 != nil || err2 != nil || err3 != nil || t.ID == [16]byte{} || t.Parent == [8]byte{} {
		t.ID, t.Parent = [16]byte{}, [8]byte{}
		return false
	}
	t.Sampled = flags[0]&1 == 1
	if state := strings.Join(h["Tracestate"], ","); len(state) <= maxState {
		t.State = state
	}
	return true
}

// try notes that a asks, and tells its backend of which span it is a part.
func (t *Trace) try(a *attempt, c *call) {
	if t == nil {
		return
	}
	one := Try{Backend: a.b.name, Encrypted: encrypted(a.b.scheme), Start: time.Now(), Why: a.why, Again: len(t.Tries) > 0}
	binary.BigEndian.PutUint64(one.Span[:], rand.Uint64()|1)
	t.Tries = append(t.Tries, one)
	a.try = len(t.Tries)
	c.Header = maps.Clone(c.Header)
	flags := "-00"
	if t.Sampled {
		flags = "-01"
	}
	c.Header["Traceparent"] = []string{"00-" + hex.EncodeToString(t.ID[:]) + "-" + hex.EncodeToString(one.Span[:]) + flags}
	if t.State != "" {
		c.Header["Tracestate"] = []string{t.State}
	} else {
		delete(c.Header, "Tracestate")
	}
}

// tried notes what became of an attempt. A body that is still coming ends with the
// exchange.
func (t *Trace) tried(a *attempt, status int, fault string, comes bool) {
	if t == nil || a.try == 0 {
		return
	}
	one := &t.Tries[a.try-1]
	one.Status = status
	if fault != "" {
		one.Fault = fault
	}
	if !comes {
		one.End = time.Now()
	}
}

// leave notes that nobody waits for an attempt any more.
func (t *Trace) leave(a *attempt, fault string) {
	if t == nil || a.try == 0 {
		return
	}
	one := &t.Tries[a.try-1]
	one.Left, one.Fault, one.End = true, fault, time.Now()
}

// end ends all that is still open.
func (t *Trace) end() {
	if t == nil {
		return
	}
	now := time.Now()
	for i := range t.Tries {
		if t.Tries[i].End.IsZero() {
			t.Tries[i].End = now
		}
	}
}
