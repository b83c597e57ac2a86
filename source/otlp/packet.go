package otlp

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/robots"
	"github.com/honderd/honderd/internal/wire"
	"github.com/honderd/honderd/service"
)

// packet is what was sent at once, as the spool keeps it.
type packet struct {
	intake

	request  uint64 // tells a request that is sent twice; 0: its spans do
	file     string // the file that it is of, "" for none
	position string // where that file goes on
}

// errPacket is the answer to bytes that are no packet.
var errPacket = errors.New("a packet of the spool is damaged")

// appendPacket appends p, whose strings are written once.
//
//	request, file, position, formats, what was wrong,
//	strings, resources, then each span, then what was heard.
func appendPacket(dst []byte, p *packet) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, p.request)
	dst = wire.AppendString(wire.AppendString(dst, p.file), p.position)
	dst = binary.AppendUvarint(dst, uint64(len(p.formats)))
	for format, n := range p.formats {
		dst = binary.AppendVarint(wire.AppendString(dst, format), n)
	}
	dst = binary.AppendUvarint(dst, uint64(len(p.wrong)))
	for why, w := range p.wrong {
		dst = wire.AppendString(binary.AppendVarint(wire.AppendString(dst, why), w.n), w.example)
	}
	w := &packing{words: map[string]uint64{}, resources: map[*resource]uint64{}}
	for i := range p.spans {
		w.span(&p.spans[i])
	}
	for _, h := range p.heard {
		w.heard(h)
	}
	dst = wire.AppendStrings(dst, w.list)
	dst = binary.AppendUvarint(dst, uint64(len(w.resources)))
	dst = append(dst, w.senders...)
	dst = binary.AppendUvarint(dst, uint64(len(p.spans)))
	dst = binary.AppendUvarint(dst, uint64(len(p.heard)))
	return append(dst, w.rows...)
}

// packing is a packet under way.
type packing struct {
	words     map[string]uint64
	list      []string
	last      string // the word before, which often comes again
	lastAt    uint64
	resources map[*resource]uint64
	senders   []byte
	rows      []byte
}

func (w *packing) word(dst []byte, s string) []byte {
	if s != w.last || len(w.list) == 0 {
		at, known := w.words[s]
		if !known {
			at = uint64(len(w.list))
			w.words[s] = at
			w.list = append(w.list, s)
		}
		w.last, w.lastAt = s, at
	}
	return binary.AppendUvarint(dst, w.lastAt)
}

func (w *packing) resource(r *resource) uint64 {
	at, known := w.resources[r]
	if !known {
		at = uint64(len(w.resources))
		w.resources[r] = at
		for _, s := range []string{r.service, r.version, r.environment, r.criticality, r.owner} {
			w.senders = w.word(w.senders, s)
		}
		w.senders = append(w.senders, yes(r.app))
	}
	return at
}

func yes(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func (w *packing) span(s *span) {
	p := append(w.rows, s.trace[:]...)
	p = binary.LittleEndian.AppendUint64(p, uint64(s.id))
	p = binary.LittleEndian.AppendUint64(p, uint64(s.parent))
	p = binary.AppendUvarint(p, w.resource(s.res))
	p = binary.AppendVarint(p, s.begin)
	p = binary.AppendVarint(p, s.end-s.begin)
	p = append(p, byte(s.role)<<4|byte(s.mark)<<2|byte(s.robot), byte(s.flags), byte(s.cause))
	p = w.word(p, s.peer)
	p = w.word(p, string(s.peerKind))
	if s.edgy() {
		p = binary.LittleEndian.AppendUint64(p, uint64(s.person))
		if s.is(renamed) {
			p = binary.LittleEndian.AppendUint64(p, uint64(s.before))
		}
		p = w.word(p, s.journey)
		p = w.word(p, s.step)
		p = binary.AppendUvarint(p, uint64(len(s.labels)))
		for _, l := range s.labels {
			p = w.word(p, l.Name)
			p = w.word(p, l.Value)
		}
	}
	w.rows = p
}

func (w *packing) heard(h hearing) {
	w.rows = binary.AppendUvarint(w.rows, w.resource(h.res))
	w.rows = binary.AppendVarint(w.rows, h.at)
	w.rows = w.word(w.rows, h.what)
	w.rows = w.word(w.rows, h.name)
	w.rows = binary.AppendVarint(w.rows, h.n)
}

// readPacket reads what appendPacket wrote.
func readPacket(b []byte) (*packet, error) {
	r := wire.NewReader(b)
	p := &packet{request: r.Uint64(), file: r.String(), position: r.String()}
	for range r.Count(r.Len()) {
		format := r.String()
		p.read(format, int(r.Varint()))
	}
	for range r.Count(r.Len()) {
		why, n := r.String(), r.Varint()
		p.reject(why, n, []byte(r.String()))
	}
	u := unpacking{r: r, words: r.Strings(nil)}
	for range r.Count(r.Len()) {
		res := &resource{service: u.word(), version: u.word(), environment: u.word(), criticality: u.word(), owner: u.word()}
		res.app = r.Byte() != 0
		u.resources = append(u.resources, res)
	}
	spans, heard := r.Count(r.Len()), r.Count(r.Len())
	for range spans {
		p.spans = append(p.spans, u.span())
		if r.Damaged() {
			break
		}
	}
	for range heard {
		p.heard = append(p.heard, hearing{res: u.resource(), at: r.Varint(), what: u.word(), name: u.word(), n: r.Varint()})
		if r.Damaged() {
			break
		}
	}
	if r.Damaged() || r.Len() > 0 {
		return nil, errPacket
	}
	return p, nil
}

// unpacking is a packet that is being read.
type unpacking struct {
	r         *wire.Reader
	words     []string
	resources []*resource
}

func (u *unpacking) word() string {
	if at := u.r.Count(math.MaxInt32); at < len(u.words) {
		return u.words[at]
	}
	u.r.Spoil()
	return ""
}

func (u *unpacking) resource() *resource {
	if at := u.r.Count(math.MaxInt32); at < len(u.resources) {
		return u.resources[at]
	}
	u.r.Spoil()
	return &resource{}
}

func (u *unpacking) span() (s span) {
	r := u.r
	copy(s.trace[:], r.Take(len(s.trace)))
	s.id, s.parent = spanID(r.Uint64()), spanID(r.Uint64())
	s.res = u.resource()
	s.begin = r.Varint()
	s.end = s.begin + r.Varint()
	s.wait = uint32(min(max(s.end-s.begin, 0), maxWait))
	kinds := r.Byte()
	s.role, s.mark, s.robot = role(kinds>>4), mark(kinds>>2&3), robots.Kind(kinds&3)
	s.flags, s.cause = flags(r.Byte()), experience.Cause(r.Byte())
	if s.role >= roles || s.mark >= marks || int(s.cause) > len(experience.Causes()) {
		r.Spoil()
	}
	s.peer = u.word()
	s.peerKind = service.Kind(u.word())
	if s.edgy() {
		s.person = experience.Person(r.Uint64())
		if s.is(renamed) {
			s.before = experience.Person(r.Uint64())
		}
		s.journey, s.step = u.word(), u.word()
		for range r.Count(experience.MaxLabels) {
			s.labels = append(s.labels, experience.Label{Name: u.word(), Value: u.word()})
		}
	}
	return s
}
