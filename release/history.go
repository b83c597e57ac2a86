package release

import (
	"slices"
	"strings"
	"time"
)

// How far apart tellings of one deploy are. Both are guesses that hold for pipelines as
// they are: two senders see the same step within minutes, and no deploy takes a day.
const (
	twice   = 10 * time.Minute // the same phase again within this: another sender told it too
	longest = 24 * time.Hour   // from the first phase of a deploy to its last
)

// Deploy is one time that a version went live: what was told of it, the earliest first,
// one telling a phase.
type Deploy struct {
	Told []Release `json:"told"`
}

// Last returns what was told last: how the deploy stands.
func (d Deploy) Last() Release { return d.Told[len(d.Told)-1] }

// First returns what was told first: when it began.
func (d Deploy) First() Release { return d.Told[0] }

// has returns what was told of a phase.
func (d Deploy) has(p Phase) (Release, bool) {
	for _, r := range d.Told {
		if r.Phase == p {
			return r, true
		}
	}
	return Release{}, false
}

// fits reports whether r, a phase that d does not have, is of the same deploy.
func (d Deploy) fits(r Release) bool {
	first, last := d.First().At, d.Last().At
	switch r.Phase {
	case Removed: // whenever it goes, it is what was deployed last that goes
		return !r.At.Before(last)
	case Started: // a start after the end is another deploy
		return apart(r.At, first) <= longest && !r.At.After(first.Add(twice))
	default:
		return apart(r.At, first) <= longest && !r.At.Before(first.Add(-twice))
	}
}

func apart(a, b time.Time) time.Duration { return a.Sub(b).Abs() }

// History makes deploys of releases. Its zero value is empty. It is not safe for
// concurrent use.
type History struct {
	deploys map[string][]Deploy // by Key, the earliest first
}

// Add tells of r, which is valid. It returns the deploy that r belongs to, and false when
// nothing is new: another sender has told the same.
func (h *History) Add(r Release) (d Deploy, news bool) {
	key := r.Key()
	list := h.deploys[key]
	for _, d := range list {
		if told, ok := d.has(r.Phase); ok && apart(told.At, r.At) <= twice {
			return d.copied(), false
		}
	}
	for i := len(list) - 1; i >= 0; i-- {
		d := &list[i]
		if _, told := d.has(r.Phase); told || !d.fits(r) {
			continue
		}
		at, _ := slices.BinarySearchFunc(d.Told, r, Compare)
		d.Told = slices.Insert(d.Told, at, r)
		return d.copied(), true
	}
	if h.deploys == nil {
		h.deploys = map[string][]Deploy{}
	}
	d = Deploy{Told: []Release{r}}
	at, _ := slices.BinarySearchFunc(list, d, compareDeploys)
	h.deploys[key] = slices.Insert(list, at, d)
	return d.copied(), true
}

func (d Deploy) copied() Deploy { return Deploy{Told: slices.Clone(d.Told)} }

func compareDeploys(a, b Deploy) int { return Compare(a.First(), b.First()) }

// All returns every deploy, the earliest first.
func (h *History) All() []Deploy {
	var all []Deploy
	for _, list := range h.deploys {
		for _, d := range list {
			all = append(all, d.copied())
		}
	}
	slices.SortFunc(all, compareDeploys)
	return all
}

// Before returns the deploy of the same service and environment that was live when r
// came: the latest one of another version that reached people. False when none is known.
func (h *History) Before(r Release) (Deploy, bool) {
	place := placeOf(r.Key())
	var best Deploy
	found := false
	for key, list := range h.deploys {
		if placeOf(key) != place || key == r.Key() {
			continue
		}
		for _, d := range list {
			if d.live() && d.First().At.Before(r.At) && (!found || compareDeploys(best, d) < 0) {
				best, found = d.copied(), true
			}
		}
	}
	return best, found
}

// live reports whether people got d.
func (d Deploy) live() bool {
	_, succeeded := d.has(Succeeded)
	_, back := d.has(RolledBack)
	return succeeded || back
}

// placeOf returns the service and the environment of a key.
func placeOf(key string) string { return key[:max(strings.LastIndexByte(key, 0), 0)] }

// Forget drops the deploys of which nothing was told since before.
func (h *History) Forget(before time.Time) {
	for key, list := range h.deploys {
		list = slices.DeleteFunc(list, func(d Deploy) bool { return d.Last().At.Before(before) })
		if h.deploys[key] = list; len(list) == 0 {
			delete(h.deploys, key)
		}
	}
}
