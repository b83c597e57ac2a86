package look

import (
	"strconv"
	"time"
)

// tick is a place on an axis of time.
type tick struct {
	at    time.Time
	label string
}

// ticks returns the hours, days, Mondays, months or years between two times that fit
// into width pixels with their words.
func (r Reader) ticks(from, to time.Time, width int) []tick {
	from, to = from.In(r.location()), to.In(r.location())
	room := max(width/64, 1) // how many labels fit
	days := int(to.Sub(from).Hours()/24) + 1
	midnight := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, from.Location())
	switch {
	case days <= 3 && days <= room:
		return r.hourTicks(midnight, from, to, room)
	case days <= room:
		return r.calendar(midnight, from, to, 0, 1, r.Day)
	case days <= 3*room && days < 15:
		return r.calendar(midnight, from, to, 0, (days+room-1)/room, r.DayMonth)
	case days/7 <= room:
		monday := midnight.AddDate(0, 0, -(int(midnight.Weekday())+6)%7)
		return r.calendar(monday, from, to, 0, 7, r.DayMonth)
	case days/30 <= room:
		return r.calendar(firstOfMonth(from), from, to, 1, 0, r.monthYear)
	case days/91 <= room:
		quarter := firstOfMonth(from).AddDate(0, -(int(from.Month())-1)%3, 0)
		return r.calendar(quarter, from, to, 3, 0, r.monthYear)
	default:
		january := time.Date(from.Year(), 1, 1, 0, 0, 0, 0, from.Location())
		return r.calendar(january, from, to, 12, 0, func(t time.Time) string { return strconv.Itoa(t.Year()) })
	}
}

// hourTicks returns the hours of a few days; midnight is named by its day.
func (r Reader) hourTicks(midnight, from, to time.Time, room int) []tick {
	hours := int(to.Sub(from).Hours()) + 1
	every := 24
	for _, n := range []int{1, 2, 3, 6, 12} {
		if hours/n <= room {
			every = n
			break
		}
	}
	var out []tick
	for day := midnight; !day.After(to); day = day.AddDate(0, 0, 1) {
		for h := 0; h < 24; h += every {
			t := time.Date(day.Year(), day.Month(), day.Day(), h, 0, 0, 0, day.Location())
			switch {
			case t.Before(from) || !t.Before(to):
			case h == 0:
				out = append(out, tick{t, r.DayMonth(t)})
			default:
				out = append(out, tick{t, r.Clock(t)})
			}
		}
	}
	return out
}

// calendar returns every so many months and days from start that lie in [from, to).
func (r Reader) calendar(start, from, to time.Time, months, days int, label func(time.Time) string) []tick {
	var out []tick
	for t := start; t.Before(to); t = t.AddDate(0, months, days) {
		if !t.Before(from) {
			out = append(out, tick{t, label(t)})
		}
	}
	return out
}

func firstOfMonth(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, t.Location())
}

// DayMonth returns "12 May".
func (r Reader) DayMonth(t time.Time) string {
	t = t.In(r.location())
	return strconv.Itoa(t.Day()) + " " + r.month(t)
}

// monthYear returns "May", and in January the year.
func (r Reader) monthYear(t time.Time) string {
	if t.Month() == time.January {
		return strconv.Itoa(t.Year())
	}
	return r.month(t)
}
