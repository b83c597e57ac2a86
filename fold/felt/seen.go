package felt

import "github.com/honderd/honderd/experience"

// SeenSince returns who was there since a time, in Unix milliseconds: when each of them was
// there last, 0 for everybody else.
func (f *Fold) SeenSince(from int64) func(experience.Person) int64 {
	last := map[uint64]int64{}
	for _, s := range f.shards {
		for i := range s.people.parts {
			for _, one := range s.people.parts[i].slots {
				if t := one.word.time(); one.key != 0 && t >= from {
					last[one.key] = max(last[one.key], t)
				}
			}
		}
		for _, b := range s.buffer.buckets {
			for i := range b.events {
				if e := &b.events[i]; e.time() >= from {
					last[e.person] = max(last[e.person], e.time())
				}
			}
		}
		for i := range s.late {
			if e := &s.late[i]; e.time() >= from {
				last[e.person] = max(last[e.person], e.time())
			}
		}
	}
	return func(p experience.Person) int64 { return last[personKey(uint64(p))] }
}

// Newest returns the time of the newest step, in Unix milliseconds; 0 before there was one.
func (f *Fold) Newest() int64 {
	newest := int64(0)
	for _, s := range f.shards {
		newest = max(newest, s.newest)
	}
	return newest
}
