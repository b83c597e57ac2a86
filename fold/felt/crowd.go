package felt

import "slices"

// A crowd counts different people over any stretch of minutes, exactly: those who are
// in the first minute, those who are there for the first time after it, and those who
// come back after it and had not been there since.
type crowd struct {
	now   []int32 // per minute: people in it
	first []int64 // before each minute: people who have been there
	back  []int64 // before each minute: times that somebody came back
	came  []comeback
}

// A comeback is somebody who came back in a minute and had been there last in another;
// minutes are indexes, the latter may be below 0.
type comeback struct{ at, last int64 }

func newCrowd(minutes int) crowd {
	return crowd{now: make([]int32, minutes), first: make([]int64, minutes+1), back: make([]int64, minutes+1)}
}

// come notes who came back in an hour; minutes since 1970 until finish.
func (c *crowd) come(list returns, hour int64) {
	for _, r := range list {
		at := hour*60 + int64(r&63)
		c.came = append(c.came, comeback{at, at - int64(r>>6)})
	}
}

// finish sums up. first is the minute of index 0.
func (c *crowd) finish(first int64) {
	for i := range c.came {
		c.came[i].at -= first
		c.came[i].last -= first
	}
	c.came = slices.DeleteFunc(c.came, func(b comeback) bool { return b.at < 0 || b.at >= int64(len(c.now)) })
	for _, b := range c.came {
		c.back[b.at+1]++
	}
	for i := range c.now {
		c.first[i+1] += c.first[i]
		c.back[i+1] += c.back[i]
	}
	next, ordered := slices.Clone(c.back), make([]comeback, len(c.came))
	for _, b := range c.came { // by minute; within one any order will do
		ordered[next[b.at]] = b
		next[b.at]++
	}
	c.came = ordered
}

// people counts the different people in n minutes, at least one, from index i on.
func (c *crowd) people(i, n int) int64 {
	sure := int64(c.now[i]) + c.first[i+n] - c.first[i+1]
	for _, b := range c.came[c.back[i+1]:c.back[i+n]] {
		if b.last < int64(i) {
			sure++
		}
	}
	return sure
}

// atLeast reports whether there were so many people, and looks closely only if it must.
func (c *crowd) atLeast(people int64, i, n int) bool {
	sure := int64(c.now[i]) + c.first[i+n] - c.first[i+1]
	maybe := c.back[i+n] - c.back[i+1]
	return sure >= people || sure+maybe >= people && c.people(i, n) >= people
}
