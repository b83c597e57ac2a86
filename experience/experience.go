// Package experience holds the unit that everything else counts: one step of one
// person, judged good or bad.
package experience

import "time"

// Person is the pseudonym of whoever had an experience: 64 bits that say nothing
// about them. 0 is nobody.
type Person uint64

// Experience is one step of one person, or one part of a step. It is kept small:
// logs have millions.
type Experience struct {
	Person  Person
	At      int64  // when the answer had ended, in Unix milliseconds
	Wait    uint32 // how long the person waited for it, in milliseconds; 0: the source does not say
	Journey uint16 // index in Batch.Journeys
	Step    uint16 // index in Batch.Steps; sources set it where Cause or Mask is, and everywhere when asked
	Labels  uint16 // index in Batch.Labels; 0: none
	Cause   Cause  // why it was bad; Fine: it was good
	Mask    Mask   // how a fault was hidden from the person; Unmasked: there was none
	Part    bool   // a picture, style or script: it belongs to the step before it

	Critical bool // its journey cannot do without it: when it is bad, so is the visit
	Rage     bool // the person clicked in anger on something slow or failed
}

// Bad reports whether the person had a bad experience.
func (e Experience) Bad() bool { return e.Cause != Fine }

// RawBad reports whether the machines failed, felt or not.
func (e Experience) RawBad() bool { return e.Cause != Fine || e.Mask != Unmasked }

// Time returns when the answer had ended.
func (e Experience) Time() time.Time { return time.UnixMilli(e.At).UTC() }

// Limits of a time that can be true: access logs began in the nineties, and the
// folds keep 42 bits of milliseconds, which last until 2109.
const (
	earliest = 631152000000  // 1990-01-01
	latest   = 4102444800000 // 2100-01-01
)

// Possible reports whether ms, in Unix milliseconds, can be the time of an
// experience: from 1990 to 2100.
func Possible(ms int64) bool { return ms >= earliest && ms < latest }
