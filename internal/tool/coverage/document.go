package main

import (
	"fmt"
	"math"
	"strings"
)

// document returns docs/intervals.md.
func document(runs, windows int) string {
	var b strings.Builder
	fmt.Fprintf(&b, intro, chance(runs), replicas)
	for _, c := range crowds() {
		fmt.Fprintf(&b, "\n**%s**: %s. True: %.2f%% flawless, %.3f%% of the time good.\n\n", c.name, c.what, 100*c.flawless(), 100*c.ratio())
		b.WriteString(header())
		var rows [methods][]string
		for _, n := range sizes() {
			for m, t := range simulate(c, n, runs) {
				rows[m] = append(rows[m], t.cell())
			}
		}
		for m, name := range methodNames() {
			writeRow(&b, name, rows[m])
		}
	}
	b.WriteString(middle)
	for _, outage := range days() {
		writeDay(&b, outage, windows)
	}
	fmt.Fprintf(&b, end, runs, windows)
	return b.String()
}

// writeDay writes the table of worst windows of one kind of day.
func writeDay(b *strings.Builder, outage float64, runs int) {
	if outage > 0 {
		fmt.Fprintf(b, "\n**A day with an outage** of %d minutes, which %.0f%% of those who are there feel:\n\n", to-from, 100*outage)
	} else {
		b.WriteString("\n**A day without one**, so that the worst window is chance alone:\n\n")
	}
	truth, columns := truths(outage), [][]window{}
	for _, n := range sizes() {
		columns = append(columns, simulateWindows(n, runs, outage, truth))
	}
	b.WriteString(header())
	for k, w := range columns[0] {
		var found, own, number, boot []string
		for _, column := range columns {
			w := column[k]
			found = append(found, fmt.Sprintf("%.1f", 100*w.mean))
			own, number, boot = append(own, w.own.cell()), append(number, w.number.cell()), append(boot, w.bootstrap.cell())
		}
		fmt.Fprintf(b, "| *worst %d minutes: %.1f%% in truth, found* | *%s* |\n", w.minutes, 100*w.truth, strings.Join(found, "* | *"))
		writeRow(b, "**people in it: Wilson, effective people and carriers**", own)
		writeRow(b, "number of people in it: Wilson", number)
		writeRow(b, "bootstrap", boot)
	}
}

// writeRow writes a row of a table.
func writeRow(b *strings.Builder, name string, cells []string) {
	fmt.Fprintf(b, "| %s | %s |\n", name, strings.Join(cells, " | "))
}

// header returns the head of a table with a column for each number of people.
func header() string {
	var head, line strings.Builder
	for _, n := range sizes() {
		fmt.Fprintf(&head, " %d people |", n)
		line.WriteString("---|")
	}
	return "| held · too rosy · wide |" + head.String() + "\n|---|" + line.String() + "\n"
}

// cell returns how intervals did, in percent: held, too rosy, how wide.
func (t *tally) cell() string {
	if t.answers == 0 {
		return "no window has support"
	}
	held := fmt.Sprintf("%.1f", 100*t.coverage())
	if t.coverage() < trusted {
		held = "!" + held
	}
	text := fmt.Sprintf("%s · %.1f · %.3g", held, 100*share(t.rosy, t.answers), 100*t.width/float64(t.answers))
	if t.answers < t.runs {
		text += fmt.Sprintf(" (in %.1f%%)", math.Floor(1000*share(t.answers, t.runs))/10)
	}
	return text
}

// trusted is the coverage below which the tables warn.
const trusted = 0.9

// chance returns two deviations of a coverage of 95% in so many runs, in points.
func chance(runs int) string { return fmt.Sprintf("%.1f", 200*math.Sqrt(.95*.05/float64(runs))) }

const intro = `# How sure the numbers are
` + "`go run ./internal/tool/coverage`" + ` wrote this page; the same seed gives the same bytes. People are simulated, so it says what
the intervals are worth when people are as assumed, not what your people are like.

## What we print
| number | interval | source |
|---|---|---|
| flawless people, k of n | Wilson: (p + z²/2n ± z√(p(1-p)/n + z²/4n²)) / (1 + z²/n), p = k/n, z = 1.96 | Wilson, JASA 22 (1927) |
| no bad time among n people | at most 3/n of people have one | Hanley and Lippman-Hand, JAMA 249 (1983) |
| good time of all time, R = Σu/Σt | Wilson of R with m people for n: m = R(1-R)/Var · c/(c+8) | below |
| good time in the worst window | Wilson with the number of people who were in it for n | below |

The unit is always the person, never the request: requests of one person fare alike.

- Var = n/(n-1) · Σ(u-Rt)²/(Σt)², the variance of a ratio over clusters (Cochran, Sampling Techniques, 1977). It is worked out in
  whole numbers from n, Σu, Σt, Σu², Σt² and Σut, which add up over shards in any order.
- R(1-R)/Var are the effective people: how many independent ones would be as sure (Kish, Survey Sampling, 1965; Korn and
  Graubard, Survey Methodology 24, 1998). When all have the same R, it is n.
- c = (Σ(t-u))²/Σ(t-u)² are the carriers: over how many people the bad time is spread (over how many the good time is, if fewer).
  When three people carry nearly all bad time, the variance is a guess from three people. The factor c/(c+8) is ours: found
  by simulation, it nears 1 when many carry it. Student's t would have 2.4 for 8, which is too little with heavy tails.

## How often they hold the truth
A 95%% interval should hold the truth 95 times of 100. *Too rosy* is how often all of it is better than the truth: the error that
matters. All are percent; the last number is the mean width in points. **!** marks what holds less than 90 times of 100. Chance moves
the numbers by %s points. The bootstrap weighs each person in each of %d replicas by a Poisson(1) number, and takes the 2.5%%
and the 97.5%% point. People are there for a lognormal time (median half an hour): 98 of 100 within three decades.
`

const middle = `
## Worst windows
The truth is the worst window of a population of 400,000; each simulated day has fewer. Visits begin at any minute and last as
above; one person in twenty has a bad spell of their own. A window needs 5 people.
`

const end = `
## What to trust
- **Flawless people**: always. Where hardly anybody is hurt its interval may hold less than it says, because k is a whole number
  (99%% of 50 people is no count), but then it errs on the dark side: it is hardly ever too rosy.
- **Time ratios, from 200 people**: with effective people and carriers they hold about 92 to 97 times of 100, and about 90 when
  people differ by four decades. Under 200 people the interval is wide, and where people differ much it still misses too often:
  we say "too few people".
- **Effective people alone, the normal interval and the bootstrap** are too narrow until many people carry the bad time, and a good
  site has few such people: with 1 in 100 hurt, they miss about a fifth of the time even among 2000 people, nearly always too rosy.
- **Intervals of requests** are wrong wherever the hurt lose much: ten times too narrow. We never print one.
- **Worst windows, from 200 people**: in an outage, Wilson with the number of people in the window holds about as it should. None
  of the intervals knows how many windows were looked at. Without an outage the worst of them is bad by chance, and the shorter
  it is, the worse it looks: then the interval may miss nearly always, but never on the rosy side. So it is a floor: "no worse
  than this", not "as bad as this". With the times of the people in it at hand, effective people and carriers are better.
  Under 200 people the window that is found may not be the outage at all: "too few people".
- **The bootstrap of worst windows** repeats the search in each replica and so repeats its bias: it is hardly ever better than the number
  of people, and costs 64 series. It is printed only when asked for.
- All assume that people fare independently of each other, but for what they share by being there at the same time.

Simulated: %d draws of people for each cell, %d days for each cell of worst windows.
`
