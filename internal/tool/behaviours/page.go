package main

import (
	"fmt"
	"math"
	"strings"
)

// page returns the tables as a page in Markdown.
func page(tables []table, runs int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Behaviours: what the numbers say, and what was true
`+"`go run ./internal/tool/behaviours`"+` wrote this: %d towns a row, seeds 1 to %d, the same bytes every time. Nobody here is real.

People meet a fault and answer it in different ways. What was true is known, because we made it: *truth* is what a clock beside
every person would say, of all the time in which they meant to be there, whether or not they gave up ([`+"`source/sim`"+`](../source/sim/truth.go)).
The question is how far each number is from that, and why.

**How to read it.** Shares, mean ± standard deviation over the runs. *User-uptime* is that of the NSDI 2020 paper, *Box* is
Box's user availability (people without a bad answer in a minute), *felt* is our felt uptime. *Error* is felt minus truth, and
behind it the most that we state for its mean; a test holds it. *Recovery given* is felt uptime, had somebody told it when
all was well again: in our reference ([metric 1.5](#beside-our-reference)) it was told, in production it is estimated from
everybody who is there. *Flawless* is the share of people without a bad step, beside the share whom no fault struck.
The cut-off is 30 minutes everywhere.

`, runs, runs)
	for _, t := range tables {
		t.write(&b)
	}
	writeReference(&b, tables)
	b.WriteString(`## What follows
- An outage that drives everybody away is 1.0000 in user-uptime. Felt uptime sees it; it cannot see the good time that people
  would have had afterwards, because nobody had it.
- Felt uptime needs witnesses. Who leaves at once and for good, one in ten or one region at a time, takes the proof away that it
  is still broken: then it is too good, by as much as the tables say. The share of flawless people needs no estimate and is
  right in all these rows: that is one reason why it is the headline.
- Flawless is what was felt: who asked nothing while it was broken did not feel it. It is above the share whom no fault struck
  where people do little (rates spread over 1000x) or where only some minutes are bad (slow, now and then).
- Felt uptime is too bad where errands are short and the cut-off is long: it charges people for longer than they meant to stay.
- Where people stay and go on or retry, felt uptime agrees with the clock to half a minute an hour. The success ratio does not:
  it counts who asks most.
`)
	return b.String()
}

func (t *table) write(b *strings.Builder) {
	fmt.Fprintf(b, "## %s\n%s\n\n", t.title, t.intro)
	b.WriteString("| after a bad step | truth | success ratio | user-uptime | Box | felt | error (stated) | recovery given | flawless | of truth |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, o := range t.outcomes {
		fmt.Fprintf(b, "| %s", o.setting.name)
		for _, n := range []number{truthUptime, successRatio, userUptime, boxUA, feltUptime} {
			fmt.Fprintf(b, " | %s", o.numbers[n])
		}
		fmt.Fprintf(b, " | %+.4f ± %.4f (%.3g)", o.off.mean, o.off.sd, o.setting.within)
		fmt.Fprintf(b, " | %s | %s | %s |\n", o.numbers[feltGiven], o.numbers[flawless], o.numbers[truthFlawless])
	}
	b.WriteString("\nWhy felt uptime is not truth:\n")
	for _, o := range t.outcomes {
		fmt.Fprintf(b, "- *%s*: %s.\n", o.setting.name, o.setting.why)
	}
	b.WriteString("\n")
}

// String returns the mean with its standard deviation, if there is any.
func (s spread) String() string {
	if s.sd < 0.00005 {
		return fmt.Sprintf("%.4f", s.mean)
	}
	return fmt.Sprintf("%.4f ± %.4f", s.mean, s.sd)
}

// writeReference writes what metric 1.5 has beside what we have.
func writeReference(b *strings.Builder, tables []table) {
	b.WriteString(`## Beside our reference
Section 1.5 of the metric we build on was measured with another program: 200 people, 60 minutes, an outage in minutes 20 to 35,
200 runs. Its felt+ was given the recovery, and its flawless people are of all who meant to be there, not of those who were seen.
*Apart* is ours minus theirs in standard errors of the difference (both programs' chance; theirs has the standard deviation
that ours has). Beyond 3 would be another number.

| row | number | theirs | ours | apart |
|---|---|---|---|---|
`)
	for _, t := range tables {
		for _, o := range t.outcomes {
			for _, p := range o.setting.printed {
				fmt.Fprintf(b, "| %s, %s | %s | %.*f | %s | %.1f |\n", strings.ToLower(t.title), o.setting.name, p.number, p.digits, p.value, o.numbers[p.number], o.apart(p))
			}
		}
	}
	b.WriteString("\n")
}

// referenceRuns is how many runs metric 1.5 is the mean of.
const referenceRuns = 200

// apart returns how many standard errors a number of ours is from a printed one. What
// was lost by rounding does not count.
func (o *outcome) apart(p printed) float64 {
	s := o.numbers[p.number]
	rounded := 0.5 * math.Pow(10, -float64(p.digits))
	off := s.mean - p.value
	off = math.Copysign(max(0, math.Abs(off)-rounded), off)
	if off == 0 {
		return 0
	}
	return off / (s.sd * math.Sqrt(1/float64(o.runs)+1.0/referenceRuns))
}

// String returns the name of n.
func (n number) String() string {
	switch n {
	case truthUptime:
		return "truth"
	case successRatio:
		return "success ratio"
	case userUptime:
		return "user-uptime"
	case boxUA:
		return "Box"
	case feltUptime:
		return "felt uptime"
	case feltGiven:
		return "felt+, recovery given"
	case flawless:
		return "flawless"
	case flawlessOfAll:
		return "flawless of all"
	case truthFlawless:
		return "not struck"
	case numbers:
	}
	return "unknown"
}
