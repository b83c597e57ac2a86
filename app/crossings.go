package app

import (
	"maps"
	"sync"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/internal/who"
)

// visitGap is how long somebody may be silent and still be on the same visit, where nobody
// chose it: the longest that is learned.
const visitGap = 30 * time.Minute

// Limits of who is remembered around a change of salt. What is longer ago than the visits
// that may still go on is dropped first.
const (
	maxVisits   = 1 << 18
	visitsAfter = 13 * time.Hour
)

// crossings makes a visit that goes on while the salt changes one of one person: whoever was
// seen shortly before keeps their pseudonym until their visit ends. Batches come in the
// order in which their sources saw them.
type crossings struct {
	salts *who.Salts
	gap   int64 // milliseconds

	// known returns when somebody was seen last before this process began, 0 for never.
	known func(experience.Person) int64

	mu       sync.Mutex
	from, to int64 // the period of the last item
	last     map[experience.Person]int64
	swept    int64 // when those of long ago were dropped last
}

func newCrossings(c config.Config, salts *who.Salts) *crossings {
	gap := c.Cutoff
	if gap == 0 {
		gap = visitGap
	}
	return &crossings{salts: salts, gap: gap.Milliseconds(), last: map[experience.Person]int64{}}
}

// settle says of each item of b which pseudonym it keeps.
func (v *crossings) settle(b *experience.Batch) {
	if v.salts == nil || v.salts.Days() == 0 {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	before := b.Formerly
	for i := range b.Items {
		e := &b.Items[i]
		if e.At < v.from || e.At >= v.to {
			p := v.salts.At(e.At)
			v.from, v.to = p.From, p.To
		}
		for len(before) > 0 && before[0].Item < i {
			before = before[1:]
		}
		switch {
		case len(before) > 0 && before[0].Item == i && v.goesOn(before[0].Person, e.At):
			e.Person = before[0].Person
			v.see(e.Person, e.At)
		case e.At >= v.to-v.gap:
			v.see(e.Person, e.At)
		}
	}
	b.Formerly = b.Formerly[:0]
}

// goesOn reports whether at lies in a visit of p that began before.
func (v *crossings) goesOn(p experience.Person, at int64) bool {
	last, ok := v.last[p]
	if !ok && v.known != nil {
		last = v.known(p)
	}
	return last != 0 && at-last <= v.gap && last-at <= v.gap
}

// see notes that p was there. Where there is no room for one more, who was there long ago is
// dropped; that takes a look at all, so it is done once in the time that a visit may pause.
func (v *crossings) see(p experience.Person, at int64) {
	last, known := v.last[p]
	if !known && len(v.last) >= maxVisits {
		if at < v.swept+v.gap {
			return
		}
		v.swept = at
		maps.DeleteFunc(v.last, func(_ experience.Person, last int64) bool { return last < at-visitsAfter.Milliseconds() })
		if len(v.last) >= maxVisits {
			return
		}
	}
	v.last[p] = max(last, at)
}

// resume learns from the folds who was seen before this process began, as far as a visit of
// theirs may go on under the salt before.
func (v *crossings) resume(f *felt.Fold) {
	newest := f.Newest()
	for _, p := range v.salts.Living() {
		if newest >= p.From-v.gap && newest < p.From+visitsAfter.Milliseconds() {
			v.known = f.SeenSince(p.From - v.gap)
			return
		}
	}
}
