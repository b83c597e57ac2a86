package felt

import "github.com/honderd/honderd/internal/worst"

// maxMinutes is the longest period that windows and pictures look at: three years. Of a
// longer one they see the end, from a midnight (UTC) on.
const maxMinutes = 3 * 366 * dayMinutes

// A line is a scope minute by minute, from the first to the last. It does not change.
type line struct {
	*worst.Series       // felt person-time
	first         int64 // minute since 1970 of index 0
	day           int64 // since 1970: that of the first minute
	days          []*daily
}

// newLine returns the line of days, the first of which is a day since 1970, and of which
// minutes count from one on.
func newLine(day int64, days []*daily, first int64, minutes int) *line {
	felt := make([]*worst.Day, len(days))
	l := &line{first: first, day: day, days: days}
	for i, d := range days {
		if d != nil {
			felt[i] = d.felt
		}
	}
	l.Series = worst.Join(felt, int(first-day*dayMinutes), minutes)
	return l
}

// period returns the time that l is of, but for its end.
func (l *line) period() period {
	return period{first: l.first, last: l.first + int64(l.Minutes()) - 1}
}

// Which people are counted.
const (
	wereThere = 0
	wereSore  = 1 // had a bad time
)

func (d *daily) crowd(which int) *crowd {
	if which == wereThere {
		return &d.there
	}
	return &d.sore
}

// people counts the different people in n minutes, at least one, from index i on.
func (l *line) people(which, i, n int) int64 {
	i += int(l.first - l.day*dayMinutes)
	k, from := i/dayMinutes, i%dayMinutes
	last, to := (i+n-1)/dayMinutes, (i+n-1)%dayMinutes+1
	if k == last {
		if l.days[k] == nil {
			return 0
		}
		return l.days[k].crowd(which).during(from, to, (l.day+int64(k))*dayMinutes)
	}
	var sum int64
	before := l.day*dayMinutes + int64(i)
	if d := l.days[k]; d != nil {
		sum = d.crowd(which).during(from, dayMinutes, (l.day+int64(k))*dayMinutes)
	}
	for j := k + 1; j < last; j++ {
		if d := l.days[j]; d != nil {
			c := d.crowd(which)
			sum += c.firsts + c.returned(0, dayMinutes, before)
		}
	}
	if d := l.days[last]; d != nil {
		c := d.crowd(which)
		sum += c.firstUntil(to) + c.returned(0, to, before)
	}
	return sum
}

// enough reports whether at least supportPeople were in n minutes from index i on.
func (l *line) enough(i, n int) bool {
	at := i + int(l.first-l.day*dayMinutes)
	if d := l.days[at/dayMinutes]; d != nil && int64(d.there.now.at(at%dayMinutes)) >= supportPeople {
		return true
	}
	return l.people(wereThere, i, n) >= supportPeople
}

// minute returns the minute at index i: its day, and which one of that it is.
func (l *line) minute(i int) (*daily, int) {
	i += int(l.first - l.day*dayMinutes)
	return l.days[i/dayMinutes], i % dayMinutes
}

// everyHour returns the hours of the period.
func (l *line) everyHour() []Hour {
	end := l.first + int64(l.Minutes())
	hours := make([]Hour, 0, l.Minutes()/60+2)
	for m := l.first; m < end; m = m/60*60 + 60 {
		i, n := int(m-l.first), int(min(end, m/60*60+60)-m)
		hours = append(hours, Hour{From: m / 60 * msHour, Active: l.people(wereThere, i, n), Hurt: l.people(wereSore, i, n)})
	}
	return hours
}
