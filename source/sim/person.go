package sim

import (
	"math"
	"math/rand/v2"

	"github.com/honderd/honderd/experience"
)

// Habit is what somebody does after a bad step.
type Habit int

// The habits.
const (
	GoesOn     Habit = iota // as if nothing had happened
	Retries                 // the same again, every five seconds, ten times
	Storms                  // the same again, every five seconds, until it works: a page that asks by itself
	ComesLater              // away for ten minutes, then tries again, as long as they meant to be there
	Leaves                  // for good: does not finish this visit
	Returns                 // leaves, and perhaps comes back to finish, minutes later or the next day
	habits
)

// Habits returns every habit, in order.
func Habits() []Habit { return []Habit{GoesOn, Retries, Storms, ComesLater, Leaves, Returns} }

// String returns h in words.
func (h Habit) String() string {
	switch h {
	case GoesOn:
		return "goes on"
	case Retries:
		return "retries ten times"
	case Storms:
		return "retries until it works"
	case ComesLater:
		return "away for ten minutes"
	case Leaves:
		return "leaves for good"
	case Returns:
		return "leaves, perhaps returns"
	case habits:
	}
	return "unknown"
}

// habitShares is how many have which habit, in thousandths. Nobody has counted them: a
// guess that shows each.
func habitShares() [habits]int {
	return [...]int{GoesOn: 250, Retries: 250, Storms: 50, ComesLater: 150, Leaves: 100, Returns: 200}
}

// A person is who somebody is: the same at all times.
type person struct {
	id               experience.Person
	habit            Habit
	region, audience int
	loyalty          float64 // how likely they are to come back after they left
	gap              float64 // between two steps, in the mean, in milliseconds; in a steady town
}

// The loyalty of people; 3 of 10 are loyal. Guesses.
const (
	loyalShare  = 0.3
	loyalReturn = 0.95
	otherReturn = 0.5
)

// person returns who p is.
func (t *Town) person(p experience.Person) person {
	r := t.random(p, aboutPerson)
	who := person{id: p, loyalty: otherReturn}
	who.habit = drawHabit(r)
	if t.o.Habit != nil {
		who.habit = *t.o.Habit
	}
	who.region, who.audience = draw(t.regions, r), draw(t.audiences, r)
	if r.Float64() < loyalShare {
		who.loyalty = loyalReturn
	}
	if s := t.o.Steady; s != nil {
		who.gap = float64(s.Gap.Milliseconds()) * math.Pow(max(1, s.Spread), r.Float64())
	}
	return who
}

func drawHabit(r *rand.Rand) Habit {
	roll := r.IntN(1000)
	for h, share := range habitShares() {
		if roll -= share; roll < 0 {
			return Habit(h)
		}
	}
	return GoesOn
}

// A group is a part of the town's people.
type group struct {
	name  string
	share float64
}

// regions returns where people live: uneven, as everywhere.
func regions() []group {
	return []group{{"north", 0.46}, {"south", 0.29}, {"east", 0.17}, {"west", 0.08}}
}

// audiences returns who people are to the shop, customers first.
func audiences() []group {
	return []group{{"customers", 0.88}, {"employees", 0.09}, {"partners", 0.03}}
}

// customers is the number of the audience that comes at any time of the week.
const customers = 0

// draw returns the number of somebody's group.
func draw(groups []group, r *rand.Rand) int {
	roll := r.Float64()
	for i, g := range groups {
		if roll -= g.share; roll < 0 {
			return i
		}
	}
	return 0
}

func names(groups []group) []string {
	var list []string
	for _, g := range groups {
		list = append(list, g.name)
	}
	return list
}

// release returns the number of the release that a person is served at a time, in Unix
// milliseconds. Who gets it early is drawn anew for each.
func (t *Town) release(p experience.Person, ms int64) int {
	for i := len(t.releases) - 1; i > 0; i-- {
		r := &t.releases[i]
		since := ms - r.From.UnixMilli()
		if since < 0 {
			continue
		}
		if over := r.Over.Milliseconds(); since >= over || float64(since) >= t.random(p, aboutRelease-int64(i)).Float64()*float64(over) {
			return i
		}
	}
	return 0
}

// sets returns every set of labels that a step can have, none first.
func (t *Town) sets() [][]experience.Label {
	sets := [][]experience.Label{nil}
	for _, region := range t.regions {
		for _, audience := range t.audiences {
			for _, release := range t.releases {
				sets = append(sets, []experience.Label{
					{Name: "audience", Value: audience.name}, {Name: "region", Value: region.name}, {Name: "release", Value: release.Name},
				})
			}
		}
	}
	return sets
}

// used returns the sets of labels of the town up to the last that steps point at, with
// those empty that none points at: a batch should not carry what it does not need.
func (t *Town) used(steps []experience.Experience) [][]experience.Label {
	used := [][]experience.Label{nil}
	for i := range steps {
		n := int(steps[i].Labels)
		if n >= len(used) {
			used = append(used, make([][]experience.Label, n+1-len(used))...)
		}
		used[n] = t.labels[n]
	}
	return used
}

// Labels returns the sets of labels that steps and minutes of the town point at.
func (t *Town) Labels() [][]experience.Label { return t.labels }

// label returns the number of the set of labels that a person has at a time, in Unix
// milliseconds.
func (t *Town) label(who *person, ms int64) uint16 {
	return uint16(1 + (who.region*len(t.audiences)+who.audience)*len(t.releases) + t.release(who.id, ms))
}
