package felt

import "slices"

// A crowd counts different people over any stretch of minutes, exactly: those who are
// in the first minute, those who are there for the first time after it, and those who
// come back after it and had not been there since.
type crowd struct {
	now   []int32    // per minute: people in it
	first []int64    // before each minute: people who have been there
	back  []int64    // before each minute: times that somebody came back
	last  []int32    // of each of these, by minute: where they had been before; an index, or below 0
	lists []returned // what back and last are made of
}

// returned are those who returned in one hour.
type returned struct {
	hour int64
	list returns
}

func newCrowd(minutes int) crowd {
	return crowd{now: make([]int32, minutes), first: make([]int64, minutes+1), back: make([]int64, minutes+1)}
}

// come notes who came back in an hour; list must stay as it is until finish.
func (c *crowd) come(list returns, hour int64) {
	if len(list) > 0 {
		c.lists = append(c.lists, returned{hour, list})
	}
}

// finish sums up. first is the minute of index 0.
func (c *crowd) finish(first int64) {
	c.each(first, func(at, _ int64) { c.back[at+1]++ })
	for i := range c.now {
		c.first[i+1] += c.first[i]
		c.back[i+1] += c.back[i]
	}
	next := slices.Clone(c.back)
	c.last = make([]int32, c.back[len(c.now)])
	c.each(first, func(at, last int64) { // within one minute any order will do
		c.last[next[at]] = int32(last)
		next[at]++
	})
	c.lists = nil
}

// each shows every comeback of the period: the indexes of its minute and of the one before.
func (c *crowd) each(first int64, show func(at, last int64)) {
	for _, r := range c.lists {
		for _, one := range r.list {
			if at := r.hour*60 + int64(one&63) - first; at >= 0 && at < int64(len(c.now)) {
				show(at, at-int64(one>>6))
			}
		}
	}
}

// people counts the different people in n minutes, at least one, from index i on.
func (c *crowd) people(i, n int) int64 {
	sure := int64(c.now[i]) + c.first[i+n] - c.first[i+1]
	for _, last := range c.last[c.back[i+1]:c.back[i+n]] {
		if int(last) < i {
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
