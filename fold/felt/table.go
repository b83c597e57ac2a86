package felt

import "math/bits"

// partitions is how many independent pieces a table has, so that one of them can grow
// without a second copy of all.
const partitions = 64

// A table maps pseudonyms to words: open addressing with linear probing, 16 bytes a
// slot and no pointers. Keys are well mixed and never 0.
type table struct {
	parts [partitions]part
}

type part struct {
	slots []slot
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

func (p place) word() word { return p.part.slots[p.i].word }
func (p place) set(w word) { p.part.slots[p.i].word = w }

// find returns the place of key, which is made when there is none.
func (t *table) find(key uint64) place {
	p := &t.parts[key%partitions]
	if p.used*5 >= len(p.slots)*4 {
		p.grow()
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

// touch reads where key is, or nearly, and returns anything.
func (t *table) touch(key uint64) uint64 {
	p := &t.parts[key%partitions]
	high, _ := bits.Mul64(key, uint64(len(p.slots)))
	if high >= uint64(len(p.slots)) {
		return 0
	}
	return p.slots[high].key
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
func (p *part) grow() {
	old := p.slots
	p.slots = make([]slot, max(8, len(old)+len(old)/4))
	for _, s := range old {
		if s.key != 0 {
			p.slots[p.probe(s.key)] = s
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

// personKey is the key of a person, segmentKey that of a person, by their key, in a
// segment.
func personKey(person uint64) uint64 { return max(1, mix(person)) }

func segmentKey(person uint64, segment uint16) uint64 {
	return max(1, mix(person+uint64(segment+1)*0x9e3779b97f4a7c15))
}
