package browser

import (
	"net/netip"
	"sync"
	"time"

	"github.com/honderd/honderd/internal/admit"
)

// maxSenders is how many senders are limited one by one; those who were quiet longest
// are forgotten first.
const maxSenders = 1 << 16

// limits keeps one sender from taking the place of others.
type limits struct {
	o    Options
	mu   sync.Mutex
	open int
	by   map[netip.Addr]*allowance
}

// allowance is what one sender may still send.
type allowance struct {
	open  int
	left  float64
	since time.Time
}

func newLimits(o Options) *limits { return &limits{o: o, by: map[netip.Addr]*allowance{}} }

// enter lets a request in when there is room, for all and for its sender.
func (l *limits) enter(key netip.Addr) *admit.Refusal {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.by[key]
	if a == nil {
		l.forget(now)
		a = &allowance{left: l.o.Burst, since: now}
		l.by[key] = a
	}
	a.left, a.since = l.refilled(a, now), now
	switch {
	case l.open >= l.o.Open || a.open >= l.o.Each:
		return admit.TooMany("too many at once", "too many requests at once: send it again later")
	case a.left < 1:
		return admit.TooMany("too many of one sender", "too many requests from one address: send it again later")
	}
	a.left--
	a.open++
	l.open++
	return nil
}

func (l *limits) refilled(a *allowance, now time.Time) float64 {
	return min(l.o.Burst, a.left+l.o.Rate*now.Sub(a.since).Seconds())
}

// forget makes room for one more sender: it drops those that may send all they could, and
// if there is none, whoever comes up.
func (l *limits) forget(now time.Time) {
	if len(l.by) < maxSenders {
		return
	}
	for key, a := range l.by {
		if a.open == 0 && l.refilled(a, now) >= l.o.Burst {
			delete(l.by, key)
		}
	}
	for key, a := range l.by {
		if len(l.by) < maxSenders {
			return
		}
		if a.open == 0 {
			delete(l.by, key)
		}
	}
}

func (l *limits) leave(key netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if a := l.by[key]; a != nil {
		a.open--
	}
}
