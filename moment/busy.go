package moment

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Hour is how many people were there in one hour.
type Hour struct {
	From   time.Time
	People int64
}

// hoursOfWeek is how many hours a week has.
const hoursOfWeek = 7 * 24

// errTooShort says that the hours of the week cannot be told apart yet.
var errTooShort = errors.New("there is less than a week to learn from (fix: wait until there is, or write weekly)")

// load is how many people there are in each hour of the week, Monday 00:00 first: the
// sum over all weeks.
type load [hoursOfWeek]int64

// learn sums up hours by the clock of zone; it needs people on seven different days of
// the week.
func learn(all []Hour, zone *time.Location) (load, error) {
	var l load
	days := map[time.Weekday]bool{}
	var first, last time.Time
	for _, h := range all {
		at := h.From.In(zone)
		l[(int(at.Weekday())+6)%7*24+at.Hour()] += h.People
		if first.IsZero() || h.From.Before(first) {
			first = h.From
		}
		if h.From.After(last) {
			last = h.From
		}
		days[at.Weekday()] = true
	}
	if len(days) < weekdays || last.Sub(first) < 6*24*time.Hour {
		return l, errTooShort
	}
	return l, nil
}

func (l *load) total() (sum int64) {
	for _, n := range l {
		sum += n
	}
	return sum
}

// top returns the fewest hours of the week that together carry a share of all people.
func (l *load) top(share float64) Weekly {
	order := make([]int, hoursOfWeek)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(l[b], l[a]) })
	var in [hoursOfWeek]bool
	left := int64(share * float64(l.total()))
	for _, i := range order {
		if left <= 0 || l[i] == 0 {
			break
		}
		in[i] = true
		left -= l[i]
	}
	return weeklyOf(in)
}

// weeklyOf joins hours that follow each other on one day.
func weeklyOf(in [hoursOfWeek]bool) Weekly {
	var w Weekly
	for d := range weekdays {
		for h := 0; h < 24; h++ {
			if !in[d*24+h] {
				continue
			}
			from := h
			for h < 24 && in[d*24+h] {
				h++
			}
			w.hours = append(w.hours, hours{week()[d], 60 * from, 60 * h})
		}
	}
	return w
}

// LearnBusy returns the fewest hours of the week that together carry a share, 0 to 1,
// of all people.
func LearnBusy(all []Hour, share float64, zone *time.Location) (Weekly, error) {
	l, err := learn(all, zone)
	if err != nil {
		return Weekly{}, err
	}
	w := l.top(share)
	if len(w.hours) == 0 {
		return w, errors.New("nobody was there to learn from (fix: wait until somebody was)")
	}
	return w, nil
}

// busy learns what w calls busy.
func (w Written) busy(all []Hour, zone *time.Location) (rule, error) {
	percent, err := strconv.Atoi(strings.TrimSuffix(w.Busy, "%"))
	if err != nil || percent < 1 || percent > 99 {
		return nil, fmt.Errorf("%q is not a percentage from 1%% to 99%% (fix: write 50%%)", w.Busy)
	}
	return LearnBusy(all, float64(percent)/100, zone)
}

// Suggestion is a moment that a log speaks for.
type Suggestion struct {
	Name   string
	Weekly string // as ParseWeekly reads it
	Why    string
}

// Limits of a suggestion: hours that are not this many times as busy as the mean do not
// stand out; days that differ by less are alike.
const (
	standsOut = 1.5
	quietDays = 0.5
)

// Suggest proposes moments from how many people were there, or says why there is none.
func Suggest(all []Hour, zone *time.Location) ([]Suggestion, error) {
	l, err := learn(all, zone)
	if err != nil {
		return nil, err
	}
	mean := float64(l.total()) / hoursOfWeek
	if mean == 0 {
		return nil, errors.New("nobody was there (fix: take a log with people in it)")
	}
	var list []Suggestion
	if w, ok := l.standing(mean); ok {
		list = append(list, w)
	}
	if w, ok := l.peak(mean); ok {
		list = append(list, w)
	}
	if w, ok := l.working(); ok {
		list = append(list, w)
	}
	if len(list) == 0 {
		return nil, errors.New("every hour of the week is about as busy as any other: no moment stands out (fix: write one by hand)")
	}
	return list, nil
}

// standing suggests the hours that carry half of all people, when they are few.
func (l *load) standing(mean float64) (Suggestion, bool) {
	w := l.top(0.5)
	n := w.count()
	if n == 0 || float64(l.total())/2/float64(n) < standsOut*mean {
		return Suggestion{}, false
	}
	return Suggestion{"busy times", w.String(), fmt.Sprintf(
		"half of all people come in these %d of the 168 hours of the week, which are %.1f times as busy as the mean hour", n, float64(l.total())/2/float64(n)/mean)}, true
}

// count returns how many hours of the week w has.
func (w Weekly) count() int {
	n := 0
	for _, h := range w.hours {
		n += (h.to - h.from) / 60
	}
	return n
}

// peak suggests the hour of the day that is busiest over the week, with its neighbours
// that are nearly as busy.
func (l *load) peak(mean float64) (Suggestion, bool) {
	var byHour [24]int64
	best := 0
	for i, n := range l {
		byHour[i%24] += n
	}
	for h := range byHour {
		if byHour[h] > byHour[best] {
			best = h
		}
	}
	ratio := float64(byHour[best]) / weekdays / mean
	if ratio < standsOut {
		return Suggestion{}, false
	}
	from, to := best, best+1
	for from > 0 && float64(byHour[from-1]) >= 0.85*float64(byHour[best]) {
		from--
	}
	for to < 24 && float64(byHour[to]) >= 0.85*float64(byHour[best]) {
		to++
	}
	var w Weekly
	for _, d := range week() {
		w.hours = append(w.hours, hours{d, 60 * from, 60 * to})
	}
	return Suggestion{"daily peak", w.String(), fmt.Sprintf("the hour from %02d:00 is the busiest of the day, %.1f times the mean hour", best, ratio)}, true
}

// working suggests the hours of the working week, when the weekend is quiet.
func (l *load) working() (Suggestion, bool) {
	var days [weekdays]int64
	for i, n := range l {
		days[i/24] += n
	}
	weekend := float64(days[5]+days[6]) / 2
	workday := float64(days[0]+days[1]+days[2]+days[3]+days[4]) / 5
	if workday == 0 || weekend > quietDays*workday {
		return Suggestion{}, false
	}
	var byHour [24]int64
	for i, n := range l[:5*24] {
		byHour[i%24] += n
	}
	from, to := 24, 0
	for h, n := range byHour {
		if float64(n) >= 5*workday/24 { // busier than the mean hour of a working day
			from, to = min(from, h), max(to, h+1)
		}
	}
	var w Weekly
	for _, d := range week()[:5] {
		w.hours = append(w.hours, hours{d, 60 * from, 60 * to})
	}
	return Suggestion{"working hours", w.String(), fmt.Sprintf("a working day has %.1f times the people of a day of the weekend", workday/max(1, weekend))}, true
}
