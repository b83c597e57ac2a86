package accesslog

import (
	"bytes"

	"github.com/honderd/honderd/experience"
)

// mask tells how a fault was hidden from a person who got a good answer. Of several
// ways it names the last one, which made the answer good.
func (w *Worker) mask(g *Grammar, line []byte, status int) experience.Mask {
	if status == 499 { // the person left before the answer
		return experience.Unmasked
	}
	if m := w.told(g, line, status); m != experience.Unmasked {
		return m
	}
	if original := w.m.value(g, slotOriginal, line); status < 400 && len(original) == 3 && w.failed(original) { // 0: nobody was asked
		return experience.Fallback
	}
	if g.has[slotUpstream] {
		if value := w.m.value(g, slotUpstream, line); len(value) > 3 || w.failed(value) {
			return w.upstreamMask(value, w.m.value(g, slotCache, line), status)
		}
	}
	if g.has[slotChanged] && g.has[slotSession] && string(w.m.value(g, slotChanged, line)) == "1" {
		if s := w.m.value(g, slotSession, line); len(s) > 0 && string(s) != "-" {
			return experience.Retry // moved away from the server of its session
		}
	}
	return experience.Unmasked
}

// upstreamMask reads nginx's list of attempts: ", " stands before the next server, " : "
// before another place that the request was sent to inside.
func (w *Worker) upstreamMask(value, cache []byte, status int) experience.Mask {
	var retried, redirected, last bool
	for first := true; ; first = false {
		item, rest, inside := nextAttempt(value)
		last = w.failed(item) || (string(item) == "-" && (rest != nil || !first))
		if rest == nil {
			break
		}
		if last {
			retried = retried || !inside
			redirected = redirected || inside
		}
		value = rest
	}
	dashes := string(value) == "-" // nobody was asked after the redirect: a static page
	switch {
	case last && !dashes && (string(cache) == "STALE" || string(cache) == "UPDATING"):
		return experience.Stale
	case status < 400 && (redirected || (last && !dashes)):
		return experience.Fallback
	case retried && !last:
		return experience.Retry
	default:
		return experience.Unmasked
	}
}

// nextAttempt cuts the first item from a list of attempts. rest is nil at its end;
// inside says that " : " stood between them.
func nextAttempt(list []byte) (item, rest []byte, inside bool) {
	comma, colon := bytes.IndexByte(list, ','), bytes.Index(list, []byte(" : "))
	switch {
	case comma >= 0 && (colon < 0 || comma < colon):
		return list[:comma], bytes.TrimLeft(list[comma+1:], " "), false
	case colon >= 0:
		return list[:colon], list[colon+len(" : "):], true
	default:
		return list, nil, false
	}
}

// failed reports whether an attempt with this status failed: no answer, or the
// service's fault.
func (w *Worker) failed(v []byte) bool {
	if len(v) == 1 && v[0] == '0' {
		return true
	}
	if len(v) != 3 || number(v) < 0 {
		return false
	}
	status := number(v)
	if status == 0 {
		return true
	}
	return status >= 500 && w.p.o.Rules.Judge(status, unknown) != experience.Fine
}
