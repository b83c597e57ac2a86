package account

import (
	"sync"
	"time"
)

// How often a password may be wrong.
const (
	freeTries    = 5                // at once, for a name
	freeTriesAt  = 10               // at once, from an address: people share them
	firstWait    = 2 * time.Second  // after the first too many; it doubles with each
	longestWait  = time.Minute      // for a name: its owner must be able to get in
	longestAt    = 15 * time.Minute // from an address
	forgiveAfter = 30 * time.Minute // without a try
	maxTried     = 20000            // names and addresses that are remembered
)

// tried is how often it went wrong.
type tried struct {
	count int
	last  time.Time
}

func (t tried) wait(now time.Time, free int, longest time.Duration) time.Duration {
	if t.count < free {
		return 0
	}
	d := min(firstWait<<min(t.count-free, 20), longest)
	return max(d-now.Sub(t.last), 0)
}

// Limits makes guessing slow: for one name from anywhere, and from one address for any
// name. The zero Limits is ready.
type Limits struct {
	mu   sync.Mutex
	name map[string]tried
	at   map[string]tried
}

// Take counts a try before it is made, so that many at once do not pass, and returns how
// long to wait when it must not be made.
func (l *Limits) Take(name, at string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.name == nil {
		l.name, l.at = map[string]tried{}, map[string]tried{}
	}
	name = sum(name) // people type passwords where names belong
	n, a := recall(l.name, name, now), recall(l.at, at, now)
	if wait := max(n.wait(now, freeTries, longestWait), a.wait(now, freeTriesAt, longestAt)); wait > 0 {
		return wait
	}
	l.name[name], l.at[at] = tried{n.count + 1, now}, tried{a.count + 1, now}
	return 0
}

// Forgive takes back what Take counted of somebody who was who they said.
func (l *Limits) Forgive(name, at string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.name, sum(name))
	if a := l.at[at]; a.count > 0 {
		a.count--
		l.at[at] = a
	}
}

// recall returns how it went before, and keeps room.
func recall(of map[string]tried, key string, now time.Time) tried {
	t, ok := of[key]
	if ok && now.Sub(t.last) > forgiveAfter {
		delete(of, key)
		return tried{}
	}
	if !ok && len(of) >= maxTried {
		for k, one := range of {
			if now.Sub(one.last) > time.Minute {
				delete(of, k)
			}
		}
		for k := range of { // still full of what is new: anybody's
			if len(of) < maxTried {
				break
			}
			delete(of, k)
		}
	}
	return t
}
