package status

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Limits of asking to be told: from one network, and of all together. Each subscription
// costs a message to somebody who perhaps did not ask.
const (
	calmFor   = 10 * time.Minute
	calmOne   = 6
	calmAll   = 300
	calmNames = 10_000 // networks that are told apart
)

// calm counts who asks, so that nobody asks too often.
type calm struct {
	mu    *sync.Mutex
	since *time.Time
	by    map[string]int
	all   *int
}

func newCalm() calm {
	return calm{mu: &sync.Mutex{}, since: new(time.Time), by: map[string]int{}, all: new(int)}
}

// let reports whether r may ask now.
func (c calm) let(r *http.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(*c.since) > calmFor {
		*c.since, *c.all = now, 0
		clear(c.by)
	}
	from := network(r)
	if len(c.by) >= calmNames && c.by[from] == 0 {
		from = "others"
	}
	c.by[from]++
	*c.all++
	return c.by[from] <= calmOne && *c.all <= calmAll
}

// network returns where r comes from: an IPv4 address, or a network of IPv6. Behind a
// proxy in our own network it is what that proxy says.
func network(r *http.Request) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "unknown"
	}
	a := at.Addr().Unmap()
	if a.IsLoopback() || a.IsPrivate() {
		said := r.Header.Get("X-Forwarded-For")
		if last, err := netip.ParseAddr(strings.TrimSpace(said[strings.LastIndexByte(said, ',')+1:])); err == nil {
			a = last.Unmap()
		}
	}
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}
