package web

import (
	"net/http"
	"time"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// monthSheet is what the report of a month shows.
type monthSheet struct {
	sheet
	Month       time.Time // its first instant
	End         time.Time // of what is told: the end of the month, or now
	Whole       bool      // the month is over, and nothing of it can change any more
	S           view.Stretch
	Earlier     view.Stretch // the month before
	Moments     []monthMoment
	Stories     []view.Story
	Masked      int64
	Felt        int64
	Before      string // the address of the month before, "" when there is nothing
	After       string
	OpenLessons int
}

// monthMoment is how it was when it mattered, in one month.
type monthMoment struct {
	Name                   string
	Good, Bad, NotMeasured int
	Worst                  *view.Occurrence // with most people hurt
}

// monthForm is how the address of a month is written.
const monthForm = "2006-01"

// month shows the report of a month: for who was not there, in plain words.
func (d dashboard) month(w http.ResponseWriter, r *http.Request) {
	zone := d.Zone
	if zone == nil {
		zone = time.UTC
	}
	s := monthSheet{sheet: d.sheet(w, r)}
	s.Here = "month"
	name := r.PathValue("month")
	if name == "" {
		name = s.AsOf.In(zone).Format(monthForm)
	}
	month, err := time.ParseInLocation(monthForm, name, zone)
	if err != nil {
		d.lost(w, r)
		return
	}
	s.tell(month)
	if d.Desk != nil {
		s.addStories(d.stories(r))
	}
	d.show(w, r, "month page", s)
}

// tell composes the report.
func (s *monthSheet) tell(month time.Time) {
	next := month.AddDate(0, 1, 0)
	s.Month, s.End = month, next
	if s.AsOf.Before(next) {
		s.End = s.AsOf
	}
	s.Whole = !s.Final.Before(next)
	s.S = s.A.Between(month, s.End)
	s.Earlier = s.A.Between(month.AddDate(0, -1, 0), month)
	if s.A.Period.From != nil && s.A.Period.From.Before(month) {
		s.Before = "/month/" + month.AddDate(0, -1, 0).Format(monthForm)
	}
	if next.Before(s.AsOf) {
		s.After = "/month/" + next.Format(monthForm)
	}
	s.Hours, s.Windows = nil, nil
	for _, h := range s.A.Hours {
		if !h.From.Before(month) && h.From.Before(next) {
			s.Hours = append(s.Hours, look.Hour(h))
		}
	}
	for _, w := range s.A.WindowsWithin(month, s.End) {
		s.Windows = append(s.Windows, look.Window{Minutes: w.Minutes, Worst: w.Worst, From: w.From, People: w.People})
	}
	for _, h := range s.A.Masked.Hours {
		if !h.From.Before(month) && h.From.Before(next) {
			s.Masked, s.Felt = s.Masked+h.Masked, s.Felt+h.Felt
		}
	}
	for _, m := range s.A.Moments {
		if one, ok := within(m, month, next); ok {
			s.Moments = append(s.Moments, one)
		}
	}
}

// within returns how a moment was in a month, false when it did not come.
func within(m view.Moment, from, to time.Time) (monthMoment, bool) {
	one := monthMoment{Name: m.Name}
	for i, o := range m.Occurrences {
		if o.From.Before(from) || !o.From.Before(to) {
			continue
		}
		switch o.Verdict {
		case view.GoodTime:
			one.Good++
		case view.BadTime:
			one.Bad++
			if one.Worst == nil || o.People.Hurt > one.Worst.People.Hurt {
				one.Worst = &m.Occurrences[i]
			}
		default:
			one.NotMeasured++
		}
	}
	return one, one.Good+one.Bad+one.NotMeasured > 0
}

func (s *monthSheet) addStories(all []view.Story) {
	for _, one := range all {
		if one.From.Before(s.End) && one.To.After(s.Month) {
			s.Stories = append(s.Stories, one)
		}
		for _, l := range one.Lessons {
			if l.Done.IsZero() {
				s.OpenLessons++
			}
		}
	}
}
