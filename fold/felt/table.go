package felt

import "math/bits"

// partitions is how many independent pieces a table has, so that one of them can grow
// without a second copy of all.
const partitions = 64

// A table maps pseudonyms to words: open addressing with linear probing, 16 bytes a
// slot and no pointers. Keys are well mixed and never 0.
type table struct {
	parts  [partitions]part
	linked bool // whether slots have heads
}

type part struct {
	slots []slot
	heads []uint32 // per slot: link to the person's newest entry in the journal
	used  int
}

type slot struct {
	key  uint64
	word word
}

// A place is where a key stands in a table, until the next call of find.
type place struct {
	part *part
	i    int
}

func (p place) word() word     { return p.part.slots[p.i].word }
func (p place) set(w word)     { p.part.slots[p.i].word = w }
func (p place) head() uint32   { return p.part.heads[p.i] }
func (p place) link(to uint32) { p.part.heads[p.i] = to }

// find returns the place of key, which is made when there is none.
func (t *table) find(key uint64) place {
	p := &t.parts[key%partitions]
	if p.used*5 >= len(p.slots)*4 {
		p.grow(t.linked)
	}
	i := p.probe(key)
	if p.slots[i].key == 0 {
		p.slots[i].key = key
		p.used++
	}
	return place{p, i}
}

// get returns the word of key, 0 when there is none.
func (t *table) get(key uint64) word {
	p := &t.parts[key%partitions]
	if len(p.slots) == 0 {
		return 0
	}
	return p.slots[p.probe(key)].word
}

// probe returns the slot that holds key, or the free one where it belongs.
func (p *part) probe(key uint64) int {
	n := len(p.slots)
	high, _ := bits.Mul64(key, uint64(n))
	i := int(high)
	for p.slots[i].key != key && p.slots[i].key != 0 {
		if i++; i == n {
			i = 0
		}
	}
	return i
}

// grow makes room for a quarter more, so that a table is always at least 64% full.
func (p *part) grow(linked bool) {
	old, heads := p.slots, p.heads
	p.slots = make([]slot, max(8, len(old)+len(old)/4))
	if linked {
		p.heads = make([]uint32, len(p.slots))
	}
	for j, s := range old {
		if s.key == 0 {
			continue
		}
		i := p.probe(s.key)
		p.slots[i] = s
		if linked {
			p.heads[i] = heads[j]
		}
	}
}

// mix spreads x over 64 bits, so that near numbers stand far apart.
//
// Source: the finalizer of SplitMix64, Steele, Lea and Flood, OOPSLA 2014.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// personKey and journeyKey are the keys of a person, and of a person in a journey.
func personKey(person uint64) uint64 { return max(1, mix(person)) }

func journeyKey(person uint64, journey int) uint64 {
	return max(1, mix(person+uint64(journey+1)*0x9e3779b97f4a7c15))
}
