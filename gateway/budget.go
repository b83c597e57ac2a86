package gateway

import (
	"math"
	"sync"
	"time"
)

// budget bounds what backends are asked beside the first attempt of each request, so that
// hiding faults never makes an overload. It holds by construction: of n requests at most
// budgetShare x n + 2 x budgetFew, and budgetFloor a second, are asked once more. What is not
// needed is saved up for some seconds, as faults come together.
type budget struct {
	mu     sync.Mutex
	tokens float64
	recent float64 // requests of late
	last   time.Time
}

// Choices of the budget.
const (
	budgetShare = 0.13             // tokens a request
	budgetFew   = 4                // tokens at the beginning, and most of debt
	budgetFloor = 0.2              // tokens a second, for who has few requests
	budgetFor   = 10 * time.Second // of so long tokens are saved
)

// pass lets time pass. It is called with the lock.
func (b *budget) pass(now time.Time) {
	if b.last.IsZero() {
		b.tokens, b.last = budgetFew, now
		return
	}
	d := now.Sub(b.last)
	if d <= 0 {
		return
	}
	b.last = now
	b.recent *= math.Exp(-float64(d) / float64(budgetFor))
	b.tokens = min(b.tokens+d.Seconds()*budgetFloor, b.most())
}

// most is how many tokens can be saved up.
func (b *budget) most() float64 { return max(budgetFew, budgetShare*b.recent) }

// earn is called for each request.
func (b *budget) earn(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pass(now)
	b.recent++
	b.tokens = min(b.tokens+budgetShare, b.most())
}

// need says how much one more attempt is needed.
type need int

const (
	early  need = iota // nobody would feel it yet: an eighth of what can be saved up is not for them
	likely             // somebody may feel it: only what there is
	sure               // somebody would feel it: there may be a debt, which others pay
)

// spend reports whether one more attempt may be made.
func (b *budget) spend(now time.Time, n need) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pass(now)
	least := 1.0
	switch n {
	case early:
		least = b.most() / 8
	case sure:
		least = 1 - budgetFew
	case likely:
	}
	if b.tokens < least {
		return false
	}
	b.tokens--
	return true
}

// rich reports whether there is so much that some may be spent on what is not needed now.
func (b *budget) rich(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pass(now)
	return b.tokens >= b.most()/2
}

// back gives a token back, of an attempt that no backend saw.
func (b *budget) back() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens++
}
