package incident

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of what people say, in bytes.
const (
	MaxText = 4000 // of a word, a cause, a change
	MaxName = 128  // of a title, an owner
)

// maxSplit is how often one incident may be split.
const maxSplit = 20

// Validate reports every mistake in w at once, joined, each with its fix.
func (w Word) Validate() error {
	var errs []error
	if w.State != "" && !w.State.Known() {
		errs = append(errs, fmt.Errorf("state %.40q is none (fix: investigating, identified, monitoring or resolved, or leave it out)", string(w.State)))
	}
	return errors.Join(append(errs, checkText("text", w.Text, w.State == ""))...)
}

// Validate reports every mistake in a at once, joined, each with its fix. id is the
// incident that it is about.
func (a About) Validate(id string) error {
	errs := []error{checkName("title", a.Title), checkName("owner", a.Owner), checkText("cause", a.Cause, false)}
	if a.Into == id && id != "" {
		errs = append(errs, fmt.Errorf("incident %s cannot be a part of itself (fix: name the other one)", id))
	}
	if a.Into != "" && !isID(a.Into) {
		errs = append(errs, fmt.Errorf("%.40q is no incident (fix: write its name, such as 2026-11-26-2003)", a.Into))
	}
	if len(a.Split) > maxSplit {
		errs = append(errs, fmt.Errorf("split %d times (fix: at most %d)", len(a.Split), maxSplit))
	}
	return errors.Join(errs...)
}

// Validate reports every mistake in l at once, joined, each with its fix.
func (l Lesson) Validate() error {
	errs := []error{checkText("cause", l.Cause, false), checkText("change", l.Change, true), checkName("owner", l.Owner)}
	if l.Held != nil && l.Done.IsZero() {
		errs = append(errs, errors.New("a change that is not made yet cannot have held (fix: say when it was done)"))
	}
	return errors.Join(errs...)
}

func checkText(name, s string, needed bool) error {
	switch {
	case needed && strings.TrimSpace(s) == "":
		return fmt.Errorf("%s is empty (fix: write a sentence)", name)
	case len(s) > MaxText:
		return fmt.Errorf("%s has %d bytes (fix: at most %d)", name, len(s), MaxText)
	case !utf8.ValidString(s):
		return fmt.Errorf("%s is no UTF-8 text (fix: send it as UTF-8)", name)
	}
	return nil
}

func checkName(name, s string) error {
	hidden := func(c rune) bool { return !unicode.IsPrint(c) || c == utf8.RuneError }
	switch {
	case len(s) > MaxName:
		return fmt.Errorf("%s has %d bytes (fix: at most %d)", name, len(s), MaxName)
	case strings.ContainsFunc(s, hidden):
		return fmt.Errorf("%s %.40q is no line of text (fix: write one line)", name, s)
	}
	return nil
}

// isID reports whether s looks like the name of an incident.
func isID(s string) bool {
	const form = "2006-01-02-1504"
	if len(s) != len(form) && len(s) != len(form)+1 {
		return false
	}
	_, err := time.Parse(form, s[:len(form)])
	return err == nil
}
