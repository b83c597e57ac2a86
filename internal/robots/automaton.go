package robots

import (
	"encoding/binary"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
)

// automaton answers in one pass over the bytes whether any of a list of patterns
// matches. It is a deterministic finite automaton, built whole at the start, so that
// asking it costs one table look-up per byte and no memory.
type automaton struct {
	class [256]uint8 // bytes that no pattern tells apart share a class; A to Z are as a to z
	shift uint       // a state's row in next has 1<<shift entries
	end   uint8      // the class of "here the text ends"
	start uint16
	next  []uint16
}

// The states that need no further look at the text.
const (
	dead    = 0 // no pattern can match any more
	matched = 1
)

// match reports whether any pattern matches text.
func (a *automaton) match(text []byte) bool {
	s := a.start
	for _, b := range text {
		s = a.next[int(s)<<a.shift|int(a.class[b])]
		if s <= matched {
			return s == matched
		}
	}
	return a.next[int(s)<<a.shift|int(a.end)] == matched
}

// What stood before a place in the text, as far as patterns can tell.
const (
	atBegin = iota
	afterWord
	afterOther
	befores
)

// builder makes an automaton from the program of package regexp by the subset
// construction.
type builder struct {
	prog     *syntax.Prog
	anchored bool
	sample   []rune // one byte of each class; -1 for the end
	word     []bool // whether a class is of word characters
	mark     []uint32
	round    uint32
	first    [befores][]step // what a match that begins here does, by class
	numbers  map[string]uint16
	key      []byte   // scratch
	pcs      []uint32 // scratch
	todo     []place
	out      automaton
}

// step is the answer to one class: the instructions to go on with, or a match.
type step struct {
	pcs     []uint32
	matched bool
}

// place is a state before its row is known.
type place struct {
	pcs    []uint32
	before int
}

// build compiles patterns, in lower case, into one automaton. anchored says that each
// begins with ^. It panics on a pattern that is none: the lists are ours.
func build(patterns []string, anchored bool) *automaton {
	re, err := syntax.Parse("(?:"+strings.Join(patterns, ")|(?:")+")", syntax.Perl)
	if err != nil {
		panic(fmt.Sprintf("robots: list of patterns: %v", err))
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		panic(fmt.Sprintf("robots: list of patterns: %v", err))
	}
	b := &builder{prog: prog, anchored: anchored, mark: make([]uint32, len(prog.Inst)), numbers: map[string]uint16{}}
	b.classify()
	for before := range b.first {
		b.first[before] = b.steps([]uint32{uint32(prog.Start)}, before)
	}
	row := 1 << b.out.shift
	b.out.next = make([]uint16, 2*row) // of dead and matched, never looked at
	start := place{before: atBegin}
	if anchored {
		start.pcs = []uint32{uint32(prog.Start)}
	}
	b.out.start = b.number(start)
	for len(b.todo) > 0 {
		p := b.todo[0]
		b.todo = b.todo[1:]
		b.row(p)
	}
	return &b.out
}

// classify gives bytes that no instruction tells apart the same class.
func (b *builder) classify() {
	classes := map[string]uint8{}
	for c := range 256 {
		r := rune(c)
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		key := []byte{0}
		if syntax.IsWordChar(r) {
			key[0] = 1
		}
		for i := range b.prog.Inst {
			if in := &b.prog.Inst[i]; consumes(in) && in.MatchRune(r) {
				key = binary.AppendUvarint(key, uint64(i))
			}
		}
		class, ok := classes[string(key)]
		if !ok {
			class = uint8(len(classes))
			classes[string(key)] = class
			b.sample = append(b.sample, r)
			b.word = append(b.word, key[0] == 1)
		}
		b.out.class[c] = class
	}
	b.out.end = uint8(len(classes))
	b.sample, b.word = append(b.sample, -1), append(b.word, false)
	for 1<<b.out.shift < len(b.sample) {
		b.out.shift++
	}
}

// consumes reports whether in eats a character.
func consumes(in *syntax.Inst) bool {
	switch in.Op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	default:
		return false
	}
}

// row fills the row of the state that p stands for.
func (b *builder) row(p place) {
	at := len(b.out.next)
	b.out.next = append(b.out.next, make([]uint16, 1<<b.out.shift)...)
	for class, s := range b.steps(p.pcs, p.before) {
		if !b.anchored {
			fresh := b.first[p.before][class]
			s.matched = s.matched || fresh.matched
			b.pcs = append(append(b.pcs[:0], s.pcs...), fresh.pcs...)
			s.pcs = b.pcs
		}
		b.out.next[at+class] = b.target(s, class)
	}
}

// target numbers the state that s leads to over a character of class.
func (b *builder) target(s step, class int) uint16 {
	if s.matched {
		return matched
	}
	if class == int(b.out.end) || (b.anchored && len(s.pcs) == 0) {
		return dead
	}
	slices.Sort(s.pcs)
	before := afterOther
	if b.word[class] {
		before = afterWord
	}
	return b.number(place{pcs: slices.Compact(s.pcs), before: before})
}

// number gives p its number, and work to do when it is new.
func (b *builder) number(p place) uint16 {
	key := append(b.key[:0], byte(p.before))
	for _, pc := range p.pcs {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	b.key = key
	n, ok := b.numbers[string(key)]
	if !ok {
		if len(b.numbers) > 60000 {
			panic("robots: list of patterns: too many states")
		}
		n = uint16(len(b.numbers) + 2)
		b.numbers[string(key)] = n
		p.pcs = slices.Clone(p.pcs)
		b.todo = append(b.todo, p)
	}
	return n
}

// steps returns what pcs do over each class, given what stood before.
func (b *builder) steps(pcs []uint32, before int) []step {
	all := make([]step, len(b.sample))
	left := [befores]rune{-1, 'a', ' '}[before]
	for _, right := range []rune{'a', ' ', -1} {
		closure, done := b.closure(pcs, syntax.EmptyOpContext(left, right))
		for class, r := range b.sample {
			if (r < 0) != (right < 0) || (r >= 0 && b.word[class] != (right == 'a')) {
				continue
			}
			s := step{matched: done}
			for _, pc := range closure {
				if in := &b.prog.Inst[pc]; r >= 0 && in.MatchRune(r) {
					s.pcs = append(s.pcs, in.Out)
				}
			}
			all[class] = s
		}
	}
	return all
}

// closure follows pcs without eating a character and returns the instructions that eat
// one, and whether there was a match on the way.
func (b *builder) closure(pcs []uint32, holds syntax.EmptyOp) (eat []uint32, done bool) {
	b.round++
	stack := slices.Clone(pcs)
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if b.mark[pc] == b.round {
			continue
		}
		b.mark[pc] = b.round
		switch in := &b.prog.Inst[pc]; in.Op {
		case syntax.InstMatch:
			return nil, true
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, in.Arg, in.Out)
		case syntax.InstNop, syntax.InstCapture:
			stack = append(stack, in.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(in.Arg)&^holds == 0 {
				stack = append(stack, in.Out)
			}
		case syntax.InstFail:
		default:
			eat = append(eat, pc)
		}
	}
	return eat, false
}
