// Package robots knows from a user agent whether it belongs to a person, a robot or a
// monitoring probe.
package robots

import (
	_ "embed"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
)

// Kind is who a user agent belongs to.
type Kind uint8

// The kinds. A user agent that nobody knows is a person's: unknown is never thrown away.
const (
	Person Kind = iota
	Robot
	Probe
)

// String returns the name of k.
func (k Kind) String() string {
	switch k {
	case Robot:
		return "robot"
	case Probe:
		return "probe"
	default:
		return "person"
	}
}

//go:embed isbot.txt
var isbot string

//go:embed probes.txt
var probes string

// List is the user agents of robots and probes. It may be asked by many goroutines.
type List struct {
	probes, robots []*automaton
}

// builtIn is the list without extra words. Making it takes some 30 ms, so it is made once.
var builtIn = sync.OnceValue(func() *List {
	return &List{probes: automata(patterns(probes)), robots: automata(patterns(isbot))}
})

// New returns the built-in lists and the words of extraRobots and extraProbes, which
// may stand anywhere in a user agent, upper or lower case.
func New(extraRobots, extraProbes []string) *List {
	l := builtIn()
	return &List{
		probes: slices.Concat(l.probes, automata(words(extraProbes))),
		robots: slices.Concat(l.robots, automata(words(extraRobots))),
	}
}

// Kind tells who agent belongs to. "" and "-" are persons. A probe that also looks like
// a robot is a probe.
func (l *List) Kind(agent []byte) Kind {
	if len(agent) == 0 || (len(agent) == 1 && agent[0] == '-') {
		return Person
	}
	for _, a := range l.probes {
		if a.match(agent) {
			return Probe
		}
	}
	for _, a := range l.robots {
		if a.match(agent) {
			return Robot
		}
	}
	return Person
}

// patterns reads a list of one pattern a line, # for a remark.
func patterns(list string) []string {
	var all []string
	for line := range strings.Lines(list) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && line[0] != '#' {
			all = append(all, line)
		}
	}
	return all
}

// words returns the patterns of words.
func words(extra []string) []string {
	var all []string
	for _, word := range extra {
		if word != "" {
			all = append(all, regexp.QuoteMeta(lower(word)))
		}
	}
	return all
}

// lower lowers A to Z only, as the automaton does; each byte stays one character.
func lower(s string) string {
	out := make([]rune, 0, len(s))
	for _, b := range []byte(s) {
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		out = append(out, rune(b))
	}
	return string(out)
}

// automata builds the automata for all. Patterns are kept apart by their shape: a loop
// or a long count in one automaton with all the words would multiply its states.
func automata(all []string) []*automaton {
	const anchoredShapes = 3
	var shapes [2 * anchoredShapes][]string
	for _, p := range all {
		shape := 0
		if re, err := syntax.Parse(p, syntax.Perl); err == nil {
			shape = repeats(re)
		}
		if !strings.HasPrefix(p, "^") {
			shape += anchoredShapes
		}
		shapes[shape] = append(shapes[shape], p)
	}
	var list []*automaton
	for shape, some := range shapes {
		if len(some) > 0 {
			list = append(list, build(some, shape < anchoredShapes))
		}
	}
	return list
}

// repeats returns 0 when re repeats nothing, 1 when it does, 2 when it counts far.
func repeats(re *syntax.Regexp) int {
	n := 0
	switch re.Op {
	case syntax.OpStar, syntax.OpPlus:
		n = 1
	case syntax.OpRepeat:
		n = 1
		if max(re.Min, re.Max) > 20 {
			n = 2
		}
	}
	for _, sub := range re.Sub {
		n = max(n, repeats(sub))
	}
	return n
}
