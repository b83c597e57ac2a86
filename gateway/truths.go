package gateway

import (
	"sync"
	"time"
)

// truths are the routes of which every backend says the same fault again and again, so
// that it is no fault of a backend: to ask them all each time would help nobody.
type truths struct {
	mu     sync.Mutex
	routes map[string]truth
}

type truth struct {
	status int
	until  time.Time
	span   time.Duration
}

// Choices of how long what every backend said is believed: longer each time.
const (
	truthFor  = 2 * time.Second
	truthMost = 30 * time.Second
	maxTruths = 1024 // routes
)

// add notes that every backend answered route with status, twice.
func (t *truths) add(route string, status int, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one, known := t.routes[route]
	if !known && len(t.routes) >= maxTruths {
		clear(t.routes)
	}
	span := truthFor
	if one.status == status && now.Sub(one.until) < truthMost {
		span = min(2*one.span, truthMost)
	}
	t.routes[route] = truth{status, now.Add(span), span}
}

// holds reports whether every backend is known to answer route with status.
func (t *truths) holds(route string, status int, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	one, known := t.routes[route]
	return known && one.status == status && now.Before(one.until)
}

// end notes that a backend answered route well.
func (t *truths) end(route string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.routes) > 0 {
		delete(t.routes, route)
	}
}
