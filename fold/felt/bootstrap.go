package felt

import "github.com/honderd/honderd/internal/interval"

// replicas is how many times people are drawn anew. Twice as many would move the ends of
// an interval by a tenth of its width (a choice).
const replicas = 64

func newReplicas() []*scope {
	list := make([]*scope, replicas)
	for i := range list {
		list[i] = &scope{}
	}
	return list
}

// Range is a 95% interval of a share of time.
type Range struct {
	Low, High float64
	OK        bool // false: too few replicas had such a window
}

// resample counts e (sign 1) or takes it back (sign -1) in every replica, for somebody in
// state now, as often as they were drawn there.
func (s *shard) resample(now state, e *event, part bool, sign, cut int64) {
	for i, c := range s.replicas {
		switch times := sign * int64(interval.Weight(e.person, i)); {
		case times == 0:
		case part:
			c.spoil(now, e, times)
		default:
			c.step(now, e, times, cut)
		}
	}
}

// bootstrap returns, for each of some windows, the interval in which their felt uptime
// lies when people are drawn anew; the worst window is looked for in each draw, among
// those that had support when whole was counted.
//
// Source: Chamandy, Muralidharan, Najmi and Naidu, Estimating uncertainty for
// massive data streams, Google (2012).
func (q *question) bootstrap(whole *totals, list []Window) []Range {
	if len(q.shards[0].replicas) == 0 {
		return nil
	}
	found := make([][]float64, len(list))
	for i := range replicas {
		var parts parts
		for j, s := range q.shards {
			parts.settled, parts.waiting = append(parts.settled, s.replicas[i]), append(parts.waiting, q.drawn[j].replicas[i])
		}
		l := &laid{}
		q.lay(l, parts)
		q.charge(l, parts, 0)
		t := newLine(l.day, l.days, l.period.first, l.period.minutes()).Flat()
		for k, w := range list {
			if worst := t.Of(w.Minutes, whole.support(w.Minutes)); worst.All > 0 {
				found[k] = append(found[k], float64(worst.Good)/float64(worst.All))
			}
		}
	}
	ranges := make([]Range, len(list))
	for k, shares := range found {
		if len(shares) > replicas/2 {
			ranges[k].Low, ranges[k].High, ranges[k].OK = interval.Percentiles(shares)
		}
	}
	return ranges
}
