package sim

import (
	"time"

	"github.com/honderd/honderd/experience"
)

// Truth is how it really was for the people who came in a time: what they meant to do
// counts, whether or not they gave up.
type Truth struct {
	People int64 // who came
	Hurt   int64 // of those: who met a fault that nobody hid
	Up     time.Duration
	Down   time.Duration // person-time in which what they were there for did not work
}

// Truth returns the truth of the visits that begin from one hour until just before
// another.
func (t *Town) Truth(from, to time.Time) Truth {
	var truth Truth
	people, hurt := map[experience.Person]bool{}, map[experience.Person]bool{}
	for h := from.Unix() / 3600; h < to.Unix()/3600; h++ {
		for _, v := range t.hour(h) {
			people[v.person] = true
			for _, e := range v.steps {
				if e.Bad() {
					hurt[v.person] = true
				}
			}
			down := t.brokenFor(v)
			truth.Down += down
			truth.Up += time.Duration(v.to-v.from)*time.Millisecond - down
		}
	}
	truth.People, truth.Hurt = int64(len(people)), int64(len(hurt))
	return truth
}

// brokenFor returns how long, while v lasted, everything was broken for its person. A
// fault of one journey breaks only what they do there, which is not a stretch of time:
// it is not in here.
func (t *Town) brokenFor(v visit) time.Duration {
	var down time.Duration
	for i := range t.o.Faults {
		f := &t.o.Faults[i]
		if f.Masked || f.Journey != "" || !t.meets(v.person, i) {
			continue
		}
		from, to := max(v.from, f.From.UnixMilli()), min(v.to, f.To.UnixMilli())
		down += time.Duration(max(0, to-from)) * time.Millisecond
	}
	return down
}
