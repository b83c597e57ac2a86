package felt

// An entry is one event that may still be moved by one that comes late. It holds the
// state of its person before it, so that the state can be taken back and made anew.
type entry struct {
	person  uint64
	event   event
	before  word   // the person's word before it
	inside  word   // their word in its journey before it
	prev    uint32 // link to the person's next older entry
	journey uint8  // the journey it counts in: for a part that of its step
	part    bool   // it is no step of its own
}

// A journal holds the entries of the last minutes in the order in which they came, as
// a ring. An entry keeps its link until it is dropped; links wrap round, and 0 is none.
type journal struct {
	ring  []entry // length 0 or a power of two
	first uint32  // link of the oldest entry
	count uint32
}

// live returns the entry at link, nil when it has been dropped or is of another.
func (j *journal) live(link uint32, person uint64) *entry {
	if link == 0 || link-j.first >= j.count {
		return nil
	}
	if e := j.at(link); e.person == person {
		return e
	}
	return nil
}

// at returns the entry at a link that is live.
func (j *journal) at(link uint32) *entry { return &j.ring[link&uint32(len(j.ring)-1)] }

// add keeps e and returns its link.
func (j *journal) add(e entry) uint32 {
	if j.first+j.count == 0 {
		j.put(entry{event: e.event}) // nobody's, so that no entry has link 0
	}
	return j.put(e)
}

func (j *journal) put(e entry) uint32 {
	if int(j.count) == len(j.ring) {
		j.grow()
	}
	link := j.first + j.count
	*j.at(link) = e
	j.count++
	return link
}

func (j *journal) grow() {
	ring := make([]entry, max(1024, 2*len(j.ring)))
	for i := range j.count {
		link := j.first + i
		ring[link&uint32(len(ring)-1)] = *j.at(link)
	}
	j.ring = ring
}

// drop forgets entries from the oldest on that happened before ms.
func (j *journal) drop(ms int64) {
	for j.count > 0 && j.at(j.first).event.time() < ms {
		j.first++
		j.count--
	}
}

// shrink gives back memory that is not needed for the entries there are.
func (j *journal) shrink() {
	small := journal{first: j.first}
	for i := range j.count {
		small.put(*j.at(j.first + i))
	}
	*j = small
}
