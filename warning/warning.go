// Package warning holds what is coming: which measures of machines run out, and when they
// will have, so that somebody acts before people feel it.
package warning

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kind is what runs out.
type Kind string

// The kinds of what runs out.
const (
	Disk        Kind = "disk"
	Inodes      Kind = "inodes" // files that a disk has room for
	Memory      Kind = "memory"
	Files       Kind = "files"       // that a process may have open
	Connections Kind = "connections" // of a pool
	Certificate Kind = "certificate" // its time
	Queue       Kind = "queue"       // work that waits and grows
	Limit       Kind = "limit"       // of a measure that somebody named
)

// Kinds returns every kind, in order.
func Kinds() []Kind {
	return []Kind{Disk, Inodes, Memory, Files, Connections, Certificate, Queue, Limit}
}

// Side is which side of it was measured.
type Side string

// The sides.
const (
	Free  Side = "free"  // what is left
	Used  Side = "used"  // what is taken of the total
	Total Side = "total" // what there is in all
	Ends  Side = "ends"  // the Unix time at which it ends, of a certificate
)

// Reading is one value that was measured.
type Reading struct {
	Kind   Kind              `json:"kind"`
	Side   Side              `json:"side"`
	Labels map[string]string `json:"labels,omitempty"` // by which it is told from others of its kind
	Value  float64           `json:"value"`
	At     time.Time         `json:"at"`
}

// Limits of what a reading may say, so that no sender can fill the ledger.
const (
	MaxLabels = 16
	MaxName   = 64  // bytes of the name of a label
	MaxText   = 128 // bytes of the value of a label
)

// Of returns what tells the thing that was measured from all others: its kind and labels.
func (r Reading) Of() string {
	var b strings.Builder
	b.WriteString(string(r.Kind))
	for _, name := range slices.Sorted(maps.Keys(r.Labels)) {
		fmt.Fprintf(&b, "\x00%s=%s", name, r.Labels[name])
	}
	return b.String()
}

// Validate says what is wrong with r.
func (r Reading) Validate() error {
	switch {
	case !slices.Contains(Kinds(), r.Kind):
		return fmt.Errorf("kind %.40q of a reading is none", string(r.Kind))
	case r.Side != Free && r.Side != Used && r.Side != Total && r.Side != Ends:
		return fmt.Errorf("side %.40q of a reading is none", string(r.Side))
	case (r.Side == Ends) != (r.Kind == Certificate):
		return errors.New("a certificate ends, and nothing else does")
	case math.IsNaN(r.Value) || math.IsInf(r.Value, 0) || math.Abs(r.Value) > 1e18:
		return errors.New("a reading without a value says nothing")
	case r.At.Year() < 2000 || r.At.Year() > 9998:
		return fmt.Errorf("a reading in the year %d cannot be", r.At.Year())
	case len(r.Labels) > MaxLabels:
		return fmt.Errorf("a reading has %d labels, at most %d", len(r.Labels), MaxLabels)
	}
	for name, value := range r.Labels {
		if len(name) > MaxName || len(value) > MaxText || !isLine(name) || !isLine(value) {
			return fmt.Errorf("label %.40q of a reading is too long, or no line of text", name)
		}
	}
	return nil
}

// line returns s as a label can be kept.
func line(s string) string {
	s = strings.TrimSpace(strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) || c == utf8.RuneError {
			return ' '
		}
		return c
	}, s))
	if len(s) <= MaxText {
		return s
	}
	end := MaxText
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return strings.TrimSpace(s[:end])
}

// isLine reports whether s is a line of text that shows as it is.
func isLine(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) || c == utf8.RuneError })
}
