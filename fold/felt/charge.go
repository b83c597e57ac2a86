package felt

// charge charges s for the people who gave up: from their last bad step until the
// journey had recovered, at most the cut-off. It returns how much that is, and how much
// it would be with half and with twice the cut-off.
func (q *question) charge(parts []*scope, s *series) (charged [3]int64) {
	count := func(t tails, sign int64, which ...int) {
		for tail, n := range t {
			at, mix := int64(tail&uint64(wordTime)), tail>>42
			era := q.fold.cutoffs.at(at)
			journey := q.fold.segments.mixes[mix].segments[0]
			until := q.recovery[journey].after(at, q.to)
			for _, k := range which {
				cut := era.all
				switch k {
				case 1:
					cut /= 2
				case 2:
					cut *= 2
				}
				most := min(cut, until-at)
				charged[k] += sign * most * int64(n)
				if k == 0 {
					s.charge(at, at+most, int64(n))
				}
			}
		}
	}
	for _, c := range parts {
		count(c.tails, 1, 0, 1, 2)
		count(c.spread.short, 1, 1)
		count(c.spread.long, -1, 2)
	}
	return charged
}
