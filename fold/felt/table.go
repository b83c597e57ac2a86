package felt

import (
	"math/bits"
	"slices"
)

// partitions is how many independent pieces a table has, so that one of them can grow
// without a second copy of all.
const partitions = 64

// A table maps pseudonyms to words: open addressing with linear probing, 16 bytes a
// slot and no pointers. Keys are well mixed and never 0.
//
// The words of one person, for all and for each segment, stand side by side: their keys
// differ in the near bits only, which say nothing about where a key belongs. So whoever
// has found a person has fetched most of what is known of them from memory.
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

// nearBits are the bits of a key that do not say where it belongs.
const nearBits = 16

// part returns the piece that key belongs in.
func (t *table) part(key uint64) *part { return &t.parts[key>>nearBits%partitions] }

// fetched is how many slots are fetched from memory at once.
const fetched = 4

// home returns the slot at which the search for key begins: the first of a line, so that
// it mostly ends in that line too.
func (p *part) home(key uint64) int {
	high, _ := bits.Mul64(key>>nearBits<<nearBits, uint64(len(p.slots)))
	return int(high) &^ (fetched - 1)
}

// find returns the place of key, which is made when there is none. There is room for
// those of a person in as many segments as they can be in at once, too.
func (t *table) find(key uint64) place {
	p := t.part(key)
	for (p.used+1+maxDimensions)*5 >= len(p.slots)*4 {
		p.grow()
	}
	return p.claim(p.probe(key, p.home(key)), key)
}

// beside returns the place of key, one of the person at p; find must have returned p.
func (p place) beside(key uint64) place {
	return p.part.claim(p.part.probe(key, p.i), key)
}

// claim returns the place of key, which is i, taken or free.
func (p *part) claim(i int, key uint64) place {
	if p.slots[i].key == 0 {
		p.slots[i].key = key
		p.used++
	}
	return place{p, i}
}

// get returns the word of key, 0 when there is none.
func (t *table) get(key uint64) word {
	p := t.part(key)
	if len(p.slots) == 0 {
		return 0
	}
	return p.slots[p.probe(key, p.home(key))].word
}

// size returns how many keys there are.
func (t *table) size() (n int) {
	for i := range t.parts {
		n += t.parts[i].used
	}
	return n
}

// touch reads the two lines where key and those beside it mostly are, and returns
// anything.
func (t *table) touch(key uint64) uint64 {
	p := t.part(key)
	if i := p.home(key); i+fetched < len(p.slots) {
		return p.slots[i].key + p.slots[i+fetched].key
	}
	return 0
}

// probe returns the slot that holds key, or the free one where it belongs, from slot i
// on.
func (p *part) probe(key uint64, i int) int {
	for p.slots[i].key != key && p.slots[i].key != 0 {
		if i++; i == len(p.slots) {
			i = 0
		}
	}
	return i
}

// grow makes room for a quarter more, so that a table is always at least 64% full. Those
// of one person keep their order, which beside relies on: it goes round from a free slot,
// where no run of slots is cut in two.
func (p *part) grow() {
	old := p.slots
	p.slots = make([]slot, max(16, len(old)+len(old)/4))
	free := slices.IndexFunc(old, func(s slot) bool { return s.key == 0 })
	p.adopt(old[max(0, free):])
	p.adopt(old[:max(0, free)])
}

// adopt puts slots where they belong.
func (p *part) adopt(old []slot) {
	for _, s := range old {
		if s.key != 0 {
			p.slots[p.probe(s.key, p.home(s.key))] = s
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
	return max(1, person^uint64((segment+1)*0x9e37))
}
