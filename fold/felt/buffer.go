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
	counts  []int32 // room too
	several []event // room too, for what is given at once
	ripe    int     // how many buckets are known to be settled
	events  int     // how many events are in them
	since   int64   // the time of the first of them that has any
	hand    int     // the bucket that something was added to last; only while opens < closes
	opens   int64   // its time
	closes  int64
}

type bucket struct {
	events []event
	mixed  disorder
}

// disorder says how far a bucket is from being in order.
type disorder uint8

const (
	ordered disorder = iota
	tied             // only those of one millisecond are not in order
	mixed
)

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
	t := e.time()
	if t < b.opens || t >= b.closes {
		b.reach(t)
	}
	to := &b.buckets[b.hand]
	if n := len(to.events); n > 0 && e.before(&to.events[n-1]) {
		how := tied
		if t < to.events[n-1].time() {
			how = mixed
		}
		to.mixed = max(to.mixed, how)
	}
	to.events = append(to.events, *e)
}

// reach makes the bucket of a time the one at hand.
func (b *buffer) reach(t int64) {
	at := t / b.width
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
	b.hand, b.opens, b.closes = int(at-b.first), at*b.width, (at+1)*b.width
}

func (b *buffer) fresh() bucket {
	if n := len(b.free); n > 0 {
		f := b.free[n-1]
		b.free = b.free[:n-1]
		return f
	}
	return bucket{}
}

// due reports whether it is worth the while to take what is before a time, which is the
// edge of a bucket and does not go back until then: there is much, or it waits for long.
func (b *buffer) due(t int64) bool {
	for b.ripe < len(b.buckets) && (b.first+int64(b.ripe))*b.width < t {
		n := len(b.buckets[b.ripe].events)
		if b.events == 0 && n > 0 {
			b.since = (b.first + int64(b.ripe)) * b.width
		}
		b.events += n
		b.ripe++
	}
	return b.events >= piece || b.events > 0 && t-b.since > bucketsOfLateness*b.width
}

// piece is how many events are given at once, if there are so many.
const piece = 1024

// take gives the events before a time, which is the edge of a bucket, in order and in
// pieces, and forgets them.
func (b *buffer) take(before int64, give func([]event)) {
	n := 0
	several := b.several[:0]
	for n < len(b.buckets) && (b.first+int64(n))*b.width < before {
		b.order(n)
		one := &b.buckets[n]
		if len(several)+len(one.events) > piece && len(several) > 0 {
			give(several)
			several = several[:0]
		}
		if len(one.events) > piece {
			give(one.events)
		} else {
			several = append(several, one.events...)
		}
		if small := cap(one.events) <= piece; len(b.free) < 8 || small && len(b.free) < 2*bucketsOfLateness {
			b.free = append(b.free, bucket{events: one.events[:0]})
		}
		*one = bucket{}
		n++
	}
	if len(several) > 0 {
		give(several)
	}
	b.several = several
	b.first += int64(n)
	b.buckets = slices.Delete(b.buckets, 0, n)
	b.opens, b.closes, b.ripe, b.events = 0, 0, 0, 0
}

// order puts bucket i in order.
func (b *buffer) order(i int) {
	one := &b.buckets[i]
	switch {
	case one.mixed == ordered:
	case one.mixed == tied:
		untie(one.events)
	case int64(len(one.events)) < b.width/8:
		slices.SortFunc(one.events, compare)
	default:
		b.sort(one, (b.first+int64(i))*b.width)
	}
	one.mixed = ordered
}

// untie puts those of one millisecond in order; they stand together.
func untie(events []event) {
	for i := 0; i < len(events); {
		j, sorted := i+1, true
		for j < len(events) && events[j].time() == events[i].time() {
			sorted = sorted && !events[j].before(&events[j-1])
			j++
		}
		if !sorted {
			slices.SortFunc(events[i:j], compare)
		}
		i = j
	}
}

// sort puts a bucket in order by counting its milliseconds.
func (b *buffer) sort(one *bucket, start int64) {
	if b.counts == nil {
		b.counts = make([]int32, b.width+1)
	}
	counts := b.counts
	clear(counts)
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
	untie(b.room)
	one.events, b.room = b.room, one.events
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

// bucket returns the events of bucket i, in order.
func (b *buffer) bucket(i int) []event {
	b.order(i)
	return b.buckets[i].events
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
