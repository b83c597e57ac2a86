package accesslog

import (
	"bytes"
	"math"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/route"
)

// unknown is the wait of a line that does not say it.
const unknown = -1

// take makes an experience of the line in w.m, which fits g, and adds it to b; or it
// only counts the line.
func (w *Worker) take(g *Grammar, line []byte, ms int64, b *experience.Batch) {
	o := &w.p.o
	wait := w.wait(g, line)
	if g.starts && wait > 0 {
		ms += wait
	}
	address := w.address(g, line)
	addressHash := w.p.addressHash(address)
	w.turn(ms)
	w.counts.add(w.counted(addressHash))
	if (o.Since != 0 && ms < o.Since) || (o.Until != 0 && ms >= o.Until) {
		return
	}
	a := w.asks(g, line)
	method, target, path := a.method, a.target, a.path
	if target == nil && g.asks() {
		b.Tally.NoRequest++
		if !o.Raw {
			return
		}
	}
	agent, agentHash := w.agent(g, line)
	if w.robot(g, line, agent, agentHash, &b.Tally) && !o.Robots && !o.Raw {
		return
	}
	status, ended := statusOf(w.m.value(g, slotStatus, line)), w.ended(g, line)
	if ended == nobodys && !o.Raw {
		b.Tally.NoRequest++
		return
	}
	e := experience.Experience{Person: w.person(b, g, line, address, agent, addressHash, agentHash), At: ms, Wait: uint32(max(wait, 0))}
	if o.Raw {
		raw := experience.RawRules()
		if status < 100 {
			status = ended.status(status)
		}
		e.Cause = raw.Judge(status, unknown)
	} else {
		status = ended.status(status)
		w.judge(&e, g, line, status, wait, string(method) == "OPTIONS", a.what)
	}
	var journey []byte
	if target != nil {
		if journey = a.journey; status >= 400 {
			journey = route.Journey(path, status) // where nothing is, nobody is on a journey
		}
	}
	e.Journey = w.journeys.index(journey, &b.Journeys)
	if len(o.Rules.Critical) > 0 && target != nil && !o.Raw && !e.Part {
		e.Critical = o.Rules.IsCritical(string(method), string(path))
	}
	if blamed := w.explained(g, line, &e, path, wait, len(b.Items)) || w.blames(g, line, &e); len(o.Labels) > 0 || blamed {
		e.Labels = w.labels(g, line, blamed, b)
	}
	if target != nil && (o.Steps || e.Cause != experience.Fine || e.Mask != experience.Unmasked) {
		w.scratch = route.AppendStep(w.scratch[:0], method, path)
		e.Step = w.steps.index(w.scratch, &b.Steps)
	}
	b.Items = append(b.Items, e)
}

// judge sets Cause, Mask and Part of e.
func (w *Worker) judge(e *experience.Experience, g *Grammar, line []byte, status int, wait int64, asksOptions bool, what part) {
	rules := &w.p.o.Rules
	patience := time.Duration(unknown)
	if wait >= 0 {
		patience = time.Duration(wait) * time.Millisecond
	}
	e.Cause = rules.Judge(status, patience)
	e.Part = what.part || asksOptions
	if what.part && !what.noticed {
		e.Cause = experience.Fine
		return
	}
	if e.Cause == experience.Fine {
		e.Mask = w.mask(g, line, status)
	}
}

// wait returns how long the person waited, in milliseconds rounded up; unknown when the
// line does not say.
func (w *Worker) wait(g *Grammar, line []byte) int64 {
	switch {
	case g.has[slotMicros]:
		return duration(w.m.value(g, slotMicros, line), 1)
	case g.has[slotNanos]:
		return nanos(w.m.value(g, slotNanos, line))
	case g.has[slotMillis]:
		return duration(w.m.value(g, slotMillis, line), 1000)
	case g.has[slotMore]:
		return sum(duration(w.m.value(g, slotSeconds, line), 1_000_000), duration(w.m.value(g, slotMore, line), 1_000_000), duration(w.m.value(g, slotMore2, line), 1_000_000))
	case g.has[slotSeconds]:
		return duration(w.m.value(g, slotSeconds, line), 1_000_000)
	default:
		return unknown
	}
}

// duration reads a number of units of micros microseconds each, with or without a
// fraction, and returns milliseconds rounded up.
func duration(v []byte, micros int64) int64 {
	total, n := int64(0), 0
	if len(v) > 1 && v[0] == '+' { // HAProxy: it took at least so long
		v = v[1:]
	}
	if len(v) > 1 && v[len(v)-1] == 's' {
		v = v[:len(v)-1]
	}
	for ; n < len(v) && isDigit(v[n]); n++ {
		if n == 12 {
			return unknown
		}
		total = total*10 + int64(v[n]-'0')
	}
	if n == 0 {
		return unknown
	}
	total *= micros
	if n < len(v) && v[n] == '.' {
		for n++; n < len(v) && isDigit(v[n]); n++ {
			micros /= 10
			total += int64(v[n]-'0') * micros
		}
	}
	if n < len(v) {
		return unknown
	}
	return min((total+999)/1000, math.MaxUint32)
}

// statusOf reads three digits.
func statusOf(v []byte) int {
	if len(v) != 3 {
		return 0
	}
	return int(v[0]-'0')*100 + int(v[1]-'0')*10 + int(v[2]-'0')
}

// request returns what was asked for; target is nil when nothing was.
func (w *Worker) request(g *Grammar, line []byte) (method, target []byte) {
	if !g.has[slotRequest] || (g.keys != nil && len(w.m.value(g, slotRequest, line)) == 0) {
		method, target = w.m.value(g, slotMethod, line), w.m.value(g, slotTarget, line)
		if len(target) == 0 || string(target) == "-" || (g.has[slotMethod] && !isMethod(method)) {
			return nil, nil
		}
		return method, target
	}
	value := w.m.value(g, slotRequest, line)
	space := bytes.IndexByte(value, ' ')
	if space < 0 || !isMethod(value[:space]) {
		return nil, nil
	}
	method, target = value[:space], value[space+1:]
	spoken := false
	if end := bytes.LastIndexByte(target, ' '); end >= 0 && bytes.HasPrefix(target[end+1:], []byte("HTTP")) {
		target, spoken = target[:end], true
	}
	for len(target) > 0 && target[0] == ' ' {
		target = target[1:]
	}
	if len(target) == 0 || (!spoken && target[0] != '/' && target[0] != '*' && !bytes.Contains(target, []byte("://"))) {
		return nil, nil
	}
	return method, target
}

// isMethod reports whether v can be the method of a request.
func isMethod(v []byte) bool {
	if len(v) < 2 || len(v) > 24 {
		return false
	}
	for _, c := range v {
		if (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
