package gateway

import (
	"slices"
	"time"
)

// Recent is one of the last faults of a backend.
type Recent struct {
	What string    `json:"fault"`
	At   time.Time `json:"at"`
}

// recents is how many of the last faults are kept.
const recents = 8

// recent keeps the last faults of a backend, the newest at the end.
type recent []Recent

func (r *recent) add(at time.Time, what string) {
	if len(*r) == recents {
		copy(*r, (*r)[1:])
		*r = (*r)[:recents-1]
	}
	*r = append(*r, Recent{what, at})
}

// newestFirst returns what is kept.
func (r recent) newestFirst() []Recent {
	list := slices.Clone(r)
	slices.Reverse(list)
	return list
}

// roomLeast is the delay by the crowd from which on it says how many there is room for.
const roomLeast = 2 * time.Millisecond

// room returns how many more requests b can take now so that the last of them is answered
// within patience, when calm is how long it takes in calm times; nil: nobody knows,
// because it has not had so many yet that it became slower. It is called with the lock.
func (b *backend) room(now time.Time, patience, calm time.Duration) *int {
	none := 0
	if b.stateAt(now) == ill {
		return &none
	}
	c := &b.crowd
	own := min(c.alone, c.delay)
	each := (c.delay - own) / (c.began + 1) // milliseconds that one more costs the next
	if now.Sub(c.last) > crowdPast || c.n < crowdEnough || c.delay-own < float64(roomLeast)/float64(time.Millisecond) || each <= 0 {
		return nil
	}
	left := float64(patience*19/20-calm)/float64(time.Millisecond) - own
	n := max(int(left/each)-1-b.open, 0)
	return &n
}
