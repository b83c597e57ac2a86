package view

import (
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/money"
)

func TestComingMomentExpectsWhoCameBefore(t *testing.T) {
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC) // a Friday
	evening := func(days int) (from, to time.Time) {
		from = now.AddDate(0, 0, days).Add(10 * time.Hour)
		return from, from.Add(3 * time.Hour)
	}
	a := Answer{Period: Period{From: new(now.AddDate(0, 0, -30)), To: &now}, Moments: []Moment{{Name: "evening"}}}
	for i, people := range []int64{90, 100, 5000, 110} { // one day was not like the others
		from, to := evening(-4 + i)
		a.Moments[0].Occurrences = append(a.Moments[0].Occurrences, Occurrence{From: from, To: to, Final: true, People: People{Active: people}})
	}
	calendar := ComingCalendar{Name: "evening", Zone: time.UTC}
	for i := range 5 {
		from, to := evening(i)
		calendar.Next = append(calendar.Next, ComingMoment{From: from, To: to})
	}
	from, to := evening(1)
	planned := []incident.Planned{
		{ID: "b", Title: "new database", From: from.Add(time.Hour), To: to},
		{ID: "c", Title: "called off", From: from, To: to, Cancelled: true},
		{ID: "a", Title: "over", From: now.Add(-2 * time.Hour), To: now.Add(-time.Hour)},
	}
	c := NewComing(a, []ComingCalendar{calendar, {Name: "rare", Zone: time.UTC, Next: []ComingMoment{{From: now.Add(-time.Hour), To: now.Add(time.Hour)}}}}, planned, []Warning{{What: "/data"}}, now, now.AddDate(0, 0, 14))
	if len(c.Moments) != 1+eachAhead || !c.Moments[0].Running || c.Moments[0].Name != "rare" || c.Moments[0].Expected != nil {
		t.Fatalf("moments are %+v, want the one that goes on first, and of it nobody expected", c.Moments)
	}
	if one := c.Moments[1]; one.Expected == nil || *one.Expected != 110 || one.Alike != 4 || one.Planned != "" {
		t.Errorf("the next evening is %+v, want 110 people of 4 alike", one)
	}
	if len(c.Warnings) != 1 || c.Warnings[0].What != "/data" {
		t.Errorf("what runs out is %+v", c.Warnings)
	}
	if c.Moments[2].Planned != "new database" || len(c.Planned) != 1 {
		t.Errorf("work that is planned in a moment is not said: %+v of %+v", c.Moments[2], c.Planned)
	}
}

func TestWhatNobodyMeasuredCostIsNotZero(t *testing.T) {
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	rate := money.Rate{Currency: "EUR", Low: 20, High: 40}
	m := NewMeter(Answer{}, now, now.Add(-time.Hour), rate)
	if m.Running != nil || m.Day.TimeMS != nil || m.Day.Money != nil {
		t.Errorf("without anybody the meter says %+v", m)
	}
	m = NewMeter(Answer{Period: Period{From: new(now.AddDate(0, 0, -2)), To: &now}}, now, now.Add(-time.Hour), rate)
	if m.Running == nil || !m.Running.Running || m.Running.TimeMS != nil || m.Running.Money != nil || !m.Rated {
		t.Errorf("of an hour that nobody was measured in the meter says %+v", m.Running)
	}
}

func TestWhoTookOneStepLostNobodyKnowsHowMuch(t *testing.T) {
	f := felt.New(felt.Options{Cutoff: time.Hour})
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	b := &experience.Batch{Journeys: []string{"/pay"}, Steps: []string{""}}
	for i := range 12 {
		b.Items = append(b.Items, experience.Experience{Person: experience.Person(1 + i), At: now.UnixMilli(), Cause: experience.ServerError})
	}
	f.Apply(b)
	a := Compose(Folds{Felt: f.Answer()})
	l := a.Lost(now.Add(-time.Hour), now.Add(time.Hour), money.Rate{Currency: "EUR", Low: 20, High: 40})
	if l.People == nil || *l.People != 12 {
		t.Errorf("the hurt are %v, want 12", l.People)
	}
	if l.TimeMS != nil && *l.TimeMS == 0 || l.Money != nil && l.Money.High == 0 {
		t.Errorf("what is not known is told as nothing: %+v", l)
	}
}
