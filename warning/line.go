package warning

import (
	"math"
	"slices"
	"time"
)

// Point is what was left at one time.
type Point struct {
	At   int64   `json:"t"` // Unix seconds
	Left float64 `json:"v"`
}

// Trend is how fast something runs out, in units a second; all three are negative when it
// surely does.
type Trend struct {
	Slope   float64
	Fastest float64 // the lower end of its interval
	Slowest float64 // the upper end
}

// leastPoints is how many points a trend needs: with fewer its interval is unbounded.
const leastPoints = 6

// NewTrend fits a line that single strange points do not move: the median of the slopes of
// all pairs, with its interval of 95%. It is false with too few points.
//
// Source: Sen, Journal of the American Statistical Association 63 (1968). The interval
// takes the points as independent, which those of machines are not quite: it is narrow.
func NewTrend(points []Point) (Trend, bool) {
	slopes := slopes(points)
	n := float64(len(points))
	if len(points) < leastPoints || len(slopes) == 0 {
		return Trend{}, false
	}
	slices.Sort(slopes)
	reach := 1.96 * math.Sqrt(n*(n-1)*(2*n+5)/18)
	low := max(0, int(math.Floor((float64(len(slopes))-reach)/2)))
	high := min(len(slopes)-1, int(math.Ceil((float64(len(slopes))+reach)/2)))
	return Trend{Slope: middle(slopes), Fastest: slopes[low], Slowest: slopes[high]}, true
}

// slopes returns the slopes of all pairs of points.
func slopes(points []Point) []float64 {
	list := make([]float64, 0, len(points)*(len(points)-1)/2)
	for i, a := range points {
		for _, b := range points[i+1:] {
			if b.At > a.At {
				list = append(list, (b.Left-a.Left)/float64(b.At-a.At))
			}
		}
	}
	return list
}

// middle returns the median of what is sorted.
func middle(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// Forecast is when nothing will be left.
type Forecast struct {
	At       time.Time
	Earliest time.Time
	Latest   time.Time
	Sure     float64 // the share of pairs of points that say the same, 0 to 1
}

// farthest is how many times as long as it was watched a trend is believed to go on. A
// choice: predict_linear(...[6h], 24h) is what most people write by hand.
const farthest = 4

// NewForecast returns when what points tell of will have run out, when it goes on as it did,
// from the last of them. It is false when it does not surely sink, when it has turned, or
// when that is farther away than can be seen from so few.
func NewForecast(points []Point) (Forecast, bool) {
	n := len(points)
	if n < leastPoints {
		return Forecast{}, false
	}
	last := points[n-1]
	span := float64(last.At - points[0].At)
	highest := points[0].Left
	for _, p := range points {
		highest = max(highest, p.Left)
	}
	if last.Left <= 0 || span <= 0 || highest-last.Left < last.Left/(2*farthest) { // cheap: it cannot be
		return Forecast{}, false
	}
	trend, ok := NewTrend(points)
	if !ok || trend.Slope >= 0 || trend.Slowest >= 0 || last.Left > -trend.Slope*farthest*span {
		return Forecast{}, false
	}
	if tail := points[n-max(3, n/3):]; tail[len(tail)-1].Left >= tail[0].Left {
		return Forecast{}, false // it has turned
	}
	same, all := 0, 0
	for _, slope := range slopes(points) {
		all++
		if slope < 0 && last.Left <= -slope*farthest*span {
			same++
		}
	}
	after := func(slope float64) time.Time {
		return time.Unix(last.At, 0).UTC().Add(time.Duration(min(last.Left/-slope, farHorizon) * float64(time.Second)))
	}
	return Forecast{after(trend.Slope), after(trend.Fastest), after(trend.Slowest), float64(same) / float64(all)}, true
}

// farHorizon is the farthest that is said, in seconds: ten years.
const farHorizon = 10 * 365 * 24 * 3600
