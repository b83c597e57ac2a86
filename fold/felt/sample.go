package felt

import (
	"math"

	"github.com/honderd/honderd/internal/interval"
)

// personTime is the time of one person, in milliseconds.
type personTime struct{ up, all int64 }

// sampleSize is of how many people the time is kept one by one, to know how much
// people differ. When there are more, every second one is let go, and so on.
const sampleSize = 4096

// sampling says who is in the sample: those whose number is at most limit.
type sampling struct{ limit uint64 }

func wholeSample() sampling { return sampling{math.MaxUint64} }

func (s sampling) has(person uint64) bool { return person <= s.limit }

// remember adds to the time of a person of the sample.
func (c *scope) remember(person uint64, t personTime) {
	had := c.sample[person]
	if had == nil {
		if c.sample == nil {
			c.sample = map[uint64]*personTime{}
		}
		had = &personTime{}
		c.sample[person] = had
	}
	had.up, had.all = had.up+t.up, had.all+t.all
}

// thin lets go of people while there are too many in the sample of all.
func (s *shard) thin() {
	for len(s.scopes) > 0 && len(s.scopes[0].sample) > sampleSize {
		s.sampled.limit /= 2
		s.forget()
	}
}

// forget lets go of those who are not in the sample any more.
func (s *shard) forget() {
	for _, c := range s.scopes {
		for person := range c.sample {
			if !s.sampled.has(person) {
				delete(c.sample, person)
			}
		}
	}
}

// ratio sums up a sample of a scope. It is the same however the people are divided over
// shards, and whatever waits.
func ratio(parts parts, limit uint64) interval.Ratio {
	var r interval.Ratio
	waits := map[uint64]personTime{}
	for _, c := range parts.waiting {
		for person, t := range c.sample {
			if person <= limit {
				had := waits[person]
				waits[person] = personTime{had.up + t.up, had.all + t.all}
			}
		}
	}
	for _, c := range parts.settled {
		for person, t := range c.sample {
			if person > limit {
				continue
			}
			more := waits[person]
			delete(waits, person)
			r.Add(t.up+more.up, t.all+more.all)
		}
	}
	for _, t := range waits {
		r.Add(t.up, t.all)
	}
	return r
}
