package view

import (
	"time"

	"github.com/honderd/honderd/money"
)

// Lost is the time that people lost in a stretch, and what that is worth where somebody
// said what an hour is.
type Lost struct {
	From    time.Time    `json:"from"`
	To      time.Time    `json:"to"`
	People  *int64       `json:"people"`  // who had a bad time; null: nobody was there, so nothing is known
	TimeMS  *int64       `json:"time_ms"` // person-time that was bad, felt uptime's; null: not known, as when nobody took a second step
	Money   *money.Range `json:"money"`   // null: not known
	Running bool         `json:"running"` // people are having a bad time now: it grows
	Final   bool         `json:"final"`   // false: it may still change
}

// Meter is what bad time cost: now, while an incident is open, and lately.
type Meter struct {
	Rated   bool  `json:"rated"`   // somebody said what an hour of lost time is worth
	Running *Lost `json:"running"` // of the oldest incident that is open; null: none is
	Day     Lost  `json:"day"`     // the last 24 hours
	Month   Lost  `json:"month"`   // the last 30 days
	All     Lost  `json:"all"`     // the whole period
}

// NewMeter returns what bad time cost until now. since is when the oldest incident that is
// open began, zero when none is.
func NewMeter(a Answer, now, since time.Time, rate money.Rate) Meter {
	m := Meter{Rated: rate.Known()}
	if a.Period.From == nil || a.Period.To == nil {
		return m
	}
	end := now.Add(time.Minute).Truncate(time.Minute)
	m.Day = a.Lost(now.AddDate(0, 0, -1), end, rate)
	m.Month = a.Lost(now.AddDate(0, 0, -30), end, rate)
	m.All = a.Lost(*a.Period.From, end, rate)
	if !since.IsZero() {
		running := a.Lost(since, end, rate)
		running.Running = true
		m.Running = &running
	}
	return m
}

// Lost returns what people lost from one time to another.
func (a Answer) Lost(from, to time.Time, rate money.Rate) Lost {
	s := a.Between(from, to)
	l := Lost{From: from, To: to, Final: a.FinalUntil != nil && !a.FinalUntil.Before(to)}
	if s.People.Active == 0 {
		return l
	}
	l.People = &s.People.Hurt
	if s.FeltUptime.Ratio == nil { // they came for one step each: how long they were there is not known
		return l
	}
	l.TimeMS = &s.FeltUptime.DownMS
	l.Money = rate.Of(time.Duration(s.FeltUptime.DownMS) * time.Millisecond)
	return l
}
