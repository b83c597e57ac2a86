package cache

import (
	"container/list"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limits of what is kept.
const (
	maxVariants = 32      // of one address
	perEntry    = 1 << 10 // bytes that an entry costs beside its body and fields
)

// Store is answers that were kept, the latest used last to go.
type Store struct {
	mu    sync.Mutex
	most  int64
	size  int64
	byKey map[string][]*list.Element
	order *list.List // of *Entry; the latest in front
}

// New returns a Store of at most this many bytes.
func New(most int64) *Store {
	return &Store{most: most, byKey: map[string][]*list.Element{}, order: list.New()}
}

// Entry is one answer that was kept. It is never changed.
type Entry struct {
	Status int
	Header http.Header // as it came, without what belonged to its connection
	Body   []byte

	key      string
	vary     map[string]string // the fields of the request that it depends on
	came     time.Time
	age      time.Duration // when it came
	fresh    time.Duration
	says     directives
	validate bool // no-cache
}

// Key names what r asks for: the scheme is in it, as an answer may depend on it.
func Key(r *http.Request, scheme string) string {
	return scheme + "://" + strings.ToLower(r.Host) + r.URL.RequestURI()
}

// Age returns how old e is.
func (e *Entry) Age(now time.Time) time.Duration { return max(e.age+now.Sub(e.came), 0) }

// isFresh reports whether e may be given without asking, as far as its origin says.
func (e *Entry) isFresh(now time.Time) bool { return !e.validate && e.Age(now) < e.fresh }

// Shareable reports whether the origin said in so many words that e is for everybody.
func (e *Entry) Shareable() bool { return e.says.has("public", "s-maxage") }

// size returns what e costs.
func (e *Entry) size() int64 {
	n := int64(len(e.Body) + len(e.key) + perEntry)
	for name, values := range e.Header {
		for _, v := range values {
			n += int64(len(name) + len(v) + 32)
		}
	}
	return n
}

// May reports whether a request can be answered from a store at all.
func May(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || r.ContentLength != 0 {
		return false
	}
	for _, name := range []string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override", "Upgrade"} {
		if _, has := r.Header[name]; has {
			return false
		}
	}
	return true
}

// Use says what can be done with what is stored.
type Use int

// What can be done.
const (
	Miss    Use = iota // nothing is stored
	Fresh              // give it
	Old                // give it, and ask for a new one behind the person's back
	Ask                // ask whether it still holds
	Refused            // the client wants nothing but what is stored, and that is nothing
)

// Plan says what to do for a request.
type Plan struct {
	Use   Use
	Entry *Entry // nil: none
	// Error reports whether Entry may be given when the origin fails.
	Error bool
}

// Plan finds what is stored for r.
func (s *Store) Plan(r *http.Request, key string, now time.Time) Plan {
	asks := parse(r.Header)
	if len(r.Header["Cache-Control"]) == 0 && strings.Contains(strings.ToLower(r.Header.Get("Pragma")), "no-cache") {
		asks["no-cache"] = ""
	}
	e := s.find(r, key)
	if e != nil && !e.Shareable() && len(r.Header["Cookie"]) > 0 {
		e = nil // made for somebody whom the origin did not know
	}
	if e == nil {
		if asks.has("only-if-cached") {
			return Plan{Use: Refused}
		}
		return Plan{}
	}
	p := Plan{Use: Ask, Entry: e, Error: e.mayError(now)}
	age, left := e.Age(now), e.fresh-e.Age(now)
	fresh := e.isFresh(now)
	if n, found := asks.seconds("max-age"); found && age > n || asks.has("no-cache") {
		fresh = false
		left = -1 << 40
	}
	if n, found := asks.seconds("min-fresh"); found && left < n {
		fresh = false
		left = -1 << 40
	}
	switch {
	case asks.has("no-store"):
		return Plan{Use: Miss}
	case fresh:
		p.Use = Fresh
	case e.mayStale() && asks.has("max-stale") && !e.validate && left > -1<<40 && (asks["max-stale"] == "" || -left <= deltaSeconds(asks["max-stale"])):
		p.Use = Fresh
	case e.mayStale() && !e.validate && left > -1<<40 && withinLeave(e.says, "stale-while-revalidate", age-e.fresh):
		p.Use = Old
	case asks.has("only-if-cached"):
		return Plan{Use: Refused}
	}
	return p
}

func withinLeave(d directives, name string, over time.Duration) bool {
	n, found := d.seconds(name)
	return found && over <= n
}

// mayStale reports whether the origin does not forbid old answers.
func (e *Entry) mayStale() bool {
	return !e.says.has("must-revalidate", "proxy-revalidate", "s-maxage", "no-cache")
}

// mayError reports whether the origin allows e in place of an error: only if it says so.
func (e *Entry) mayError(now time.Time) bool {
	if e.isFresh(now) {
		return true
	}
	return !e.says.has("must-revalidate", "proxy-revalidate", "no-cache") && withinLeave(e.says, "stale-if-error", e.Age(now)-e.fresh)
}

// find returns the latest variant that fits r.
func (s *Store) find(r *http.Request, key string) *Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	var best *list.Element
	for _, el := range s.byKey[key] {
		e, _ := el.Value.(*Entry)
		if e.fits(r) && (best == nil || !e.came.Before(best.Value.(*Entry).came)) { //nolint:forcetypeassert // the list has nothing else
			best = el
		}
	}
	if best == nil {
		return nil
	}
	s.order.MoveToFront(best)
	e, _ := best.Value.(*Entry)
	return e
}

func (e *Entry) fits(r *http.Request) bool {
	for name, value := range e.vary {
		if joined(r.Header, name) != value {
			return false
		}
	}
	return true
}

// joined returns a field as one value, in one spelling.
func joined(h http.Header, name string) string {
	parts := strings.Split(strings.Join(h[name], ","), ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return strings.Join(parts, ",")
}

// add puts e in, in place of the variant that it replaces.
func (s *Store) add(e *Entry) {
	n := e.size()
	if n > s.most/4 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, el := range slices.Clone(s.byKey[e.key]) {
		if old, _ := el.Value.(*Entry); sameVary(old.vary, e.vary) {
			s.remove(el)
		}
	}
	for len(s.byKey[e.key]) >= maxVariants {
		s.remove(s.byKey[e.key][0])
	}
	s.byKey[e.key] = append(s.byKey[e.key], s.order.PushFront(e))
	for s.size += n; s.size > s.most; {
		s.remove(s.order.Back())
	}
}

func sameVary(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if other, has := b[k]; !has || other != v {
			return false
		}
	}
	return true
}

// remove is called with the lock.
func (s *Store) remove(el *list.Element) {
	e, _ := s.order.Remove(el).(*Entry)
	s.size -= e.size()
	left := slices.DeleteFunc(s.byKey[e.key], func(other *list.Element) bool { return other == el })
	if s.byKey[e.key] = left; len(left) == 0 {
		delete(s.byKey, e.key)
	}
}

// Forget removes all that is stored under key.
func (s *Store) Forget(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, el := range slices.Clone(s.byKey[key]) {
		s.remove(el)
	}
}

// Size returns how many bytes are kept, and how many answers.
func (s *Store) Size() (bytes int64, answers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size, s.order.Len()
}
