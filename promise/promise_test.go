package promise

import (
	"math"
	"testing"
)

// Nine minutes down and one up, all day: on paper nothing was wrong.
func TestPaperCountsOnlyLongPeriods(t *testing.T) {
	day := make([]bool, 24*60)
	down := 0
	for i := range day {
		if day[i] = i%10 != 9; day[i] {
			down++
		}
	}
	if down != 1296 {
		t.Fatalf("%d minutes are down, want 21 h 36", down)
	}
	if got := PaperDown(day, 10); got != 0 {
		t.Errorf("on paper %d minutes are down, want none: 100%%", got)
	}
	if got := PaperDown(day, 9); got != 1296 {
		t.Errorf("with nine minutes on end %d are down, want all 1296", got)
	}
	for i := range 10 {
		day[i] = true
	}
	if got := PaperDown(day, 10); got != 19 {
		t.Errorf("a period that reaches the next has %d minutes, want 19", got)
	}
	end := []bool{false, true, true}
	if got := PaperDown(end, 2); got != 2 {
		t.Errorf("a period at the end has %d minutes, want 2", got)
	}
}

func TestBothWindowsMustBurn(t *testing.T) {
	for _, tt := range []struct {
		hour, five       float64
		hourBurn, fiveBn float64
		pages            bool
	}{
		{0.02, 0.01, 20, 10, false},
		{0.02, 0.015, 20, 15, true},
		{0.01, 0.015, 10, 15, false},
	} {
		if got := Burn(tt.hour, 0.999); math.Abs(got-tt.hourBurn) > 1e-9 {
			t.Errorf("burn over the hour = %v, want %v", got, tt.hourBurn)
		}
		if got := Burn(tt.five, 0.999); math.Abs(got-tt.fiveBn) > 1e-9 {
			t.Errorf("burn over five minutes = %v, want %v", got, tt.fiveBn)
		}
		if got := Pages(tt.hour, tt.five, 0.999); got != tt.pages {
			t.Errorf("bad %v and %v: pages %v, want %v", tt.hour, tt.five, got, tt.pages)
		}
	}
}
