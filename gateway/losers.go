package gateway

import (
	"net/http"
	"slices"
	"time"

	"github.com/honderd/honderd/experience"
)

// unfelt is how much longer nobody feels.
const unfelt = 20 * time.Millisecond

// leave ends the race. Who lost is heard to its end, or until the person's patience would
// have ended: what comes then is a fault that nobody felt, and is counted as one. It is
// not heard where that could do harm: when there are too many, when what it was asked
// changes something, and when its body is no longer there.
func (r *race) leave(winner *outcome) {
	x, now := r.x, time.Now()
	won := winner != nil && winner.verdict <= flowing
	hear := won && now.Before(x.deadline) && !x.gone && r.mayHear(now)
	var heard []*attempt
	for _, a := range r.open {
		a.b.end(a)
		fault := ""
		age := now.Sub(a.started)
		if won { // it was not the page that is slow when the other was so much faster
			longer := len(r.open) > 0 && winner.attempt != a && age > 2*now.Sub(winner.started)+unfelt
			if hear && !a.drilled.Load() {
				a.b.silent(now, a, longer, false)
				heard = append(heard, a)
				x.record.Trace.leave(a, "")
				continue
			}
			if a.b.silent(now, a, longer, true); longer || a.drilled.Load() {
				x.fault(a, Silent)
				fault = Silent
			}
		}
		x.record.Trace.leave(a, fault)
		a.end()
	}
	switch n := len(r.open); {
	case len(heard) > 0:
		x.hearing = make(chan *Exchange, 1)
		waited := time.Duration(0)
		if winner.why == experience.Hedge {
			waited = winner.started.Sub(x.started)
		}
		x.g.behind.Go(func() { r.hear(n, heard, waited) })
	case n > 0: // their answers are thrown away as they come
		go func() {
			for n > 0 {
				if o := <-r.results; o.verdict != hinted {
					r.drop(o)
					n--
				}
			}
		}()
	}
	if winner != nil && winner.rest != nil {
		x.stopRace = winner.end
	}
}

// mayHear reports whether those who lost may go on.
func (r *race) mayHear(now time.Time) bool {
	switch r.x.method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return r.x.body == nil && !r.x.unasked && !r.x.pool.crowded(now) && !r.x.g.over.Load()
	}
	return false
}

// hearing is those who lost a race and are still heard.
type hearing struct {
	r      *race
	open   []*attempt
	over   bool // what comes now is thrown away
	faults []Fault
	of     []*attempt // of each
}

// hear hears n who lost to their end, and tells what the exchange was when it is known.
// Waited is what their silence cost the person.
func (r *race) hear(n int, open []*attempt, waited time.Duration) {
	h := hearing{r: r, open: open}
	look := time.NewTicker(r.goneEvery() / 2)
	defer look.Stop()
	told, ending := r.x.hearing, r.x.g.ending
	var e *Exchange
	for n > 0 || e == nil && ending != nil {
		select {
		case o := <-r.results:
			if o.verdict != hinted {
				n--
				h.take(o)
			}
		case now := <-look.C:
			h.look(now)
		case e = <-told:
			told = nil
		case <-ending:
			ending = nil
			h.end()
		}
	}
	if e == nil { // the handler itself had failed
		return
	}
	for i, f := range h.faults {
		e.Trace.leave(h.of[i], f.What)
	}
	if len(h.faults) > 0 {
		if e.Faults = append(e.Faults, h.faults...); len(e.Faults) > maxFaults {
			e.Faults = e.Faults[:maxFaults]
		}
		if !e.bad() && e.Mask == experience.Unmasked {
			e.Mask, e.Cost = experience.Hedge, waited
		}
	}
	r.x.tell(e)
}

// take takes what became of one of them.
func (h *hearing) take(o *outcome) {
	if i := slices.Index(h.open, o.attempt); i >= 0 && !h.over {
		h.open = slices.Delete(h.open, i, i+1)
		if h.r.isFaultOf(o) {
			h.note(o.attempt, o.what)
			o.b.fault(time.Now(), o.what)
		}
	}
	h.r.drop(o)
}

// look ends it when the person's patience would have ended: who is silent still has failed;
// or when there are too many, and whoever is still being answered only takes room.
func (h *hearing) look(now time.Time) {
	x := h.r.x
	late := now.Sub(x.started) >= x.pool.Patience
	if h.over || !late && !x.pool.crowded(now) {
		return
	}
	if late {
		for _, a := range h.open {
			h.note(a, Silent)
			a.b.count(Silent)
		}
	}
	h.end()
}

func (h *hearing) end() {
	h.over = true
	for _, a := range h.open {
		a.end()
	}
}

func (h *hearing) note(a *attempt, what string) {
	h.of = append(h.of, a)
	h.faults = append(h.faults, Fault{a.b.name, what, time.Since(h.r.x.started)})
}

// isFaultOf reports whether the outcome of one who lost is a fault of its backend.
func (r *race) isFaultOf(o *outcome) bool {
	return o.verdict > flowing && o.verdict != odd && !o.again && !r.isTruth(o, time.Now())
}
