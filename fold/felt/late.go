package felt

import (
	"slices"

	"github.com/honderd/honderd/experience"
)

// A Recount puts experiences that came too late in their place: whoever they are of is
// taken out of every sum and counted anew from all that they did.
type Recount struct {
	fold   *Fold
	people map[uint64][]event // all that they did
}

// Recount starts a recount of the people of whom something came too late until now.
func (f *Fold) Recount() *Recount {
	r := &Recount{fold: f, people: map[uint64][]event{}}
	for _, s := range f.shards {
		for i := range s.late {
			r.people[s.late[i].person] = nil
		}
	}
	return r
}

// Keep takes all out of b that Apply has no use for. Unlike all else it may be called
// while facts are applied to the fold.
func (r *Recount) Keep(b *experience.Batch) {
	b.Items = slices.Clone(slices.DeleteFunc(b.Items, func(e experience.Experience) bool {
		_, ok := r.people[personKey(uint64(e.Person))]
		return !ok
	}))
}

// Apply takes in b. Every fact that the fold has seen must be applied before Finish,
// in any order, each once.
func (r *Recount) Apply(b *experience.Batch) {
	in := &r.fold.segments
	in.read(b)
	for i := range b.Items {
		x := &b.Items[i]
		person := personKey(uint64(x.Person))
		if events, ok := r.people[person]; ok {
			e := newEvent(x, person, in.of(i, x), in)
			if r.fold.options.Paper {
				e.wait = 0
			}
			r.people[person] = append(events, e)
		}
	}
	r.fold.widen()
}

// Finish counts the people anew.
func (r *Recount) Finish() {
	for _, s := range r.fold.shards {
		s.settle(s.bound, &r.fold.segments)
		s.waits.spoil()
		late := map[uint64][]event{}
		s.late = slices.DeleteFunc(s.late, func(e event) bool {
			_, ok := r.people[e.person]
			if ok {
				late[e.person] = append(late[e.person], e)
			}
			return ok
		})
		for person, events := range r.people {
			if s.has(person) {
				s.recount(person, events, late[person], r.fold)
			}
		}
		s.thin()
	}
}

// recount takes a person out, who did events of which some were not counted because
// they came too late, and counts them anew with all that is settled.
func (s *shard) recount(person uint64, events, late []event, f *Fold) {
	all := slices.DeleteFunc(events, func(e event) bool { return e.time() >= s.bound })
	slices.SortFunc(all, compare)
	counted := slices.Clone(all)
	for _, e := range late {
		if i := slices.Index(counted, e); i >= 0 {
			counted = slices.Delete(counted, i, i+1)
		}
	}
	s.replay(person, counted, -1, f)
	s.replay(person, all, 1, f)
	if len(all) > 0 && (s.oldest == 0 || all[0].time() < s.oldest) {
		s.oldest = all[0].time()
	}
}

// replay counts (sign 1) or takes back (sign -1) all that a person did, in order.
func (s *shard) replay(person uint64, events []event, sign int64, f *Fold) {
	states := map[int]state{}
	for i := range events {
		e := &events[i]
		era := f.cutoffs.at(e.time())
		all := states[-1].word
		part, mix := all.belongs(e, era.all), e.mix
		if part {
			mix = all.mix()
		}
		s.again(-1, states, e, part, sign, era)
		for _, n := range f.segments.mixes[mix].segments {
			s.again(int(n), states, e, part, sign, era)
		}
	}
	for n, now := range states {
		key := person
		if n >= 0 {
			key = segmentKey(person, uint16(n))
		}
		if sign < 0 {
			now = state{}
			delete(s.scopes[n+1].sample, person)
		}
		s.people.find(key).set(now.word)
		if now.sore != 0 || s.sores.get(key) != 0 {
			s.sores.find(key).set(word(now.sore))
		}
	}
}

// again counts e in segment n, -1 for all, for somebody in states.
func (s *shard) again(n int, states map[int]state, e *event, part bool, sign int64, era *era) {
	c, now := s.scopes[n+1], states[n]
	if n < 0 {
		s.resample(now, e, part, sign, era.all)
	}
	if part {
		states[n] = c.spoil(now, e, sign)
		return
	}
	cut := era.of(n)
	if s.sampled.has(e.person) {
		t := now.word.timeTo(e, cut)
		c.remember(e.person, personTime{sign * t.up, sign * t.all})
	}
	states[n] = c.step(now, e, sign, cut)
}
