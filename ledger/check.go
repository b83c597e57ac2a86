package ledger

import (
	"fmt"
	"strings"
)

const (
	// MaxRecord is the most bytes that one record holds.
	MaxRecord = 8<<20 - 1<<10

	// maxNames is the most bytes that a subject and an id have together.
	maxNames = 512
)

// CheckRecord says what is wrong with a record, nil when nothing is. A subject is a
// word, or some with dots between them, that a ledger can file under.
func CheckRecord(subject, id string, data []byte) error {
	switch {
	case !isSubject(subject):
		return fmt.Errorf("subject %q must be a word without blanks, * and >", subject)
	case subject == factSubject || strings.HasPrefix(subject, factSubject+"."):
		return fmt.Errorf("subject %q is for facts (fix: use Put)", subject)
	case !isLine(id) || strings.TrimSpace(id) != id || len(subject)+len(id) > maxNames:
		return fmt.Errorf("id %q must be a short line without blanks around it", clip(id))
	case len(data) > MaxRecord:
		return fmt.Errorf("record of %d bytes: must be at most %d (fix: split it)", len(data), MaxRecord)
	}
	return nil
}

// isSubject reports whether s is words with dots between them.
func isSubject(s string) bool {
	for word := range strings.SplitSeq(s, ".") {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r == '*' || r == '>' || r == 0x7f || r == 0xfffd }) {
			return false
		}
	}
	return len(s) <= maxNames/2
}

// isLine reports whether s is text without an end of a line or other control characters.
func isLine(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd })
}

// clip returns the beginning of a text that may be long.
func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "..."
	}
	return s
}
