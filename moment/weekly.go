package moment

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/ical"
	"github.com/honderd/honderd/internal/ical/wall"
)

// Weekly are hours that come back each week, by the clock on the wall.
type Weekly struct{ hours []hours }

// hours are those of one day of the week, in minutes after its midnight. They may end
// on the next day.
type hours struct {
	day      time.Weekday
	from, to int
}

const (
	minutesOfDay = 24 * 60
	weekdays     = 7
)

// dayNames returns the days by the first letters of their names, English and Dutch.
func dayNames() map[string]time.Weekday {
	return map[string]time.Weekday{
		"mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday, "thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday, "sun": time.Sunday,
		"ma": time.Monday, "di": time.Tuesday, "wo": time.Wednesday, "do": time.Thursday, "vr": time.Friday, "za": time.Saturday, "zo": time.Sunday,
	}
}

// ParseWeekly reads hours as Mon-Fri 09:00-17:30, several of them apart by ; or a new
// line: "Mon,Wed 08:00-12:00 13:00-17:00; Sat 22:00-02:00; daily 12:00-13:00".
func ParseWeekly(text string) (Weekly, error) {
	var w Weekly
	var errs []error
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == '\n' }) {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		days, err := parseDays(words[0])
		if len(words) == 1 {
			err = errors.Join(err, fmt.Errorf("%q has no hours (fix: write %s 09:00-17:30)", words[0], words[0]))
		}
		errs = append(errs, err)
		for _, word := range words[1:] {
			from, to, err := parseHours(strings.TrimSuffix(word, ","))
			errs = append(errs, err)
			for _, d := range days {
				w.hours = append(w.hours, hours{d, from, to})
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return Weekly{}, err
	}
	if len(w.hours) == 0 {
		return Weekly{}, fmt.Errorf("%q says no days and hours (fix: write Mon-Fri 09:00-17:30)", text)
	}
	return w, nil
}

// parseDays reads Mon, Mon-Fri, Mon,Wed,Fri or daily.
func parseDays(text string) ([]time.Weekday, error) {
	var days []time.Weekday
	for part := range strings.SplitSeq(text, ",") {
		from, to, ranged := strings.Cut(part, "-")
		if lower := strings.ToLower(part); lower == "daily" || lower == "dagelijks" {
			from, to, ranged = "mon", "sun", true
		}
		if !ranged {
			to = from
		}
		first, ok := weekday(from)
		last, ok2 := weekday(to)
		if !ok || !ok2 {
			return nil, fmt.Errorf("%q is no day of the week (fix: write Mon, Mon-Fri, Mon,Wed or daily)", part)
		}
		for d := first; ; d = (d + 1) % weekdays {
			days = append(days, d)
			if d == last {
				break
			}
		}
	}
	return days, nil
}

func weekday(name string) (time.Weekday, bool) {
	name = strings.ToLower(name)
	for short, d := range dayNames() {
		full := strings.ToLower(d.String())
		if name == short || len(name) >= 3 && strings.HasPrefix(full, name) || name != "" && name == dutch(d) {
			return d, true
		}
	}
	return 0, false
}

func dutch(d time.Weekday) string {
	return []string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"}[d]
}

// parseHours reads 09:00-17:30; what ends before it begins ends on the next day.
func parseHours(text string) (from, to int, err error) {
	a, b, ok := strings.Cut(strings.ReplaceAll(text, "–", "-"), "-")
	from, ok1 := parseClock(a)
	to, ok2 := parseClock(b)
	if !ok || !ok1 || !ok2 || from == to || from == minutesOfDay {
		return 0, 0, fmt.Errorf("%q is no time from one hour to another (fix: write 09:00-17:30)", text)
	}
	if to < from {
		to += minutesOfDay
	}
	return from, to, nil
}

// parseClock reads 09:00, 9:00, 9 or 24:00 as minutes.
func parseClock(text string) (int, bool) {
	if text == "24:00" || text == "24" {
		return minutesOfDay, true
	}
	for _, layout := range []string{"15:04", "15.04", "15"} {
		if t, err := time.Parse(layout, text); err == nil {
			return 60*t.Hour() + t.Minute(), true
		}
	}
	return 0, false
}

// between returns the hours of every day from the one before from to the one of to. A
// time that does not exist because clocks are put forward begins and ends when they are;
// one that comes twice begins the first and ends the last time.
func (w Weekly) between(from, to time.Time, zone *time.Location) ([]Span, error) {
	var list []Span
	for d := wall.Clock(from, zone).Truncate(24*time.Hour).AddDate(0, 0, -1); !d.After(wall.Clock(to, zone)); d = d.AddDate(0, 0, 1) {
		for _, h := range w.hours {
			if h.day == d.Weekday() {
				list = append(list, Span{
					wall.First(d.Add(time.Duration(h.from)*time.Minute), zone),
					wall.Last(d.Add(time.Duration(h.to)*time.Minute), zone),
				})
			}
		}
	}
	return list, nil
}

// String returns w as ParseWeekly reads it, days with the same hours together.
func (w Weekly) String() string {
	byDay := map[time.Weekday]string{}
	for _, h := range w.hours {
		byDay[h.day] += fmt.Sprintf(" %02d:%02d-%02d:%02d", h.from/60, h.from%60, endHour(h.to), h.to%60)
	}
	var parts []string
	for i := 0; i < weekdays; {
		first := week()[i]
		j := i
		for j+1 < weekdays && byDay[week()[j+1]] == byDay[first] {
			j++
		}
		if byDay[first] != "" {
			name := first.String()[:3]
			if j > i {
				name += "-" + week()[j].String()[:3]
			}
			parts = append(parts, name+byDay[first])
		}
		i = j + 1
	}
	return strings.Join(parts, "; ")
}

// endHour returns the hour of the clock at which something ends; midnight is 24.
func endHour(minutes int) int {
	if minutes%minutesOfDay == 0 {
		return 24
	}
	return minutes % minutesOfDay / 60
}

// week returns the days from Monday on.
func week() []time.Weekday {
	return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
}

// recurring is a rule from a start on, in wall times.
type recurring struct {
	rule  ical.Rule
	start time.Time
	lasts time.Duration
}

func (r recurring) between(from, to time.Time, zone *time.Location) ([]Span, error) {
	starts, err := r.rule.Between(r.start, wall.Clock(from, zone).Add(-r.lasts), wall.Clock(to, zone))
	list := make([]Span, 0, len(starts))
	for _, s := range starts {
		list = append(list, Span{wall.First(s, zone), wall.Last(s.Add(r.lasts), zone)})
	}
	return slices.Clip(list), err
}
