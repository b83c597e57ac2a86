// Package perclient bounds how much one client has at once.
package perclient

import (
	"net/netip"
	"sync"
)

// Limit counts what each client has. A client is an address, or a network of 64 bits of
// IPv6, of which a home has that many.
type Limit struct {
	most int
	free func(netip.Addr) bool

	mu  sync.Mutex
	has map[netip.Addr]int
}

// New returns a Limit of so many for each client but those that are free, which stand for
// many people. most below 1: there is no limit. free may be nil.
func New(most int, free func(netip.Addr) bool) *Limit {
	return &Limit{most: most, free: free, has: map[netip.Addr]int{}}
}

// counted returns by what a client is counted; false: it is not.
func (l *Limit) counted(a netip.Addr) (netip.Addr, bool) {
	if l == nil || l.most < 1 || !a.IsValid() {
		return a, false
	}
	a = a.Unmap().WithZone("")
	if l.free != nil && l.free(a) {
		return a, false
	}
	if a.Is6() {
		p, _ := a.Prefix(64)
		a = p.Addr()
	}
	return a, true
}

// Enter reports whether a client may have one more. Then leave must be called when it no
// longer has it; nil: it is not counted.
func (l *Limit) Enter(a netip.Addr) (leave func(), ok bool) {
	a, counted := l.counted(a)
	if !counted {
		return nil, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.has[a] >= l.most {
		return nil, false
	}
	l.has[a]++
	return sync.OnceFunc(func() { l.leave(a) }), true
}

func (l *Limit) leave(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.has[a]--; l.has[a] <= 0 {
		delete(l.has, a)
	}
}
