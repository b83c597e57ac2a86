package money

import (
	"testing"
	"time"
)

func TestLostTimeIsWorthItsHours(t *testing.T) {
	r := Rate{Currency: "EUR", Low: 30, High: 60}
	if got := r.Of(90 * time.Minute); got == nil || *got != (Range{"EUR", 45, 90}) {
		t.Errorf("90 min at 30 to 60 an hour are %v, want 45 to 90", got)
	}
}

func TestNobodySaidWhatAnHourIsWorthIsNotZero(t *testing.T) {
	if got := (Rate{Currency: "EUR"}).Of(time.Hour); got != nil {
		t.Errorf("a rate that nobody gave makes %v of an hour", got)
	}
}
