package ledger

import (
	"context"
	"fmt"
	"strings"
)

// Trimmer is a ledger that can remove its oldest records, once they are kept
// elsewhere. Facts stay: they are few, and their history is never edited away.
//
// Afterwards Read after 0 gives the facts, and the records of other subjects, that stayed and then every record after the
// trimmed ones. Read after a later place that is before the trimmed end returns a
// Trimmed: a reader that knows some of the records would miss the rest.
type Trimmer interface {
	// Trim removes the records of these subjects up to the given place, without any
	// subject all but facts. To trim what is trimmed already is harmless; to trim
	// after the newest record, or facts, is an error.
	Trim(ctx context.Context, upTo Sequence, subjects ...string) error

	// Trimmed returns the place up to which records were removed, 0 when none was. A
	// reader that begins anew takes the records up to there from the archive, and
	// reads on after it.
	Trimmed(ctx context.Context) (Sequence, error)
}

// Healer is a ledger that takes back records it can no longer read.
type Healer interface {
	// Heal keeps r, a copy of a record that is missing, beside the ledger; reading
	// gives it in its place from then on. A place that can be read is never healed:
	// the same record is nothing to do, another one is refused.
	Heal(ctx context.Context, r Record) error
}

// CheckTrim says what is wrong with the subjects that are to be trimmed, nil when nothing
// is.
func CheckTrim(subjects []string) error {
	for _, s := range subjects {
		if s == "" || s == factSubject || strings.HasPrefix(s, factSubject+".") {
			return fmt.Errorf("trim %q: facts stay (fix: name the subject of records)", s)
		}
	}
	return nil
}
