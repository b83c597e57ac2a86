package incident

import "slices"

// Whole is an incident as people see it: with all that they say is a part of it.
type Whole struct {
	Record          // from the first to the last of them; People is that of the worst, which is the least it can be
	Parts  []Record // that it is made of beside its own, the newest first
}

// Merge puts together what people say is one incident, the newest first. What turned out to
// be none is left out, unless something that is not is a part of it.
func Merge(list []Record, about map[string]About) []Whole {
	list = slices.Clone(list)
	slices.SortFunc(list, Newest)
	known := map[string]bool{}
	for _, r := range list {
		known[r.ID] = true
	}
	var wholes []Whole
	at := map[string]int{}
	for _, r := range list {
		if root(r.ID, known, about) == r.ID {
			at[r.ID] = len(wholes)
			wholes = append(wholes, Whole{Record: r})
		}
	}
	for _, r := range list {
		if id := root(r.ID, known, about); id != r.ID && !r.Gone {
			wholes[at[id]].add(r)
		}
	}
	wholes = slices.DeleteFunc(wholes, func(w Whole) bool { return w.Gone })
	slices.SortFunc(wholes, func(a, b Whole) int { return Newest(a.Record, b.Record) })
	return wholes
}

// root returns the ID of the incident that one is a part of in the end: itself when it is
// of none that is known, or when people made a circle.
func root(id string, known map[string]bool, about map[string]About) string {
	at, seen := id, map[string]bool{}
	for next := about[at].Into; next != "" && known[next]; next = about[at].Into {
		if seen[at] {
			return id
		}
		seen[at] = true
		at = next
	}
	return at
}

// add makes r a part of w.
func (w *Whole) add(r Record) {
	w.Parts = append(w.Parts, r)
	if w.Gone { // its own time was none: it is what its parts are
		w.From, w.To, w.Open, w.People, w.Seen, w.Ended, w.Gone = r.From, r.To, r.Open, r.People, r.Seen, r.Ended, false
		return
	}
	w.From, w.To, w.Seen, w.Ended = earlier(w.From, r.From), later(w.To, r.To), earlier(w.Seen, r.Seen), later(w.Ended, r.Ended)
	w.Open, w.People = w.Open || r.Open, max(w.People, r.People)
}
