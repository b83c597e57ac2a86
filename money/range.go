package money

import "time"

// Rate is what an hour of somebody's lost time is worth, in the currency: at least Low and
// at most High. The zero Rate says nothing: that is not the same as worth nothing.
type Rate struct {
	Currency  string // three letters, as EUR
	Low, High float64
}

// Range is an amount of which only its ends are known.
type Range struct {
	Currency string  `json:"currency"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
}

// Known reports whether somebody said what an hour is worth.
func (r Rate) Known() bool { return r.High > 0 }

// Of returns what so much lost time is worth, nil when nobody said what an hour is.
func (r Rate) Of(lost time.Duration) *Range {
	if !r.Known() {
		return nil
	}
	minutes := lost.Minutes()
	return &Range{Currency: r.Currency, Low: WorkLost(1, minutes, r.Low/60, 1), High: WorkLost(1, minutes, r.High/60, 1)}
}
