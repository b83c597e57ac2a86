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

// Trimmed is the error of reading from a place before which records were removed on
// purpose. Nothing is lost: whoever needs them takes them from where they were kept
// before, and reads on after UpTo.
type Trimmed struct {
	UpTo Sequence // the last place up to which records were removed
}

// Error says up to where records were removed.
func (t Trimmed) Error() string {
	return fmt.Sprintf("records up to %d were removed on purpose: take them from the archive and read on after %d", t.UpTo, t.UpTo)
}
