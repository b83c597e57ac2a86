package ical

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/ical/wall"
)

// stamp is a DATE or a DATE-TIME: a wall time and where the wall is.
type stamp struct {
	wall time.Time
	date bool // a whole day
	zone *time.Location
}

// first returns the instant at which s is.
func (s stamp) first() time.Time { return wall.First(s.wall, s.zone) }

// parseStamp reads 20260131, 20260131T090000 in zone, or 20260131T080000Z.
func parseStamp(text string, zone *time.Location) (stamp, error) {
	text = strings.ToUpper(strings.TrimSpace(text))
	for _, form := range []struct {
		layout string
		stamp  stamp
	}{
		{"20060102T150405", stamp{zone: zone}},
		{"20060102T150405Z", stamp{zone: time.UTC}},
		{"20060102", stamp{zone: zone, date: true}},
	} {
		if len(text) != len(form.layout) {
			continue // time.Parse takes fractions of a second
		}
		if t, err := time.Parse(form.layout, text); err == nil {
			form.stamp.wall = t
			return form.stamp, nil
		}
	}
	return stamp{}, fmt.Errorf("%.40q is no time (fix: write 20260131T090000, or 20260131 for a whole day)", text)
}

// length is how long something lasts: days of the calendar, which may have 23 or 25
// hours, and then hours that always have 60 minutes.
type length struct {
	days int
	more time.Duration
}

// duration is a DURATION of RFC 5545, 3.3.6, with at most so many digits that it cannot overflow.
var duration = regexp.MustCompile(`^([+-]?)P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?$`)

func parseLength(text string) (length, error) {
	m := duration.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(text)))
	if m == nil || strings.Join(m[2:], "") == "" {
		return length{}, fmt.Errorf("%.40q is no duration (fix: write PT1H30M or P1D)", text)
	}
	var n [5]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+2]) // an absent part is 0
	}
	l := length{7*n[0] + n[1], time.Duration(n[2])*time.Hour + time.Duration(n[3])*time.Minute + time.Duration(n[4])*time.Second}
	if m[1] == "-" && l != (length{}) {
		return length{}, fmt.Errorf("%.40q is less than nothing (fix: remove the minus sign)", text)
	}
	return l, nil
}

// end returns when something ends that begins at the wall time w in zone.
func (l length) end(w time.Time, zone *time.Location) time.Time {
	end := w.AddDate(0, 0, l.days)
	if l.more == 0 && l.days > 0 {
		return wall.Last(end, zone)
	}
	return wall.First(end, zone).Add(l.more)
}

// most returns what l is at most.
func (l length) most() time.Duration { return time.Duration(l.days)*24*time.Hour + l.more }
