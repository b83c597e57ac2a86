package ical

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/honderd/honderd/internal/ical/wall"
)

// ErrTooMuch is part of the error when a rule happens more often than anybody can need.
var ErrTooMuch = errors.New("happens too often")

const (
	// most is how many times something may happen in what is asked for: a year of every
	// five minutes.
	most = 100_000
	// effort is how many periods (days of a daily rule) one search may look at. It is
	// about a second's work, and decades of any rule that people write.
	effort = 5_000_000
)

// Rule is an RRULE of RFC 5545, 3.3.10. It reckons in wall times, so that nine o'clock
// stays nine o'clock; an hour that comes twice counts once.
type Rule struct {
	option rrule.ROption
	until  time.Time // wall time, zero for ever
}

// ParseRule reads a rule such as FREQ=WEEKLY;BYDAY=MO. An UNTIL in UTC is turned into
// wall time in zone; one that is a whole day includes that day.
func ParseRule(text string, zone *time.Location) (Rule, error) {
	text = strings.Trim(strings.ToUpper(strings.TrimSpace(text)), ";")
	text = strings.TrimPrefix(text, "RRULE:")
	var r Rule
	var parts []string
	for part := range strings.SplitSeq(text, ";") {
		if value, is := strings.CutPrefix(part, "UNTIL="); is {
			s, err := parseStamp(value, zone)
			if err != nil {
				return Rule{}, fmt.Errorf("rule %.80q: until %w", text, err)
			}
			r.until = wall.Clock(s.first(), zone)
			if s.date {
				r.until = s.wall.Add(24*time.Hour - time.Second)
			}
			continue
		}
		if strings.ContainsAny(part, "\r\n") || strings.HasPrefix(part, "DTSTART") {
			return Rule{}, fmt.Errorf("rule %.80q has more than a rule in it (fix: write FREQ=WEEKLY;BYDAY=MO)", text)
		}
		parts = append(parts, part)
	}
	option, err := rrule.StrToROption(strings.Join(parts, ";"))
	if err == nil {
		err = sensible(*option)
	}
	if err == nil {
		_, err = rrule.NewRRule(*option)
	}
	if err != nil {
		return Rule{}, fmt.Errorf("rule %.80q: %w (fix: write it as FREQ=WEEKLY;BYDAY=MO)", text, err)
	}
	r.option = *option
	return r, nil
}

// sensible refuses what RFC 5545 does not know and what makes the library go round for
// ever or out of bounds.
func sensible(o rrule.ROption) error {
	subDaily := o.Freq > rrule.DAILY
	switch {
	case o.Interval > 1_000_000 || o.Count < 0:
		return errors.New("its interval or count is out of bounds")
	case len(o.Byeaster) > 0:
		return errors.New("unknown part BYEASTER")
	case len(o.Bysetpos) > 0 && subDaily:
		return errors.New("BYSETPOS needs days or longer")
	}
	for _, day := range o.Byweekday {
		inMonth := o.Freq == rrule.MONTHLY || o.Freq == rrule.YEARLY && len(o.Bymonth) > 0
		if n := max(day.N(), -day.N()); n > 53 || n > 5 && inMonth {
			return fmt.Errorf("BYDAY: no month has %d of a weekday", n)
		}
	}
	for _, n := range o.Bymonthday {
		for _, month := range o.Bymonth {
			if n = max(n, -n); month >= 1 && month <= 12 && n <= time.Date(2024, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day() {
				return nil
			}
		}
	}
	if len(o.Bymonthday) > 0 && len(o.Bymonth) > 0 {
		return errors.New("no such month has such a day")
	}
	return nil
}

// Between returns when r happens from from up to to, in wall times, if it begins at start.
// It stops with an error that is ErrTooMuch when that is too often.
func (r Rule) Between(start, from, to time.Time) ([]time.Time, error) {
	left := effort
	return r.between(start, from, to, &left)
}

// between takes what it does off left.
func (r Rule) between(start, from, to time.Time, left *int) ([]time.Time, error) {
	option := r.option
	option.Dtstart = jump(option, start, from)
	if !reachable(option) {
		return nil, nil
	}
	rule, err := rrule.NewRRule(option)
	if err != nil {
		return nil, err
	}
	var list []time.Time
	before, done := option.Dtstart, 0
	for next := rule.Iterator(); ; {
		at, ok := next()
		if !ok && done == option.Count && done > 0 {
			return list, nil
		}
		if !ok {
			at = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) // where the library gives up
		}
		if *left -= 1 + periods(option, before, at); *left < 0 || len(list) > most {
			return nil, fmt.Errorf("%w (fix: repeat it less often, or give it an end near its begin)", ErrTooMuch)
		}
		if !ok || !at.Before(to) || !r.until.IsZero() && at.After(r.until) {
			return list, nil
		}
		if !at.Before(from) {
			list = append(list, at)
		}
		before = at
		done++
	}
}

// happens reports whether r ever does, and takes what it costs to know off left.
func (r Rule) happens(start time.Time, left *int) (bool, error) {
	option := r.option
	option.Dtstart = start
	if !reachable(option) {
		return false, nil
	}
	rule, err := rrule.NewRRule(option)
	if err != nil {
		return false, err
	}
	if *left < 0 {
		return false, ErrTooMuch
	}
	at, ok := rule.Iterator()()
	if !ok {
		at = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	*left -= periods(option, start, at)
	return ok, nil
}

// jump returns a later start for the same rule, so that years before from need not be
// walked through. A rule that counts must be.
func jump(o rrule.ROption, start, from time.Time) time.Time {
	if o.Count > 0 || o.Freq < rrule.WEEKLY {
		return start
	}
	if n := periods(o, start, from) - 1; n > 0 {
		return time.Unix(start.Unix()+int64(n)*period(o), 0).UTC()
	}
	return start
}

// periods returns how often o looks from from to to. It does not use durations, which
// end at 292 years.
func periods(o rrule.ROption, from, to time.Time) int {
	return int((to.Unix() - from.Unix()) / period(o))
}

// period returns how many seconds later a rule looks again; at least that for months
// and years.
func period(o rrule.ROption) int64 {
	const day = 24 * 60 * 60
	unit := map[rrule.Frequency]int64{
		rrule.YEARLY: 365 * day, rrule.MONTHLY: 28 * day, rrule.WEEKLY: 7 * day,
		rrule.DAILY: day, rrule.HOURLY: 60 * 60, rrule.MINUTELY: 60, rrule.SECONDLY: 1,
	}[o.Freq]
	return unit * int64(max(o.Interval, 1))
}

// reachable reports whether a rule of less than a day ever comes to an hour, minute and
// second that it asks for. The library looks for ever if it does not.
func reachable(o rrule.ROption) bool {
	if o.Freq < rrule.HOURLY {
		return true
	}
	unit := 3600
	switch o.Freq {
	case rrule.MINUTELY:
		unit = 60
	case rrule.SECONDLY:
		unit = 1
	}
	has := func(list []int, n int) bool { return len(list) == 0 || slices.Contains(list, n) }
	hour, minute, second := o.Dtstart.Clock()
	begin := hour*3600 + minute*60 + second
	for i := range 86400 / unit {
		at := (begin + i*unit*max(o.Interval, 1)) % 86400
		if has(o.Byhour, at/3600) && (unit == 3600 || has(o.Byminute, at/60%60)) && (unit > 1 || has(o.Bysecond, at%60)) {
			return true
		}
	}
	return false
}
