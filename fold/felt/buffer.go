package felt

import "slices"

// A buffer keeps the events of the last minutes until none can come before them any
// more, and gives them back in order. It is a queue of buckets, each of some seconds.
type buffer struct {
	width   int64 // of a bucket, in milliseconds
	first   int64 // number of the oldest bucket: its time / width
	buckets []bucket
	free    []bucket
	room    []event
}

type bucket struct {
	events []event
	mixed  bool // not in order
}

// buckets is into how many pieces the lateness is cut: more make each cheaper to
// sort, fewer let go of events sooner.
const bucketsOfLateness = 128

// newBuffer returns a buffer whose buckets divide a day evenly.
func newBuffer(lateness int64) buffer {
	width := max(1, lateness/bucketsOfLateness)
	for 24*msHour%width != 0 {
		width++
	}
	return buffer{width: width}
}

// settled returns the time before which all is settled when events up to newest have
// been seen and none comes later than lateness.
func (b *buffer) settled(newest, lateness int64) int64 {
	return (newest - lateness) / b.width * b.width
}

// add keeps e, whose bucket must not be taken yet.
func (b *buffer) add(e *event) {
	at := e.time() / b.width
	if len(b.buckets) == 0 {
		b.first = at
	}
	for at < b.first {
		b.buckets = slices.Insert(b.buckets, 0, b.fresh())
		b.first--
	}
	for at >= b.first+int64(len(b.buckets)) {
		b.buckets = append(b.buckets, b.fresh())
	}
	to := &b.buckets[at-b.first]
	if n := len(to.events); n > 0 && e.before(&to.events[n-1]) {
		to.mixed = true
	}
	to.events = append(to.events, *e)
}

func (b *buffer) fresh() bucket {
	if n := len(b.free); n > 0 {
		f := b.free[n-1]
		b.free = b.free[:n-1]
		return f
	}
	return bucket{}
}

// take gives the events before a time, which is the edge of a bucket, in order and in
// pieces, and forgets them.
func (b *buffer) take(before int64, give func([]event)) {
	n := 0
	for n < len(b.buckets) && (b.first+int64(n))*b.width < before {
		b.order(n)
		one := &b.buckets[n]
		if len(one.events) > 0 {
			give(one.events)
		}
		if len(b.free) < 8 {
			b.free = append(b.free, bucket{events: one.events[:0]})
		}
		*one = bucket{}
		n++
	}
	b.first += int64(n)
	b.buckets = slices.Delete(b.buckets, 0, n)
}

// order puts bucket i in order.
func (b *buffer) order(i int) {
	if one := &b.buckets[i]; one.mixed {
		b.sort(one, (b.first+int64(i))*b.width)
	}
}

// sort puts a bucket in order: by counting its milliseconds, then by comparing those
// of one millisecond.
func (b *buffer) sort(one *bucket, start int64) {
	if int64(len(one.events)) < b.width/8 {
		slices.SortFunc(one.events, compare)
		one.mixed = false
		return
	}
	counts := make([]int32, b.width+1)
	for i := range one.events {
		counts[one.events[i].time()-start+1]++
	}
	for i := range counts[1:] {
		counts[i+1] += counts[i]
	}
	b.room = slices.Grow(b.room[:0], len(one.events))[:len(one.events)]
	for i := range one.events {
		at := &counts[one.events[i].time()-start]
		b.room[*at] = one.events[i]
		*at++
	}
	for i := 0; i < len(b.room); {
		j := i + 1
		for j < len(b.room) && b.room[j].time() == b.room[i].time() {
			j++
		}
		if j-i > 1 {
			slices.SortFunc(b.room[i:j], compare)
		}
		i = j
	}
	one.events, b.room = b.room, one.events
	one.mixed = false
}

func compare(a, b event) int {
	switch {
	case a.before(&b):
		return -1
	case b.before(&a):
		return 1
	}
	return 0
}

// each shows all events there are, in order, and keeps them.
func (b *buffer) each(show func([]event)) {
	for i := range b.buckets {
		b.order(i)
		one := &b.buckets[i]
		if len(one.events) > 0 {
			show(one.events)
		}
	}
}
