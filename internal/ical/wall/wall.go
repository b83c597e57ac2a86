// Package wall turns what a clock on the wall shows into instants, also on the days that the clock is changed.
//
// A wall time is a [time.Time] in UTC whose date and clock are what the wall shows; it
// is not an instant. Reckoning with wall times keeps nine o'clock nine o'clock, and this
// package alone knows of the hours that do not exist and of those that come twice.
package wall

import "time"

// reach is more than any clock on earth is away from UTC, with a day for an island that
// moves to the other side of the date line.
const reach = 48 * time.Hour

// Clock returns what the wall in zone shows at t.
func Clock(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// First returns when a period begins that the wall says begins at w: the first instant
// at which the clock in zone shows w or later. If w comes twice, that is the first time;
// if w is skipped, the instant of the skip.
func First(w time.Time, zone *time.Location) time.Time {
	for t := w.Add(-reach); ; {
		begin, end, ahead := period(t, zone)
		at := w.Add(-ahead)
		if end.IsZero() || at.Before(end) {
			return later(at, begin).UTC()
		}
		t = end
	}
}

// Last returns when a period ends that the wall says ends at w: from that instant on the
// clock in zone never shows less than w again. If w comes twice that is the second time,
// and if w is skipped, the instant of the skip. The hour in which the clock goes back
// comes twice, but the end of the hour before it does not: until 02:00 is until the clock
// first shows 02:00, also when it does so again an hour later.
func Last(w time.Time, zone *time.Location) time.Time {
	var last time.Time
	for t := w.Add(-reach); !t.After(w.Add(reach)); {
		begin, end, ahead := period(t, zone)
		if at := w.Add(-ahead); begin.IsZero() || at.After(begin) {
			last = at
			if !end.IsZero() && end.Before(at) {
				last = end
			}
		}
		if end.IsZero() {
			break
		}
		t = end
	}
	return last.UTC()
}

// period returns how far the clock in zone is ahead of UTC at t, and since and until
// when; zero for always.
func period(t time.Time, zone *time.Location) (begin, end time.Time, ahead time.Duration) {
	local := t.In(zone)
	begin, end = local.ZoneBounds()
	_, seconds := local.Zone()
	return begin, end, time.Duration(seconds) * time.Second
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
