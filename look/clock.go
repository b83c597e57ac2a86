package look

import (
	"fmt"
	"strconv"
	"time"
)

// Duration returns d as people say it, in its two largest units: "1 h 12 min".
func (r Reader) Duration(d time.Duration) string {
	hour := r.T("h")
	days, d := int64(d/(24*time.Hour)), max(d, 0)
	switch {
	case d == 0:
		return "0 min"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < 10*time.Minute:
		return pair(strconv.Itoa(int(d/time.Minute)), "min", int64(d%time.Minute/time.Second), "s")
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case days < 1:
		return pair(strconv.Itoa(int(d/time.Hour)), hour, int64(d%time.Hour/time.Minute), "min")
	case days < 30:
		return pair(r.Count(days), "d", int64(d%(24*time.Hour)/time.Hour), hour)
	default:
		return r.Count(days) + " d"
	}
}

// pair writes two units, and leaves out a second one that is zero.
func pair(first, unit string, second int64, smaller string) string {
	if second == 0 {
		return first + " " + unit
	}
	return fmt.Sprintf("%s %s %d %s", first, unit, second, smaller)
}

// Millis returns ms milliseconds as Duration does.
func (r Reader) Millis(ms int64) string {
	const most = int64(1<<63-1) / int64(time.Millisecond)
	return r.Duration(time.Duration(min(ms, most)) * time.Millisecond)
}

// Seconds returns s seconds as Duration does.
func (r Reader) Seconds(s float64) string { return r.Millis(int64(s * 1000)) }

// Minutes returns n minutes as Duration does.
func (r Reader) Minutes(n int) string { return r.Duration(time.Duration(n) * time.Minute) }

// About returns n minutes without false precision: "2 h", "3 d".
func (r Reader) About(n int) string {
	round := func(n, step int) int { return max(step, (n+step/2)/step*step) }
	switch {
	case n < 10:
	case n < 60:
		n = round(n, 5)
	case n < 4*60:
		n = round(n, 30)
	case n < 24*60:
		n = round(n, 60)
	default:
		n = round(n, 24*60)
	}
	return r.Minutes(n)
}

// Clock returns the time of day: "21:05".
func (r Reader) Clock(t time.Time) string { return t.In(r.location()).Format("15:04") }

// Day returns the day: "Sat 17 May".
func (r Reader) Day(t time.Time) string {
	t = t.In(r.location())
	return fmt.Sprintf("%s %d %s", r.weekday(t), t.Day(), r.month(t))
}

// Month returns the month and its year: "May 2025".
func (r Reader) Month(t time.Time) string {
	t = t.In(r.location())
	return fmt.Sprintf("%s %d", r.month(t), t.Year())
}

// Stamp returns day and time: "Sat 17 May 21:05".
func (r Reader) Stamp(t time.Time) string { return r.Day(t) + " " + r.Clock(t) }

// Second returns the time of day to the second: "21:05:08".
func (r Reader) Second(t time.Time) string { return t.In(r.location()).Format("15:04:05") }

// Span returns a stretch of time, with the second day only where the clock alone would
// leave it open.
func (r Reader) Span(from, to time.Time) string {
	if to.Sub(from) < 12*time.Hour || (r.Day(from) == r.Day(to) && to.Sub(from) < 24*time.Hour) {
		return r.Stamp(from) + "–" + r.Clock(to)
	}
	return r.Stamp(from) + " – " + r.Stamp(to)
}

// Period returns a stretch of time with its years.
func (r Reader) Period(from, to time.Time) string {
	first, last := from.In(r.location()), to.In(r.location())
	if r.Day(from) == r.Day(to) && first.Year() == last.Year() {
		return fmt.Sprintf("%s %d, %s–%s", r.Day(from), first.Year(), r.Clock(from), r.Clock(to))
	}
	if first.Year() == last.Year() {
		return fmt.Sprintf("%s %s – %s %d %s", r.Day(from), r.Clock(from), r.Day(to), last.Year(), r.Clock(to))
	}
	return fmt.Sprintf("%s %d – %s %d", r.Day(from), first.Year(), r.Day(to), last.Year())
}

// ZoneName returns the name of the zone that times are in.
func (r Reader) ZoneName() string {
	name := r.location().String()
	if name == "Local" {
		return r.T("local time")
	}
	return name
}

// Machine returns t for a datetime attribute.
func (r Reader) Machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (r Reader) weekday(t time.Time) string {
	if r.Tongue == NL {
		return [...]string{"zo", "ma", "di", "wo", "do", "vr", "za"}[t.Weekday()]
	}
	return t.Weekday().String()[:3]
}

func (r Reader) month(t time.Time) string {
	if r.Tongue == NL {
		return [...]string{"jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"}[t.Month()-1]
	}
	return t.Month().String()[:3]
}
