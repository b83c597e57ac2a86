// Package felt folds experiences into what people felt: user-uptime, flawless people,
// worst windows, in all and per journey.
//
// Every number is a sum of integers over steps, and what one step adds depends only on
// the steps of the same person around it. So the order in which facts arrive does not
// matter, as long as none is later than the lateness.
package felt

import (
	"errors"
	"fmt"
	"time"

	"github.com/honderd/honderd/experience"
)

// Options say how the fold counts. The zero value learns the cut-off.
type Options struct {
	Cutoff   time.Duration // a longer gap ends a visit; 0: learn it
	Lateness time.Duration // how late a fact may come and still be placed exactly; 0: DefaultLateness
	Paper    bool          // felt uptime is user-uptime as in the paper: nothing is charged for waiting or leaving
}

// DefaultLateness is longer than any server writes its log behind.
const DefaultLateness = 5 * time.Minute

// Forever is a lateness that places every fact, at the cost of memory for each.
const Forever = 200 * 365 * 24 * time.Hour

// Limits of a learned cut-off; Hauer et al. used 30 minutes for Gmail.
const (
	minCutoff = time.Minute
	maxCutoff = 30 * time.Minute
)

// Validate reports every mistake in o at once, joined, each with its fix.
func (o Options) Validate() error {
	var errs []error
	if o.Cutoff < 0 || o.Cutoff > 24*time.Hour || o.Cutoff%time.Millisecond != 0 {
		errs = append(errs, fmt.Errorf("cut-off %v: must be whole milliseconds up to 24h (fix: write 30m, or leave it out to have it learned)", o.Cutoff))
	}
	if o.Lateness < 0 {
		errs = append(errs, fmt.Errorf("lateness %v: must not be negative (fix: write 5m)", o.Lateness))
	}
	return errors.Join(errs...)
}

// maxJourneys is how many journeys are counted by themselves; further ones, and what
// has no journey, are counted as Other.
const maxJourneys = 31

// Other is the name of the journey of all that has no journey of its own.
const Other = "other"

// Fold is the felt fold. The zero value is not ready: use New.
type Fold struct {
	options  Options
	cutoff   int64 // milliseconds; 0 while it is learned
	lateness int64 // milliseconds
	lesson   []heard
	scopes   []*scope // 0: all; n+1: journey n
	people   table
	inside   table // people in journeys
	journal  journal
	newest   int64 // Unix milliseconds; 0: nothing yet
	oldest   int64
	late     int64
	rewrite  rewrite
	names    []int // journey of each name of the batch at hand
}

// heard is an event that waits until the cut-off is learned.
type heard struct {
	person uint64
	event  event
}

// New returns a fold that has seen nothing.
func New(o Options) *Fold {
	if o.Lateness == 0 {
		o.Lateness = DefaultLateness
	}
	f := &Fold{options: o}
	f.reset()
	return f
}

func (f *Fold) reset() {
	*f = Fold{
		options:  f.options,
		cutoff:   f.options.Cutoff.Milliseconds(),
		lateness: f.options.Lateness.Milliseconds(),
		scopes:   []*scope{{name: ""}, {name: Other}},
		people:   table{linked: true},
	}
}

// Name returns "felt".
func (f *Fold) Name() string { return "felt" }

// Late returns how many experiences came too late to be placed; they are counted
// nowhere else.
func (f *Fold) Late() int64 { return f.late }

// Apply takes in b.
func (f *Fold) Apply(b *experience.Batch) {
	f.names = f.names[:0]
	for _, name := range b.Journeys {
		f.names = append(f.names, f.journey(name))
	}
	for i := range b.Items {
		e := &b.Items[i]
		journey := 0
		if int(e.Journey) < len(f.names) {
			journey = f.names[e.Journey]
		}
		event := newEvent(e, journey)
		if f.options.Paper {
			event.wait = 0
		}
		f.hear(uint64(e.Person), event)
	}
}

// journey returns the number of the journey called name: 0 is Other.
func (f *Fold) journey(name string) int {
	if name == "" {
		return 0
	}
	for i, s := range f.scopes[1:] {
		if s.name == name {
			return i
		}
	}
	if len(f.scopes)-2 >= maxJourneys {
		return 0
	}
	f.scopes = append(f.scopes, &scope{name: name})
	return len(f.scopes) - 2
}

// hear keeps an event until the cut-off is known, then counts it.
func (f *Fold) hear(person uint64, e event) {
	if f.cutoff != 0 {
		f.count(person, e)
		return
	}
	f.lesson = append(f.lesson, heard{person, e})
	if len(f.lesson) == lessonLength {
		f.graduate()
	}
}

// graduate learns the cut-off from what was heard, and counts all of it. None of it is
// too late: it was all there.
func (f *Fold) graduate() {
	f.cutoff = learn(f.lesson)
	f.lateness = Forever.Milliseconds()
	for _, h := range f.lesson {
		f.count(h.person, h.event)
	}
	f.lesson = nil
	f.Settle(f.options.Lateness)
}

// count puts one event in its place.
func (f *Fold) count(person uint64, e event) {
	t := e.time()
	if t > f.newest {
		f.newest = t
		f.journal.drop(t - f.lateness)
	}
	at := f.people.find(personKey(person))
	head := f.journal.live(at.head(), person)
	s := at.word()
	switch {
	case head != nil && e.before(head.event):
		f.insert(at, person, e)
		return
	case head == nil && s != 0 && t < s.time():
		f.late++
		return
	}
	if f.oldest == 0 || t < f.oldest {
		f.oldest = t
	}
	at.link(f.journal.add(f.append(at, person, e)))
}

// append counts an event that is the newest of its person, and returns its entry.
func (f *Fold) append(at place, person uint64, e event) entry {
	s := at.word()
	n := entry{person: person, event: e, before: s, prev: at.head(), part: s.belongs(e, f.cutoff)}
	n.journey = uint8(e.journey())
	if n.part {
		n.journey = uint8(s.journey())
	}
	in := f.inside.find(journeyKey(person, int(n.journey)))
	n.inside = in.word()
	at.set(f.apply(f.scopes[0], n, n.before, 1))
	in.set(f.apply(f.scopes[n.journey+1], n, n.inside, 1))
	return n
}

// apply counts n in scope c for somebody in state s and returns their next state;
// sign -1 takes it back.
func (f *Fold) apply(c *scope, n entry, s word, sign int64) word {
	if n.part {
		return c.spoil(s, n.event, sign)
	}
	return c.step(s, n.event, sign, f.cutoff)
}

// Counts reports whether f counts as o says.
func (f *Fold) Counts(o Options) bool {
	if o.Lateness == 0 {
		o.Lateness = DefaultLateness
	}
	return f.options == o
}

// Settle makes f put up with so much lateness from now on (0: DefaultLateness), and
// forgets what it needed for more.
func (f *Fold) Settle(lateness time.Duration) {
	if lateness == 0 {
		lateness = DefaultLateness
	}
	f.options.Lateness, f.lateness = lateness, lateness.Milliseconds()
	f.journal.drop(f.newest - f.lateness)
	f.journal.shrink()
}
