package ledger

import "fmt"

// Missing is the error of a ledger that has lost records it had accepted: the
// disk changed or cut off what was stored. Whoever decides to go on without them
// reads on after To.
type Missing struct {
	From, To Sequence // first and last record that are gone
}

// Error says which records are gone.
func (m Missing) Error() string {
	if m.From == m.To {
		return fmt.Sprintf("record %d is missing: it was accepted but can no longer be read", m.From)
	}
	return fmt.Sprintf("records %d to %d are missing: they were accepted but can no longer be read", m.From, m.To)
}
