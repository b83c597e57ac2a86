package service

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// latencies is how many places a Latency has.
const latencies = 14

// bounds returns the longest time of each place of a Latency but the last, in
// milliseconds.
func bounds() [latencies - 1]int64 {
	return [...]int64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}
}

// Latency is how many calls took up to 1, 2, 5, 10 ... 10,000 ms, and longer.
type Latency [latencies]int64

// Add counts a call that took ms.
func (l *Latency) Add(ms int64) {
	for i, most := range bounds() {
		if ms <= most {
			l[i]++
			return
		}
	}
	l[latencies-1]++
}

// Merge counts all of o in l too.
func (l *Latency) Merge(o Latency) {
	for i, n := range o {
		l[i] += n
	}
}

// Quantile returns how long the share q of the calls took at most, by the upper end of
// the place that it lies in; false when there was no call, or when it is longer than the
// last bound.
func (l Latency) Quantile(q float64) (time.Duration, bool) {
	total := int64(0)
	for _, n := range l {
		total += n
	}
	if total == 0 {
		return 0, false
	}
	rank, below := int64(math.Ceil(q*float64(total))), int64(0)
	for i, most := range bounds() {
		if below += l[i]; below >= rank {
			return time.Duration(most) * time.Millisecond, true
		}
	}
	return 0, false
}

// IsZero reports whether no call was counted.
func (l Latency) IsZero() bool { return l == Latency{} }

// MarshalJSON leaves out the places after the last call.
func (l Latency) MarshalJSON() ([]byte, error) {
	n := latencies
	for n > 0 && l[n-1] == 0 {
		n--
	}
	return json.Marshal(append([]int64{}, l[:n]...))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (l *Latency) UnmarshalJSON(p []byte) error {
	var list []int64
	if err := json.Unmarshal(p, &list); err != nil {
		return fmt.Errorf("latency: %w", err)
	}
	if len(list) > latencies {
		return fmt.Errorf("latency of %d places: there are %d", len(list), latencies)
	}
	*l = Latency{}
	for i, n := range list {
		if n < 0 {
			return fmt.Errorf("latency: %d calls cannot be", n)
		}
		l[i] = n
	}
	return nil
}
