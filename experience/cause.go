package experience

// Cause is why an experience was bad. The numbers are stored: add, never renumber.
type Cause uint8

// The causes, from the rules in rules.go.
const (
	Fine        Cause = iota // it was good
	ServerError              // an error of the service: 5xx but those below
	Unreachable              // nobody behind the door answered: 502, 503, 504 and the like
	TooMany                  // turned away: 429
	TimedOut                 // the service stopped waiting: 408
	GaveUp                   // the person stopped waiting: 499
	TooSlow                  // answered, but slower than patience
	Broken                   // the page itself failed: an error of its script, or its tab crashed
	causes
)

// Causes returns every cause of a bad experience, in order.
func Causes() []Cause {
	all := make([]Cause, 0, causes-1)
	for c := ServerError; c < causes; c++ {
		all = append(all, c)
	}
	return all
}

// String returns the name of c as it stands in JSON and configuration.
func (c Cause) String() string {
	switch c {
	case Fine:
		return "fine"
	case ServerError:
		return "server_error"
	case Unreachable:
		return "unreachable"
	case TooMany:
		return "too_many_requests"
	case TimedOut:
		return "timed_out"
	case GaveUp:
		return "gave_up"
	case TooSlow:
		return "too_slow"
	case Broken:
		return "script_error"
	default:
		return "unknown"
	}
}

// Mask is how a fault of the machines was hidden from the person. The numbers are
// stored: add, never renumber.
type Mask uint8

// The masks. Retry, Stale and Fallback can be read from logs; all are what the gateway does.
const (
	Unmasked Mask = iota // nothing was hidden
	Retry                // the next server answered
	Stale                // an older answer was served
	Fallback             // another answer was served in its place
	Hedge                // another server was asked too, and answered first
	Hold                 // the request waited until a server was back
	Repair               // the rest of an answer that broke off came from elsewhere
	masks
)

// Masks returns every way to hide a fault, in order.
func Masks() []Mask { return []Mask{Retry, Stale, Fallback, Hedge, Hold, Repair} }

// String returns the name of m as it stands in JSON.
func (m Mask) String() string {
	switch m {
	case Unmasked:
		return "unmasked"
	case Retry:
		return "retry"
	case Stale:
		return "stale"
	case Fallback:
		return "fallback"
	case Hedge:
		return "hedge"
	case Hold:
		return "hold"
	case Repair:
		return "repair"
	default:
		return "unknown"
	}
}
