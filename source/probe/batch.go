package probe

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/honderd/honderd/experience"
)

// couldNot is why a result that is Unknown is counted as unread.
const couldNot = "the probing machine could not probe"

// Batch returns what results are in the stream of facts: a count of probes, beside the
// people. It has no experiences, as every experience is a person's; a result that is
// Unknown says nothing of its target, so it is not even a probe that was read.
func Batch(vantage string, results []Result) *experience.Batch {
	b := &experience.Batch{}
	b.Reset()
	b.Source = strings.TrimSpace("probe " + vantage)
	var newest int64
	for i := range results {
		r := &results[i]
		newest = max(newest, r.At.UnixMilli())
		b.Tally.Lines++
		if r.Unknown {
			b.Tally.Reject(couldNot, shorten(r.Target+": "+r.Why))
			continue
		}
		b.Tally.Parsed++
		b.Tally.Probes++
	}
	b.Position = strconv.FormatInt(newest, 10)
	return b
}

// shorten makes s fit among the examples of what was not read.
func shorten(s string) string {
	if s = clean(s); len(s) > experience.MaxExample {
		s = strings.ToValidUTF8(s[:experience.MaxExample], "")
	}
	return s
}

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
