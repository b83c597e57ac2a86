package moment

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // so that the zones are there on every machine

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// said returns the occurrences of w as its zone says them.
func said(t *testing.T, w Written, calendar string, hours []Hour, from, to string) string {
	t.Helper()
	z := zone(t, "Europe/Amsterdam")
	m, err := w.Moment([]byte(calendar), hours, z)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := time.ParseInLocation("2006-01-02", from, m.Zone)
	b, _ := time.ParseInLocation("2006-01-02", to, m.Zone)
	spans, err := m.Occurrences(a, b)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, s := range spans {
		list = append(list, s.From.In(m.Zone).Format("Mon 2 Jan 15:04 MST")+"–"+s.To.In(m.Zone).Format("15:04 MST")+" "+s.To.Sub(s.From).String())
	}
	return strings.Join(list, "; ")
}

const calendar = `BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
DTSTART;TZID=Europe/Amsterdam:20260105T090000
DTEND;TZID=Europe/Amsterdam:20260105T100000
RRULE:FREQ=WEEKLY
EXDATE;TZID=Europe/Amsterdam:20260112T090000
SUMMARY:Opening of the week
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART:20260107T120000Z
DTEND:20260107T130000Z
SUMMARY:Lunch
END:VEVENT
END:VCALENDAR
`

func TestOccurrences(t *testing.T) {
	tests := []struct {
		name     string
		give     Written
		from, to string
		want     string
	}{
		{"weekly", Written{Weekly: "Mon-Fri 09:00-17:30"}, "2026-11-21", "2026-11-25", "Mon 23 Nov 09:00 CET–17:30 CET 8h30m0s; Tue 24 Nov 09:00 CET–17:30 CET 8h30m0s"},
		{"past midnight", Written{Weekly: "za 22:00-02:00"}, "2026-11-22", "2026-11-23", "Sat 21 Nov 22:00 CET–02:00 CET 4h0m0s"},
		{"clocks put forward", Written{Weekly: "Sun 01:30-03:30"}, "2026-03-29", "2026-03-30", "Sun 29 Mar 01:30 CET–03:30 CEST 1h0m0s"},
		{"begins in the hour that is not there", Written{Weekly: "Sun 02:30-04:00"}, "2026-03-29", "2026-03-30", "Sun 29 Mar 03:00 CEST–04:00 CEST 1h0m0s"},
		{"clocks put back", Written{Weekly: "Sun 01:30-03:30"}, "2026-10-25", "2026-10-26", "Sun 25 Oct 01:30 CEST–03:30 CET 3h0m0s"},
		{"not on a feast day", Written{Weekly: "Fri-Mon 10:00-11:00", Except: []string{"nl"}}, "2026-12-24", "2026-12-29", "Sun 27 Dec 10:00 CET–11:00 CET 1h0m0s; Mon 28 Dec 10:00 CET–11:00 CET 1h0m0s"},
		{"feast days", Written{Holidays: "nl"}, "2026-12-20", "2026-12-31", "Fri 25 Dec 00:00 CET–00:00 CET 48h0m0s"},
		{"a rule", Written{RRule: "FREQ=MONTHLY;BYMONTHDAY=-1", Start: "2026-01-31T09:00", Lasts: 8 * time.Hour}, "2026-03-01", "2026-05-01", "Tue 31 Mar 09:00 CEST–17:00 CEST 8h0m0s; Thu 30 Apr 09:00 CEST–17:00 CEST 8h0m0s"},
		{"a calendar", Written{Calendar: "x.ics"}, "2026-01-05", "2026-01-14", "Mon 5 Jan 09:00 CET–10:00 CET 1h0m0s; Wed 7 Jan 13:00 CET–14:00 CET 1h0m0s"},
		{"some of a calendar", Written{Calendar: "x.ics", Only: "opening"}, "2026-01-05", "2026-01-20", "Mon 5 Jan 09:00 CET–10:00 CET 1h0m0s; Mon 19 Jan 09:00 CET–10:00 CET 1h0m0s"},
		{"another zone", Written{Weekly: "Mon 09:30-16:00", Zone: "America/New_York"}, "2026-11-23", "2026-11-24", "Mon 23 Nov 09:30 EST–16:00 EST 6h30m0s"},
		{"those that touch are one", Written{Weekly: "Mon 09:00-12:00 12:00-13:00"}, "2026-11-23", "2026-11-24", "Mon 23 Nov 09:00 CET–13:00 CET 4h0m0s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.give.Name = tt.name
			if got := said(t, tt.give, calendar, nil, tt.from, tt.to); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// shop returns hours of three weeks in which people come on working days from nine to
// five, and a few at any time.
func shop() []Hour {
	var list []Hour
	start := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	for i := range 21 * 24 {
		at := start.Add(time.Duration(i) * time.Hour)
		h := Hour{From: at, People: 2}
		if d := at.Weekday(); d != time.Saturday && d != time.Sunday && at.Hour() >= 9 && at.Hour() < 17 {
			h.People = 100
		}
		list = append(list, h)
	}
	return list
}

func TestBusyTimesAreLearned(t *testing.T) {
	w, err := LearnBusy(shop(), 0.9, time.UTC)
	if err != nil || w.String() != "Mon-Thu 09:00-17:00; Fri 09:00-16:00" {
		t.Errorf("busy %q (%v)", w, err)
	}
	if _, err := LearnBusy(shop()[:100], 0.9, time.UTC); err == nil {
		t.Error("four days were enough")
	}
	list, err := Suggest(shop(), time.UTC)
	if err != nil || len(list) != 3 || list[2].Weekly != "Mon-Fri 09:00-17:00" {
		t.Errorf("%+v (%v)", list, err)
	}
	flat := shop()
	for i := range flat {
		flat[i].People = 10
	}
	if list, err := Suggest(flat, time.UTC); err == nil {
		t.Errorf("a flat week gave %+v", list)
	}
}

func TestMistakesSayTheWayOut(t *testing.T) {
	for _, tt := range []struct {
		give Written
		want string
	}{
		{Written{}, "fix: write one of weekly"},
		{Written{Weekly: "Mon 9-10", Busy: "50%"}, "fix: write one of weekly"},
		{Written{Weekly: "Mon-Fri"}, "fix: write Mon-Fri 09:00-17:30"},
		{Written{Weekly: "Foo 09:00-10:00"}, `"Foo" is no day`},
		{Written{Weekly: "Mon 09:00-25:00"}, "no time from one hour to another"},
		{Written{RRule: "FREQ=DAILY"}, "fix: write start"},
		{Written{RRule: "FREQ=SOMETIMES", Start: "2026-01-01T09:00", Lasts: time.Hour}, "SOMETIMES"},
		{Written{Weekly: "Mon 9-10", Zone: "Mars/Olympus"}, "not a time zone"},
		{Written{Holidays: "atlantis"}, "atlantis"},
	} {
		if err := tt.give.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %s", tt.give, err, tt.want)
		}
	}
}

func TestWeeklyReadsItsOwnWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w Weekly
		for _, d := range week() {
			if rapid.Bool().Draw(t, "open") {
				from := rapid.IntRange(0, 1438).Draw(t, "from")
				w.hours = append(w.hours, hours{d, from, rapid.IntRange(from+1, 1440).Draw(t, "to")})
			}
		}
		if len(w.hours) == 0 {
			return
		}
		again, err := ParseWeekly(w.String())
		if err != nil || again.String() != w.String() {
			t.Fatalf("%q became %q (%v)", w, again, err)
		}
	})
}

// Whatever the zone does, an occurrence begins and ends when its wall says so, or at
// the instant of the change when there is no such time.
func TestOccurrencesEverywhere(t *testing.T) {
	for _, name := range []string{"Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia", "UTC"} {
		z := zone(t, name)
		rapid.Check(t, func(t *rapid.T) {
			start := time.Date(2010, 1, 1, 0, 0, 0, 0, z).AddDate(0, 0, rapid.IntRange(0, 6000).Draw(t, "day"))
			m := Moment{Zone: z, rule: Weekly{[]hours{{start.Weekday(), 60 * 9, 60 * 17}}}}
			spans, err := m.Occurrences(start, start.AddDate(0, 0, 14))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range spans {
				if s.From.In(z).Format("15:04") != "09:00" || s.To.In(z).Format("15:04") != "17:00" {
					t.Fatalf("%s: from %v to %v", name, s.From.In(z), s.To.In(z))
				}
			}
		})
	}
}
