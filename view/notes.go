package view

import (
	"fmt"
	"strings"

	"github.com/honderd/honderd/fold/intake"
)

// FewPeople is how many people a ratio of their time needs before it says much.
//
// Source: coverage of its interval in simulation, 95% only from about 200 on.
const FewPeople = 200

// hangingPoints is by how many percentage points a number must differ with another
// cut-off to be said to hang on it. A choice.
const hangingPoints = 1.0

// oneAddress is the share of all lines from which one address looks like a proxy.
const oneAddress = 0.30

// notes tells what the reader should know about the numbers of a.
func notes(f Folds, a Answer) []Note {
	list := []Note{}
	add := func(kind, format string, args ...any) {
		list = append(list, Note{Kind: kind, Text: fmt.Sprintf(format, args...), Format: format, Args: args})
	}
	s := a.Source
	if s.Parsed > 0 && a.People.Active == 0 {
		add("nobody", "Nobody was there: every line that could be read is of a robot, a probe or no request at all. Count them too with --robots include.")
	}
	if share := float64(f.Intake.Largest) / float64(max(1, s.Parsed)); s.Parsed >= 100 && share > oneAddress {
		add("one_address", "One address holds %d%% of all lines: everybody seems to come through one proxy. Log the forwarded address (X-Forwarded-For), so that people can be told apart.", int(share*100))
	}
	if n := a.People.Active; n > 0 && n < FewPeople {
		add("few_people", "Only %d people were there: too few to judge by shares of their time. Go by the people themselves.", n)
	}
	if a.Requests.Total > 0 && f.Intake.Timed == 0 {
		add("no_wait", "The log does not say how long people waited, so nothing was judged too slow. Add $request_time (nginx) or %%D (Apache) to its format.")
	}
	if s.Rejected > 0 {
		add("rejected", "%d of %d lines could not be read. They are counted nowhere else.", s.Rejected, s.Lines)
	}
	if s.Late > 0 {
		add("late", "%d experiences came too late to be placed: the log goes back in time by more than it may. Sort it, or give its files apart.", s.Late)
	}
	if a.CutoffLearned && f.Felt.All.Good+f.Felt.All.Bad > 0 {
		add("cutoff", "Somebody who is silent for %d seconds has left: the 99th percentile of the gaps in this log. Choose another with --cutoff.", int(a.CutoffSeconds))
	}
	if twice(f.Intake.Sources) {
		add("twice", "The gateway tells of people, and so do logs that are followed. Who passes both counts twice: leave out the log of a server that stands before or behind the gateway.")
	}
	if a.Recognised.Forgiveness != nil {
		add("forgiveness", "People are recognised for 24 hours only, so whether they come back after a bad time is not measured.")
	}
	if points := a.hangs() * 100; points >= hangingPoints {
		add("hangs_on_cutoff", "Felt uptime hangs on that cut-off: with half or twice as long it would differ by up to %.1f points.", points)
	}
	if h := a.Masked.Harder; h != nil {
		add("masked_harder", "More is hidden than usual: faults behind %d of 1000 answers of the last hour, where %d are usual. Most of them are of %s (%s).", h.permille(h.Share), h.permille(h.Usual), h.backend(), h.fault())
	}
	for _, s := range a.Segments {
		if s.Over {
			add("other", "There are more than %d values of %s: the rest is counted together as other.", len(s.Values)-1, s.By)
		}
	}
	return list
}

// twice reports whether the gateway and a log tell of people on the same day: whether they
// are the same people nobody can know but who set them up.
func twice(sources map[string]intake.Source) bool {
	const day = 24 * 60 * 60 * 1000
	passed := sources["gateway"].Newest
	for name, s := range sources {
		if passed > 0 && s.Newest > 0 && strings.HasPrefix(name, "accesslog ") && max(passed-s.Newest, s.Newest-passed) < day {
			return true
		}
	}
	return false
}
