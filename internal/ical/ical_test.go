package ical

import (
	"strings"
	"testing"
	"time"
)

// events reads lines within a calendar and returns what happens in 2026.
func events(t *testing.T, lines string) (list []string, problems []string) {
	t.Helper()
	c, err := Parse([]byte("BEGIN:VCALENDAR\nVERSION:2.0\n"+lines+"\nEND:VCALENDAR\n"), Options{Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.Between(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		text := e.Start.UTC().Format("2006-01-02T15:04") + " " + e.End.Sub(e.Start).String()
		if e.Cancelled {
			text += " cancelled"
		}
		list = append(list, text)
	}
	return list, c.Problems()
}

func TestEvents(t *testing.T) {
	tests := []struct{ name, give, want string }{
		{"once", "BEGIN:VEVENT\nUID:1\nDTSTART:20260301T100000Z\nDTEND:20260301T113000Z\nEND:VEVENT", "2026-03-01T10:00 1h30m0s"},
		{"a duration", "BEGIN:VEVENT\nUID:1\nDTSTART:20260301T100000Z\nDURATION:PT45M\nEND:VEVENT", "2026-03-01T10:00 45m0s"},
		{"a whole day", "BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20260301\nEND:VEVENT", "2026-03-01T00:00 24h0m0s"},
		{"nine o'clock stays nine o'clock", "BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/Amsterdam:20260328T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\nEND:VEVENT",
			"2026-03-28T08:00 1h0m0s; 2026-03-29T07:00 1h0m0s"},
		{"one moved, one called off", "BEGIN:VEVENT\nUID:1\nDTSTART:20260301T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT\n" +
			"BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20260302T100000Z\nDTSTART:20260302T150000Z\nDURATION:PT1H\nEND:VEVENT\n" +
			"BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20260303T100000Z\nDTSTART:20260303T100000Z\nDURATION:PT1H\nSTATUS:CANCELLED\nEND:VEVENT",
			"2026-03-01T10:00 1h0m0s; 2026-03-02T15:00 1h0m0s; 2026-03-03T10:00 1h0m0s cancelled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, problems := events(t, tt.give)
			if strings.Join(got, "; ") != tt.want || len(problems) > 0 {
				t.Errorf("%v (%v), want %s", got, problems, tt.want)
			}
		})
	}
}

func TestABrokenEventLosesNoOther(t *testing.T) {
	got, problems := events(t, "BEGIN:VEVENT\nUID:1\nDTSTART:yesterday\nEND:VEVENT\nBEGIN:VEVENT\nUID:2\nDTSTART:20260301T100000Z\nDURATION:PT1H\nEND:VEVENT")
	if len(got) != 1 || len(problems) != 1 {
		t.Errorf("%v, problems %v; want one of each", got, problems)
	}
}

func TestTooOftenIsAnError(t *testing.T) {
	c, err := Parse([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY\nEND:VEVENT\nEND:VCALENDAR\n"), Options{})
	if err == nil {
		_, err = c.Between(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
		if err == nil && len(c.Problems()) == 0 {
			t.Error("31 million occurrences were accepted")
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/Amsterdam:20260328T090000\nRRULE:FREQ=WEEKLY;BYDAY=MO\nEND:VEVENT\nEND:VCALENDAR\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data, Options{Zone: time.UTC})
		if err != nil {
			return
		}
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		list, err := c.Between(from, from.AddDate(0, 1, 0))
		for _, e := range list {
			if err == nil && e.End.Before(e.Start) {
				t.Errorf("%+v ends before it begins", e)
			}
		}
	})
}
