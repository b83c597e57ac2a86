package felt

import "slices"

// A crowd counts different people over any stretch of the minutes of a day, exactly: those
// who are in the first minute, those who are there for the first time after it, and those
// who come back after it and had not been there since.
type crowd struct {
	now    row     // per minute: people in it
	first  row     // before each minute: people who have been there for the first time, since midnight
	back   row     // before each minute: times that somebody came back, since midnight
	firsts int64   // of the whole day
	last   []int32 // of each who came back, by minute: the minute since 1970 in which they had been there before
}

// drawnCrowd is a crowd that is being counted.
type drawnCrowd struct {
	now, first [dayMinutes]int32
	back       []comeback
}

// comeback is somebody who came back: in which minute of the day, and the minute since 1970
// in which they had been there before.
type comeback struct{ at, last int32 }

func (c *drawnCrowd) clear() {
	clear(c.now[:])
	clear(c.first[:])
	c.back = c.back[:0]
}

// come notes who came back in an hour since 1970.
func (c *drawnCrowd) come(list returns, hour int64) {
	for _, one := range list {
		at := hour*60 + int64(one&63)
		c.back = append(c.back, comeback{int32(at % dayMinutes), int32(at - int64(one>>6))})
	}
}

// clip forgets the minutes of the day before one and from another on.
func (c *drawnCrowd) clip(from, to int) {
	clear(c.now[:from])
	clear(c.now[to:])
	clear(c.first[:from])
	clear(c.first[to:])
	if from > 0 || to < dayMinutes {
		c.back = slices.DeleteFunc(c.back, func(b comeback) bool { return int(b.at) < from || int(b.at) >= to })
	}
}

// crowd returns the crowd that was counted.
func (c *drawnCrowd) crowd(room *[dayMinutes]int32) crowd {
	k := crowd{now: newRow(&c.now)}
	sum := int32(0)
	for i, n := range c.first {
		room[i] = sum
		sum += n
	}
	k.first, k.firsts = newRow(room), int64(sum)
	if len(c.back) == 0 {
		return k
	}
	clear(room[:])
	for _, b := range c.back {
		room[b.at]++
	}
	sum = 0
	for i, n := range room {
		room[i] = sum
		sum += n
	}
	k.back = newRow(room)
	k.last = make([]int32, len(c.back))
	for _, b := range c.back { // within one minute any order will do
		k.last[room[b.at]] = b.last
		room[b.at]++
	}
	return k
}

// backUntil returns how many came back before a minute of the day.
func (c *crowd) backUntil(minute int) int {
	if minute >= dayMinutes {
		return len(c.last)
	}
	return int(c.back.at(minute))
}

// firstUntil returns how many were there for the first time before a minute of the day.
func (c *crowd) firstUntil(minute int) int64 {
	if minute >= dayMinutes {
		return c.firsts
	}
	return int64(c.first.at(minute))
}

// returned counts those who came back in the minutes of the day from one up to another and
// had been there last before a minute since 1970.
func (c *crowd) returned(from, to int, before int64) (n int64) {
	for _, last := range c.last[c.backUntil(from):c.backUntil(to)] {
		if int64(last) < before {
			n++
		}
	}
	return n
}

// during counts the different people in the minutes of the day from one up to another,
// which is a later one; midnight is a minute since 1970.
func (c *crowd) during(from, to int, midnight int64) int64 {
	return int64(c.now.at(from)) + c.firstUntil(to) - c.firstUntil(from+1) + c.returned(from+1, to, midnight+int64(from))
}

// differ returns the first minute of the day in which two crowds are not the same,
// dayMinutes if there is none.
func (c *crowd) differ(o *crowd) int {
	first := c.now.differ(&o.now)
	for _, d := range []int{c.first.differ(&o.first), c.back.differ(&o.back)} {
		if d < dayMinutes {
			first = min(first, d-1)
		}
	}
	if slices.Equal(c.last, o.last) && c.firsts == o.firsts {
		return first
	}
	for i := range first {
		if !slices.Equal(c.last[c.backUntil(i):c.backUntil(i+1)], o.last[o.backUntil(i):o.backUntil(i+1)]) {
			return i
		}
	}
	return min(first, dayMinutes-1)
}
