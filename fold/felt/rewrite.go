package felt

import "slices"

// A rewrite is the room in which the last minutes of one person are made anew after
// something came late. It is kept for its memory only.
type rewrite struct {
	links    []uint32 // to the person's entries, oldest first
	journeys []journeyWord
}

type journeyWord struct {
	journey uint8
	word    word
}

// insert counts an event that is older than the newest of its person: what that person
// did since is taken back, and counted again in the right order.
func (f *Fold) insert(at place, person uint64, e event) {
	r := &f.rewrite
	f.collect(at, person)
	oldest := f.journal.at(r.links[0])
	i, _ := slices.BinarySearchFunc(r.links, e, func(p uint32, e event) int {
		if f.journal.at(p).event.before(e) {
			return -1
		}
		return 1
	})
	if i == 0 && oldest.before != 0 && e.time() < oldest.before.time() {
		f.late++
		return
	}
	f.oldest = min(f.oldest, e.time())
	s := oldest.before
	f.takeBack()
	link := f.journal.add(entry{person: person, event: e})
	r.links = slices.Insert(r.links, i, link)
	prev := f.journal.at(r.links[0]).prev
	if i == 0 && len(r.links) > 1 {
		prev = f.journal.at(r.links[1]).prev
	}
	for _, p := range r.links {
		s = f.again(p, s, prev)
		prev = p
	}
	at.set(s)
	at.link(prev)
	for _, j := range r.journeys {
		f.inside.find(journeyKey(person, int(j.journey))).set(j.word)
	}
}

// collect gathers the links of the live entries of person, oldest first, and the
// words that they had in their journeys before.
func (f *Fold) collect(at place, person uint64) {
	r := &f.rewrite
	r.links, r.journeys = r.links[:0], r.journeys[:0]
	for p := at.head(); ; {
		e := f.journal.live(p, person)
		if e == nil {
			break
		}
		r.links = append(r.links, p)
		p = e.prev
	}
	slices.Reverse(r.links)
}

// takeBack undoes what the collected entries added.
func (f *Fold) takeBack() {
	r := &f.rewrite
	for _, p := range r.links {
		e := *f.journal.at(p)
		f.apply(f.scopes[0], e, e.before, -1)
		f.apply(f.scopes[e.journey+1], e, e.inside, -1)
		if !slices.ContainsFunc(r.journeys, func(j journeyWord) bool { return j.journey == e.journey }) {
			r.journeys = append(r.journeys, journeyWord{e.journey, e.inside})
		}
	}
}

// again counts the entry at link p anew, for its person in state s, and returns
// their next state.
func (f *Fold) again(p uint32, s word, prev uint32) word {
	e := f.journal.at(p)
	e.before, e.prev = s, prev
	e.part = s.belongs(e.event, f.cutoff)
	e.journey = uint8(e.event.journey())
	if e.part {
		e.journey = uint8(s.journey())
	}
	in := f.insideWord(e.person, e.journey)
	e.inside = in.word
	in.word = f.apply(f.scopes[e.journey+1], *e, e.inside, 1)
	return f.apply(f.scopes[0], *e, s, 1)
}

// insideWord returns the room's word of a journey, fetched from the table when the
// person had no live entry in it.
func (f *Fold) insideWord(person uint64, journey uint8) *journeyWord {
	r := &f.rewrite
	for i := range r.journeys {
		if r.journeys[i].journey == journey {
			return &r.journeys[i]
		}
	}
	r.journeys = append(r.journeys, journeyWord{journey, f.inside.get(journeyKey(person, int(journey)))})
	return &r.journeys[len(r.journeys)-1]
}
