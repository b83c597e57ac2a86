package wall

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(t *testing.T, zone, wall string) (time.Time, *time.Location) {
	t.Helper()
	w, err := time.Parse("2006-01-02 15:04", wall)
	if err != nil {
		t.Fatal(err)
	}
	return w, location(t, zone)
}

func location(t interface {
	Helper()
	Fatal(args ...any)
}, name string,
) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestFirstAndLast(t *testing.T) {
	tests := []struct {
		name, zone, wall string
		first, last      string // instants, UTC
	}{
		{"winter", "Europe/Amsterdam", "2026-01-05 09:00", "2026-01-05 08:00", "2026-01-05 08:00"},
		{"summer", "Europe/Amsterdam", "2026-07-06 09:00", "2026-07-06 07:00", "2026-07-06 07:00"},
		{"before the gap", "Europe/Amsterdam", "2026-03-29 01:59", "2026-03-29 00:59", "2026-03-29 00:59"},
		{"gap begins", "Europe/Amsterdam", "2026-03-29 02:00", "2026-03-29 01:00", "2026-03-29 01:00"},
		{"in the gap", "Europe/Amsterdam", "2026-03-29 02:30", "2026-03-29 01:00", "2026-03-29 01:00"},
		{"gap ends", "Europe/Amsterdam", "2026-03-29 03:00", "2026-03-29 01:00", "2026-03-29 01:00"},
		{"fold begins", "Europe/Amsterdam", "2026-10-25 02:00", "2026-10-25 00:00", "2026-10-25 00:00"},
		{"in the fold", "Europe/Amsterdam", "2026-10-25 02:30", "2026-10-25 00:30", "2026-10-25 01:30"},
		{"fold ends", "Europe/Amsterdam", "2026-10-25 03:00", "2026-10-25 02:00", "2026-10-25 02:00"},
		{"fold of half an hour", "Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45", "2026-04-04 15:15"},
		{"gap of half an hour", "Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30", "2026-10-03 15:30"},
		{"always a quarter off", "Asia/Kathmandu", "2026-06-01 09:00", "2026-06-01 03:15", "2026-06-01 03:15"},
		{"no midnight", "America/Sao_Paulo", "2018-11-04 00:00", "2018-11-04 03:00", "2018-11-04 03:00"},
		{"eleven at night twice", "America/Sao_Paulo", "2018-02-17 23:30", "2018-02-18 01:30", "2018-02-18 02:30"},
		{"midnight after it", "America/Sao_Paulo", "2018-02-18 00:00", "2018-02-18 03:00", "2018-02-18 03:00"},
		{"a day that never was", "Pacific/Apia", "2011-12-30 09:00", "2011-12-30 10:00", "2011-12-30 10:00"},
		{"the day before", "Pacific/Apia", "2011-12-29 09:00", "2011-12-29 19:00", "2011-12-29 19:00"},
		{"the day after", "Pacific/Apia", "2011-12-31 09:00", "2011-12-30 19:00", "2011-12-30 19:00"},
		{"midnight twice", "Atlantic/Azores", "2026-10-25 00:30", "2026-10-25 00:30", "2026-10-25 01:30"},
		{"the day before ends once", "Atlantic/Azores", "2026-10-25 00:00", "2026-10-25 00:00", "2026-10-25 00:00"},
		{"no zone", "UTC", "2026-10-25 02:30", "2026-10-25 02:30", "2026-10-25 02:30"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, zone := at(t, tt.zone, tt.wall)
			first, _ := at(t, tt.zone, tt.first)
			last, _ := at(t, tt.zone, tt.last)
			if got := First(w, zone); !got.Equal(first) {
				t.Errorf("First(%s) = %v, want %v", tt.wall, got, first)
			}
			if got := Last(w, zone); !got.Equal(last) {
				t.Errorf("Last(%s) = %v, want %v", tt.wall, got, last)
			}
		})
	}
}

// TestSaysWhatTheClockSays holds First and Last to their sentences, minute by minute.
func TestSaysWhatTheClockSays(t *testing.T) {
	zones := []string{
		"Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia",
		"Africa/Casablanca", "Asia/Gaza", "Antarctica/Troll", "Atlantic/Azores",
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := location(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		some := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 60*366).Draw(t, "day"))
		if _, change := some.In(zone).ZoneBounds(); !change.IsZero() {
			some = Clock(change, zone) // days on which nothing happens test nothing
		}
		w := some.Truncate(time.Minute).Add(time.Duration(rapid.IntRange(-200, 200).Draw(t, "minutes")) * time.Minute)
		first, last := First(w, zone), Last(w, zone)
		if Clock(first, zone).Before(w) || !Clock(last.Add(-1), zone).Before(w) || last.Before(first) {
			t.Fatalf("%v in %v: first %v, last %v", w, zone, first, last)
		}
		for i := range 52 * 60 {
			x := w.Add(time.Duration(i-26*60) * time.Minute)
			shows := Clock(x, zone)
			if x.Before(first) && !shows.Before(w) {
				t.Fatalf("First(%v) in %v = %v, but the clock shows %v at %v already", w, zone, first, shows, x)
			}
			if !x.Before(last) && shows.Before(w) {
				t.Fatalf("Last(%v) in %v = %v, but the clock still shows %v at %v", w, zone, last, shows, x)
			}
		}
	})
}
