package app

import (
	"time"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/moment"
	"github.com/honderd/honderd/view"
)

// comingFor is how far ahead it is looked for moments.
const comingFor = 14 * 24 * time.Hour

// coming returns what lies ahead.
func (s *Server) coming() view.Coming {
	answer, _ := s.projector.now()
	now := time.Now()
	until := now.Add(comingFor)
	return view.NewComing(answer, s.projector.calendars.ahead(answer, now, until), saidOf[incident.Planned](s, incident.KindPlanned), s.warnings().Warnings, now, until)
}

// meter returns what bad time cost.
func (s *Server) meter() view.Meter {
	answer, asOf := s.projector.now()
	var since time.Time
	for _, r := range s.incidents() {
		if r.Open && !r.Gone && (since.IsZero() || r.From.Before(since)) {
			since = r.From
		}
	}
	return view.NewMeter(answer, asOf, since, s.config.Cost.Rate())
}

// ahead returns when each moment comes from one time to another, or goes on. One that
// cannot be found out has no times; the page of moments says why.
func (k *calendars) ahead(a view.Answer, from, to time.Time) []view.ComingCalendar {
	hours := make([]moment.Hour, 0, len(a.Hours))
	for _, h := range a.Hours {
		hours = append(hours, moment.Hour{From: h.From, People: h.Active})
	}
	var list []view.ComingCalendar
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, w := range k.list {
		m, err := w.Moment(k.files[w.Calendar], hours, k.zone)
		if err != nil {
			continue
		}
		spans, err := m.Occurrences(from, to)
		if err != nil {
			continue
		}
		c := view.ComingCalendar{Name: w.Name, Zone: m.Zone}
		for _, one := range spans {
			c.Next = append(c.Next, view.ComingMoment{From: one.From, To: one.To})
		}
		list = append(list, c)
	}
	return list
}
