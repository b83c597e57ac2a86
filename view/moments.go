package view

import (
	"slices"
	"time"

	"github.com/honderd/honderd/fold/felt"
)

// Calendar is a moment with its occurrences, in order and apart from each other.
type Calendar struct {
	Name  string
	Zone  *time.Location // in which two occurrences are of one weekday
	Spans []felt.Span

	Problem string // why the occurrences are not known, in words; "": they are
}

// Moment is how it was when it mattered.
type Moment struct {
	Name        string       `json:"name"`
	Problem     string       `json:"problem"` // why the occurrences are not known; "": they are
	Occurrences []Occurrence `json:"occurrences"`
	Good        int          `json:"good"` // occurrences in which nobody was hurt
	Bad         int          `json:"bad"`
	NotMeasured int          `json:"not_measured"`
	FeltUptime  Uptime       `json:"felt_uptime"` // of all occurrences together
	Windows     []Window     `json:"windows"`     // worst windows, as if nothing had been between the occurrences
	Worst       *int         `json:"worst"`       // index of the occurrence with the lowest felt uptime
}

// Occurrence is one time that a moment came.
type Occurrence struct {
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	Verdict    Verdict   `json:"verdict"`
	People     People    `json:"people"` // who were there; hurt: who had a bad time in it
	FeltUptime Uptime    `json:"felt_uptime"`
	Expected   *Expected `json:"expected"` // null: too few of the kind to say
	Final      bool      `json:"final"`    // false: it may still change
}

// Expected is what was to be expected of an occurrence: an outage that keeps everybody
// away must not look like a quiet day.
type Expected struct {
	People int64    `json:"people"`
	TimeMS int64    `json:"time_ms"`
	Ratio  *float64 `json:"ratio"` // good time as a share of what was expected, at most 1
}

// Verdict is good, bad or not measured; what is not measured is never good.
type Verdict string

// The verdicts.
const (
	GoodTime    Verdict = "good"
	BadTime     Verdict = "bad"
	NotMeasured Verdict = "not measured"
)

// Limits of a verdict. Fewer people than judgedPeople say nothing; so do fewer
// than judgedShare of those expected: the others may have found a closed door.
const (
	judgedPeople  = 5
	judgedShare   = 0.5
	expectedFrom  = 3 // other occurrences of the kind
	maxOccurrence = 1000
)

func moments(list []Calendar, a felt.Answer) []Moment {
	all := make([]Moment, 0, len(list))
	if a.All.Timeline == nil {
		return all
	}
	for _, c := range list {
		all = append(all, moment(c, a))
	}
	return all
}

func moment(c Calendar, a felt.Answer) Moment {
	m := Moment{Name: c.Name, Problem: c.Problem, Occurrences: []Occurrence{}}
	spans := slices.DeleteFunc(slices.Clone(c.Spans), func(s felt.Span) bool { return s.To <= a.From || s.From > a.To })
	spans = spans[max(0, len(spans)-maxOccurrence):]
	stretches := make([]felt.Stretch, len(spans))
	for i, s := range spans {
		stretches[i] = a.All.Timeline.During(s.From, s.To)
	}
	var up, down int64
	for i, s := range spans {
		o := occurrence(s, stretches[i], a)
		o.Expected = expected(i, spans, stretches, c.Zone, a)
		o.Verdict = verdict(o, s.From >= a.From)
		m.count(o.Verdict)
		m.Occurrences = append(m.Occurrences, o)
		up, down = up+stretches[i].Up, down+stretches[i].Down
		if w := stretches[i]; w.Up+w.Down > 0 && (m.Worst == nil || lower(w, stretches[*m.Worst])) {
			m.Worst = new(i)
		}
	}
	m.FeltUptime = Uptime{UpMS: up, DownMS: down, Ratio: ratio(up, down)}
	m.Windows = windows(a.All.Timeline.Windows(spans))
	return m
}

func (m *Moment) count(v Verdict) {
	switch v {
	case GoodTime:
		m.Good++
	case BadTime:
		m.Bad++
	case NotMeasured:
		m.NotMeasured++
	}
}

// lower reports whether a had the lower share of good time.
func lower(a, b felt.Stretch) bool {
	return float64(a.Up)*float64(b.Up+b.Down) < float64(b.Up)*float64(a.Up+a.Down)
}

func occurrence(s felt.Span, t felt.Stretch, a felt.Answer) Occurrence {
	return Occurrence{
		From: *instant(s.From), To: *instant(s.To), Final: s.To <= a.Final,
		People:     people(t.People, min(t.People, t.Hurt)),
		FeltUptime: Uptime{UpMS: t.Up, DownMS: t.Down, Ratio: ratio(t.Up, t.Down)},
	}
}

// verdict judges an occurrence; whole says that measuring had begun before it.
func verdict(o Occurrence, whole bool) Verdict {
	switch n := o.People.Active; {
	case o.People.Hurt > 0:
		return BadTime
	case n < judgedPeople || !whole || !o.Final:
		return NotMeasured
	case o.Expected != nil && float64(n) < judgedShare*float64(o.Expected.People):
		return NotMeasured
	}
	return GoodTime
}

// expected returns the medians over the other occurrences that are as long and, when
// there are enough of those, on the same day of the week.
func expected(i int, spans []felt.Span, stretches []felt.Stretch, zone *time.Location, a felt.Answer) *Expected {
	day := func(s felt.Span) time.Weekday { return time.UnixMilli(s.From).In(zone).Weekday() }
	var alike, sameDay []felt.Stretch
	for j, s := range spans {
		if j == i || s.To-s.From != spans[i].To-spans[i].From || s.From < a.From || s.To > a.Final {
			continue
		}
		alike = append(alike, stretches[j])
		if day(s) == day(spans[i]) {
			sameDay = append(sameDay, stretches[j])
		}
	}
	if len(sameDay) >= expectedFrom {
		alike = sameDay
	}
	if len(alike) < expectedFrom {
		return nil
	}
	e := Expected{
		People: median(alike, func(s felt.Stretch) int64 { return s.People }),
		TimeMS: median(alike, func(s felt.Stretch) int64 { return s.Up + s.Down }),
	}
	if e.TimeMS > 0 {
		e.Ratio = new(min(1, float64(stretches[i].Up)/float64(max(e.TimeMS, stretches[i].Up+stretches[i].Down))))
	}
	return &e
}

func median(list []felt.Stretch, of func(felt.Stretch) int64) int64 {
	numbers := make([]int64, len(list))
	for i, s := range list {
		numbers[i] = of(s)
	}
	slices.Sort(numbers)
	return numbers[len(numbers)/2]
}
