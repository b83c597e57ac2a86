package accesslog

import (
	"bytes"
	"cmp"
	"context"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/route"
)

// Limits of what error logs say that waits for its request, and of how long a request waits
// for what they say.
const (
	maxReasons  = 1 << 16
	reasonWait  = time.Second      // in a log that grows
	reasonCatch = 20 * time.Second // for an error log that is long, and read from its beginning
	reasonPoll  = 100 * time.Millisecond
)

// Causes is what error logs say went wrong, until the access log tells of the same request.
// Both tell the client, the path and the second; what is kept of the first two is a hash
// with a secret that nobody has. The logs of one server share it, and so do goroutines.
type Causes struct {
	seed maphash.Seed
	some atomic.Bool // there is anything to look for

	mu    sync.RWMutex
	byKey map[uint64][]reason // in the order of time: somebody may be told of very often
	keys  []uint64            // of all reasons, oldest first from next on, once it is full
	next  int
	logs  map[*Log]*telling
}

// reason is what went wrong at a time, of a clock whose zone is not told.
type reason struct {
	at    int64
	blame experience.Blame
}

// telling is how far a log is.
type telling struct {
	notes, requests bool
	began, last     time.Time // when it gave something last
	busy            bool      // it gave much at once: there is more
}

// NewCauses returns what error logs of one server say.
func NewCauses() *Causes {
	return &Causes{seed: maphash.MakeSeed(), byKey: map[uint64][]reason{}, logs: map[*Log]*telling{}}
}

// key returns what a request is found by. path is nil when the log does not tell it.
func (c *Causes) key(address, path []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(c.seed)
	_, _ = h.Write(address) // a hash takes everything
	_ = h.WriteByte(' ')
	_, _ = h.Write(path)
	return h.Sum64()
}

// add takes in what an error log says of a request.
func (c *Causes) add(key uint64, r reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.some.Store(true)
	if len(c.keys) < maxReasons {
		c.keys = append(c.keys, key)
	} else {
		old := c.keys[c.next]
		if list := c.byKey[old]; len(list) > 1 {
			c.byKey[old] = list[1:]
		} else {
			delete(c.byKey, old)
		}
		c.keys[c.next] = key
		c.next = (c.next + 1) % maxReasons
	}
	list := c.byKey[key]
	c.byKey[key] = slices.Insert(list, firstFrom(list, r.at+1), r) // nearly always at the end
}

// firstFrom returns where the reasons from a time on begin.
func firstFrom(list []reason, at int64) int {
	i, _ := slices.BinarySearchFunc(list, at, func(r reason, at int64) int { return cmp.Compare(r.at, at) })
	return i
}

// A sought is a request whose reasons are looked for.
type sought struct {
	exact, any uint64   // with its path, and without
	at, wait   int64    // when it ended, and how long it took; milliseconds
	clocks     [2]int64 // what the clock of the error log may have shown then
}

// second is how exact both logs are.
const second = 1000

// of appends what went wrong with a request to list, each thing once: who tries again and
// again has one request that went wrong each time, whatever the error log says of the others.
func (c *Causes) of(s sought, list []experience.Blame) []experience.Blame {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, key := range [...]uint64{s.exact, s.any} {
		all := c.byKey[key]
		for _, clock := range s.clocks {
			for _, r := range all[firstFrom(all, clock-s.wait-second):] {
				if r.at > clock+second {
					break
				}
				if !slices.Contains(list, r.blame) {
					list = append(list, r.blame)
				}
			}
		}
	}
	return list
}

// note keeps what an error line says of a request.
func (w *Worker) note(line []byte) {
	c := w.p.o.Causes
	if c == nil || w.trying {
		return
	}
	n, ok := readNote(line)
	if !ok {
		return
	}
	var path []byte
	if n.target != nil {
		path = route.Path(n.target)
	}
	c.add(c.key(bareAddress(n.client), path), reason{n.at, n.blame})
}

// Seconds in which a request looks for its reasons when its log does not say how long it
// took: nginx gives up on a server after 60. After a good answer only what was hidden at once
// is believed, for who was refused may have tried again.
const (
	untoldBad  = 60_000
	untoldGood = 0
)

// explained finds what error logs say of the line in w.m. What they say stands above what
// the access log does; and a server that failed behind a good answer was hidden.
func (w *Worker) explained(g *Grammar, line []byte, e *experience.Experience, path []byte, wait int64, item int) bool {
	c := w.p.o.Causes
	if c == nil || w.p.o.Raw || !c.some.Load() && !w.awaits || path == nil {
		return false
	}
	if e.Bad() && e.Cause == experience.GaveUp || e.Cause == experience.Fine && e.Part {
		return false
	}
	remote := bareAddress(w.m.value(g, slotAddress, line))
	s := sought{exact: c.key(remote, path), any: c.key(remote, nil), at: e.At, wait: wait}
	if wait < 0 {
		if s.wait = untoldBad; e.Cause == experience.Fine {
			s.wait = untoldGood
		}
	}
	s.clocks = w.clocks(g, line, s.at)
	found := c.of(s, w.reasons[:0])
	w.reasons = found
	if len(found) == 0 {
		if w.awaits && e.Bad() {
			w.pending = append(w.pending, pending{item, s})
		}
		return false
	}
	if e.Cause == experience.Fine && e.Mask == experience.Unmasked {
		for _, b := range found {
			if b.Backend != "" {
				e.Mask = experience.Retry
			}
		}
	}
	if !e.RawBad() {
		return false
	}
	w.blamed = append(w.blamed[:0], found...)
	return true
}

// clocks returns what the clock of an error log may have shown at a time: its zone is not
// written in it. It is the zone that the same server wrote into the access log, or else that
// of this machine.
func (w *Worker) clocks(g *Grammar, line []byte, at int64) [2]int64 {
	_, east := time.UnixMilli(at).Zone()
	both := [2]int64{at, at + int64(east)*1000}
	v := w.m.value(g, slotTime, line)
	if len(v) == 0 {
		v = w.m.value(g, slotISO, line)
	}
	if sign := bytes.LastIndexAny(v, "+-"); sign > len("2026-11-23") {
		if minutes, ok := zone(v[sign:]); ok {
			both[0] += int64(minutes) * 60_000
			both[1] = both[0]
		}
	}
	return both
}

// pending is an item of a batch that error logs may say something of in a moment.
type pending struct {
	item int
	sought
}

// tells notes what a log gave, and how much at once.
func (c *Causes) tells(l *Log, b *experience.Batch, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.logs[l]
	if t == nil {
		t = &telling{}
		c.logs[l] = t
	}
	if b == nil {
		t.began = time.Now()
		return
	}
	t.last, t.busy = time.Now(), bytes >= followChunk/2
	for format := range b.Tally.Formats {
		if isNoted(format) {
			t.notes = true
		} else {
			t.requests = true
		}
	}
}

// isNoted reports whether a format of a tally is of notes.
func isNoted(format string) bool {
	return strings.HasPrefix(format, "nginx-error") || strings.HasPrefix(format, "apache-error") || format == "haproxy-note" || format == "caddy-note"
}

// still reports whether an error log may say something yet of requests up to a time: it is
// being read from its beginning, or has had no time to be written.
func (c *Causes) still(l *Log, newest int64, now time.Time) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for other, t := range c.logs {
		switch {
		case other == l || t.requests && !t.notes:
		case t.last.IsZero() && now.Sub(t.began) < reasonWait, t.busy && now.Sub(t.last) < reasonWait:
			return true
		case t.notes && now.UnixMilli()-newest < reasonWait.Milliseconds():
			return true
		}
	}
	return false
}

// hasOthers reports whether other logs than l may say something.
func (c *Causes) hasOthers(l *Log) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for other, t := range c.logs {
		if other != l && (t.notes || !t.requests) {
			return true
		}
	}
	return false
}

// settle waits a moment for what error logs say of the bad items of b that nothing is known of.
func (l *Log) settle(ctx context.Context, b *experience.Batch) {
	w := l.worker
	if w == nil || len(w.pending) == 0 {
		return
	}
	c, end, newest := l.parser.o.Causes, time.Now().Add(reasonCatch), int64(0)
	for _, p := range w.pending {
		newest = max(newest, p.at)
	}
	for c.still(l, newest, time.Now()) && time.Now().Before(end) && ctx.Err() == nil {
		select {
		case <-time.After(reasonPoll):
		case <-ctx.Done():
		}
	}
	for _, p := range w.pending {
		found := c.of(p.sought, w.reasons[:0])
		if w.reasons = found; len(found) == 0 || len(b.Labels) > 1<<15 {
			continue
		}
		e := &b.Items[p.item]
		e.Labels, b.Labels = uint16(len(b.Labels)), append(b.Labels, setOf(string(withBlames(keyOf(unblamed(b.Labels[e.Labels])), found))))
	}
	w.pending = w.pending[:0]
}

// unblamed returns a set of labels without those that say what was wrong.
func unblamed(set []experience.Label) []experience.Label {
	var list []experience.Label
	for _, l := range set {
		if !experience.IsBlame(l.Name) {
			list = append(list, l)
		}
	}
	return list
}
