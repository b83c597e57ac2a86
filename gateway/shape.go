package gateway

import (
	"net/http"
	"sync"
)

// shapes is what good answers look like, learned from what each backend says: which
// fields they always have, of what type they are, and whether they are ever empty. An
// answer that looks otherwise is not called bad: another backend is asked for a second
// opinion, and if that one says the same, the shape was wrong.
type shapes struct {
	mu     sync.Mutex
	routes map[string]*shape
}

// shape is that of the answers of one route with status 200.
type shape struct {
	by map[*backend]*looks
}

// looks is how the answers of one backend look.
type looks struct {
	n      int
	fields map[string]int // how many had it
	kinds  map[string]int // of the media types
	empty  int
}

// Limits of what is learned.
const (
	maxShapes  = 1024
	maxFields  = 64
	fadeLooks  = 200 // answers, after which what was seen counts half
	enoughSeen = 3   // answers of others, before one can be called unlike them
)

// learn takes a good answer of b.
func (s *shapes) learn(route string, b *backend, h http.Header, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.routes[route]
	if one == nil {
		if len(s.routes) >= maxShapes {
			return
		}
		one = &shape{by: map[*backend]*looks{}}
		s.routes[route] = one
	}
	l := one.by[b]
	if l == nil {
		if len(one.by) > 64 { // addresses come and go
			clear(one.by)
		}
		l = &looks{fields: map[string]int{}, kinds: map[string]int{}}
		one.by[b] = l
	}
	l.add(h, size)
}

func (l *looks) add(h http.Header, size int64) {
	if l.n++; l.n > fadeLooks {
		l.n, l.empty = l.n/2, l.empty/2
		halve(l.fields)
		halve(l.kinds)
	}
	for name := range h {
		if _, known := l.fields[name]; known || len(l.fields) < maxFields {
			l.fields[name]++
		}
	}
	if kind := media(h); len(l.kinds) < maxFields {
		l.kinds[kind]++
	}
	if size == 0 {
		l.empty++
	}
}

func halve(m map[string]int) {
	for k, n := range m {
		if m[k] = n / 2; n < 2 {
			delete(m, k)
		}
	}
}

func media(h http.Header) string {
	kind := h.Get("Content-Type")
	for i := range len(kind) {
		if kind[i] == ';' || kind[i] == ' ' {
			return kind[:i]
		}
	}
	return kind
}

// unlike reports whether an answer of b is not like those of all other backends. Where
// others are not known it is not.
func (s *shapes) unlike(route string, b *backend, h http.Header, size int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.routes[route]
	if one == nil {
		return false
	}
	seen, empty, kind, kinds := 0, 0, media(h), 0
	var another *looks
	for other, l := range one.by {
		if other != b {
			another = l
			seen, empty, kinds = seen+l.n, empty+l.empty, kinds+l.kinds[kind]
		}
	}
	if seen < enoughSeen {
		return false
	}
	if size == 0 && empty == 0 || kinds == 0 {
		return true
	}
	for name := range another.fields { // what all always have, one of them has
		if _, has := h[name]; !has && !optional(name) && one.always(name, b, seen) {
			return true
		}
	}
	return false
}

// always reports whether all answers but those of b, which are so many, have a field.
func (s *shape) always(name string, b *backend, seen int) bool {
	n := 0
	for other, l := range s.by {
		if other != b {
			n += l.fields[name]
		}
	}
	return n >= seen
}

// optional reports whether a field says how an answer was carried, not what it is.
func optional(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Content-Length", "Transfer-Encoding", "Date", "Age", "Vary", "Content-Encoding", "Trailer", "Set-Cookie", "Via", "Server-Timing", "Alt-Svc":
		return true
	}
	return false
}
