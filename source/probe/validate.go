package probe

import (
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/honderd/honderd/experience"
)

// Limits of a result that comes from elsewhere.
const (
	maxName  = 512
	maxWords = 1024
)

// Validate reports what is wrong with a result that another machine sent.
func (r *Result) Validate() error {
	if r.Target == "" || len(r.Target) > maxName || len(r.Steps) > MaxSteps || len(r.Vantage) > maxName {
		return errors.New("it has no name of a target, a very long one, or too many steps")
	}
	if !slices.Contains(Kinds(), r.Kind) {
		return errors.New("its kind is none")
	}
	if r.Cause != experience.Fine && !slices.Contains(experience.Causes(), r.Cause) || r.Unknown && r.Bad() {
		return errors.New("its cause is none")
	}
	texts := []string{r.Why, r.Failed, r.Shot}
	for i := range r.Steps {
		texts = append(texts, r.Steps[i].Name)
	}
	for _, s := range texts {
		if len(s) > maxWords || !utf8.ValidString(s) {
			return errors.New("one of its texts is too long, or no text")
		}
	}
	if r.Wait < 0 || r.Skipped < 0 || r.At.IsZero() {
		return errors.New("a number in it is negative, or it has no time")
	}
	return nil
}
