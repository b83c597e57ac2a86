package gateway

import (
	"fmt"
	"io"
	"strconv"
	"time"
)

// buckets is how many bounds a histogram has.
const buckets = 14

// bounds are the upper bounds of a histogram, in seconds.
//
// Source: OpenTelemetry semantic conventions 1.43, http.server.request.duration.
func bounds() [buckets]float64 {
	return [...]float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
}

// histogram counts how long something took.
type histogram struct {
	counts [buckets + 1]int64
	sum    time.Duration
}

// add counts one.
func (h *histogram) add(d time.Duration) {
	i := 0
	for _, most := range bounds() {
		if d.Seconds() <= most {
			break
		}
		i++
	}
	h.counts[i]++
	h.sum += d
}

// write writes h as Prometheus reads it; labels are without braces.
func (h *histogram) write(w io.Writer, name, labels string) {
	var n int64
	for i, most := range bounds() {
		n += h.counts[i]
		fmt.Fprintf(w, "%s_bucket{%s,le=%q} %d\n", name, labels, strconv.FormatFloat(most, 'g', -1, 64), n)
	}
	n += h.counts[buckets]
	fmt.Fprintf(w, "%s_bucket{%s,le=\"+Inf\"} %d\n%s_sum{%s} %s\n%s_count{%s} %d\n", name, labels, n, name, labels, strconv.FormatFloat(h.sum.Seconds(), 'g', -1, 64), name, labels, n)
}
