package worst

import "math/bits"

// line is a share of bad time as a line that needs no more than 64 bits: every sum above
// the share is above the line, and one below the line is below the share. The other way
// round it need not be, because the line may be a little lower: what is above it is to
// be looked at without rounding.
type line struct{ all, bad int64 }

// of returns how far bad time out of all time is above the line, in units of its own.
func (f line) of(bad, all int64) int64 { return f.all*bad - f.bad*all }

// sieve returns the line of the share of d, for sums of windows of s. It is exact when
// the share is a fraction of small numbers. Where nobody was, everything is on the line.
func (s *Series) sieve(d sum) line {
	if d.all == 0 {
		return line{}
	}
	room := bits.LeadingZeros64(uint64(s.at(s.n).all)) - 3 // products stay below 2^61, and their difference below 2^62
	if room < 0 {
		return line{1, 0} // what has no bad time at all is below any
	}
	if g := gcd(d.all, d.bad); bits.Len64(uint64(d.all/g)) <= room {
		return line{d.all / g, d.bad / g}
	}
	hi, lo := bits.Mul64(uint64(d.bad), 1<<room)
	share, _ := bits.Div64(hi, lo, uint64(d.all)) // no more than 1<<room, as bad is no more than all
	return line{1 << room, int64(share)}
}

// gcd returns the greatest common divisor of a, which is not 0, and b.
func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
