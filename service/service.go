// Package service holds the chain that everybody is a link of: services, and which of
// them call which.
package service

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kind is how one service needs another.
type Kind string

// The kinds of dependencies.
const (
	HTTP      Kind = "http"
	RPC       Kind = "rpc"
	DB        Kind = "db"
	Messaging Kind = "messaging"
	External  Kind = "external" // of another kind, or somebody else's
)

// Kinds returns every kind, in order.
func Kinds() []Kind { return []Kind{HTTP, RPC, DB, Messaging, External} }

// Other is the name of all services and dependencies together that there is no room for.
const Other = "(other)"

// Limits of what a sender may say, so that none can fill the ledger.
const (
	MaxName  = 128  // bytes of a name
	MaxCalls = 4096 // dependencies in one summary
	MaxSeen  = 1024 // services in one summary
	MaxHeard = 32   // things heard of one service in one summary
)

// Dependency is that From calls To: when To fails, From may.
type Dependency struct {
	From string `json:"from"`
	To   string `json:"to"`
	Kind Kind   `json:"kind"`
}

// Compare orders dependencies by their names.
func Compare(a, b Dependency) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Kind, b.Kind))
}

// Sum is how calls went. A call may be masked and an error: it failed, and who called
// went on as if nothing had happened.
type Sum struct {
	Count  int64 `json:"count"`
	Errors int64 `json:"errors,omitempty"`
	Masked int64 `json:"masked,omitempty"`
	Millis int64 `json:"ms,omitempty"` // all that the calls took, together
}

// Add counts the calls of o in s too.
func (s *Sum) Add(o Sum) {
	s.Count += o.Count
	s.Errors += o.Errors
	s.Masked += o.Masked
	s.Millis += o.Millis
}

// ErrorShare returns the share of the calls that failed, false when there was none.
func (s Sum) ErrorShare() (float64, bool) {
	if s.Count <= 0 {
		return 0, false
	}
	return float64(s.Errors) / float64(s.Count), true
}

// Mean returns how long a call took on average, false when there was none.
func (s Sum) Mean() (time.Duration, bool) {
	if s.Count <= 0 {
		return 0, false
	}
	return time.Duration(float64(s.Millis) / float64(s.Count) * float64(time.Millisecond)), true
}

// Call is how the calls of one dependency went.
type Call struct {
	Dependency
	Sum
	Latency Latency `json:"latency,omitzero"`
}

// Calls are all calls of a stretch of time, such as ten seconds: those that ended from
// From until just before To.
type Calls struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Calls []Call    `json:"calls"`
}

// Seen is what a service said of itself, and what was seen of it.
type Seen struct {
	Service     string `json:"service"`
	Version     string `json:"version,omitempty"`
	Environment string `json:"environment,omitempty"`
	Criticality string `json:"criticality,omitempty"` // critical, high, medium, low
	Owner       string `json:"owner,omitempty"`

	At      time.Time `json:"at"`                // when the newest of it ended
	Spans   int64     `json:"spans,omitempty"`   // that came from it
	Sampled int64     `json:"sampled,omitempty"` // of those: from traces of which not all are sent

	// People is how many steps of people it answered at the edge of the system, Bad how
	// many of those they felt.
	People int64 `json:"people,omitempty"`
	Bad    int64 `json:"bad,omitempty"`

	// Heard counts what it told beside calls: exceptions, events of browsers, metrics.
	Heard []Heard `json:"heard,omitempty"`
}

// Heard is how often one thing was told.
type Heard struct {
	What  string `json:"what"` // "exception", "event", "metric", "log"
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// Summary is all that one source saw since its summary before.
type Summary struct {
	Source    string  `json:"source"`
	Number    uint64  `json:"number"` // one more than that of its summary before; 0: it is not numbered
	Stretches []Calls `json:"stretches,omitempty"`
	Seen      []Seen  `json:"seen,omitempty"`
}

// Empty reports whether nothing was seen.
func (s Summary) Empty() bool { return len(s.Stretches) == 0 && len(s.Seen) == 0 }

// Name returns s as the name of a service can be kept: one line of at most MaxName bytes,
// of characters that show.
func Name(s string) string {
	if plain(s) {
		return s
	}
	s = strings.TrimSpace(strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) || c == utf8.RuneError {
			return ' '
		}
		return c
	}, s))
	if len(s) > MaxName {
		end := MaxName
		for !utf8.RuneStart(s[end]) {
			end--
		}
		s = strings.TrimSpace(s[:end])
	}
	return s
}

// plain reports whether s can stay as it is, for the many that can.
func plain(s string) bool {
	if len(s) > MaxName || len(s) > 0 && (s[0] == ' ' || s[len(s)-1] == ' ') {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Sort puts what is in s in one order, so that the same calls give the same bytes.
func (s *Summary) Sort() {
	slices.SortFunc(s.Stretches, func(a, b Calls) int { return a.From.Compare(b.From) })
	for _, c := range s.Stretches {
		slices.SortFunc(c.Calls, func(a, b Call) int { return Compare(a.Dependency, b.Dependency) })
	}
	slices.SortFunc(s.Seen, func(a, b Seen) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.Version, b.Version))
	})
	for _, one := range s.Seen {
		slices.SortFunc(one.Heard, func(a, b Heard) int { return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Name, b.Name)) })
	}
}
