package felt

import "slices"

// A recovery tells, for each minute of a journey, from which minute on it was normal
// again. It looks at everybody but never at the future of one person, so it can be
// known live.
type recovery struct {
	first  int64
	normal []int32 // per minute: the index of the first normal minute from there on
}

// Limits of what is normal. The judgement pools minutes until poolPeople were there
// (fewer say nothing). Normal is at most twice the median share of hurt people, plus
// bandPermille, and never above worstNormal. All three are guesses.
const (
	poolPeople   = 5
	bandPermille = 10
	worstNormal  = 200
)

func newRecovery(s *series) recovery {
	r := recovery{first: s.first, normal: make([]int32, len(s.active))}
	limit := s.normalPermille()
	end := len(s.active) // the pool is [i, end)
	var active, hurt int64
	next := int32(len(s.active))
	for i := len(s.active) - 1; i >= 0; i-- {
		active += int64(s.active[i])
		hurt += int64(s.hurt[i])
		for end-1 > i && active-int64(s.active[end-1]) >= poolPeople {
			end--
			active -= int64(s.active[end])
			hurt -= int64(s.hurt[end])
		}
		if s.active[i] > 0 && s.good(i) && hurt*1000 <= limit*active {
			next = int32(i)
		}
		r.normal[i] = next
	}
	return r
}

// good reports whether somebody was there in minute i who was not hurt: without
// such a witness it is not known to have recovered.
func (s *series) good(i int) bool { return s.active[i] > s.hurt[i] }

// normalPermille returns the largest share of hurt people, in thousandths, that is
// normal for this journey.
func (s *series) normalPermille() int64 {
	var shares []int64
	var active, hurt int64
	for i := range s.active {
		active += int64(s.active[i])
		hurt += int64(s.hurt[i])
		if active >= poolPeople {
			shares = append(shares, hurt*1000/active)
			active, hurt = 0, 0
		}
	}
	if len(shares) == 0 {
		return bandPermille
	}
	slices.Sort(shares)
	return min(2*shares[len(shares)/2]+bandPermille, worstNormal)
}

// after returns when the journey had recovered from something at t: the start of the
// first normal minute after the minute of t, at most end. Unix milliseconds.
func (r recovery) after(t, end int64) int64 {
	i := t/msMinute - r.first + 1
	if i < 0 || i >= int64(len(r.normal)) {
		return max(t, end)
	}
	if n := r.normal[i]; int(n) < len(r.normal) {
		return max(t, min(end, (r.first+int64(n))*msMinute))
	}
	return max(t, end)
}
