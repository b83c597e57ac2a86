package felt

import "math/bits"

// A spread is what is different with half and with twice the cut-off: a number that
// hangs on the cut-off must say so.
type spread struct {
	half, twice drift
	short       tails // bad steps after which somebody was gone for more than half the cut-off, but not for all
	long        tails // the same, for more than the cut-off, but not for twice
}

// drift is what another cut-off adds to the sums, in milliseconds.
type drift struct{ up, down, waited, moved int64 }

// lose accounts for a gap of a visit that half the cut-off would not bridge.
func (d *spread) lose(w word, gap, sign int64) { d.half.gap(w, -gap*sign) }

// keep accounts for a gap between visits that twice the cut-off would bridge.
func (d *spread) keep(w word, gap, sign int64) { d.twice.gap(w, gap*sign) }

func (d *drift) add(o *drift) {
	d.up, d.down, d.waited, d.moved = d.up+o.up, d.down+o.down, d.waited+o.waited, d.moved+o.moved
}

func (d *drift) gap(w word, ms int64) {
	if w.bad() {
		d.down += ms
	} else {
		d.up += ms
	}
}

// wait accounts for the waiting for the bad step e of somebody in state w.
func (d *spread) wait(w word, e *event, sign, cutoff int64) {
	waited, moved := w.charge(e, cutoff)
	for _, other := range []struct {
		drift  *drift
		cutoff int64
	}{{&d.half, cutoff / 2}, {&d.twice, 2 * cutoff}} {
		otherWaited, otherMoved := w.charge(e, other.cutoff)
		other.drift.waited += sign * (otherWaited - waited)
		other.drift.moved += sign * (otherMoved - moved)
	}
}

// gaps is a histogram of the gaps between steps: 16 buckets for each doubling of the
// seconds, so that a percentile of it is at most 7% too long.
type gaps [gapBuckets]uint32

const gapBuckets = 16 * 15 // up to 2^15 s, which is more than longestGap

// add counts one gap, in milliseconds, below longestGap.
func (g *gaps) add(ms int64) { g[gapBucket(uint64(ms)/1000)]++ }

func gapBucket(seconds uint64) int {
	if seconds < 16 {
		return int(seconds)
	}
	n := bits.Len64(seconds) - 5 // the leading bit and four more
	return 16*(n+1) + int(seconds>>n&15)
}

// bucketEnd returns the seconds below which all of a bucket lies.
func bucketEnd(i int) int64 {
	if i < 16 {
		return int64(i) + 1
	}
	n := i/16 - 1
	return (int64(i%16) + 17) << n
}

// p99 returns the 99th percentile in whole seconds, rounded up, and of how many.
func (g *gaps) p99() (seconds, n int64) {
	for _, count := range g {
		n += int64(count)
	}
	left := (n*99 + 99) / 100
	for i, count := range g {
		if left -= int64(count); left <= 0 {
			return bucketEnd(i), n
		}
	}
	return 0, n
}
