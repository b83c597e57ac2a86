package accesslog

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/honderd/honderd/experience"
)

// Limits of counting addresses: an address that is new when half of the slots are taken
// is not among the most frequent of the batch, or the batch has no such.
const (
	countSlots   = 1 << 15
	maxCounted   = countSlots / 2
	topAddresses = 8
)

// counts counts how often each address stands in a batch.
type counts struct {
	slots []uint32 // 1 + index in list; 0: free
	list  []experience.AddressCount
	lines int64 // of the tally that list belongs to
}

func newCounts() counts { return counts{slots: make([]uint32, countSlots)} }

// open makes c ready to go on counting for t, whoever counted until now.
func (c *counts) open(t *experience.Tally) {
	if t.Lines == c.lines && t.Lines > 0 && slices.Equal(t.Addresses, c.top()) {
		return
	}
	clear(c.slots)
	c.list = c.list[:0]
	for _, a := range t.Addresses {
		c.list[c.find(a.Hash)].Count += a.Count
	}
}

// close writes the most frequent addresses into t.
func (c *counts) close(t *experience.Tally) {
	t.Addresses = append(t.Addresses[:0], c.top()...)
	c.lines = t.Lines
}

// top returns the most frequent addresses, most frequent first.
func (c *counts) top() []experience.AddressCount {
	var best [topAddresses + 1]experience.AddressCount
	n := 0
	for _, a := range c.list {
		if n == topAddresses && !before(a, best[n-1]) {
			continue
		}
		i := n
		for ; i > 0 && before(a, best[i-1]); i-- {
			best[i] = best[i-1]
		}
		best[i] = a
		n = min(n+1, topAddresses)
	}
	return slices.Clone(best[:n])
}

// before reports whether a comes before b among the most frequent.
func before(a, b experience.AddressCount) bool {
	return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Hash, b.Hash)) < 0
}

// add counts an address.
func (c *counts) add(hash uint64) {
	if i := c.find(hash); i >= 0 {
		c.list[i].Count++
	}
}

// find returns where hash stands in the list, where it puts it if need be; -1 when
// there is no room.
func (c *counts) find(hash uint64) int {
	at := hash % countSlots
	for c.slots[at] != 0 {
		if i := int(c.slots[at]) - 1; c.list[i].Hash == hash {
			return i
		}
		at = (at + 1) % countSlots
	}
	if len(c.list) == maxCounted {
		return -1
	}
	c.list = append(c.list, experience.AddressCount{Hash: hash})
	c.slots[at] = uint32(len(c.list))
	return len(c.list) - 1
}

// addressSecrets derives the key of addressHash from a secret.
func addressSecrets(secret []byte) [2]uint64 {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("addresses"))
	sum := mac.Sum(nil)
	return [2]uint64{binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:]) | 1}
}

// addressHash hashes an address with a secret of this process: the same in every worker,
// and quick, as every line needs it.
func (p *Parser) addressHash(address []byte) uint64 {
	h := p.secrets[0] ^ uint64(len(address))*p.secrets[1]
	for len(address) >= 8 {
		h = fold(h^binary.LittleEndian.Uint64(address), p.secrets[1])
		address = address[8:]
	}
	var last uint64
	for i, c := range address {
		last |= uint64(c) << (8 * i)
	}
	return fold(h^last, p.secrets[1]^0x9e3779b97f4a7c15)
}

// fold multiplies a and b and folds the halves of the product together.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
