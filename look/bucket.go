package look

import "time"

// Hour is how many people were there in one hour, and how many of them had a
// flawless one. With nobody it says nothing.
type Hour struct {
	From     time.Time
	Active   int64
	Flawless int64
}

// Bucket is one or more hours that are drawn as one. Its people are counted once an
// hour: somebody who was there for three hours counts three times.
type Bucket struct {
	From, To time.Time
	Hours    int // in the bucket
	Measured int // of them, with people
	Active   int64
	Flawless int64
	Worst    Hour // the hour in which most people were hurt; its From is zero when nothing was measured
}

// Known reports whether anybody was there.
func (b Bucket) Known() bool { return b.Active > 0 }

// Hurt returns how bad the worst hour was, 0 to 1: who was hurt in it, as a share of who
// was there. A terrible hour thus stays visible in a quiet month. Where it was a lonely
// hour, they are a share of the people of an average one instead.
func (b Bucket) Hurt() float64 {
	if b.Active <= 0 {
		return 0
	}
	crowd := max(float64(b.Worst.Active), float64(b.Active)/float64(b.Measured))
	return float64(b.Worst.Active-b.Worst.Flawless) / crowd
}

// step is a size of bucket: at most so many hours, beginning where start says.
type step struct {
	hours int
	start func(t time.Time) time.Time
}

// steps returns the sizes, the smallest first.
func steps() []step {
	day := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
	}
	return []step{
		{1, func(t time.Time) time.Time { return t }},
		{6, func(t time.Time) time.Time {
			return time.Date(t.Year(), t.Month(), t.Day(), t.Hour()/6*6, 0, 0, 0, t.Location())
		}},
		{24, day},
		{7 * 24, func(t time.Time) time.Time {
			return day(t).AddDate(0, 0, -(int(t.Weekday())+6)%7)
		}},
		{30 * 24, func(t time.Time) time.Time {
			return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, t.Location())
		}},
		{365 * 24, func(t time.Time) time.Time {
			return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, t.Location())
		}},
	}
}

// Buckets returns hours, which are in order, as about at most so many buckets: single
// hours, six of them, days, weeks, months or years, as a calendar in zone has them.
func Buckets(hours []Hour, zone *time.Location, most int) []Bucket {
	if len(hours) == 0 {
		return nil
	}
	if zone == nil {
		zone = time.UTC
	}
	span := int(hours[len(hours)-1].From.Sub(hours[0].From)/time.Hour) + 1
	sizes := steps()
	size := sizes[len(sizes)-1]
	for _, s := range sizes {
		if (span+s.hours-1)/s.hours <= most {
			size = s
			break
		}
	}
	var out []Bucket
	var start time.Time
	for _, h := range withoutHoles(hours) {
		local := h.From.In(zone)
		if begin := size.start(local); len(out) == 0 || !begin.Equal(start) {
			start = begin
			out = append(out, Bucket{From: local})
		}
		out[len(out)-1].add(h)
	}
	return out
}

// add counts one more hour.
func (b *Bucket) add(h Hour) {
	b.To = h.From.In(b.From.Location()).Add(time.Hour)
	b.Hours++
	if h.Active <= 0 {
		return
	}
	b.Measured++
	b.Active += h.Active
	b.Flawless += h.Flawless
	if b.Worst.From.IsZero() || h.Active-h.Flawless > b.Worst.Active-b.Worst.Flawless {
		b.Worst = h
	}
}

// withoutHoles returns hours with an unmeasured one wherever one is missing.
func withoutHoles(hours []Hour) []Hour {
	out := make([]Hour, 0, len(hours))
	for _, h := range hours {
		if n := len(out); n > 0 {
			for t := out[n-1].From.Add(time.Hour); t.Before(h.From); t = t.Add(time.Hour) {
				out = append(out, Hour{From: t})
			}
		}
		out = append(out, h)
	}
	return out
}
