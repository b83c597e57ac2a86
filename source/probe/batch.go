package probe

import (
	"strconv"
	"strings"

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
