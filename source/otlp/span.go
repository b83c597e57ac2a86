// Package otlp takes traces, logs and metrics as OpenTelemetry sends them, and traces in
// files as Zipkin and Jaeger write them. Spans at the edge of the system become
// experiences of people; all spans together tell which service calls which.
package otlp

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"strings"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/robots"
	"github.com/honderd/honderd/service"
)

// role is what a span does in a conversation of services.
type role uint8

const (
	internal role = iota
	server
	client
	producer
	consumer
	roles
)

// mark is what a span says of itself with the attribute honderd.edge.
type mark uint8

const (
	unmarked mark = iota
	atEdge        // it is a step of a person
	notAtEdge
	marks
)

// traceID and spanID are as OpenTelemetry has them.
type (
	traceID [16]byte
	spanID  uint64
)

// resource is what sent a span. Spans of one sender share one.
type resource struct {
	service, version, environment, criticality, owner string
	app                                               bool // it runs in the hands of a person: a browser, a telephone
}

// span is what is kept of a span until its trace is settled.
type span struct {
	trace  traceID
	id     spanID
	parent spanID // 0: it has none
	res    *resource

	begin, end int64 // Unix milliseconds
	wait       uint32
	role       role
	mark       mark
	flags      flags
	robot      robots.Kind

	cause    experience.Cause // of whoever waited for it, without patience
	peer     string           // whom a client called, as far as it says so; ""
	peerKind service.Kind

	// Only of spans that may be at the edge.
	person        experience.Person // 0: nothing says who
	before        experience.Person // who it was under the salt before; only when renamed
	journey, step string
	labels        []experience.Label
}

// flags are yes or no.
type flags uint8

const (
	resent    flags = 1 << iota // it is a second try
	part                        // a picture, style or script
	critical                    // its journey cannot do without it
	sampled                     // not all traces like this one are sent
	page                        // a page that a browser loaded
	impatient                   // it was slower than patience
	routed                      // it says its route
	renamed                     // a visit under the salt before may go on
)

func (s *span) is(f flags) bool { return s.flags&f != 0 }

// failed reports whether who called got no good answer.
func (s *span) failed() bool { return s.cause != experience.Fine }

// edgy reports whether a span of this kind can be a step of a person.
func (s *span) edgy() bool {
	switch {
	case s.mark == notAtEdge:
		return false
	case s.mark == atEdge || s.role == server || s.role == consumer:
		return true
	}
	return s.res.app && (s.role == client || s.is(page))
}

// key tells s from all other spans. Client and server may share an id (Zipkin).
func (s *span) key() uint64 {
	k := binary.LittleEndian.Uint64(s.trace[:8])*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(s.trace[8:])
	k = (k ^ k>>29) * 0xbf58476d1ce4e5b9
	k ^= uint64(s.id)*0x94d049bb133111eb + uint64(s.role)
	k = (k ^ k>>31) * 0xbf58476d1ce4e5b9
	return k ^ k>>32
}

// key tells a trace from all others, but for one in 2^64.
func (t traceID) key() uint64 {
	return binary.LittleEndian.Uint64(t[:8])*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(t[8:])
}

// readTrace reads the id of a trace in a file: hexadecimal, of 64 or 128 bits; anything
// else is hashed.
func readTrace(s string) (t traceID, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return t, false
	}
	if len(s) <= 32 {
		padded := strings.Repeat("0", 32-len(s)) + s
		if _, err := hex.Decode(t[:], []byte(padded)); err == nil {
			return t, t != traceID{}
		}
	}
	h := fnv.New128a()
	_, _ = h.Write([]byte(s)) // a hash takes everything
	copy(t[:], h.Sum(nil))
	return t, true
}

// readSpan reads the id of a span in a file, 0 for none.
func readSpan(s string) spanID {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0
	}
	if len(s) <= 16 {
		var b [8]byte
		if _, err := hex.Decode(b[:], []byte(strings.Repeat("0", 16-len(s))+s)); err == nil {
			return spanID(binary.BigEndian.Uint64(b[:]))
		}
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return spanID(max(h.Sum64(), 1))
}
