package look

import (
	"math"
	"testing"
	"time"
)

func TestPercentIsFloored(t *testing.T) {
	tests := []struct {
		give float64
		want string
	}{
		{1, "100%"}, {2, "100%"}, {0, "0%"}, {-1, "0%"},
		{0.99996, "99.99%"}, {0.9999987, "99.9998%"}, {0.999995, "99.9995%"}, {math.Nextafter(1, 0), "99.99999%"},
		{0.29, "29.00%"}, {0.58, "58.00%"}, {0.875, "87.50%"}, {0.95046, "95.04%"}, {0.0512, "5.12%"},
		{0.00012, "0.01%"}, {0.000001, "0.0001%"}, {0.00000001, "<0.00001%"},
	}
	for _, tt := range tests {
		if got := For(EN, nil).Percent(tt.give); got != tt.want {
			t.Errorf("Percent(%v) = %q, want %q", tt.give, got, tt.want)
		}
	}
	if got := For(NL, nil).Percent(0.9504); got != "95,04%" {
		t.Errorf("Dutch Percent() = %q, want 95,04%%", got)
	}
}

func TestUnknownIsNeverANumber(t *testing.T) {
	nan := math.NaN()
	for _, p := range []*float64{nil, &nan} {
		if got := For(EN, nil).Share(p); got != "not measured" {
			t.Errorf("Share(%v) = %q, want not measured", p, got)
		}
		if got := For(NL, nil).Share(p); got != "niet gemeten" {
			t.Errorf("Dutch Share(%v) = %q, want niet gemeten", p, got)
		}
	}
}

func TestIntervalTellsItsEndsApart(t *testing.T) {
	tests := []struct {
		low, high float64
		want      string
	}{
		{0.937, 0.961, "93.7% 96.1%"},
		{0.20654, 1, "20.6% 100%"},
		{0.9991, 0.9994, "99.91% 99.94%"},
		{0.50001, 0.50002, "50.00% 50.00%"},
	}
	for _, tt := range tests {
		low, high := For(EN, nil).Interval(tt.low, tt.high)
		if got := low + " " + high; got != tt.want {
			t.Errorf("Interval(%v, %v) = %q, want %q", tt.low, tt.high, got, tt.want)
		}
	}
}

func TestCountsAndDurations(t *testing.T) {
	en, nl := For(EN, nil), For(NL, nil)
	tests := []struct{ got, want string }{
		{en.Count(1247), "1,247"}, {en.Count(-1234567), "-1,234,567"}, {en.Count(12), "12"}, {nl.Count(1247), "1.247"},
		{en.People(1), "1 person"}, {nl.People(2000), "2.000 mensen"}, {en.Times(1), "once"}, {nl.Times(3), "3 keer"},
		{en.Duration(72 * time.Minute), "1 h 12 min"}, {nl.Duration(72 * time.Minute), "1 u 12 min"},
		{en.Duration(76 * time.Hour), "3 d 4 h"}, {en.Duration(0), "0 min"}, {en.Duration(-time.Hour), "0 min"},
		{en.Duration(320 * time.Millisecond), "320 ms"}, {en.Duration(45900 * time.Millisecond), "45 s"},
		{en.Duration(150 * time.Second), "2 min 30 s"}, {en.Duration(2 * time.Hour), "2 h"}, {en.Duration(1500 * 24 * time.Hour), "1,500 d"},
		{en.About(118), "2 h"}, {en.About(107), "2 h"}, {en.About(7), "7 min"}, {en.About(23), "25 min"}, {en.About(3000), "2 d"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestTimesAreInTheZoneAndLanguageOfTheReader(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Skip(err)
	}
	at := time.Date(2025, 5, 17, 19, 5, 0, 0, time.UTC)
	en, nl := For(EN, zone), For(NL, zone)
	tests := []struct{ got, want string }{
		{en.Stamp(at), "Sat 17 May 21:05"}, {nl.Stamp(at), "za 17 mei 21:05"}, {(Reader{}).Stamp(at), "Sat 17 May 19:05"},
		{en.Span(at, at.Add(time.Hour)), "Sat 17 May 21:05–22:05"},
		{en.Span(at, at.Add(4*time.Hour)), "Sat 17 May 21:05–01:05"},
		{en.Span(at, at.Add(30*time.Hour)), "Sat 17 May 21:05 – Mon 19 May 03:05"},
		{en.Period(at, at.Add(time.Hour)), "Sat 17 May 2025, 21:05–22:05"},
		{nl.Month(at), "mei 2025"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestTextFromOutsideCannotActOnAScreen(t *testing.T) {
	got := For(EN, nil).Plain("a\x1b[31mb\u202ec\n")
	if want := "a·[31mb·c·"; got != want {
		t.Errorf("Plain() = %q, want %q", got, want)
	}
	if got := For(EN, nil).Short("/abcdefghijklmnop", 8); len([]rune(got)) != 8 {
		t.Errorf("Short() = %q, want 8 characters", got)
	}
}
