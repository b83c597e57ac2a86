package worst

import "math/bits"

// hull is the lower convex hull of points of the running sums, without those that no
// later point has the steepest slope from.
type hull struct {
	*Series
	places []int
	head   int // the first of places that counts
}

// add adds a point to the right of all others.
func (h *hull) add(i int) {
	p := h.at(i)
	for len(h.places)-h.head >= 2 {
		a, b := h.at(h.places[len(h.places)-2]), h.at(h.places[len(h.places)-1])
		if turn(a, b, p) < 0 {
			break
		}
		h.places = h.places[:len(h.places)-1]
	}
	if n := len(h.places); n > h.head && h.at(h.places[n-1]) == p {
		h.places = h.places[:n-1] // the same time in fewer minutes
	}
	h.places = append(h.places, i)
}

// tangent returns the point from which the slope to point j is the steepest, the last of
// equals, and forgets those before it: from them, none will be steeper than this.
func (h *hull) tangent(j int) int {
	p := h.at(j)
	for h.head+1 < len(h.places) && turn(h.at(h.places[h.head]), h.at(h.places[h.head+1]), p) <= 0 {
		h.head++
	}
	return h.places[h.head]
}

// turn says which of two slopes is steeper: 1 the one from a to b, -1 the one from b to
// c, 0 neither. The points are in order.
func turn(a, b, c sum) int {
	h1, l1 := bits.Mul64(uint64(b.bad-a.bad), uint64(c.all-b.all))
	h2, l2 := bits.Mul64(uint64(c.bad-b.bad), uint64(b.all-a.all))
	switch {
	case h1 == h2 && l1 == l2:
		return 0
	case h1 > h2 || h1 == h2 && l1 > l2:
		return 1
	}
	return -1
}
